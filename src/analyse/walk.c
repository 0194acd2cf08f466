// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet step by step, as ip_route_output(), ip_rcv(), ip_forward() and their netfilter hooks treat it.
 * Routers answer with ICMP errors or not: nobody gets through because of that, so it plays no part here.
 */
#include "analyse/walk.h"

#include <string.h>

#include "base/ip.h"

#define EPHEMERAL 40000 /* where answers go to: above all ports that filters name */

struct walker {
	const struct analyse *a;
	const struct analyse_walk *forth;
	struct analyse_walk *w;
	struct walk_row *row; /* NULL: nothing is remembered */
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
	analyse_net_ask(k->a, ns);
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
	const struct net_ns *n = analyse_net_filters(k->a, k->ns);

	if (!(n->hooks & 1u << hook))
		return true;
	k->header.iif = in;
	k->header.oif = out;
	k->header.established = has_seen(k->forth, n->from);
	for (size_t i = 0; i < n->n_filters; i++) {
		const struct nft_judgement j = analyse_nft_judge(n->filters[i].table, hook,
								 &k->header);

		k->w->by_service |= j.by_service;
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

static void note(struct walker *k, const struct net_answer *found)
{
	struct analyse_hop *hop = hop_of(k);

	hop->rule = found->rule;
	hop->route = found->route ? found->route->from : NULL;
	if (found->alternatives > k->w->alternatives)
		k->w->alternatives = found->alternatives;
}

/* Whether there is a way out, or what stands in it. */
static bool has_way(struct walker *k, const struct net_answer *found)
{
	note(k, found);
	if (found->unknown)
		return not_known(k, found->unknown);
	if (analyse_step_leads_out(found))
		return true;
	return end(k, !found->route || is_last_resort(found->route) ? ANALYSE_NO_ROUTE
								    : ANALYSE_BLACKHOLE);
}

/* --- steps --- */

uint32_t analyse_loss_of_both(uint32_t a_ppm, uint32_t b_ppm)
{
	return a_ppm + b_ppm - (uint32_t)((uint64_t)a_ppm * b_ppm / NET_LOST_ALL);
}

/* A line that labctl-wire carries may begin there, or, behind a switch, end where the packet comes in. */
static void lose(struct walker *k, uint32_t out, uint32_t in)
{
	const struct net_device *from = &k->a->devs[out], *to = &k->a->devs[in];
	uint32_t lost = from->wire_loss_ppm;

	if (from->shaper)
		lost = analyse_loss_of_both(lost, from->shaper->loss_ppm);
	if (from->peer != in)
		lost = analyse_loss_of_both(lost, to->wire_loss_ppm);
	k->w->loss_ppm = analyse_loss_of_both(k->w->loss_ppm, lost);
}

static bool nobody(struct walker *k, const struct net_taker *t)
{
	if (t->down)
		return end(k, ANALYSE_DOWN);
	if (t->loser == NET_NONE)
		return end(k, ANALYSE_NO_NEIGHBOUR);
	hop_of(k)->loser = analyse_net_line_shaper(k->a, t->loser);
	return end(k, ANALYSE_LOSS);
}

static bool leave(struct walker *k, const struct net_route *way, const struct net_taker *t)
{
	struct analyse_hop *hop = hop_of(k);

	hop->out = name_of(k->a, way->dev);
	hop->next = analyse_step_next(way, k->w->dst);
	hop->link = k->a->devs[way->dev].link;
	if (t->unknown)
		return not_known(k, t->unknown);
	if (t->several)
		return not_known(k, "more than one device answers for the next hop");
	if (t->dev == NET_NONE)
		return nobody(k, t);
	lose(k, way->dev, t->dev);
	return enter(k, k->a->devs[t->dev].ns, t->dev);
}

static bool deliver(struct walker *k)
{
	return pass(k, NFT_INPUT, k->in == NET_NONE ? "lo" : name_of(k->a, k->in), "") &&
	       end(k, ANALYSE_DELIVERED);
}

static bool find_way(struct walker *k, struct net_route *way)
{
	const struct net_flow f = {k->w->src, k->w->dst, k->in, k->oif, k->choice};
	const struct net_answer found = analyse_net_lookup(k->a, k->ns, &f);

	/* ip_route_output_key_hash_rcu(): whoever binds a socket to a device knows better */
	if (k->oif != NET_NONE && !found.unknown && !analyse_step_leads_out(&found)) {
		note(k, &found);
		*way = (struct net_route){.dev = k->oif};
		return true;
	}
	if (!has_way(k, &found))
		return false;
	*way = *found.route;
	return true;
}

static bool depart(struct walker *k)
{
	struct net_route way;
	struct net_taker t;

	if (k->a->ns[k->ns].doubt)
		return not_known(k, k->a->ns[k->ns].doubt);
	if (analyse_net_local(k->a, k->ns, k->w->dst) != NET_NONE) {
		if (!k->w->src)
			k->w->src = k->header.saddr = k->w->dst;
		return pass(k, NFT_OUTPUT, "", "lo") && deliver(k);
	}
	if (!find_way(k, &way))
		return false;
	if (!k->w->src)
		k->w->src = way.src ? way.src
				    : analyse_step_source(k->a, way.dev,
							  analyse_step_next(&way, k->w->dst));
	if (!k->w->src)
		return end(k, ANALYSE_NO_PLACE);
	k->header.saddr = k->w->src;
	k->oif = NET_NONE;
	if (!pass(k, NFT_OUTPUT, "", name_of(k->a, way.dev)))
		return false;
	t = analyse_step_taker(k->a, &way, k->w->src, k->w->dst);
	return leave(k, &way, &t);
}

static struct walk_step step_of(const struct walker *k)
{
	const struct net_flow f = {k->w->src, k->w->dst, k->in, NET_NONE, k->choice};
	const struct walk_step *s = k->row ? analyse_memory_step(k->row, k->in) : NULL;

	return s ? *s : analyse_step_look(k->a, &f);
}

/* One namespace that the packet came to by a device. */
static bool arrive(struct walker *k)
{
	const char *in = name_of(k->a, k->in);
	struct walk_step s;

	if (k->a->ns[k->ns].doubt)
		return not_known(k, k->a->ns[k->ns].doubt);
	if (!pass(k, NFT_PREROUTING, in, ""))
		return false;
	if (analyse_net_local(k->a, k->ns, k->w->src) != NET_NONE)
		return end(k, ANALYSE_FORGED); /* fib_validate_source(), accept_local is 0 */
	s = step_of(k);
	if (s.here)
		return deliver(k);
	if (!k->a->ns[k->ns].from->router)
		return end(k, ANALYSE_NO_ROUTER);
	return has_way(k, &s.found) &&
	       pass(k, NFT_FORWARD, in, name_of(k->a, s.found.route->dev)) &&
	       leave(k, s.found.route, &s.taker);
}

/* Which end it would come to does not matter. */
static bool is_lost(struct walker *k)
{
	return k->row && analyse_memory_is_lost(k->row, k->in, k->w->n_hops) &&
	       !end(k, ANALYSE_NO_ROUTE);
}

/* forth: the walk that this one answers to; NULL: it is the first. */
static void walk_one(const struct walk_means *m, const struct walk_packet *p,
		     const struct analyse_walk *forth, struct analyse_walk *w)
{
	const bool remembers = m->memory && !p->choice;
	struct walker k = {.a = m->a,
			   .forth = forth,
			   .w = w,
			   .row = remembers ? analyse_memory_row(m->memory, p->dst) : NULL,
			   .header = p->header,
			   .oif = p->oif,
			   .choice = p->choice};

	w->unknown = NULL;
	w->src = p->src;
	w->dst = p->dst;
	w->n_hops = 0;
	w->alternatives = 1;
	w->by_service = false;
	w->loss_ppm = 0;
	k.header.saddr = p->src;
	k.header.daddr = p->dst;
	if (p->ns == NET_NONE) {
		w->end = ANALYSE_NO_PLACE;
		return;
	}
	if (!enter(&k, p->ns, NET_NONE) || !depart(&k) || (m->brief && is_lost(&k)))
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

static void try_choice(const struct walk_means *m, const struct walk_packet *p, uint32_t to,
		       struct analyse_trip *trip)
{
	const struct analyse *a = m->a;
	struct walk_packet back;

	trip->ok = false;
	trip->loss_ppm = 0;
	trip->back.n_hops = 0;
	trip->back.end = ANALYSE_NO_PLACE;
	trip->back.alternatives = 1;
	trip->back.by_service = false;
	walk_one(m, p, NULL, &trip->there);
	check_end(a, &trip->there, to);
	if (trip->there.end != ANALYSE_DELIVERED)
		return;
	back = answer_to(p, &trip->there, end_of(a, &trip->there));
	walk_one(m, &back, &trip->there, &trip->back);
	check_end(a, &trip->back, p->ns);
	check_device(a, &trip->back, p->oif);
	trip->ok = trip->back.end == ANALYSE_DELIVERED;
	if (trip->ok)
		trip->loss_ppm = analyse_loss_of_both(trip->there.loss_ppm, trip->back.loss_ppm);
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
	trip->loss_ppm = 0;
}

void analyse_walk_trip(const struct walk_means *m, const struct walk_packet *p, uint32_t to,
		       struct analyse_trip *trip)
{
	struct walk_packet next = *p;
	struct analyse_trip other;

	try_choice(m, p, to, trip);
	for (next.choice = 1; next.choice < alternatives(trip); next.choice++) {
		try_choice(m, &next, to, &other);
		trip->there.by_service |= other.there.by_service;
		trip->back.by_service |= other.back.by_service;
		if (other.ok != trip->ok) {
			doubt(trip,
			      "of several equally good routes, some lead there and some do not");
			return;
		}
		if (other.loss_ppm > trip->loss_ppm)
			trip->loss_ppm = other.loss_ppm;
	}
	if (m->a->doubt && !trip->ok)
		doubt(trip, m->a->doubt);
}

struct walk_packet analyse_walk_packet(const struct analyse *a, const struct analyse_packet *p)
{
	static const uint8_t protocols[] = {
		[ANALYSE_ICMP] = NFT_ICMP, [ANALYSE_TCP] = NFT_TCP, [ANALYSE_UDP] = NFT_UDP};
	const uint32_t ns = analyse_net_find_ns(a, p->ns);
	const uint32_t oif = p->dev ? analyse_net_find_dev(a, ns, p->dev) : NET_NONE;

	analyse_net_use(a, oif);
	return (struct walk_packet){
		.ns = ns,
		.oif = oif,
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
	const struct walk_packet packet = analyse_walk_packet(a, p);
	const struct walk_means means = {.a = a};
	const uint32_t end = to ? analyse_net_find_ns(a, to) : NET_NONE;

	analyse_net_ask(a, end);
	analyse_walk_trip(&means, &packet, end, trip);
}
