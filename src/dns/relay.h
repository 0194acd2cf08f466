// SPDX-License-Identifier: GPL-2.0-only
/** A query that other servers must answer: the question to them, and their answer for the client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/reply.h"
#include "dns/view.h"

/** The longest question: header, name, type and class, OPT without options. */
#define DNS_ASK_MAX (12 + 255 + 4 + 11)

struct dns_relay {
	struct dns_reply reply;            /* to the client, with the CNAMEs of ours on the way */
	const struct dns_forward *forward; /* whom to ask; of the view, borrowed */
	ldns_rdf *name;                    /* what for: the client's name, or where ours lead */
	bool exists;                       /* as an ancestor of names of the view */
};

/** Takes the reply over, whose query is the client's; copies the name. */
struct dns_relay *dns_relay_new(struct dns_reply *reply, const struct dns_forward *forward,
				const ldns_rdf *name, bool exists)
	__attribute__((returns_nonnull, nonnull, warn_unused_result));
void dns_relay_free(struct dns_relay *r); /* NULL is fine */

/**
 * Writes the question for another server, to at most DNS_ASK_MAX bytes at out; gives its length. Of
 * the client's query only these go on: name, type, CD, whether there was OPT, and its DO. RD is set.
 * Options (cookies, client subnets) are between the client and us.
 */
size_t dns_relay_ask(const struct dns_relay *r, uint16_t id, uint8_t *out) __attribute__((nonnull));

enum dns_heard {
	DNS_FOREIGN,   /* no answer to our question, or one that is malformed: ignore it */
	DNS_TRUNCATED, /* ours, over UDP, and TC says that TCP has more */
	DNS_WHOLE,     /* ours; *answer holds it */
};

/**
 * Whether these bytes answer the question that was asked with that id: id, name in any letter case,
 * type and class must match, and all of it must be readable. *answer, zero before, is to be done by
 * the caller in any case. That it comes from the server asked is for the socket to see.
 */
enum dns_heard dns_relay_hear(const struct dns_relay *r, uint16_t id, enum dns_transport transport,
			      const uint8_t *wire, size_t len, struct dns_message *answer)
	__attribute__((nonnull));

/**
 * Writes the client's answer: rcode, answer and authority of another server's, behind our CNAMEs; id
 * and spelling of the question as the client had them, RA set, AA and AD clear (nobody here has
 * authority or has validated). NXDOMAIN becomes NODATA where the view has names below that name (RFC
 * 8020). Without an answer (NULL): SERVFAIL. Bytes and limits as for dns_reply_write(). Once only.
 */
size_t dns_relay_answer(struct dns_relay *r, struct dns_message *answer, uint8_t *out, size_t room)
	__attribute__((nonnull(1, 3)));
