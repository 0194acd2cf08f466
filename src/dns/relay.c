// SPDX-License-Identifier: GPL-2.0-only
#include "dns/relay.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "dns/must.h"

struct dns_relay *dns_relay_new(struct dns_reply *reply, const struct dns_forward *forward,
				const ldns_rdf *name, bool exists)
{
	struct dns_relay *r = dns_must(calloc(1, sizeof(*r)));

	/* before the reply changes hands: the name may be one of its */
	r->name = dns_must(ldns_rdf_clone(name));
	r->reply = *reply;
	*reply = (struct dns_reply){0};
	r->forward = forward;
	r->exists = exists;
	return r;
}

void dns_relay_free(struct dns_relay *r)
{
	if (!r)
		return;
	dns_reply_done(&r->reply);
	ldns_rdf_deep_free(r->name);
	free(r);
}

static ldns_rr *question_for(const struct dns_relay *r)
{
	ldns_rr *rr = dns_must(ldns_rr_clone(r->reply.query.question));

	ldns_rdf_deep_free(ldns_rr_owner(rr));
	ldns_rr_set_owner(rr, dns_must(ldns_rdf_clone(r->name)));
	return rr;
}

size_t dns_relay_ask(const struct dns_relay *r, uint16_t id, uint8_t *out)
{
	const struct dns_message *query = &r->reply.query;
	ldns_pkt *pkt = dns_must(ldns_pkt_new());
	auto_free uint8_t *wire = NULL;
	size_t len = 0;

	ldns_pkt_set_id(pkt, id);
	ldns_pkt_set_rd(pkt, true);
	ldns_pkt_set_cd(pkt, ldns_pkt_cd(r->reply.pkt)); /* RFC 4035, 3.2.2: copied */
	if (query->edns) {
		ldns_pkt_set_edns_udp_size(pkt, DNS_UDP_MAX);
		ldns_pkt_set_edns_do(pkt, query->dnssec_ok);
	}
	if (!ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, question_for(r)) ||
	    ldns_pkt2wire(&wire, pkt, &len) != LDNS_STATUS_OK)
		abort(); /* out of memory: nothing here depends on what others sent */
	ldns_pkt_free(pkt);
	assert(len <= DNS_ASK_MAX);
	memcpy(out, wire, len);
	return len;
}

static bool is_same_question(const struct dns_relay *r, const ldns_rr *question)
{
	const ldns_rr *ours = r->reply.query.question;

	return ldns_rr_get_type(question) == ldns_rr_get_type(ours) &&
	       ldns_rr_get_class(question) == ldns_rr_get_class(ours) &&
	       ldns_dname_compare(ldns_rr_owner(question), r->name) == 0;
}

enum dns_heard dns_relay_hear(const struct dns_relay *r, uint16_t id, enum dns_transport transport,
			      const uint8_t *wire, size_t len, struct dns_message *answer)
{
	size_t pos = LDNS_HEADER_SIZE;

	if (len < LDNS_HEADER_SIZE || !LDNS_QR_WIRE(wire) || LDNS_ID_WIRE(wire) != id ||
	    LDNS_OPCODE_WIRE(wire) != LDNS_PACKET_QUERY)
		return DNS_FOREIGN;
	if (!dns_message_question(answer, wire, len, &pos) ||
	    !is_same_question(r, answer->question))
		return DNS_FOREIGN;
	if (LDNS_TC_WIRE(wire) && transport == DNS_UDP)
		return DNS_TRUNCATED;
	answer->answer = dns_must(ldns_rr_list_new());
	answer->authority = dns_must(ldns_rr_list_new());
	return dns_message_rest(answer, wire, len, &pos) ? DNS_WHOLE : DNS_FOREIGN;
}

/* Moves the records, not the list. */
static void move_records(ldns_pkt *pkt, ldns_pkt_section section, ldns_rr_list **list)
{
	if (!ldns_pkt_push_rr_list(pkt, section, *list))
		abort();
	ldns_rr_list_free(*list);
	*list = NULL;
}

static bool is_nodata(const struct dns_relay *r, const struct dns_message *answer)
{
	return r->exists && answer->rcode == LDNS_RCODE_NXDOMAIN &&
	       ldns_rr_list_rr_count(answer->answer) == 0;
}

size_t dns_relay_answer(struct dns_relay *r, struct dns_message *answer, uint8_t *out, size_t room)
{
	struct dns_reply *reply = &r->reply;

	/* without OPT there is no place for an extended rcode, and the rest of it means another */
	if (!answer || (answer->extended_rcode && !reply->query.edns)) {
		dns_reply_only_rcode(reply, LDNS_RCODE_SERVFAIL);
		return dns_reply_write(reply, out, room);
	}
	ldns_pkt_set_rcode(reply->pkt, is_nodata(r, answer) ? LDNS_RCODE_NOERROR : answer->rcode);
	reply->extended_rcode = answer->extended_rcode;
	move_records(reply->pkt, LDNS_SECTION_ANSWER, &answer->answer);
	move_records(reply->pkt, LDNS_SECTION_AUTHORITY, &answer->authority);
	return dns_reply_write(reply, out, room);
}
