// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* --- looking up --- */

uint32_t analyse_net_find_ns(const struct analyse *a, const char *name)
{
	const struct plan_namespace *ns = plan_find_namespace(a->plan, name);

	return ns ? (uint32_t)(ns - a->plan->namespaces) : NET_NONE;
}

uint32_t analyse_net_find_dev(const struct analyse *a, uint32_t ns, const char *name)
{
	uint32_t low, high;

	if (ns == NET_NONE || !name)
		return NET_NONE;
	low = a->ns[ns].first_dev;
	high = low + a->ns[ns].n_devs;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = strcmp(name, a->devs[mid].name);

		if (c == 0)
			return mid;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NET_NONE;
}

static int by_ip(const void *pa, const void *pb)
{
	const struct net_address *a = pa, *b = pb;

	if (a->ip != b->ip)
		return a->ip < b->ip ? -1 : 1;
	return (a->dev > b->dev) - (a->dev < b->dev);
}

void analyse_net_sort_addresses(struct net_address *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof(*v), by_ip);
}

size_t analyse_net_first_address(const struct net_address *v, size_t n, uint32_t ip)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v[mid].ip < ip)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t analyse_net_local(const struct analyse *a, uint32_t ns, uint32_t ip)
{
	const struct net_ns *n = &a->ns[ns];
	const size_t i = analyse_net_first_address(n->local, n->n_addresses, ip);

	if (i < n->n_addresses && n->local[i].ip == ip)
		return n->local[i].dev;
	return ip >> 24 == 127 ? analyse_net_find_dev(a, ns, "lo") : NET_NONE;
}

bool analyse_net_is_up(const struct analyse *a, uint32_t dev)
{
	return !a->devs[dev].down;
}

const struct net_neighbour *analyse_net_neighbour(const struct analyse *a, uint32_t dev,
						  uint32_t ip)
{
	size_t low = 0, high = a->n_neighbours;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct net_neighbour *n = &a->neighbours[mid];

		if (n->dev == dev && n->ip == ip)
			return n;
		if (dev < n->dev || (dev == n->dev && ip < n->ip))
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

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
static struct net_answer choose(const struct net_table *t, const struct net_route *r,
				const struct plan_rule *rule, unsigned int choice)
{
	struct net_answer answer = {.route = r, .rule = rule, .alternatives = 1};

	if (r->dev == NET_NONE)
		return answer;
	while (&r[answer.alternatives] < t->routes + t->n &&
	       equally_good(r, &r[answer.alternatives]))
		answer.alternatives++;
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
	const struct net_ns *n = &a->ns[ns];
	const struct net_route *r;

	for (size_t i = 0; i < n->n_rules; i++) {
		if (n->rule_tables[i] == NET_NONE || !rule_matches(n, i, f))
			continue;
		r = best(a, &n->tables[n->rule_tables[i]], f->dst, f->oif);
		if (r)
			return choose(&n->tables[n->rule_tables[i]], r, &n->rules[i], f->choice);
	}
	r = n->main ? best(a, n->main, f->dst, f->oif) : NULL;
	return r ? choose(n->main, r, NULL, f->choice) : (struct net_answer){0};
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

/* --- devices --- */

static void add_device(struct analyse *a, struct net_device d)
{
	if (d.ns == NET_NONE)
		return; /* what hangs in the air where somebody took its namespace away */
	d.peer = d.master = d.segment = NET_NONE;
	*arena_push(a->arena, a->devs, a->n_devs) = d;
}

static void add_end(struct analyse *a, const struct plan_link *l, const struct plan_end *e)
{
	add_device(a, (struct net_device){.name = e->dev,
					  .ns = analyse_net_find_ns(a, e->ns),
					  .link = l,
					  .mac = e->mac,
					  .proxy_arp = e->proxy_arp,
					  .down = e->down,
					  .fault = e->fault,
					  .enslaved = e->master != NULL});
}

static int by_place(const void *pa, const void *pb)
{
	const struct net_device *a = pa, *b = pb;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void connect(const struct analyse *a, const struct plan_link *l)
{
	uint32_t here = analyse_net_find_dev(a, analyse_net_find_ns(a, l->a.ns), l->a.dev);
	uint32_t there = analyse_net_find_dev(a, analyse_net_find_ns(a, l->b.ns), l->b.dev);

	if (here == NET_NONE || there == NET_NONE)
		return;
	a->devs[here].peer = there;
	a->devs[there].peer = here;
	a->devs[here].master = analyse_net_find_dev(a, a->devs[here].ns, l->a.master);
	a->devs[there].master = analyse_net_find_dev(a, a->devs[there].ns, l->b.master);
}

static void index_devices(struct analyse *a)
{
	const struct plan *p = a->plan;

	for (size_t i = 0; i < p->n_namespaces; i++)
		add_device(a, (struct net_device){.name = "lo", .ns = (uint32_t)i});
	for (size_t i = 0; i < p->n_bridges; i++)
		add_device(a, (struct net_device){.name = p->bridges[i].dev,
						  .ns = analyse_net_find_ns(a, p->bridges[i].ns),
						  .mac = p->bridges[i].mac,
						  .bridge = &p->bridges[i],
						  .down = p->bridges[i].down,
						  .fault = p->bridges[i].fault});
	for (size_t i = 0; i < p->n_links; i++) {
		add_end(a, &p->links[i], &p->links[i].a);
		add_end(a, &p->links[i], &p->links[i].b);
	}
	qsort(a->devs, a->n_devs, sizeof(*a->devs), by_place);
	for (uint32_t i = 0; i < a->n_devs; i++) {
		struct net_ns *n = &a->ns[a->devs[i].ns];

		if (!n->n_devs++)
			n->first_dev = i;
	}
	for (size_t i = 0; i < p->n_links; i++)
		connect(a, &p->links[i]);
}

/* Nothing leaves a device that loses all. One such end is enough: no answer comes back, nor one to ARP. */
static void cut_lost(const struct analyse *a)
{
	for (size_t i = 0; i < a->plan->n_shapers; i++) {
		const struct plan_shaper *s = &a->plan->shapers[i];
		const uint32_t dev = analyse_net_find_dev(a, analyse_net_find_ns(a, s->ns), s->dev);

		if (s->loss_ppm < NET_LOST_ALL || dev == NET_NONE || a->devs[dev].peer == NET_NONE)
			continue;
		a->devs[a->devs[dev].peer].peer = NET_NONE;
		a->devs[dev].peer = NET_NONE;
	}
}

/* --- addresses, rules, neighbours, filters: all of them stand together by namespace --- */

static struct net_ns *ns_of(const struct analyse *a, const char *name)
{
	const uint32_t ns = analyse_net_find_ns(a, name);

	return ns == NET_NONE ? NULL : &a->ns[ns];
}

/* Behind all others of its device. */
static void add_address(struct analyse *a, const struct plan_address *from)
{
	const uint32_t ns = analyse_net_find_ns(a, from->ns);
	const uint32_t dev = analyse_net_find_dev(a, ns, from->dev);
	struct net_ns *n;
	size_t at;

	if (dev == NET_NONE)
		return; /* somebody took it away */
	n = &a->ns[ns];
	(void)arena_push(a->arena, n->addresses, n->n_addresses); /* room for one more */
	for (at = n->n_addresses - 1; at > 0 && n->addresses[at - 1].dev > dev; at--)
		n->addresses[at] = n->addresses[at - 1];
	n->addresses[at] = (struct net_address){from->prefix.addr, from->prefix.len, dev, from};
}

static void index_addresses(struct analyse *a)
{
	const struct plan *extra = a->plan->extra;

	for (size_t i = 0; i < a->plan->n_addresses; i++)
		add_address(a, &a->plan->addresses[i]);
	for (size_t i = 0; extra && i < extra->n_addresses; i++)
		add_address(a, &extra->addresses[i]);
	for (size_t i = 0; i < a->n_ns; i++) {
		struct net_ns *n = &a->ns[i];

		for (size_t k = 0; k < n->n_addresses; k++) {
			struct net_device *d = &a->devs[n->addresses[k].dev];

			if (!d->n++)
				d->first = (uint32_t)k;
		}
		n->local = arena_memdup(a->arena, n->addresses,
					n->n_addresses * sizeof(*n->addresses));
		analyse_net_sort_addresses(n->local, n->n_addresses);
	}
}

static void index_rules(struct analyse *a)
{
	for (size_t i = 0; i < a->plan->n_rules; i++) {
		const struct plan_rule *r = &a->plan->rules[i];
		struct net_ns *n = ns_of(a, r->ns);

		if (!n)
			continue;
		if (!n->n_rules)
			n->rules = r;
		n->n_rules++;
	}
	for (uint32_t i = 0; i < a->n_ns; i++) {
		struct net_ns *n = &a->ns[i];

		n->rule_tables = arena_alloc(a->arena, (n->n_rules + 1) * sizeof(uint32_t));
		n->rule_iif = arena_alloc(a->arena, (n->n_rules + 1) * sizeof(uint32_t));
		n->rule_oif = arena_alloc(a->arena, (n->n_rules + 1) * sizeof(uint32_t));
		for (size_t k = 0; k < n->n_rules; k++) {
			n->rule_iif[k] = analyse_net_find_dev(a, i, n->rules[k].iif);
			n->rule_oif[k] = analyse_net_find_dev(a, i, n->rules[k].oif);
		}
	}
}

static int by_device(const void *pa, const void *pb)
{
	const struct net_neighbour *a = pa, *b = pb;

	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return (a->ip > b->ip) - (a->ip < b->ip);
}

static void add_neighbour(struct analyse *a, const struct plan_neighbour *n)
{
	const uint32_t dev = analyse_net_find_dev(a, analyse_net_find_ns(a, n->ns), n->dev);

	if (dev != NET_NONE)
		*arena_push(a->arena, a->neighbours,
			    a->n_neighbours) = (struct net_neighbour){dev, n->ip, n->mac};
}

static void index_neighbours(struct analyse *a)
{
	const struct plan *extra = a->plan->extra;

	for (size_t i = 0; i < a->plan->n_neighbours; i++)
		add_neighbour(a, &a->plan->neighbours[i]);
	for (size_t i = 0; extra && i < extra->n_neighbours; i++)
		add_neighbour(a, &extra->neighbours[i]);
	if (a->n_neighbours)
		qsort(a->neighbours, a->n_neighbours, sizeof(*a->neighbours), by_device);
}

static void add_filter(struct analyse *a, const struct plan_filter *f, const struct nft_table *t)
{
	struct net_ns *n = ns_of(a, f->ns);

	if (n)
		*arena_push(a->arena, n->filters, n->n_filters) = (struct net_filter){f, t};
}

static void index_filters(struct analyse *a)
{
	static const struct nft_table unread = {.unknown = true};
	const struct plan *extra = a->plan->extra;

	for (size_t i = 0; i < a->plan->n_filters; i++)
		add_filter(a, &a->plan->filters[i],
			   analyse_nft_read(a->arena, a->plan->filters[i].text));
	for (size_t i = 0; extra && i < extra->n_filters; i++)
		add_filter(a, &extra->filters[i], &unread);
}

/* --- doubts --- */

static const char *doubt_of(const struct analyse *a, const struct net_ns *n, const char *what,
			    const char *name)
{
	auto_strbuf struct strbuf place = {0};

	analyse_place(n->from, &place);
	return arena_printf(a->arena, "%s has a %s: %s", strbuf_str(&place), what, name);
}

static void index_faults(struct analyse *a)
{
	for (size_t i = 0; i < a->n_devs; i++) {
		const struct net_device *d = &a->devs[i];
		struct net_ns *n = &a->ns[d->ns];

		if (d->fault)
			n->doubt = n->bridge_doubt =
				doubt_of(a, n, "device that is not as planned",
					 arena_printf(a->arena, "%s, %s", d->name, d->fault));
	}
}

static void index_doubts(struct analyse *a)
{
	const struct plan *extra = a->plan->extra;
	struct net_ns *n;

	for (size_t i = 0; extra && i < extra->n_rules; i++)
		if ((n = ns_of(a, extra->rules[i].ns)))
			n->rule_doubt = doubt_of(
				a, n, "rule that is of no plan",
				arena_printf(a->arena, "priority %u", extra->rules[i].priority));
	for (size_t i = 0; extra && i < extra->n_filters; i++)
		if ((n = ns_of(a, extra->filters[i].ns)))
			n->bridge_doubt = doubt_of(a, n, "filter that is of no plan",
						   extra->filters[i].table);
	for (size_t i = 0; extra && i < extra->n_links; i++)
		if ((n = ns_of(a, extra->links[i].a.ns)))
			n->doubt = n->bridge_doubt = doubt_of(a, n, "device that is of no plan",
							      extra->links[i].a.dev);
}

void analyse_net_index(struct analyse *a)
{
	a->n_ns = a->plan->n_namespaces;
	a->ns = arena_alloc(a->arena, (a->n_ns + 1) * sizeof(*a->ns));
	for (size_t i = 0; i < a->n_ns; i++)
		a->ns[i].from = &a->plan->namespaces[i];
	index_devices(a);
	analyse_net_join_wires(a);
	cut_lost(a);
	index_addresses(a);
	index_rules(a);
	index_neighbours(a);
	index_filters(a);
	index_faults(a);
	index_doubts(a);
}

/* --- routes --- */

static struct net_table *table_of(struct analyse *a, struct net_ns *n, uint32_t id)
{
	for (size_t i = n->n_tables; i > 0; i--)
		if (n->tables[i - 1].id == id)
			return &n->tables[i - 1];
	arena_push(a->arena, n->tables, n->n_tables)->id = id;
	return &n->tables[n->n_tables - 1];
}

static void add_route(struct analyse *a, const struct plan_route *r)
{
	const uint32_t ns = analyse_net_find_ns(a, r->ns);
	const uint32_t dev = r->type == PLAN_UNICAST ? analyse_net_find_dev(a, ns, r->dev)
						     : NET_NONE;
	struct net_table *t;

	if (ns == NET_NONE || (r->type == PLAN_UNICAST && dev == NET_NONE))
		return; /* of a plan that was observed: its device is gone, and it with it */
	t = table_of(a, &a->ns[ns], r->table);
	*arena_push(a->arena, t->routes, t->n) = (struct net_route){
		r->dst, r->metric, dev, r->via, r->src, r, r->type == PLAN_OTHER};
}

/* An address brings the route to its subnet; of lo, nothing but itself. */
static void add_connected(struct analyse *a, const struct net_address *address)
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

void analyse_net_index_routes(struct analyse *a)
{
	const struct plan *extra = a->plan->extra;

	for (size_t i = 0; i < a->n_ns; i++) {
		a->ns[i].tables = NULL;
		a->ns[i].n_tables = 0;
	}
	for (size_t i = 0; i < a->n_ns; i++)
		for (size_t k = 0; k < a->ns[i].n_addresses; k++)
			add_connected(a, &a->ns[i].addresses[k]);
	for (size_t i = 0; i < a->plan->n_routes; i++)
		add_route(a, &a->plan->routes[i]);
	for (size_t i = 0; extra && i < extra->n_routes; i++)
		add_route(a, &extra->routes[i]);
	for (size_t i = 0; i < a->n_dynamic; i++)
		add_route(a, a->dynamic[i]);
	for (size_t i = 0; i < a->n_ns; i++)
		finish_tables(&a->ns[i]);
}
