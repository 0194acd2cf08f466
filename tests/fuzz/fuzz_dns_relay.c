// layer: dns
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as another server's answer: what is relayed of it is well-formed, fits the client, and
 * has the client's id and question. The first byte says what the client is like; the id is made to
 * fit, because a fuzzer finds 16 bits by luck only.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OVER_TCP = 1, WITH_EDNS = 2, BY_CNAME = 4 };

#define QUESTION_END (12 + 6 + 4) /* "away" and the root, type, class */

static const uint8_t query[] = {0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 'a', 'w', 'a', 'y', 0,
				0, 1, 0, 1,
				/* OPT */
				0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0};

static struct dns_view *view_new(bool by_cname)
{
	static const struct sockaddr_in server = {.sin_family = AF_INET};
	struct dns_view *v = dns_view_new();

	if (dns_view_add_forward(v, ".", &server, 1, NULL) < 0 ||
	    (by_cname && dns_view_add(v, "away", "CNAME", "there.lab", 60, NULL) < 0))
		abort();
	return v;
}

static struct dns_relay *relay_for(const struct dns_view *view, enum dns_transport transport,
				   bool edns)
{
	uint8_t q[sizeof(query)], out[DNS_UDP_MAX];
	const char *trouble;
	struct dns_relay *relay;

	memcpy(q, query, sizeof(q));
	q[11] = edns;
	(void)dns_answer(view, q, edns ? sizeof(q) : QUESTION_END, transport, out, sizeof(out),
			 &relay, &trouble);
	if (!relay)
		abort();
	return relay;
}

static void check(const uint8_t *out, size_t n, enum dns_transport transport, bool edns)
{
	size_t limit = transport == DNS_TCP ? DNS_TCP_MAX : edns ? DNS_UDP_MAX : 512;
	ldns_pkt *pkt = NULL;

	if (n < QUESTION_END || n > limit || memcmp(out, query, 2) != 0 || !(out[2] & 0x80) ||
	    memcmp(out + 12, query + 12, QUESTION_END - 12) != 0)
		abort();
	if (ldns_wire2pkt(&pkt, out, n) != LDNS_STATUS_OK)
		abort();
	ldns_pkt_free(pkt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_view *views[2];
	static uint8_t wire[DNS_TCP_MAX], out[DNS_TCP_MAX];
	unsigned how = size ? data[0] & 7 : 0;
	enum dns_transport transport = how & OVER_TCP ? DNS_TCP : DNS_UDP;
	bool by_cname = (how & BY_CNAME) != 0, edns = (how & WITH_EDNS) != 0;
	struct dns_message answer = {0};
	struct dns_relay *relay;

	if (size < 3 || size - 1 > sizeof(wire))
		return 0;
	if (!views[by_cname])
		views[by_cname] = view_new(by_cname);
	relay = relay_for(views[by_cname], transport, edns);
	memcpy(wire, data + 1, size - 1);
	wire[0] = wire[1] = 7;
	if (dns_relay_hear(relay, 0x0707, DNS_TCP, wire, size - 1, &answer) == DNS_WHOLE)
		check(out, dns_relay_answer(relay, &answer, out, sizeof(out)), transport, edns);
	dns_message_done(&answer);
	dns_relay_free(relay);
	return 0;
}
