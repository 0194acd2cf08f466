// SPDX-License-Identifier: GPL-2.0-only
/** Which routes should exist. Pure: no clock, no kernel. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "routing/config.h"

#define ROUTING_HOPS_MAX 16 /* next hops of one multipath route */

struct routing_offered {
	struct ip_prefix prefix;
	uint32_t cost;
};

/** What a source offers at this moment: sorted, each prefix once. Zeroed is nothing. */
struct routing_supply {
	struct routing_offered *items;
	size_t n;
};

/** The route of one prefix, by way of these offers. */
struct routing_choice {
	struct ip_prefix prefix;
	size_t n;
	uint32_t offers[ROUTING_HOPS_MAX]; /* places in site->offers, ascending */
};

/** Sorted by prefix. Zeroed is nothing. */
struct routing_choices {
	struct routing_choice *items;
	size_t n;
};

/**
 * Fills *supply, which is empty, with what the source offers: its own prefixes at no cost and those
 * learned (sorted, each once) at theirs, the first `limit` of them. A dead source offers nothing.
 */
void routing_supply_fill(struct routing_supply *supply, const struct routing_source *s, bool alive,
			 const struct routing_offered *learned, size_t n_learned);
bool routing_supply_same(const struct routing_supply *a, const struct routing_supply *b);
void routing_supply_done(struct routing_supply *supply);

/** Whether all gates of an offer let this prefix pass; *preference is what they make of it. */
bool routing_permits(const struct routing_offer *o, struct ip_prefix prefix,
		     unsigned int *preference);

/** Whether the table that tells of an offer does so now, for this prefix. */
typedef bool routing_tells(const void *ctx, const struct routing_offer *o, struct ip_prefix prefix);

/** Fills *choices, which is empty. supplies: by place of the source in the configuration. */
void routing_decide(struct routing_choices *choices, const struct routing_site *site,
		    const struct routing_supply *supplies, routing_tells *tells, const void *ctx);
bool routing_choices_same(const struct routing_choices *a, const struct routing_choices *b);
/** Whether this is the way, or one of the ways, that was chosen for the prefix. */
bool routing_chose(const struct routing_choices *choices, const struct routing_site *site,
		   struct ip_prefix prefix, size_t source);
void routing_choices_done(struct routing_choices *choices);
