// layer: dns
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a query, over both transports: an answer is well-formed, fits, and echoes the id; what
 * is to be forwarded makes a well-formed question, and SERVFAIL where nobody answers that.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dns_view *view;

static void set_up(void)
{
	static const struct sockaddr_in server = {.sin_family = AF_INET};

	view = dns_view_new();
	if (dns_view_add_forward(view, "internal", &server, 1, NULL) < 0 ||
	    dns_view_add(view, "away.alicloudapi.com", "CNAME", "there.internal.", 60, NULL) < 0 ||
	    dns_view_add_zone(view, "alicloudapi.com", NULL) < 0 ||
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

static size_t forward(struct dns_relay *relay, uint8_t *out, size_t room)
{
	uint8_t ask[DNS_ASK_MAX];
	size_t n = dns_relay_ask(relay, 1, ask);
	ldns_pkt *pkt = NULL;

	if (ldns_wire2pkt(&pkt, ask, n) != LDNS_STATUS_OK)
		abort();
	ldns_pkt_free(pkt);
	n = dns_relay_answer(relay, NULL, out, room);
	dns_relay_free(relay);
	if (n == 0 || (out[3] & 15) != LDNS_RCODE_SERVFAIL)
		abort();
	return n;
}

static void try(const uint8_t *data, size_t size, enum dns_transport transport)
{
	static uint8_t out[16384];
	const char *trouble;
	struct dns_relay *relay;
	size_t room = transport == DNS_UDP ? DNS_UDP_MAX : sizeof(out);
	size_t n = dns_answer(view, data, size, transport, out, room, &relay, &trouble);
	ldns_pkt *pkt = NULL;

	if (relay)
		n = forward(relay, out, room);
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
