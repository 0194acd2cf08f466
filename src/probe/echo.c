// SPDX-License-Identifier: GPL-2.0-only
#include "probe/echo.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/echo.h"

void echo_send(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t seq)
{
	unsigned char packet[ECHO_PACKET];

	echo_request(packet, id, seq);
	(void)sendto(raw, packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to));
}

static int64_t us_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

/* By the kernel's note of when it came; 0 where somebody sets the clock meanwhile. */
static uint64_t waited(struct msghdr *m)
{
	struct timespec now, then;
	int64_t us = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&then, CMSG_DATA(c), sizeof(then));
		(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
		us = us_of(&now) - us_of(&then);
	}
	return us > 0 ? (uint64_t)us : 0;
}

bool echo_receive(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t *seq,
		  uint64_t *waited_us)
{
	unsigned char packet[2048];
	_Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_in from = {0};
	struct iovec part = {packet, sizeof(packet)};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	const ssize_t n = recvmsg(raw, &m, MSG_DONTWAIT);

	if (n < 0)
		return false;
	*waited_us = waited(&m);
	return from.sin_addr.s_addr == to->sin_addr.s_addr &&
	       echo_reply(packet, (size_t)n, id, seq);
}
