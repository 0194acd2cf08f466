// SPDX-License-Identifier: GPL-2.0-only
/** A DNS message taken apart, a client's query or another server's answer: no socket, no clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ldns/ldns.h>

/** Starts as {0}; a caller that wants records sets answer and authority to empty lists. */
struct dns_message {
	ldns_rr *question; /* NULL: none was readable */
	uint8_t rcode;     /* of the header: the lower four bits */
	bool edns;         /* an OPT record was there; what follows is from it */
	bool dnssec_ok;
	uint16_t udp_size;
	uint8_t version, extended_rcode;
	ldns_rr_list *answer, *authority; /* NULL: not kept */
};

void dns_message_done(struct dns_message *m);
#define auto_message __attribute__((cleanup(dns_message_done)))

/** Reads rcode and question and moves *pos behind them. False: not exactly one, or unreadable. */
bool dns_message_question(struct dns_message *m, const uint8_t *wire, size_t len, size_t *pos);

/**
 * Reads all records behind the question, every name and rdata, up to exactly the end. False:
 * malformed, or an OPT that is not the only one, at the root and in the additional section.
 */
bool dns_message_rest(struct dns_message *m, const uint8_t *wire, size_t len, size_t *pos);
