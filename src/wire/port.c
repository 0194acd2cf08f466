// SPDX-License-Identifier: GPL-2.0-only
#include "wire/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#define SECOND 1000000000
#define STALE  (10 * (int64_t)SECOND)
#define YOUNG  ((int64_t)SECOND / 100)

const uint32_t wire_port_header = sizeof(struct virtio_net_hdr);

bool wire_port_bind(int fd, const char *device)
{
	struct ifreq r = {0};
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

	strncpy(r.ifr_name, device, sizeof(r.ifr_name) - 1); /* plans have no longer names */
	if (ioctl(fd, SIOCGIFINDEX, &r) < 0)
		return false;
	to.sll_ifindex = r.ifr_ifindex;
	return bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t); /* cannot fail for these */
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

struct wire_clocks wire_clocks_now(void)
{
	return (struct wire_clocks){read_clock(CLOCK_REALTIME), read_clock(CLOCK_MONOTONIC)};
}

/*
 * A frame may be younger than the clocks, which are read once for a burst. A clock that was set meanwhile makes
 * nonsense of the stamp: then it is now.
 */
static uint64_t to_monotonic(const struct timespec *t, struct wire_clocks clocks)
{
	int64_t age = clocks.real - ((int64_t)t->tv_sec * SECOND + t->tv_nsec);

	return (uint64_t)(age < -YOUNG || age > STALE ? clocks.monotonic : clocks.monotonic - age);
}

static void read_control(struct msghdr *m, struct wire_clocks clocks, struct wire_arrival *arrival)
{
	struct timespec t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			arrival->stamp = to_monotonic(&t, clocks);
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&arrival->missed, CMSG_DATA(c), sizeof(arrival->missed));
		}
	}
}

ssize_t wire_port_receive(int fd, void *frame, size_t room, struct wire_clocks clocks,
			  struct wire_arrival *arrival)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t))];
	struct iovec data = {frame, room};
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	arrival->stamp = (uint64_t)clocks.monotonic;
	read_control(&m, clocks, arrival);
	return n;
}

enum wire_sent wire_port_send(int fd, const void *frame, size_t len)
{
	if (send(fd, frame, len, MSG_DONTWAIT) >= 0)
		return WIRE_SENT;
	/* full buffers of the socket, or of the device behind it; else the frame itself is refused, or the
	 * device is not there */
	return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? WIRE_BUSY : WIRE_GONE;
}
