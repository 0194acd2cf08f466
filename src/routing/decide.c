// SPDX-License-Identifier: GPL-2.0-only
/*
 * A site's candidates, one for each offer and prefix, are sorted by prefix and then from best to worst,
 * so that the choice of a prefix is the head of its group: O(n log n) for n candidates.
 *
 * Devices play no part here. That a device is down is learned by health checks, as in the cloud, and
 * not by looking at it.
 */
#include "routing/decide.h"

#include <stdlib.h>
#include <string.h>

struct candidate {
	struct ip_prefix prefix;
	unsigned int preference, rank;
	uint32_t cost;
	uint32_t offer;
};

static void *room_for(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (!p)
		abort(); /* the supervisor starts us anew */
	return p;
}

static int by_prefix(const void *a, const void *b)
{
	const struct routing_offered *x = a, *y = b;
	int cmp = ip_prefix_cmp(x->prefix, y->prefix);

	return cmp ? cmp : (x->cost > y->cost) - (x->cost < y->cost);
}

void routing_supply_fill(struct routing_supply *supply, const struct routing_source *s, bool alive,
			 const struct routing_offered *learned, size_t n_learned)
{
	size_t n = 0, kept = 0;

	if (!alive)
		return;
	if (n_learned > s->learn.limit)
		n_learned = s->learn.limit;
	supply->items = room_for(s->n_prefixes + n_learned, sizeof(*supply->items));
	for (; n < s->n_prefixes; n++)
		supply->items[n].prefix = s->prefixes[n];
	for (size_t i = 0; i < n_learned; i++)
		supply->items[n++] = learned[i];
	qsort(supply->items, n, sizeof(*supply->items), by_prefix);
	for (size_t i = 0; i < n; i++) {
		/* of two the cheaper one, which stands first */
		if (!kept ||
		    !ip_prefix_equal(supply->items[kept - 1].prefix, supply->items[i].prefix))
			supply->items[kept++] = supply->items[i];
	}
	supply->n = kept;
}

bool routing_supply_same(const struct routing_supply *a, const struct routing_supply *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (by_prefix(&a->items[i], &b->items[i]) != 0)
			return false;
	}
	return true;
}

void routing_supply_done(struct routing_supply *supply)
{
	free(supply->items);
	*supply = (struct routing_supply){0};
}

static bool listed(const struct routing_clause *c, struct ip_prefix p)
{
	size_t low = 0, high = c->n_prefixes;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int cmp = ip_prefix_cmp(c->prefixes[middle], p);

		if (cmp == 0)
			return true;
		if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool matches(const struct routing_clause *c, struct ip_prefix p)
{
	if (c->all || listed(c, p))
		return true;
	/* one look-up for each length that an enclosing prefix may have */
	while (c->include && p.len > 0) {
		p.len--;
		p.addr &= ip_mask(p.len);
		if (listed(c, p))
			return true;
	}
	return false;
}

static const struct routing_clause *decisive(const struct routing_gate *g, struct ip_prefix prefix)
{
	for (size_t i = 0; i < g->n_clauses; i++) {
		if (matches(&g->clauses[i], prefix))
			return &g->clauses[i];
	}
	return NULL;
}

bool routing_permits(const struct routing_offer *o, struct ip_prefix prefix,
		     unsigned int *preference)
{
	*preference = ROUTING_PREFERENCE;
	for (size_t i = 0; i < o->n_gates; i++) {
		const struct routing_clause *c = decisive(&o->gates[i], prefix);

		if (c && c->deny)
			return false;
		if (c && c->preference >= 0)
			*preference = (unsigned int)c->preference;
	}
	return true;
}

/* -1, 0, 1: how good two candidates of one prefix are. */
static int compare_worth(const struct candidate *x, const struct candidate *y)
{
	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->cost > y->cost) - (x->cost < y->cost);
}

static int best_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int cmp = ip_prefix_cmp(x->prefix, y->prefix);

	if (!cmp)
		cmp = compare_worth(x, y);
	return cmp ? cmp : (x->offer > y->offer) - (x->offer < y->offer);
}

struct asked {
	routing_tells *fn;
	const void *ctx;
};

static size_t gather(const struct routing_site *site, const struct routing_supply *supplies,
		     const struct asked *tells, struct candidate *candidates)
{
	size_t n = 0;

	for (uint32_t i = 0; i < site->n_offers; i++) {
		const struct routing_offer *o = &site->offers[i];
		const struct routing_supply *supply = &supplies[o->source];

		for (size_t k = 0; k < supply->n; k++) {
			struct candidate *c = &candidates[n];

			*c = (struct candidate){.prefix = supply->items[k].prefix,
						.rank = o->rank,
						.cost = supply->items[k].cost,
						.offer = i};
			n += tells->fn(tells->ctx, o, c->prefix) &&
			     routing_permits(o, c->prefix, &c->preference);
		}
	}
	return n;
}

/* Takes one prefix from the front of n candidates; gives how many of them belong to it. */
static size_t choose(struct routing_choice *choice, const struct candidate *c, size_t n, bool ecmp)
{
	size_t i = 0;

	choice->prefix = c->prefix;
	for (; i < n && ip_prefix_equal(c[i].prefix, c->prefix); i++) {
		bool wanted = i == 0 || (ecmp && compare_worth(&c[i], c) == 0);

		if (wanted && choice->n < ROUTING_HOPS_MAX)
			choice->offers[choice->n++] = c[i].offer;
	}
	return i;
}

void routing_decide(struct routing_choices *choices, const struct routing_site *site,
		    const struct routing_supply *supplies, routing_tells *tells, const void *ctx)
{
	const struct asked asked = {tells, ctx};
	struct candidate *candidates;
	size_t n = 0, i = 0;

	for (size_t k = 0; k < site->n_offers; k++)
		n += supplies[site->offers[k].source].n;
	candidates = room_for(n, sizeof(*candidates));
	n = gather(site, supplies, &asked, candidates);
	qsort(candidates, n, sizeof(*candidates), best_first);
	choices->items = room_for(n, sizeof(*choices->items));
	while (i < n)
		i += choose(&choices->items[choices->n++], &candidates[i], n - i, site->ecmp);
	free(candidates);
}

static bool same_choice(const struct routing_choice *a, const struct routing_choice *b)
{
	return a->n == b->n && ip_prefix_equal(a->prefix, b->prefix) &&
	       memcmp(a->offers, b->offers, a->n * sizeof(*a->offers)) == 0;
}

bool routing_choices_same(const struct routing_choices *a, const struct routing_choices *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_choice(&a->items[i], &b->items[i]))
			return false;
	return true;
}

static int by_choice(const void *key, const void *item)
{
	const struct ip_prefix *p = key;

	return ip_prefix_cmp(*p, ((const struct routing_choice *)item)->prefix);
}

bool routing_chose(const struct routing_choices *choices, const struct routing_site *site,
		   struct ip_prefix prefix, size_t source)
{
	const struct routing_choice *c = choices->n ? bsearch(&prefix, choices->items, choices->n,
							      sizeof(*choices->items), by_choice)
						    : NULL;

	for (size_t i = 0; c && i < c->n; i++)
		if (site->offers[c->offers[i]].source == source)
			return true;
	return false;
}

void routing_choices_done(struct routing_choices *choices)
{
	free(choices->items);
	*choices = (struct routing_choices){0};
}
