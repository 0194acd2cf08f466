// SPDX-License-Identifier: GPL-2.0-only
#include "dns/answer.h"

#define MAX_CHAIN 8 /* CNAMEs that are followed */

/* Where the search for a name ended outside of the view. */
struct elsewhere {
	const struct dns_forward *forward; /* NULL: it did not */
	const ldns_rdf *name;
};

/* The record set of `type`; for ANY the first record set that the name has (RFC 8482, 4.1). */
static size_t push_rrset(struct dns_reply *r, const struct dns_node *node, ldns_rr_type type,
			 const ldns_rdf *owner)
{
	size_t pushed = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(node->records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(node->records, i);

		if (type == LDNS_RR_TYPE_ANY)
			type = ldns_rr_get_type(rr);
		if (ldns_rr_get_type(rr) != type)
			continue;
		dns_reply_push(r, LDNS_SECTION_ANSWER, rr, owner);
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

/* A name with records is never looked for elsewhere, whatever the type; see answer.h. */
static bool is_elsewhere(const struct dns_view *view, const struct dns_node *node,
			 const ldns_rdf *name, struct elsewhere *e)
{
	if (node && ldns_rr_list_rr_count(node->records))
		return false;
	e->forward = dns_view_forward(view, name);
	e->name = name;
	return e->forward != NULL;
}

static void look_up(const struct dns_view *view, struct dns_reply *r, struct elsewhere *e)
{
	const ldns_rdf *name = ldns_rr_owner(r->query.question);
	ldns_rr_type type = ldns_rr_get_type(r->query.question);

	for (int hop = 0; hop <= MAX_CHAIN; hop++) {
		const struct dns_node *node = dns_view_find(view, name);
		const ldns_rr *soa = dns_view_soa(view, name);
		const ldns_rdf *target;

		if (node && push_rrset(r, node, type, name))
			return;
		target = node ? cname_target(node) : NULL;
		if (target) {
			(void)push_rrset(r, node, LDNS_RR_TYPE_CNAME, name); /* found above */
			name = target;
			continue;
		}
		if (is_elsewhere(view, node, name, e))
			return;
		if (is_apex_soa(soa, name, type)) {
			dns_reply_push(r, LDNS_SECTION_ANSWER, soa, name);
			return;
		}
		if (!node && ldns_rdf_size(name) > 1)
			ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_NXDOMAIN);
		dns_reply_push(r, LDNS_SECTION_AUTHORITY, soa, NULL);
		return;
	}
	ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_SERVFAIL); /* a loop of CNAMEs */
}

static bool is_meta_type(ldns_rr_type type)
{
	return type >= 249 && type <= 254; /* TKEY TSIG IXFR AXFR MAILB MAILA */
}

static const char *answer_question(const struct dns_view *view, struct dns_reply *r,
				   struct elsewhere *e)
{
	const struct dns_message *q = &r->query;
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
	look_up(view, r, e);
	return NULL;
}

/* Fills in rcode and sections; gives why the query was refused, or NULL. */
static const char *answer_query(const struct dns_view *view, const uint8_t *query, size_t len,
				struct dns_reply *r, struct elsewhere *e)
{
	size_t pos = LDNS_HEADER_SIZE;

	if (LDNS_OPCODE_WIRE(query) != LDNS_PACKET_QUERY) {
		ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_NOTIMPL);
		return "opcode is not QUERY";
	}
	if (!dns_message_question(&r->query, query, len, &pos)) {
		ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_FORMERR);
		return "no single readable question";
	}
	dns_reply_push(r, LDNS_SECTION_QUESTION, r->query.question, NULL);
	if (!dns_message_rest(&r->query, query, len, &pos)) {
		ldns_pkt_set_rcode(r->pkt, LDNS_RCODE_FORMERR);
		return "malformed after the question";
	}
	return answer_question(view, r, e);
}

size_t dns_answer(const struct dns_view *view, const uint8_t *query, size_t len,
		  enum dns_transport transport, uint8_t *out, size_t room, struct dns_relay **relay,
		  const char **trouble)
{
	auto_reply struct dns_reply r = {0};
	struct elsewhere e = {0};

	*trouble = NULL;
	*relay = NULL;
	if (len < LDNS_HEADER_SIZE) {
		*trouble = "shorter than a DNS header";
		return 0;
	}
	if (LDNS_QR_WIRE(query)) {
		*trouble = "not a query";
		return 0; /* answering answers lets two resolvers talk for ever */
	}
	dns_reply_init(&r, query, transport);
	*trouble = answer_query(view, query, len, &r, &e);
	if (e.forward) {
		*relay = dns_relay_new(&r, e.forward, e.name, dns_view_find(view, e.name) != NULL);
		return 0;
	}
	return dns_reply_write(&r, out, room);
}
