// SPDX-License-Identifier: GPL-2.0-only
/** The answer to a client in the making, up to its bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/message.h"

enum dns_transport { DNS_UDP, DNS_TCP };

/** The largest UDP answer that we send, and what our OPT says: no fragment on any usual path. */
#define DNS_UDP_MAX 1232

/** The largest that TCP's two length bytes can announce. */
#define DNS_TCP_MAX 65535

struct dns_reply {
	struct dns_message query; /* the client's; records are not kept */
	enum dns_transport transport;
	ldns_pkt *pkt;
	uint8_t extended_rcode; /* the upper bits of the rcode, for the OPT record */
};

/** An answer without question and records to the query with that header; RA set, AA clear. */
void dns_reply_init(struct dns_reply *r, const uint8_t *query, enum dns_transport transport);
void dns_reply_done(struct dns_reply *r); /* zeroed is fine */
#define auto_reply __attribute__((cleanup(dns_reply_done)))

/** Adds a copy of a record, under another owner name where that is not NULL. */
void dns_reply_push(struct dns_reply *r, ldns_pkt_section section, const ldns_rr *rr,
		    const ldns_rdf *owner);

/** Takes all records back and answers with that rcode alone. */
void dns_reply_only_rcode(struct dns_reply *r, ldns_pkt_rcode rcode);

/**
 * Gives the bytes written to out (room: at least 512). OPT for OPT (RFC 6891). What exceeds the
 * transport's or the client's limit becomes TC without records; over TCP, which has no more room to
 * offer, SERVFAIL.
 */
size_t dns_reply_write(struct dns_reply *r, uint8_t *out, size_t room);
