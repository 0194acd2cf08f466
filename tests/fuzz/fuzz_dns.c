// layer: dns
// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a query, over both transports: an answer is well-formed, fits, and echoes the id. */
#include <stdlib.h>
#include <string.h>

#include "dns/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dns_view *view;

static void set_up(void)
{
	view = dns_view_new();
	if (dns_view_add_zone(view, "alicloudapi.com", NULL) < 0 ||
	    dns_view_add(view, "g-vpc.alicloudapi.com", "A", "172.16.1.10", 60, NULL) < 0 ||
	    dns_view_add(view, "loop.alicloudapi.com", "CNAME", "loop.alicloudapi.com.", 60, NULL) <
		    0 ||
	    dns_view_add(view, "10.1.16.172.in-addr.arpa", "PTR", "g-vpc.alicloudapi.com.", 60,
			 NULL) < 0)
		abort();
	for (int i = 0; i < 200; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "10.0.0.%d", i);
		if (dns_view_add(view, "big.alicloudapi.com", "A", ip, 60, NULL) < 0)
			abort();
	}
}

static void try(const uint8_t *data, size_t size, enum dns_transport transport)
{
	static uint8_t out[16384];
	const char *trouble;
	size_t room = transport == DNS_UDP ? DNS_UDP_MAX : sizeof(out);
	size_t n = dns_answer(view, data, size, transport, out, room, &trouble);
	ldns_pkt *pkt = NULL;

	if (n == 0)
		return;
	if (n > room || size < 12 || memcmp(out, data, 2) != 0 || !(out[2] & 0x80))
		abort();
	if (ldns_wire2pkt(&pkt, out, n) != LDNS_STATUS_OK)
		abort();
	ldns_pkt_free(pkt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!view)
		set_up();
	try(data, size, DNS_UDP);
	try(data, size, DNS_TCP);
	return 0;
}
