// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet step by step, as ip_route_output(), ip_rcv(), ip_forward() and their netfilter hooks treat it.
 * Routers answer with ICMP errors or not: nobody gets through because of that, so it plays no part here.
 */
#include "analyse/net.h"

#include <string.h>

#include "base/ip.h"

#define EPHEMERAL 40000 /* where answers go to: above all ports that filters name */

/* A packet as it is on its way. */
struct walk_packet {
	uint32_t ns;
	uint32_t oif; /* device of the socket; NET_NONE: none */
	uint32_t src; /* 0: chosen at the start */
	uint32_t dst;
	struct nft_packet header;
	unsigned int choice; /* which of equally good hops is taken */
};

struct walker {
	const struct analyse *a;
	const struct analyse_walk *forth;
	struct analyse_walk *w;
	struct nft_packet header;
	uint32_t ns, in, oif;
	unsigned int choice;
};

static const char *name_of(const struct analyse *a, uint32_t dev)
{
	return dev == NET_NONE ? NULL : a->devs[dev].name;
}

/* Ends the walk; gives false, so that `return end(...)` ends a step, too. */
static bool end(struct walker *k, enum analyse_end how)
{
	k->w->end = how;
	return false;
}

static bool not_known(struct walker *k, const char *why)
{
	k->w->unknown = why;
	return end(k, ANALYSE_UNKNOWN);
}

static struct analyse_hop *hop_of(const struct walker *k)
{
	return &k->w->hops[k->w->n_hops - 1];
}

static bool enter(struct walker *k, uint32_t ns, uint32_t in)
{
	if (k->w->n_hops == ANALYSE_HOPS_MAX)
		return end(k, ANALYSE_LOOP);
	k->ns = ns;
	k->in = in;
	k->w->hops[k->w->n_hops++] = (struct analyse_hop){.ns = k->a->ns[ns].from,
							  .in = name_of(k->a, in)};
	return true;
}

/* --- filters --- */

static bool has_seen(const struct analyse_walk *forth, const struct plan_namespace *ns)
{
	for (size_t i = 0; forth && i < forth->n_hops; i++)
		if (forth->hops[i].ns == ns)
			return true;
	return false;
}

static bool stop_at(struct walker *k, const struct net_filter *f, const struct nft_judgement *j)
{
	struct analyse_hop *hop = hop_of(k);

	hop->filter = f->from;
	hop->chain = j->chain ? j->chain->name : NULL;
	if (!f->from->text)
		return not_known(k, "a filter stands there that is of no plan");
	hop->verdict = j->rule ? j->rule->text : "policy drop";
	if (j->verdict == NFT_UNKNOWN)
		return not_known(k, "a filter holds what the analyser does not understand");
	return end(k, ANALYSE_FILTERED);
}

/* in, out: "" where there is none. */
static bool pass(struct walker *k, enum nft_hook hook, const char *in, const char *out)
{
	const struct net_ns *n = &k->a->ns[k->ns];

	if (!n->n_filters)
		return true;
	k->header.iif = in;
	k->header.oif = out;
	k->header.established = has_seen(k->forth, n->from);
	for (size_t i = 0; i < n->n_filters; i++) {
		const struct nft_judgement j = analyse_nft_judge(n->filters[i].table, hook,
								 &k->header);

		if (j.verdict != NFT_ACCEPT)
			return stop_at(k, &n->filters[i], &j);
	}
	return true;
}

/* --- where to --- */

static bool is_last_resort(const struct net_route *r)
{
	return r->dst.len == 0 && r->metric == PLAN_METRIC_LAST;
}

/* The route out of the namespace, or what stands in the way. bound: an unroutable packet is on link. */
static bool find_way(struct walker *k, uint32_t src, struct net_route *way)
{
	const struct net_flow f = {src, k->w->dst, k->in, k->oif, k->choice};
	const struct net_answer found = analyse_net_lookup(k->a, k->ns, &f);
	struct analyse_hop *hop = hop_of(k);

	hop->rule = found.rule;
	hop->route = found.route ? found.route->from : NULL;
	if (found.alternatives > k->w->alternatives)
		k->w->alternatives = found.alternatives;
	if (found.unknown)
		return not_known(k, found.unknown);
	if (found.route && found.route->dev != NET_NONE) {
		*way = *found.route;
		return true;
	}
	/* ip_route_output_key_hash_rcu(): whoever binds a socket to a device knows better */
	if (k->oif != NET_NONE) {
		*way = (struct net_route){.dev = k->oif};
		return true;
	}
	return end(k, !found.route || is_last_resort(found.route) ? ANALYSE_NO_ROUTE
								  : ANALYSE_BLACKHOLE);
}

static bool covers(const struct net_address *a, uint32_t ip)
{
	return ((a->ip ^ ip) & ip_mask(a->len)) == 0;
}

/* The address that a packet out of the device has as its source (inet_select_addr()). */
static uint32_t source_for(const struct analyse *a, uint32_t dev, uint32_t next)
{
	const struct net_device *d = &a->devs[dev];
	const struct net_ns *n = &a->ns[d->ns];
	const uint32_t lo = analyse_net_find_dev(a, d->ns, "lo");

	for (uint32_t i = d->first; i < d->first + d->n; i++)
		if (covers(&n->addresses[i], next))
			return n->addresses[i].ip;
	if (d->n)
		return n->addresses[d->first].ip;
	if (lo != NET_NONE && a->devs[lo].n)
		return n->addresses[a->devs[lo].first].ip;
	return n->n_addresses ? n->addresses[0].ip : 0;
}

/* --- steps --- */

static bool leave(struct walker *k, const struct net_route *way)
{
	struct analyse_hop *hop = hop_of(k);
	const uint32_t next = way->via ? way->via : k->w->dst;
	uint32_t asker = k->w->src;
	struct net_taker t;

	hop->out = name_of(k->a, way->dev);
	hop->next = next;
	hop->link = k->a->devs[way->dev].link;
	if (analyse_net_local(k->a, k->ns, asker) == NET_NONE)
		asker = source_for(k->a, way->dev, next);
	t = analyse_net_take(k->a, way->dev, next, asker);
	if (t.unknown)
		return not_known(k, t.unknown);
	if (t.several)
		return not_known(k, "more than one device answers for the next hop");
	if (t.dev == NET_NONE)
		return end(k, t.down ? ANALYSE_DOWN : ANALYSE_NO_NEIGHBOUR);
	return enter(k, k->a->devs[t.dev].ns, t.dev);
}

static bool deliver(struct walker *k)
{
	return pass(k, NFT_INPUT, k->in == NET_NONE ? "lo" : name_of(k->a, k->in), "") &&
	       end(k, ANALYSE_DELIVERED);
}

static bool depart(struct walker *k)
{
	struct net_route way;

	if (k->a->ns[k->ns].doubt)
		return not_known(k, k->a->ns[k->ns].doubt);
	if (analyse_net_local(k->a, k->ns, k->w->dst) != NET_NONE) {
		if (!k->w->src)
			k->w->src = k->header.saddr = k->w->dst;
		return pass(k, NFT_OUTPUT, "", "lo") && deliver(k);
	}
	if (!find_way(k, k->w->src, &way))
		return false;
	if (!k->w->src)
		k->w->src = way.src ? way.src
				    : source_for(k->a, way.dev, way.via ? way.via : k->w->dst);
	if (!k->w->src)
		return end(k, ANALYSE_NO_PLACE);
	k->header.saddr = k->w->src;
	k->oif = NET_NONE;
	return pass(k, NFT_OUTPUT, "", name_of(k->a, way.dev)) && leave(k, &way);
}

/* One namespace that the packet came to by a device. */
static bool arrive(struct walker *k)
{
	const char *in = name_of(k->a, k->in);
	struct net_route way;

	if (k->a->ns[k->ns].doubt)
		return not_known(k, k->a->ns[k->ns].doubt);
	if (!pass(k, NFT_PREROUTING, in, ""))
		return false;
	if (analyse_net_local(k->a, k->ns, k->w->src) != NET_NONE)
		return end(k, ANALYSE_FORGED); /* fib_validate_source(), accept_local is 0 */
	if (analyse_net_local(k->a, k->ns, k->w->dst) != NET_NONE)
		return deliver(k);
	if (!k->a->ns[k->ns].from->router)
		return end(k, ANALYSE_NO_ROUTER);
	return find_way(k, k->w->src, &way) && pass(k, NFT_FORWARD, in, name_of(k->a, way.dev)) &&
	       leave(k, &way);
}

/* forth: the walk that this one answers to; NULL: it is the first. */
static void walk_one(const struct analyse *a, const struct walk_packet *p,
		     const struct analyse_walk *forth, struct analyse_walk *w)
{
	struct walker k = {.a = a,
			   .forth = forth,
			   .w = w,
			   .header = p->header,
			   .oif = p->oif,
			   .choice = p->choice};

	w->unknown = NULL;
	w->src = p->src;
	w->dst = p->dst;
	w->n_hops = 0;
	w->alternatives = 1;
	k.header.saddr = p->src;
	k.header.daddr = p->dst;
	if (p->ns == NET_NONE) {
		w->end = ANALYSE_NO_PLACE;
		return;
	}
	if (!enter(&k, p->ns, NET_NONE) || !depart(&k))
		return;
	while (arrive(&k))
		;
}

/* --- both directions --- */

/* Place of the namespace where the walk ended. */
static uint32_t end_of(const struct analyse *a, const struct analyse_walk *w)
{
	return w->n_hops ? (uint32_t)(w->hops[w->n_hops - 1].ns - a->plan->namespaces) : NET_NONE;
}

static struct walk_packet answer_to(const struct walk_packet *p, const struct analyse_walk *there,
				    uint32_t ns)
{
	struct walk_packet back = {.ns = ns,
				   .oif = NET_NONE,
				   .src = there->dst,
				   .dst = there->src,
				   .header = p->header,
				   .choice = p->choice};

	back.header.sport = p->header.dport;
	back.header.dport = p->header.sport;
	back.header.icmp_type = NFT_ECHO_REPLY;
	back.header.syn = false;
	return back;
}

/* Delivered, but not to whom it was meant for. */
static void check_end(const struct analyse *a, struct analyse_walk *w, uint32_t to)
{
	if (w->end == ANALYSE_DELIVERED && to != NET_NONE && end_of(a, w) != to)
		w->end = ANALYSE_ELSEWHERE;
}

/* compute_score() in net/ipv4/inet_hashtables.c: a bound socket hears by its device only. */
static void check_device(const struct analyse *a, struct analyse_walk *back, uint32_t bound)
{
	const char *in = back->n_hops ? back->hops[back->n_hops - 1].in : NULL;

	if (back->end == ANALYSE_DELIVERED && bound != NET_NONE && in &&
	    strcmp(in, name_of(a, bound)) != 0)
		back->end = ANALYSE_OTHER_DEVICE;
}

static void try_choice(const struct analyse *a, const struct walk_packet *p, uint32_t to,
		       struct analyse_trip *trip)
{
	struct walk_packet back;

	trip->ok = false;
	trip->back.n_hops = 0;
	trip->back.end = ANALYSE_NO_PLACE;
	trip->back.alternatives = 1;
	walk_one(a, p, NULL, &trip->there);
	check_end(a, &trip->there, to);
	if (trip->there.end != ANALYSE_DELIVERED)
		return;
	back = answer_to(p, &trip->there, end_of(a, &trip->there));
	walk_one(a, &back, &trip->there, &trip->back);
	check_end(a, &trip->back, p->ns);
	check_device(a, &trip->back, p->oif);
	trip->ok = trip->back.end == ANALYSE_DELIVERED;
}

static size_t alternatives(const struct analyse_trip *trip)
{
	return trip->there.alternatives > trip->back.alternatives ? trip->there.alternatives
								  : trip->back.alternatives;
}

static void doubt(struct analyse_trip *trip, const char *why)
{
	struct analyse_walk *w = trip->there.end == ANALYSE_DELIVERED ? &trip->back : &trip->there;

	w->end = ANALYSE_UNKNOWN;
	w->unknown = why;
	trip->ok = false;
}

/* to: NET_NONE for whoever has the address. */
static void walk_trip(const struct analyse *a, const struct walk_packet *p, uint32_t to,
		      struct analyse_trip *trip)
{
	struct walk_packet next = *p;
	struct analyse_trip other;

	try_choice(a, p, to, trip);
	for (next.choice = 1; next.choice < alternatives(trip); next.choice++) {
		try_choice(a, &next, to, &other);
		if (other.ok != trip->ok) {
			doubt(trip,
			      "of several equally good routes, some lead there and some do not");
			return;
		}
	}
	if (a->doubt && !trip->ok)
		doubt(trip, a->doubt);
}

static struct walk_packet packet_of(const struct analyse *a, const struct analyse_packet *p)
{
	static const uint8_t protocols[] = {
		[ANALYSE_ICMP] = NFT_ICMP, [ANALYSE_TCP] = NFT_TCP, [ANALYSE_UDP] = NFT_UDP};
	const uint32_t ns = analyse_net_find_ns(a, p->ns);

	return (struct walk_packet){
		.ns = ns,
		.oif = p->dev ? analyse_net_find_dev(a, ns, p->dev) : NET_NONE,
		.src = p->src,
		.dst = p->dst,
		.header = {.protocol = protocols[p->protocol],
			   .sport = EPHEMERAL,
			   .dport = p->port,
			   .icmp_type = NFT_ECHO_REQUEST,
			   .syn = p->protocol == ANALYSE_TCP},
	};
}

void analyse_walk(const struct analyse *a, const struct analyse_packet *p, const char *to,
		  struct analyse_trip *trip)
{
	const struct walk_packet packet = packet_of(a, p);

	walk_trip(a, &packet, to ? analyse_net_find_ns(a, to) : NET_NONE, trip);
}
