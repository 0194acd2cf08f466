// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections are walked record by record rather than with ldns_wire2pkt(): that one (1.8.3) leaks the
 * first of two OPT records and cannot tell "no OPT" from "OPT with size 0".
 */
#include "dns/answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define MAX_CHAIN 8 /* CNAMEs that are followed */

struct query {
	ldns_rr *question; /* NULL where there is none to echo */
	bool edns;
	bool dnssec_ok;
	uint16_t udp_size;
	uint8_t version;
};

struct reply {
	ldns_pkt *pkt;
	uint8_t extended_rcode;
};

static void query_done(struct query *q)
{
	ldns_rr_free(q->question);
}
#define auto_query __attribute__((cleanup(query_done)))

static void *must(void *p)
{
	if (!p)
		abort(); /* out of memory: the supervisor starts us anew */
	return p;
}

static bool read_opt(struct query *q, const ldns_rr *rr)
{
	uint32_t ttl = ldns_rr_ttl(rr); /* extended rcode, version, flags */

	if (q->edns || ldns_rdf_size(ldns_rr_owner(rr)) != 1)
		return false; /* a second OPT, or one that is not at the root */
	q->edns = true;
	q->udp_size = (uint16_t)ldns_rr_get_class(rr);
	q->version = (uint8_t)(ttl >> 16);
	q->dnssec_ok = (ttl & 0x8000) != 0;
	return true;
}

/* Walks `count` records of a section; OPT may stand in the additional section only. */
static bool read_section(struct query *q, const uint8_t *wire, size_t len, size_t *pos,
			 unsigned count, ldns_pkt_section section)
{
	while (count--) {
		ldns_rr *rr = NULL;
		bool ok = ldns_wire2rr(&rr, wire, len, pos, section) == LDNS_STATUS_OK;

		if (ok && ldns_rr_get_type(rr) == LDNS_RR_TYPE_OPT)
			ok = section == LDNS_SECTION_ADDITIONAL && read_opt(q, rr);
		if (ok || rr)
			ldns_rr_free(rr);
		if (!ok)
			return false;
	}
	return true;
}

static bool read_question(struct query *q, const uint8_t *wire, size_t len, size_t *pos)
{
	ldns_rr *rr = NULL;

	if (LDNS_QDCOUNT(wire) != 1 ||
	    ldns_wire2rr(&rr, wire, len, pos, LDNS_SECTION_QUESTION) != LDNS_STATUS_OK)
		return false;
	q->question = rr;
	return true;
}

static bool read_rest(struct query *q, const uint8_t *wire, size_t len, size_t *pos)
{
	return read_section(q, wire, len, pos, LDNS_ANCOUNT(wire), LDNS_SECTION_ANSWER) &&
	       read_section(q, wire, len, pos, LDNS_NSCOUNT(wire), LDNS_SECTION_AUTHORITY) &&
	       read_section(q, wire, len, pos, LDNS_ARCOUNT(wire), LDNS_SECTION_ADDITIONAL) &&
	       *pos == len;
}

static void push(ldns_pkt *pkt, ldns_pkt_section section, const ldns_rr *rr, const ldns_rdf *owner)
{
	ldns_rr *copy = must(ldns_rr_clone(rr));

	if (owner) {
		ldns_rdf_deep_free(ldns_rr_owner(copy));
		ldns_rr_set_owner(copy, must(ldns_rdf_clone(owner)));
	}
	if (!ldns_pkt_push_rr(pkt, section, copy))
		abort();
}

/* The record set of `type`; for ANY the first record set that the name has (RFC 8482, 4.1). */
static size_t push_rrset(ldns_pkt *pkt, const struct dns_node *node, ldns_rr_type type,
			 const ldns_rdf *owner)
{
	size_t pushed = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(node->records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(node->records, i);

		if (type == LDNS_RR_TYPE_ANY)
			type = ldns_rr_get_type(rr);
		if (ldns_rr_get_type(rr) != type)
			continue;
		push(pkt, LDNS_SECTION_ANSWER, rr, owner);
		pushed++;
	}
	return pushed;
}

static const ldns_rdf *cname_target(const struct dns_node *node)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(node->records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(node->records, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME)
			return ldns_rr_rdf(rr, 0);
	}
	return NULL;
}

static bool is_apex_soa(const ldns_rr *soa, const ldns_rdf *name, ldns_rr_type type)
{
	return (type == LDNS_RR_TYPE_SOA || type == LDNS_RR_TYPE_ANY) &&
	       ldns_dname_compare(ldns_rr_owner(soa), name) == 0;
}

static void look_up(const struct dns_view *view, const struct query *q, ldns_pkt *pkt)
{
	const ldns_rdf *name = ldns_rr_owner(q->question);
	ldns_rr_type type = ldns_rr_get_type(q->question);

	for (int hop = 0; hop <= MAX_CHAIN; hop++) {
		const struct dns_node *node = dns_view_find(view, name);
		const ldns_rr *soa = dns_view_soa(view, name);
		const ldns_rdf *target;

		if (node && push_rrset(pkt, node, type, name))
			return;
		target = node ? cname_target(node) : NULL;
		if (target) {
			(void)push_rrset(pkt, node, LDNS_RR_TYPE_CNAME, name); /* found above */
			name = target;
			continue;
		}
		if (is_apex_soa(soa, name, type)) {
			push(pkt, LDNS_SECTION_ANSWER, soa, name);
			return;
		}
		if (!node && ldns_rdf_size(name) > 1)
			ldns_pkt_set_rcode(pkt, LDNS_RCODE_NXDOMAIN);
		push(pkt, LDNS_SECTION_AUTHORITY, soa, NULL);
		return;
	}
	ldns_pkt_set_rcode(pkt, LDNS_RCODE_SERVFAIL); /* a loop of CNAMEs */
}

static bool is_meta_type(ldns_rr_type type)
{
	return type >= 249 && type <= 254; /* TKEY TSIG IXFR AXFR MAILB MAILA */
}

/* Fills in rcode and sections; gives why the query was refused, or NULL. */
static const char *answer_query(const struct dns_view *view, const struct query *q, struct reply *r)
{
	ldns_rr_type type = ldns_rr_get_type(q->question);

	if (q->edns && q->version > 0) {
		r->extended_rcode = 1; /* BADVERS = 16: the upper bits go into the OPT record */
		return "unknown EDNS version";
	}
	if (type == LDNS_RR_TYPE_OPT) {
		ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_FORMERR);
		return "OPT as the question's type";
	}
	if (ldns_rr_get_class(q->question) != LDNS_RR_CLASS_IN) {
		ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_REFUSED);
		return "class is not IN";
	}
	if (is_meta_type(type)) {
		ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_REFUSED);
		return "zone transfer or other meta type";
	}
	look_up(view, q, r->pkt);
	return NULL;
}

static ldns_pkt *reply_new(const uint8_t *wire)
{
	ldns_pkt *pkt = must(ldns_pkt_new());

	ldns_pkt_set_id(pkt, LDNS_ID_WIRE(wire));
	ldns_pkt_set_qr(pkt, true);
	ldns_pkt_set_opcode(pkt, LDNS_OPCODE_WIRE(wire));
	ldns_pkt_set_rd(pkt, LDNS_RD_WIRE(wire));
	ldns_pkt_set_cd(pkt, LDNS_CD_WIRE(wire));
	ldns_pkt_set_ra(pkt, true);
	return pkt;
}

static void add_opt(const struct query *q, struct reply *r)
{
	if (!q->edns)
		return;
	ldns_pkt_set_edns_udp_size(r->pkt, DNS_UDP_MAX);
	ldns_pkt_set_edns_version(r->pkt, 0);
	ldns_pkt_set_edns_extended_rcode(r->pkt, r->extended_rcode);
	ldns_pkt_set_edns_do(r->pkt, q->dnssec_ok); /* RFC 3225: copied */
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
	ldns_pkt_set_tc(pkt, true);
}

/* Bytes of the answer at out, cut down to header, question and OPT where it exceeds `limit`. */
static size_t write_reply(ldns_pkt *pkt, size_t limit, uint8_t *out)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		auto_free uint8_t *wire = NULL;
		size_t len = 0;

		if (ldns_pkt2wire(&wire, pkt, &len) != LDNS_STATUS_OK)
			return 0;
		if (len <= limit) {
			memcpy(out, wire, len);
			return len;
		}
		drop_records(pkt);
	}
	return 0; /* header, question and OPT fit into 512 bytes */
}

static size_t size_limit(const struct query *q, enum dns_transport transport, size_t room)
{
	size_t limit = 512;

	if (transport == DNS_TCP)
		return room < 65535 ? room : 65535;
	if (q->edns && q->udp_size > limit)
		limit = q->udp_size < DNS_UDP_MAX ? q->udp_size : DNS_UDP_MAX;
	return limit < room ? limit : room;
}

size_t dns_answer(const struct dns_view *view, const uint8_t *query, size_t len,
		  enum dns_transport transport, uint8_t *out, size_t room, const char **trouble)
{
	auto_query struct query q = {0};
	struct reply r = {0};
	size_t pos = LDNS_HEADER_SIZE, written;

	*trouble = NULL;
	if (len < LDNS_HEADER_SIZE) {
		*trouble = "shorter than a DNS header";
		return 0;
	}
	if (LDNS_QR_WIRE(query)) {
		*trouble = "not a query";
		return 0; /* answering answers lets two resolvers talk for ever */
	}
	r.pkt = reply_new(query);
	if (LDNS_OPCODE_WIRE(query) != LDNS_PACKET_QUERY) {
		ldns_pkt_set_rcode(r.pkt, LDNS_RCODE_NOTIMPL);
		*trouble = "opcode is not QUERY";
	} else if (!read_question(&q, query, len, &pos)) {
		ldns_pkt_set_rcode(r.pkt, LDNS_RCODE_FORMERR);
		*trouble = "no single readable question";
	} else {
		push(r.pkt, LDNS_SECTION_QUESTION, q.question, NULL);
		if (!read_rest(&q, query, len, &pos)) {
			ldns_pkt_set_rcode(r.pkt, LDNS_RCODE_FORMERR);
			*trouble = "malformed after the question";
		} else {
			*trouble = answer_query(view, &q, &r);
		}
	}
	add_opt(&q, &r);
	written = write_reply(r.pkt, size_limit(&q, transport, room), out);
	ldns_pkt_free(r.pkt);
	return written;
}
