// SPDX-License-Identifier: GPL-2.0-only
#include "dns/reply.h"

#include <string.h>

#include "base/cleanup.h"
#include "dns/must.h"

void dns_reply_init(struct dns_reply *r, const uint8_t *query, enum dns_transport transport)
{
	*r = (struct dns_reply){.transport = transport, .pkt = dns_must(ldns_pkt_new())};
	ldns_pkt_set_id(r->pkt, LDNS_ID_WIRE(query));
	ldns_pkt_set_qr(r->pkt, true);
	ldns_pkt_set_opcode(r->pkt, LDNS_OPCODE_WIRE(query));
	ldns_pkt_set_rd(r->pkt, LDNS_RD_WIRE(query));
	ldns_pkt_set_cd(r->pkt, LDNS_CD_WIRE(query));
	ldns_pkt_set_ra(r->pkt, true);
}

void dns_reply_done(struct dns_reply *r)
{
	dns_message_done(&r->query);
	ldns_pkt_free(r->pkt);
}

void dns_reply_push(struct dns_reply *r, ldns_pkt_section section, const ldns_rr *rr,
		    const ldns_rdf *owner)
{
	ldns_rr *copy = dns_must(ldns_rr_clone(rr));

	if (owner) {
		ldns_rdf_deep_free(ldns_rr_owner(copy));
		ldns_rr_set_owner(copy, dns_must(ldns_rdf_clone(owner)));
	}
	if (!ldns_pkt_push_rr(r->pkt, section, copy))
		abort();
}

static void drop_records(ldns_pkt *pkt)
{
	static const ldns_pkt_section sections[] = {LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY};

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		ldns_rr *rr;
		ldns_rr_list *list = sections[i] == LDNS_SECTION_ANSWER ? ldns_pkt_answer(pkt)
									: ldns_pkt_authority(pkt);

		while ((rr = ldns_rr_list_pop_rr(list)))
			ldns_rr_free(rr);
		ldns_pkt_set_section_count(pkt, sections[i], 0);
	}
}

void dns_reply_only_rcode(struct dns_reply *r, ldns_pkt_rcode rcode)
{
	drop_records(r->pkt);
	ldns_pkt_set_rcode(r->pkt, (uint8_t)rcode);
	r->extended_rcode = 0;
}

static void add_opt(struct dns_reply *r)
{
	if (!r->query.edns)
		return;
	ldns_pkt_set_edns_udp_size(r->pkt, DNS_UDP_MAX);
	ldns_pkt_set_edns_version(r->pkt, 0);
	ldns_pkt_set_edns_extended_rcode(r->pkt, r->extended_rcode);
	ldns_pkt_set_edns_do(r->pkt, r->query.dnssec_ok); /* RFC 3225: copied */
}

static size_t size_limit(const struct dns_reply *r, size_t room)
{
	size_t limit = 512;

	if (r->transport == DNS_TCP)
		return room < DNS_TCP_MAX ? room : DNS_TCP_MAX;
	if (r->query.edns && r->query.udp_size > limit)
		limit = r->query.udp_size < DNS_UDP_MAX ? r->query.udp_size : DNS_UDP_MAX;
	return limit < room ? limit : room;
}

static void cut_down(struct dns_reply *r)
{
	if (r->transport == DNS_TCP) {
		dns_reply_only_rcode(r, LDNS_RCODE_SERVFAIL);
		return;
	}
	drop_records(r->pkt);
	ldns_pkt_set_tc(r->pkt, true);
}

size_t dns_reply_write(struct dns_reply *r, uint8_t *out, size_t room)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		auto_free uint8_t *wire = NULL;
		size_t len = 0;

		add_opt(r);
		if (ldns_pkt2wire(&wire, r->pkt, &len) != LDNS_STATUS_OK)
			return 0;
		if (len <= size_limit(r, room)) {
			memcpy(out, wire, len);
			return len;
		}
		cut_down(r);
	}
	return 0; /* not reached: header, question and OPT fit into 512 bytes */
}
