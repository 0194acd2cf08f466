// SPDX-License-Identifier: GPL-2.0-only
#include <sys/socket.h>

#include "dns/internal.h"

#define BURST 32 /* datagrams per turn, so that one socket cannot starve the others */

void dns_udp_answer(struct dns_listener *l, const struct sockaddr_in *to, size_t n)
{
	if (n)
		(void)sendto(l->io.fd, l->server->out, n, MSG_DONTWAIT, (const struct sockaddr *)to,
			     sizeof(*to)); /* see the header */
}

void dns_udp_ready(struct loop_io *io, uint32_t events)
{
	struct dns_listener *l = container_of(io, struct dns_listener, io);
	uint8_t query[DNS_MAX_QUERY];

	for (int i = 0; i < BURST; i++) {
		struct dns_client client = {0};
		socklen_t from_len = sizeof(client.from);
		ssize_t n = recvfrom(io->fd, query, sizeof(query), MSG_DONTWAIT,
				     (struct sockaddr *)&client.from, &from_len);
		size_t m;

		if (n < 0)
			return; /* nothing left; an ICMP error about an old answer concerns nobody */
		if (dns_serve(l, &client, query, (size_t)n, &m) == DNS_ANSWERED)
			dns_udp_answer(l, &client.from, m);
	}
}
