// SPDX-License-Identifier: GPL-2.0-only
/** Asks other servers for what a client wants to know: sockets, timers, tries. */
#pragma once

#include "base/loop.h"
#include "dns/relay.h"

/**
 * How long a client waits for all tries together. An impatient one, as the C library of an ECS instance is
 * told to be, waits for 2 s ("timeout:2 attempts:2" in its resolv.conf) and then asks again from another port, where the answer to its
 * first question does not arrive. So the answer, or SERVFAIL for "nobody answers", must be there
 * before; tries of 1.5 s each would be as many answers that nobody hears.
 */
#define DNS_PATIENCE_MS 1800
#define DNS_ROUNDS      2

#define DNS_MAX_LOOKUPS 1000 /* under way in this process; 4 sockets each at most */

struct dns_forwarder;
struct dns_lookup;

struct dns_forwarder *dns_forwarder_new(struct loop *loop) __attribute__((returns_nonnull));
void dns_forwarder_free(struct dns_forwarder *f); /* after its lookups; NULL is fine */

/**
 * Asks the servers of the relay's zone, in their order and twice round: the next one as soon as one
 * is known to be unreachable (ICMP, no route), and otherwise every DNS_PATIENCE_MS / (2 * servers),
 * which is 900 ms for one and 450 ms for two. A try does not end when the next begins, so a server
 * that needs a second is heard too. The first whole answer wins, whatever its rcode: SERVFAIL is
 * what that server says, and forwarders that point at each other come to rest at once when the first
 * of them has DNS_MAX_LOOKUPS under way.
 *
 * Each server of each lookup gets a connected UDP socket of its own, because then the kernel draws a
 * random port for each, drops what comes from elsewhere, and reports ICMP errors to the one that
 * they concern. An answer with TC is fetched over TCP from the same server.
 *
 * done is called once, in a later turn of the loop, when the lookup is gone already: with an answer
 * whose records it may take, or with NULL when nobody answered. relay is borrowed until then. NULL,
 * and no call, where DNS_MAX_LOOKUPS are under way.
 *
 * Nothing is remembered: a lab changes step by step, and each step must show at once.
 */
struct dns_lookup *dns_lookup_start(struct dns_forwarder *f, const struct dns_relay *relay,
				    void (*done)(void *arg, struct dns_message *answer), void *arg)
	__attribute__((nonnull(1, 2, 3)));

/** Ends a lookup whose answer nobody wants any more: done is not called. */
void dns_lookup_cancel(struct dns_lookup *l) __attribute__((nonnull));
