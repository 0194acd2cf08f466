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

#define NEAR 4u

uint32_t analyse_net_find_ns_near(const struct analyse *a, const char *name, uint32_t before)
{
	const uint32_t begin = before == NET_NONE ? 0 : before;

	for (uint32_t i = begin; i < a->n_ns && i - begin < NEAR; i++)
		if (name == a->ns[i].from->name || strcmp(name, a->ns[i].from->name) == 0)
			return i;
	return analyse_net_find_ns(a, name);
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
	if (n > 1)
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

	analyse_net_ask(a, ns);
	if (i < n->n_addresses && n->local[i].ip == ip) {
		analyse_net_use(a, n->local[i].dev);
		return n->local[i].dev;
	}
	return ip >> 24 == 127 ? n->lo : NET_NONE;
}

bool analyse_net_is_up(const struct analyse *a, uint32_t dev)
{
	return !a->devs[dev].down;
}

const struct plan_shaper *analyse_net_line_shaper(const struct analyse *a, uint32_t dev)
{
	const struct net_device *d = &a->devs[dev];
	const struct plan_shaper *far = d->far == NET_NONE ? NULL : a->devs[d->far].shaper;

	return d->shaper && (!far || d->shaper->loss_ppm >= far->loss_ppm) ? d->shaper : far;
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

/* --- devices --- */

/* Gives its namespace. */
static uint32_t add_device(struct analyse *a, struct net_device d)
{
	if (d.ns == NET_NONE)
		return d.ns; /* what hangs in the air where somebody took its namespace away */
	d.peer = d.line = d.far = d.master = d.segment = d.next = NET_NONE;
	a->devs[a->n_devs++] = d;
	return d.ns;
}

static uint32_t add_end(struct analyse *a, const struct plan_link *l, const struct plan_end *e,
			uint32_t near)
{
	return add_device(a, (struct net_device){.name = e->dev,
						 .ns = analyse_net_find_ns_near(a, e->ns, near),
						 .link = l,
						 .mac = e->mac,
						 .proxy_arp = e->proxy_arp,
						 .down = e->down,
						 .fault = e->fault,
						 .enslaved = e->master != NULL});
}

static void add_links(struct analyse *a)
{
	uint32_t near = NET_NONE, far = NET_NONE;

	for (size_t i = 0; i < a->plan->n_links; i++) {
		const struct plan_link *l = &a->plan->links[i];

		near = add_end(a, l, &l->a, near);
		far = add_end(a, l, &l->b, far);
	}
}

static int by_name(const void *pa, const void *pb)
{
	const struct net_device *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

/* The devices of one namespace: few, and most often in order already. */
static void sort_by_name(struct net_device *v, size_t n)
{
	size_t i = 1;

	while (i < n && by_name(&v[i - 1], &v[i]) <= 0)
		i++;
	if (i < n)
		qsort(v, n, sizeof(*v), by_name);
}

/* By namespace, then by name. */
static void sort_devices(struct analyse *a)
{
	struct net_device *sorted = arena_alloc(a->arena, (a->n_devs + 1) * sizeof(*sorted));
	uint32_t at = 0;

	for (size_t i = 0; i < a->n_devs; i++)
		a->ns[a->devs[i].ns].n_devs++;
	for (size_t i = 0; i < a->n_ns; i++) {
		a->ns[i].first_dev = at;
		at += a->ns[i].n_devs;
		a->ns[i].n_devs = 0;
	}
	for (size_t i = 0; i < a->n_devs; i++) {
		struct net_ns *n = &a->ns[a->devs[i].ns];

		sorted[n->first_dev + n->n_devs++] = a->devs[i];
	}
	a->devs = sorted;
	for (uint32_t i = 0; i < a->n_ns; i++) {
		sort_by_name(&a->devs[a->ns[i].first_dev], a->ns[i].n_devs);
		a->ns[i].lo = analyse_net_find_dev(a, i, "lo");
	}
}

static void join_ends(const struct analyse *a, const struct plan_link *l, uint32_t here,
		      uint32_t there)
{
	a->devs[here].peer = a->devs[here].line = a->devs[here].far = there;
	a->devs[there].peer = a->devs[there].line = a->devs[there].far = here;
	a->devs[here].master = analyse_net_find_dev(a, a->devs[here].ns, l->a.master);
	a->devs[there].master = analyse_net_find_dev(a, a->devs[there].ns, l->b.master);
}

static void connect(const struct analyse *a)
{
	const size_t n = a->plan->n_links;
	uint32_t *ends = arena_alloc(a->arena, (2 * n + 1) * sizeof(*ends)); /* place + 1 */

	for (uint32_t i = 0; i < a->n_devs; i++) {
		const struct plan_link *l = a->devs[i].link;

		if (l) /* mac points into the link: that says which end it is */
			ends[2 * (l - a->plan->links) + (a->devs[i].mac == l->b.mac)] = i + 1;
	}
	for (size_t i = 0; i < n; i++)
		if (ends[2 * i] && ends[2 * i + 1])
			join_ends(a, &a->plan->links[i], ends[2 * i] - 1, ends[2 * i + 1] - 1);
}

static void index_devices(struct analyse *a)
{
	const struct plan *p = a->plan;
	uint32_t near = NET_NONE;

	a->devs = arena_alloc(a->arena, (p->n_namespaces + p->n_bridges + 2 * p->n_links + 1) *
						sizeof(*a->devs));
	for (size_t i = 0; i < p->n_namespaces; i++)
		(void)add_device(a, (struct net_device){.name = "lo", .ns = (uint32_t)i});
	for (size_t i = 0; i < p->n_bridges; i++) {
		const struct plan_bridge *b = &p->bridges[i];

		near = add_device(
			a, (struct net_device){.name = b->dev,
					       .ns = analyse_net_find_ns_near(a, b->ns, near),
					       .mac = b->mac,
					       .bridge = b,
					       .down = b->down,
					       .fault = b->fault});
	}
	add_links(a);
	sort_devices(a);
	connect(a);
}

/* Nothing leaves a device that loses all. One such end is enough: no answer comes back, nor one to ARP. */
static void cut_lost(const struct analyse *a, struct net_device *d)
{
	if (d->shaper->loss_ppm < NET_LOST_ALL || d->peer == NET_NONE)
		return;
	a->devs[d->peer].peer = NET_NONE;
	a->devs[d->peer].loses = d->loses = true;
	d->peer = NET_NONE;
}

static void index_shapers(const struct analyse *a)
{
	uint32_t ns = NET_NONE;

	for (size_t i = 0; i < a->plan->n_shapers; i++) {
		const struct plan_shaper *s = &a->plan->shapers[i];
		uint32_t dev;

		ns = analyse_net_find_ns_near(a, s->ns, ns);
		dev = analyse_net_find_dev(a, ns, s->dev);
		if (dev == NET_NONE)
			continue;
		a->devs[dev].shaper = s;
		cut_lost(a, &a->devs[dev]);
	}
}

/* --- addresses, rules, neighbours, filters: all of them stand together by namespace --- */

static struct net_ns *ns_of(const struct analyse *a, const char *name)
{
	const uint32_t ns = analyse_net_find_ns(a, name);

	return ns == NET_NONE ? NULL : &a->ns[ns];
}

/* Behind all others of its device. */
static void add_address(const struct analyse *a, uint32_t ns, const struct plan_address *from)
{
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

static void add_addresses(const struct analyse *a, const struct plan *p)
{
	uint32_t ns = NET_NONE;

	for (size_t i = 0; p && i < p->n_addresses; i++) {
		ns = analyse_net_find_ns_near(a, p->addresses[i].ns, ns);
		add_address(a, ns, &p->addresses[i]);
	}
}

static void index_addresses(const struct analyse *a)
{
	add_addresses(a, a->plan);
	add_addresses(a, a->plan->extra);
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

static void index_rules(const struct analyse *a)
{
	uint32_t ns = NET_NONE;

	for (size_t i = 0; i < a->plan->n_rules; i++) {
		const struct plan_rule *r = &a->plan->rules[i];

		ns = analyse_net_find_ns_near(a, r->ns, ns);
		if (ns != NET_NONE && !a->ns[ns].n_rules++)
			a->ns[ns].rules = r;
	}
	for (uint32_t i = 0; i < a->n_ns; i++) {
		struct net_ns *n = &a->ns[i];

		if (!n->n_rules)
			continue;
		n->rule_tables = arena_alloc(a->arena, n->n_rules * sizeof(uint32_t));
		n->rule_iif = arena_alloc(a->arena, n->n_rules * sizeof(uint32_t));
		n->rule_oif = arena_alloc(a->arena, n->n_rules * sizeof(uint32_t));
		for (size_t k = 0; k < n->n_rules; k++) {
			n->rule_iif[k] = analyse_net_find_dev(a, i, n->rules[k].iif);
			n->rule_oif[k] = analyse_net_find_dev(a, i, n->rules[k].oif);
			n->by_source |= n->rules[k].from.len > 0;
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

static void add_neighbours(struct analyse *a, const struct plan *p)
{
	uint32_t ns = NET_NONE;

	for (size_t i = 0; p && i < p->n_neighbours; i++) {
		const struct plan_neighbour *n = &p->neighbours[i];
		uint32_t dev;

		ns = analyse_net_find_ns_near(a, n->ns, ns);
		dev = analyse_net_find_dev(a, ns, n->dev);
		if (dev != NET_NONE)
			*arena_push(a->arena, a->neighbours,
				    a->n_neighbours) = (struct net_neighbour){dev, n->ip, n->mac};
	}
}

static void index_neighbours(struct analyse *a)
{
	add_neighbours(a, a->plan);
	add_neighbours(a, a->plan->extra);
	if (a->n_neighbours)
		qsort(a->neighbours, a->n_neighbours, sizeof(*a->neighbours), by_device);
}

static void add_filters(const struct analyse *a, const struct plan *p, const struct nft_table *t)
{
	uint32_t ns = NET_NONE;

	for (size_t i = 0; p && i < p->n_filters; i++) {
		ns = analyse_net_find_ns_near(a, p->filters[i].ns, ns);
		if (ns != NET_NONE)
			*arena_push(a->arena, a->ns[ns].filters,
				    a->ns[ns].n_filters) = (struct net_filter){&p->filters[i], t};
	}
}

static void index_filters(const struct analyse *a)
{
	static const struct nft_table unread = {.unknown = true};

	add_filters(a, a->plan, NULL);
	add_filters(a, a->plan->extra, &unread);
}

static bool is_unclear(const struct nft_chain *c)
{
	for (size_t i = 0; i < c->n_rules; i++) {
		if (c->rules[i].action == NFT_DO_UNKNOWN)
			return true;
		for (size_t k = 0; k < c->rules[i].n_matches; k++)
			if (c->rules[i].matches[k].field == NFT_FIELD_UNKNOWN)
				return true;
	}
	return c->unknown;
}

static void note_filter(struct net_ns *n, const struct nft_table *t)
{
	n->unclear |= t->unknown;
	for (size_t i = 0; i < t->n_chains; i++) {
		n->unclear |= is_unclear(&t->chains[i]);
		if (t->chains[i].base)
			n->hooks |= 1u << t->chains[i].hook;
	}
	if (n->unclear)
		n->hooks = ~0u; /* it may be at any */
}

const struct net_ns *analyse_net_filters(const struct analyse *a, uint32_t ns)
{
	struct net_ns *n = &a->ns[ns];

	analyse_net_ask(a, ns);
	if (n->has_filters)
		return n;
	n->has_filters = true;
	for (size_t i = 0; i < n->n_filters; i++) {
		struct net_filter *f = &n->filters[i];

		if (!f->table)
			f->table = analyse_nft_read(a->arena, f->from->text);
		note_filter(n, f->table);
	}
	return n;
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
	index_shapers(a);
	index_addresses(a);
	index_rules(a);
	index_neighbours(a);
	index_filters(a);
	index_faults(a);
	index_doubts(a);
}
