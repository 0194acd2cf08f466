// SPDX-License-Identifier: GPL-2.0-only
#include "probe/echo.h"

#include <sys/socket.h>

#include "base/echo.h"

void echo_send(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t seq)
{
	unsigned char packet[ECHO_PACKET];

	echo_request(packet, id, seq);
	(void)sendto(raw, packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to));
}

bool echo_receive(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t *seq)
{
	unsigned char packet[2048];
	struct sockaddr_in from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(raw, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &from_len);

	return n >= 0 && from.sin_addr.s_addr == to->sin_addr.s_addr &&
	       echo_reply(packet, (size_t)n, id, seq);
}
