// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route tables: of a namespace they are made when the first packet comes by, since one question about a large
 * lab meets few of them.
 */
#include <stdlib.h>

#include "analyse/net.h"

/* --- making them --- */

static struct net_table *table_of(const struct analyse *a, struct net_ns *n, uint32_t id)
{
	for (size_t i = n->n_tables; i > 0; i--)
		if (n->tables[i - 1].id == id)
			return &n->tables[i - 1];
	arena_push(a->arena, n->tables, n->n_tables)->id = id;
	return &n->tables[n->n_tables - 1];
}

static void add_route(const struct analyse *a, uint32_t ns, const struct plan_route *r)
{
	const uint32_t dev = r->type == PLAN_UNICAST ? analyse_net_find_dev(a, ns, r->dev)
						     : NET_NONE;
	struct net_table *t;

	if (r->type == PLAN_UNICAST && dev == NET_NONE)
		return; /* of a plan that was observed: its device is gone, and it with it */
	t = table_of(a, &a->ns[ns], r->table);
	*arena_push(a->arena, t->routes, t->n) = (struct net_route){
		r->dst, r->metric, dev, r->via, r->src, r, r->type == PLAN_OTHER};
}

/* An address brings the route to its subnet; of lo, nothing but itself. */
static void add_connected(const struct analyse *a, const struct net_address *address)
{
	const struct ip_prefix p = {address->ip & ip_mask(address->len), address->len};
	struct net_table *t;

	if (address->len == 32 || address->from->noprefixroute)
		return;
	t = table_of(a, &a->ns[a->devs[address->dev].ns], PLAN_TABLE_MAIN);
	*arena_push(a->arena, t->routes,
		    t->n) = (struct net_route){.dst = p, .dev = address->dev, .src = address->ip};
}

static int longest_first(const void *pa, const void *pb)
{
	const struct net_route *a = pa, *b = pb;

	if (a->dst.len != b->dst.len)
		return a->dst.len > b->dst.len ? -1 : 1;
	if (a->dst.addr != b->dst.addr)
		return a->dst.addr < b->dst.addr ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return (a->via > b->via) - (a->via < b->via);
}

static void finish_table(struct net_table *t)
{
	size_t at = 0;

	qsort(t->routes, t->n, sizeof(*t->routes), longest_first);
	t->used = 0;
	for (unsigned int i = 0; i <= 32; i++) {
		t->lens[i] = (uint32_t)at;
		while (at < t->n && t->routes[at].dst.len == 32 - i)
			at++;
		if (at > t->lens[i])
			t->used |= UINT64_C(1) << i;
	}
}

static int by_number(const void *pa, const void *pb)
{
	const struct net_table *a = pa, *b = pb;

	return (a->id > b->id) - (a->id < b->id);
}

static struct net_table *find_table(const struct net_ns *n, uint32_t id)
{
	const struct net_table key = {.id = id};

	return n->n_tables ? bsearch(&key, n->tables, n->n_tables, sizeof(key), by_number) : NULL;
}

static void finish_tables(struct net_ns *n)
{
	for (size_t i = 0; i < n->n_tables; i++)
		finish_table(&n->tables[i]);
	if (n->n_tables)
		qsort(n->tables, n->n_tables, sizeof(*n->tables), by_number);
	n->main = find_table(n, PLAN_TABLE_MAIN);
	for (size_t i = 0; i < n->n_rules; i++) {
		const struct net_table *t = find_table(n, n->rules[i].table);

		n->rule_tables[i] = t ? (uint32_t)(t - n->tables) : NET_NONE;
	}
}

const struct net_ns *analyse_net_tables(const struct analyse *a, uint32_t ns)
{
	struct net_ns *n = &a->ns[ns];

	analyse_net_ask(a, ns);
	if (n->has_tables)
		return n;
	n->has_tables = true;
	for (size_t i = 0; i < n->n_addresses; i++)
		add_connected(a, &n->addresses[i]);
	for (size_t i = 0; i < n->n_routes; i++)
		add_route(a, ns, &n->routes[i]);
	for (size_t i = 0; i < n->n_others; i++)
		add_route(a, ns, n->others[i]);
	finish_tables(n);
	return n;
}

/* They stand together by namespace. */
static void sort_out(const struct analyse *a)
{
	const struct plan *p = a->plan;
	uint32_t ns = NET_NONE;

	for (size_t i = 0; i < p->n_routes; i++) {
		ns = analyse_net_find_ns_near(a, p->routes[i].ns, ns);
		if (ns == NET_NONE)
			continue;
		if (!a->ns[ns].n_routes++)
			a->ns[ns].routes = &p->routes[i];
	}
}

static void add_other(const struct analyse *a, const struct plan_route *r)
{
	const uint32_t ns = analyse_net_find_ns(a, r->ns);
	struct net_ns *n;

	if (ns == NET_NONE)
		return;
	n = &a->ns[ns];
	*(const struct plan_route **)arena_push(a->arena, n->others, n->n_others) = r;
}

void analyse_net_index_routes(const struct analyse *a)
{
	const struct plan *extra = a->plan->extra;

	for (size_t i = 0; i < a->n_ns; i++) {
		struct net_ns *n = &a->ns[i];

		n->has_tables = false;
		n->tables = n->main = NULL;
		n->n_tables = n->n_routes = n->n_others = 0;
		n->others = NULL;
	}
	sort_out(a);
	for (size_t i = 0; extra && i < extra->n_routes; i++)
		add_other(a, &extra->routes[i]);
	for (size_t i = 0; i < a->n_dynamic; i++)
		add_other(a, a->dynamic[i]);
}

/* --- looking up --- */

/* The first route of this length in the table that has the destination. */
static const struct net_route *first_of_length(const struct net_table *t, uint8_t len, uint32_t dst)
{
	const uint32_t key = dst & ip_mask(len);
	size_t low = t->lens[32 - len], end = len ? t->lens[33 - len] : t->n, high = end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->routes[mid].dst.addr < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low < end && t->routes[low].dst.addr == key ? &t->routes[low] : NULL;
}

static bool usable(const struct analyse *a, const struct net_route *r, uint32_t oif)
{
	if (r->dev == NET_NONE)
		return true;
	return (oif == NET_NONE || r->dev == oif) && analyse_net_is_up(a, r->dev);
}

/* The best route of one table. oif: NET_NONE, or the only device that counts. */
static const struct net_route *best(const struct analyse *a, const struct net_table *t,
				    uint32_t dst, uint32_t oif)
{
	for (uint64_t left = t->used; left; left &= left - 1) {
		const uint8_t len = (uint8_t)(32 - __builtin_ctzll(left));
		const struct net_route *r = first_of_length(t, len, dst);
		const struct net_route *end = t->routes + t->n;

		for (const struct net_route *same = r;
		     r && same < end && same->dst.len == len && same->dst.addr == r->dst.addr;
		     same++)
			if (usable(a, same, oif))
				return same;
	}
	return NULL;
}

static bool equally_good(const struct net_route *x, const struct net_route *y)
{
	return x->metric == y->metric && ip_prefix_equal(x->dst, y->dst);
}

/* Hops of one multipath route stand together. */
static struct net_answer choose(const struct analyse *a, const struct net_table *t,
				const struct net_route *r, const struct plan_rule *rule,
				unsigned int choice)
{
	struct net_answer answer = {.route = r, .rule = rule, .alternatives = 1};

	if (r->dev == NET_NONE)
		return answer;
	while (&r[answer.alternatives] < t->routes + t->n &&
	       equally_good(r, &r[answer.alternatives]))
		answer.alternatives++;
	for (size_t i = 0; i < answer.alternatives; i++)
		analyse_net_use(a, r[i].dev);
	answer.route = &r[choice % answer.alternatives];
	return answer;
}

static bool rule_matches(const struct net_ns *n, size_t i, const struct net_flow *f)
{
	const struct plan_rule *r = &n->rules[i];

	if ((r->iif && (n->rule_iif[i] == NET_NONE || n->rule_iif[i] != f->iif)) ||
	    (r->oif && (n->rule_oif[i] == NET_NONE || n->rule_oif[i] != f->oif)))
		return false;
	return ip_prefix_has(r->from, f->src);
}

static struct net_answer look_up(const struct analyse *a, uint32_t ns, const struct net_flow *f)
{
	const struct net_ns *n = analyse_net_tables(a, ns);
	const struct net_route *r;

	for (size_t i = 0; i < n->n_rules; i++) {
		if (n->rule_tables[i] == NET_NONE || !rule_matches(n, i, f))
			continue;
		r = best(a, &n->tables[n->rule_tables[i]], f->dst, f->oif);
		if (r)
			return choose(a, &n->tables[n->rule_tables[i]], r, &n->rules[i], f->choice);
	}
	r = n->main ? best(a, n->main, f->dst, f->oif) : NULL;
	return r ? choose(a, n->main, r, NULL, f->choice) : (struct net_answer){0};
}

struct net_answer analyse_net_lookup(const struct analyse *a, uint32_t ns, const struct net_flow *f)
{
	const struct net_ns *n = &a->ns[ns];
	struct net_answer answer = look_up(a, ns, f);

	if (n->doubt)
		answer.unknown = n->doubt;
	else if (n->rule_doubt)
		answer.unknown = n->rule_doubt;
	else if (answer.route && answer.route->other)
		answer.unknown = "a route is of a type, or has hops, that no plan has";
	return answer;
}
