// SPDX-License-Identifier: GPL-2.0-only
/** One server in one lookup: its socket, UDP at first, and what came over it. */
#pragma once

#include "dns/lookup.h"

struct dns_peer {
	struct loop_io io; /* fd -1: no socket */
	struct dns_lookup *lookup;
	const struct sockaddr_in *server;
	bool tcp;
	size_t sent, got; /* TCP: of the lookup's question, of the answer with its length */
	uint8_t length[2];
	uint8_t *in; /* TCP: the answer, allocated when its length is known */
};

struct dns_lookup {
	struct dns_forwarder *forwarder;
	const struct dns_relay *relay;
	void (*done)(void *arg, struct dns_message *answer);
	void *arg;
	struct loop_timer timer;
	uint64_t deadline;
	unsigned tries;
	uint16_t id;
	size_t ask_len;               /* of ask, with the two bytes */
	uint8_t ask[2 + DNS_ASK_MAX]; /* the question behind its length, as TCP wants it */
	struct dns_peer peers[DNS_MAX_SERVERS];
};

struct dns_forwarder {
	struct loop *loop;
	size_t n_lookups;
	uint8_t in[DNS_TCP_MAX]; /* a datagram */
};

/**
 * Asks, or asks again where a UDP socket is open still; a TCP connection is left to do its work.
 * False: the server cannot be reached, and no socket is left.
 */
bool dns_peer_ask(struct dns_peer *p);
void dns_peer_close(struct dns_peer *p); /* without a socket: fine */

/** What a peer reports: a whole answer, which ends the lookup and the peer; or that it has failed. */
void dns_lookup_answered(struct dns_lookup *l, struct dns_message *answer);
void dns_lookup_next(struct dns_lookup *l);
