// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two hosts are alike where the plan stays the same when they change places. For that, everything that a
 * packet can meet is compared, with "self" in the place of the host's own address and of the port that it
 * hangs on:
 * - of the host: its device, what that loses, routes, rules, filters;
 * - of its port: bridge, proxy ARP, loss, addresses, the rules and entries of filters that name it;
 * - of its address: which prefixes of any table and which set of any filter hold it, the host routes
 *   that lead to it, who else has it.
 */
#include "analyse/class.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SELF UINT32_C(0xfffffffe) /* no device's number */

/* A route to one address. */
struct host_route {
	uint32_t ip, ns, table;
	const struct net_route *route;
};

/* What a route leads out of a device. */
struct way_out {
	uint32_t dev;
	struct ip_prefix dst;
};

struct class_index {
	const struct analyse *a;
	struct arena *arena;
	struct ip_prefix
		*prefixes; /* of any table or rule, each once, sorted; none of a single host */
	size_t n_prefixes;
	const struct nft_ranges **sets; /* of addresses, of any filter */
	size_t n_sets;
	struct way_out *ways; /* of any route, sorted by device */
	size_t n_ways;
	uint32_t *hops; /* next hops of any route, sorted */
	size_t n_hops;
	struct host_route *hosts; /* sorted by address */
	size_t n_hosts;
	struct net_address *everyone; /* all addresses of all namespaces, sorted; dev: namespace */
	size_t n_everyone;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
	return hash_bytes(h, &v, sizeof(v));
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	return s ? hash_str(h, s) : mix(h, 0);
}

/* --- what there is --- */

static int by_prefix(const void *a, const void *b)
{
	return ip_prefix_cmp(*(const struct ip_prefix *)a, *(const struct ip_prefix *)b);
}

static int by_number(const void *pa, const void *pb)
{
	const uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static int by_host(const void *pa, const void *pb)
{
	const struct host_route *a = pa, *b = pb;

	if (a->ip != b->ip)
		return a->ip < b->ip ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return (a->table > b->table) - (a->table < b->table);
}

static int by_device(const void *pa, const void *pb)
{
	const struct way_out *a = pa, *b = pb;

	return (a->dev > b->dev) - (a->dev < b->dev);
}

static void add_prefix(struct class_index *c, struct ip_prefix p)
{
	*arena_push(c->arena, c->prefixes, c->n_prefixes) = p;
}

static void add_table(struct class_index *c, uint32_t ns, const struct net_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct net_route *r = &t->routes[i];

		if (r->dev != NET_NONE)
			*arena_push(c->arena, c->ways, c->n_ways) = (struct way_out){r->dev,
										     r->dst};
		if (r->via)
			*arena_push(c->arena, c->hops, c->n_hops) = r->via;
		if (r->dst.len == 32)
			*arena_push(c->arena, c->hosts,
				    c->n_hosts) = (struct host_route){r->dst.addr, ns, t->id, r};
		else
			add_prefix(c, r->dst);
	}
}

static bool is_of_addresses(const struct nft_match *m)
{
	return m->field == NFT_FIELD_SADDR || m->field == NFT_FIELD_DADDR;
}

static void add_set(struct class_index *c, const struct nft_ranges *set)
{
	for (size_t i = c->n_sets; i > 0; i--)
		if (c->sets[i - 1]->v == set->v)
			return; /* of two rules on one set, which mostly stand close */
	*(const struct nft_ranges **)arena_push(c->arena, c->sets, c->n_sets) = set;
}

static void add_filter(struct class_index *c, const struct nft_table *t)
{
	for (size_t i = 0; i < t->n_chains; i++)
		for (size_t k = 0; k < t->chains[i].n_rules; k++) {
			const struct nft_rule *r = &t->chains[i].rules[k];

			for (size_t m = 0; m < r->n_matches; m++)
				if (is_of_addresses(&r->matches[m]))
					add_set(c, &r->matches[m].ranges);
		}
}

static void add_namespace(struct class_index *c, uint32_t ns)
{
	const struct net_ns *n = analyse_net_tables(c->a, ns);

	for (size_t i = 0; i < n->n_tables; i++)
		add_table(c, ns, &n->tables[i]);
	for (size_t i = 0; i < n->n_rules; i++)
		add_prefix(c, n->rules[i].from);
	n = analyse_net_filters(c->a, ns);
	for (size_t i = 0; i < n->n_filters; i++)
		add_filter(c, n->filters[i].table);
	for (size_t i = 0; i < n->n_addresses; i++) {
		struct net_address *e = arena_push(c->arena, c->everyone, c->n_everyone);

		*e = n->addresses[i];
		e->dev = ns;
	}
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n)
		qsort(items, n, size, compare);
}

static void drop_doubles(struct class_index *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_prefixes; i++)
		if (!kept || by_prefix(&c->prefixes[kept - 1], &c->prefixes[i]) != 0)
			c->prefixes[kept++] = c->prefixes[i];
	c->n_prefixes = kept;
}

struct class_index *analyse_class_index_new(const struct analyse *a)
{
	struct arena *arena = arena_new(0);
	struct class_index *c = arena_alloc(arena, sizeof(*c));

	c->a = a;
	c->arena = arena;
	for (uint32_t i = 0; i < a->n_ns; i++)
		add_namespace(c, i);
	sort(c->prefixes, c->n_prefixes, sizeof(*c->prefixes), by_prefix);
	drop_doubles(c);
	sort(c->ways, c->n_ways, sizeof(*c->ways), by_device);
	sort(c->hops, c->n_hops, sizeof(*c->hops), by_number);
	sort(c->hosts, c->n_hosts, sizeof(*c->hosts), by_host);
	analyse_net_sort_addresses(c->everyone, c->n_everyone);
	return c;
}

void analyse_class_index_free(struct class_index *c)
{
	if (c)
		arena_free(c->arena);
}

/* --- what one is like --- */

/* The only device beside lo; NET_NONE where there are others, or none. */
static uint32_t only_device(const struct analyse *a, uint32_t ns)
{
	const struct net_ns *n = &a->ns[ns];
	uint32_t dev = n->first_dev;

	if (n->n_devs != 2 || n->from->router || n->n_addresses != 1)
		return NET_NONE;
	dev += a->devs[dev].link == NULL;
	return a->devs[dev].link && a->devs[dev].n == 1 ? dev : NET_NONE;
}

static bool is_next_hop(const struct class_index *c, uint32_t ip)
{
	return c->n_hops && bsearch(&ip, c->hops, c->n_hops, sizeof(ip), by_number);
}

/* Whether a route takes the port for the way to anybody but the host itself. */
static bool leads_to_others(const struct class_index *c, uint32_t port, uint32_t ip)
{
	const struct ip_prefix own = {ip, 32};
	size_t low = 0, high = c->n_ways;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->ways[mid].dev < port)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < c->n_ways && c->ways[low].dev == port; low++)
		if (!ip_prefix_equal(c->ways[low].dst, own))
			return true;
	return false;
}

static bool has_neighbours(const struct analyse *a, uint32_t dev)
{
	for (size_t i = 0; i < a->n_neighbours; i++)
		if (a->neighbours[i].dev == dev || a->neighbours[i].dev == a->devs[dev].peer)
			return true;
	return false;
}

static uint64_t mix_route(uint64_t h, const struct net_route *r, uint32_t ip, uint32_t port)
{
	const uint32_t dev = r->dev == port ? SELF : r->dev;

	h = mix(mix(h, r->metric), r->other);
	h = mix(h, dev);
	h = mix(h, r->via == ip ? SELF : r->via);
	return mix(h, r->src == ip ? SELF : r->src);
}

static uint64_t mix_loss(const struct class_index *c, uint64_t h, uint32_t dev)
{
	const struct net_device *d = &c->a->devs[dev];

	return mix(mix(h, d->shaper ? d->shaper->loss_ppm : 0), d->wire_loss_ppm);
}

static uint64_t mix_host(const struct class_index *c, uint64_t h, uint32_t ns, uint32_t dev,
			 uint32_t ip)
{
	const struct net_ns *n = &c->a->ns[ns];

	h = mix_text(mix_text(h, n->doubt), n->rule_doubt);
	h = mix_text(h, c->a->devs[dev].name);
	h = mix(mix(h, c->a->devs[dev].proxy_arp), c->a->devs[dev].down);
	h = mix_loss(c, h, dev);
	h = mix(h, n->addresses[0].len);
	h = mix(h, n->addresses[0].from->noprefixroute);
	for (size_t i = 0; i < n->n_tables; i++) {
		h = mix(h, n->tables[i].id);
		for (size_t k = 0; k < n->tables[i].n; k++) {
			const struct net_route *r = &n->tables[i].routes[k];

			h = mix(mix(h, r->dst.addr), r->dst.len);
			h = mix_route(h, r, ip, dev);
		}
	}
	for (size_t i = 0; i < n->n_rules; i++) {
		const struct plan_rule *r = &n->rules[i];

		h = mix_text(mix_text(mix(mix(h, r->priority), r->table), r->iif), r->oif);
		h = mix(mix(h, r->from.addr), r->from.len);
	}
	for (size_t i = 0; i < n->n_filters; i++)
		h = mix_text(h, n->filters[i].from->text);
	return h;
}

static uint64_t mix_names(uint64_t h, const struct nft_table *t, const char *port)
{
	for (size_t i = 0; i < t->n_chains; i++)
		for (size_t k = 0; k < t->chains[i].n_rules; k++) {
			const struct nft_rule *r = &t->chains[i].rules[k];

			for (size_t m = 0; m < r->n_matches; m++) {
				const struct nft_name *name = analyse_nft_find_name(&r->matches[m],
										    port);

				if (r->matches[m].n_names)
					h = mix_text(mix(h, name != NULL),
						     name ? name->chain : NULL);
			}
		}
	return h;
}

static uint64_t mix_port(const struct class_index *c, uint64_t h, uint32_t port)
{
	const struct net_device *d = &c->a->devs[port];
	const struct net_ns *n = &c->a->ns[d->ns];

	h = mix(mix(mix(mix(h, d->ns), d->master), d->proxy_arp), d->down);
	h = mix_loss(c, h, port);
	for (uint32_t i = 0; i < d->n; i++)
		h = mix(mix(h, n->addresses[d->first + i].ip), n->addresses[d->first + i].len);
	for (size_t i = 0; i < n->n_rules; i++)
		h = mix(h, (n->rule_iif[i] == port) | (n->rule_oif[i] == port) << 1);
	for (size_t i = 0; i < n->n_filters; i++)
		h = mix_names(h, n->filters[i].table, d->name);
	return h;
}

static uint64_t mix_bits(uint64_t h, uint64_t *bits, size_t i, bool bit)
{
	*bits = *bits << 1 | bit;
	return i % 64 == 63 ? mix(h, *bits) : h;
}

static uint64_t mix_memberships(const struct class_index *c, uint64_t h, uint32_t ip)
{
	uint64_t bits = 1;

	for (size_t i = 0; i < c->n_prefixes; i++)
		h = mix_bits(h, &bits, i, ip_prefix_has(c->prefixes[i], ip));
	h = mix(h, bits);
	bits = 1;
	for (size_t i = 0; i < c->n_sets; i++)
		h = mix_bits(h, &bits, i, analyse_nft_ranges_have(c->sets[i], ip));
	return mix(h, bits);
}

static size_t first_host(const struct class_index *c, uint32_t ip)
{
	size_t low = 0, high = c->n_hosts;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->hosts[mid].ip < ip)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint64_t mix_address(const struct class_index *c, uint64_t h, uint32_t ns, uint32_t ip,
			    uint32_t port)
{
	h = mix_memberships(c, h, ip);
	for (size_t i = first_host(c, ip); i < c->n_hosts && c->hosts[i].ip == ip; i++) {
		h = mix(mix(h, c->hosts[i].ns), c->hosts[i].table);
		h = mix_route(h, c->hosts[i].route, ip, port);
	}
	for (size_t i = analyse_net_first_address(c->everyone, c->n_everyone, ip);
	     i < c->n_everyone && c->everyone[i].ip == ip; i++)
		if (c->everyone[i].dev != ns)
			h = mix(h, c->everyone[i].dev);
	return h;
}

uint64_t analyse_class_of(const struct class_index *c, uint32_t ns)
{
	const uint32_t dev = only_device(c->a, ns);
	uint64_t h = 0;
	uint32_t ip;

	if (dev == NET_NONE || c->a->devs[dev].peer == NET_NONE || has_neighbours(c->a, dev))
		return mix(1, ns);
	ip = c->a->ns[ns].addresses[0].ip;
	if (is_next_hop(c, ip) || leads_to_others(c, c->a->devs[dev].peer, ip))
		return mix(1, ns);
	h = mix_host(c, h, ns, dev, ip);
	h = mix_port(c, h, c->a->devs[dev].peer);
	return mix_address(c, h, ns, ip, c->a->devs[dev].peer);
}
