// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections are walked record by record rather than with ldns_wire2pkt(): that one (1.8.3) leaks the
 * first of two OPT records and cannot tell "no OPT" from "OPT with size 0".
 */
#include "dns/message.h"

void dns_message_done(struct dns_message *m)
{
	ldns_rr_free(m->question);
	ldns_rr_list_deep_free(m->answer);
	ldns_rr_list_deep_free(m->authority);
}

static bool read_opt(struct dns_message *m, const ldns_rr *rr)
{
	uint32_t ttl = ldns_rr_ttl(rr); /* extended rcode, version, flags */

	if (m->edns || ldns_rdf_size(ldns_rr_owner(rr)) != 1)
		return false; /* a second OPT, or one that is not at the root */
	m->edns = true;
	m->udp_size = (uint16_t)ldns_rr_get_class(rr);
	m->extended_rcode = (uint8_t)(ttl >> 24);
	m->version = (uint8_t)(ttl >> 16);
	m->dnssec_ok = (ttl & 0x8000) != 0;
	return true;
}

/* Walks `count` records of a section; OPT may stand in the additional section only. */
static bool read_section(struct dns_message *m, const uint8_t *wire, size_t len, size_t *pos,
			 unsigned count, ldns_pkt_section section, ldns_rr_list *kept)
{
	while (count--) {
		ldns_rr *rr = NULL;
		bool ok = ldns_wire2rr(&rr, wire, len, pos, section) == LDNS_STATUS_OK;

		if (ok && ldns_rr_get_type(rr) == LDNS_RR_TYPE_OPT)
			ok = section == LDNS_SECTION_ADDITIONAL && read_opt(m, rr);
		if (ok && kept && ldns_rr_list_push_rr(kept, rr))
			continue;
		if (ok || rr)
			ldns_rr_free(rr);
		if (!ok)
			return false;
	}
	return true;
}

bool dns_message_question(struct dns_message *m, const uint8_t *wire, size_t len, size_t *pos)
{
	ldns_rr *rr = NULL;

	m->rcode = LDNS_RCODE_WIRE(wire);
	if (LDNS_QDCOUNT(wire) != 1 ||
	    ldns_wire2rr(&rr, wire, len, pos, LDNS_SECTION_QUESTION) != LDNS_STATUS_OK)
		return false;
	m->question = rr;
	return true;
}

bool dns_message_rest(struct dns_message *m, const uint8_t *wire, size_t len, size_t *pos)
{
	return read_section(m, wire, len, pos, LDNS_ANCOUNT(wire), LDNS_SECTION_ANSWER,
			    m->answer) &&
	       read_section(m, wire, len, pos, LDNS_NSCOUNT(wire), LDNS_SECTION_AUTHORITY,
			    m->authority) &&
	       read_section(m, wire, len, pos, LDNS_ARCOUNT(wire), LDNS_SECTION_ADDITIONAL, NULL) &&
	       *pos == len;
}
