// SPDX-License-Identifier: GPL-2.0-only
#include <sys/socket.h>
#include <netinet/in.h>

#include "dns/internal.h"

#define BURST 32 /* datagrams per turn, so that one socket cannot starve the others */

void dns_udp_ready(struct loop_io *io, uint32_t events)
{
	struct dns_listener *l = (void *)((char *)io - offsetof(struct dns_listener, io));
	uint8_t query[DNS_MAX_QUERY], out[DNS_UDP_MAX];

	for (int i = 0; i < BURST; i++) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(io->fd, query, sizeof(query), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &from_len);
		size_t m;

		if (n < 0)
			return; /* nothing left; an ICMP error about an old answer concerns nobody */
		m = dns_serve(l, DNS_UDP, query, (size_t)n, out, sizeof(out));
		if (m) /* an answer that the kernel will not take is lost like any datagram */
			(void)sendto(io->fd, out, m, MSG_DONTWAIT, (struct sockaddr *)&from,
				     from_len);
	}
}
