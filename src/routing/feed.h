// SPDX-License-Identifier: GPL-2.0-only
/** The routes that somebody else keeps in a table, a BGP daemon: what a source learns. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/decide.h"
#include "routing/message.h"

struct routing_feed {
	uint32_t table;
	uint8_t protocol;
	bool changed; /* since the caller set it to false */
	void *routes; /* tsearch(3), by prefix and metric */
	size_t n;     /* routes, not prefixes */
};

void routing_feed_done(struct routing_feed *f);

/** A dump begins: all is forgotten, and will be told. */
void routing_feed_clear(struct routing_feed *f);
/** true: a route of this feed went, and another of its prefix and metric may have stood beside it;
 * only a dump tells. */
bool routing_feed_route(struct routing_feed *f, const struct routing_told *t);

/** Each prefix once, at its lowest metric, sorted: *n items, to be freed. Never NULL. */
struct routing_offered *routing_feed_list(const struct routing_feed *f, size_t *n);
