// SPDX-License-Identifier: GPL-2.0-only
/**
 * Our routes in one namespace: what the kernel holds, as it was told, and what is wanted; hence what
 * is to be done. Pure: the clock is given (ms, never 0), nothing is sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "routing/message.h"

#define ROUTING_PACE_MS  100  /* at least between two writes of the same route */
#define ROUTING_RETRY_MS 1000 /* after a refusal, where nothing happens before */

struct routing_fib;

/** A next hop as it is wanted: by the name of its device, which may not be there yet. */
struct routing_hop {
	size_t device; /* routing_fib_device() */
	uint32_t via;
	bool onlink;
};

struct routing_fib *routing_fib_new(void);
void routing_fib_free(struct routing_fib *f); /* NULL is fine */

/** A number for the device of this name (borrowed); the same name, the same number. */
size_t routing_fib_device(struct routing_fib *f, const char *name);

/** At most ROUTING_HOPS_MAX hops; n 0: no route of ours is wanted any more. */
void routing_fib_want(struct routing_fib *f, uint32_t table, struct ip_prefix dst, uint8_t protocol,
		      const struct routing_hop *hops, size_t n);
/** Nothing is wanted any more, and what is there has to go at once. */
void routing_fib_want_nothing(struct routing_fib *f);

void routing_fib_route(struct routing_fib *f, const struct routing_told *t);
void routing_fib_link(struct routing_fib *f, const struct routing_link *l);
/** An address came: what was refused may be tried again. */
void routing_fib_retry(struct routing_fib *f);

/** A dump of links and routes begins: all that is known is forgotten, and will be told before the next
 * orders are asked for. */
void routing_fib_dump(struct routing_fib *f);

/**
 * What is to be done now, *n orders, to be freed; NULL where that is none. Each is given out once and
 * again after ROUTING_RETRY_MS, unless it was told meanwhile that it is done.
 */
struct routing_order *routing_fib_orders(struct routing_fib *f, uint64_t now, size_t *n);

/** After routing_fib_orders(): */
struct routing_fib_state {
	uint64_t due;   /* ms, when the next order may be due; UINT64_MAX: when something happens */
	size_t routes;  /* of ours in the kernel */
	size_t missing; /* wanted, and not there as wanted */
	size_t absent;  /* of those: wait for a device */
	size_t taken;   /* of those: another one's route stands in their place */
	const char *dev;      /* one of the devices that are waited for; NULL: none */
	struct ip_prefix dst; /* of one of those that are taken */
};
const struct routing_fib_state *routing_fib_state(const struct routing_fib *f);
