// SPDX-License-Identifier: GPL-2.0-only
/* A trip as people read it: place by place, with the route that was taken and what holds it up. */
#include <string.h>

#include "base/strbuf.h"
#include "explain/work.h"

static const char *proto_name(enum plan_route_proto p)
{
	switch (p) {
	case PLAN_PROTO_SYSTEM: return "system route";
	case PLAN_PROTO_CUSTOM: return "custom route";
	case PLAN_PROTO_CEN: return "learned from the CEN";
	case PLAN_PROTO_CIRCUIT: return "static route";
	case PLAN_PROTO_LEARNED: return "learned from the CEN, while its source lives";
	case PLAN_PROTO_TRACKED: return "static route, while its next hop lives";
	case PLAN_PROTO_BIRD: return "by BGP";
	}
	return "?";
}

static void add_table(const struct analyse_hop *hop, struct strbuf *b)
{
	if (hop->route->table == PLAN_TABLE_SYSTEM)
		strbuf_add(b, ", system route table");
	else if (hop->route->table != PLAN_TABLE_MAIN)
		strbuf_printf(b, ", route table %u", hop->route->table);
}

static void add_route(const struct analyse_hop *hop, struct strbuf *b)
{
	char text[IP_PREFIX_STRLEN];

	if (!hop->route) {
		strbuf_printf(b, "on its own subnet, to %s", hop->out);
		return;
	}
	strbuf_printf(b, "%s to %s (%s", ip_prefix_format(hop->route->dst, text), hop->out,
		      hop->route->origin.resource ? proto_name(hop->route->proto) : "of no plan");
	add_table(hop, b);
	strbuf_addc(b, ')');
}

static uint32_t ns_of(const struct analyse *a, const struct analyse_hop *hop)
{
	return (uint32_t)(hop->ns - a->plan->namespaces);
}

static const struct net_device *device_at(const struct analyse *a, const struct analyse_hop *hop,
					  const char *name)
{
	const uint32_t dev = name ? analyse_net_find_dev(a, ns_of(a, hop), name) : NET_NONE;

	return dev == NET_NONE ? NULL : &a->devs[dev];
}

static void add_wire(struct explain_measure *line, const struct net_device *d)
{
	explain_measure_add(line, &(struct explain_measure){.delay_us = d->wire_us,
							    .loss_ppm = d->wire_loss_ppm});
}

/*
 * By a queueing discipline of the device that it leaves by; and where the kernel has none for it, by labctl-wire, whose
 * line may begin there, or, behind a switch, end where the packet comes in.
 */
static struct explain_measure line_from(const struct analyse *a, const struct analyse_walk *w,
					size_t i)
{
	const struct net_device *out = device_at(a, &w->hops[i], w->hops[i].out);
	const struct net_device *in = i + 1 < w->n_hops
					      ? device_at(a, &w->hops[i + 1], w->hops[i + 1].in)
					      : NULL;
	struct explain_measure line = {0};

	if (out && out->shaper)
		line = (struct explain_measure){out->shaper->rate, out->shaper->delay_us,
						out->shaper->loss_ppm};
	if (out)
		add_wire(&line, out);
	if (in && out && (out->peer == NET_NONE || &a->devs[out->peer] != in))
		add_wire(&line, in);
	return line;
}

static bool has_filter(const struct net_ns *n, const char *table)
{
	for (size_t i = 0; i < n->n_filters; i++)
		if (n->filters[i].from->text && !strcmp(n->filters[i].from->table, table))
			return true;
	return false;
}

static void add_filters(const struct net_ns *n, struct strbuf *b)
{
	if (has_filter(n, "labctl-sg"))
		strbuf_add(b, "; security groups let it pass");
	if (has_filter(n, "labctl-fw"))
		strbuf_add(b, "; the firewall lets it pass");
}

static void add_figures(struct explain_measure line, struct strbuf *b)
{
	auto_strbuf struct strbuf rate = {0};

	explain_figures(&(struct explain_measure){.rate = line.rate}, &rate);
	if (rate.len)
		strbuf_printf(b, "; %s", strbuf_str(&rate));
	if (line.delay_us)
		strbuf_printf(b, "; %g ms", (double)line.delay_us / 1000);
	if (line.loss_ppm)
		strbuf_printf(b, "; loses %g %%", (double)line.loss_ppm / 10000);
}

static void add_hop(struct explain_work *k, const struct analyse_walk *w, size_t i,
		    struct explain_hop *out)
{
	const struct analyse_hop *hop = &w->hops[i];
	const bool last = i + 1 == w->n_hops, arrives = last && w->end == ANALYSE_DELIVERED;
	auto_strbuf struct strbuf how = {0}, place = {0};

	if (arrives)
		strbuf_add(&how, "arrives");
	else if (hop->out)
		add_route(hop, &how);
	if (last && !arrives)
		strbuf_add(&how, how.len ? "; STOPS" : "STOPS");
	else
		add_filters(&k->a->ns[ns_of(k->a, hop)], &how);
	add_figures(line_from(k->a, w, i), &how);
	analyse_place(hop->ns, &place);
	*out = (struct explain_hop){
		.ns = hop->ns->name,
		.place = arena_strdup(k->e->arena, strbuf_str(&place)),
		.how = arena_strdup(k->e->arena, strbuf_str(&how)),
		.in = hop->in,
		.out = hop->out,
		.origin = hop->route ? hop->route->origin : hop->ns->origin,
	};
}

static struct explain_hop *hops_of(struct explain_work *k, const struct analyse_walk *w)
{
	struct explain_hop *hops = arena_alloc(k->e->arena,
					       (w->n_hops ? w->n_hops : 1) * sizeof(*hops));

	for (size_t i = 0; i < w->n_hops; i++)
		add_hop(k, w, i, &hops[i]);
	return hops;
}

static void measure(const struct analyse *a, const struct analyse_walk *w, struct explain_leg *leg)
{
	for (size_t i = 0; i < w->n_hops; i++) {
		const struct explain_measure line = line_from(a, w, i);

		explain_measure_add(&leg->is, &line);
	}
}

void explain_way(struct explain_work *k, struct explain_leg *leg, const struct analyse_packet *p,
		 const char *to, struct analyse_trip *trip)
{
	analyse_walk(k->a, p, to, trip);
	explain_hops(k, leg, p, trip);
	measure(k->a, &trip->there, leg);
	measure(k->a, &trip->back, leg);
}

void explain_hops(struct explain_work *k, struct explain_leg *leg, const struct analyse_packet *p,
		  const struct analyse_trip *trip)
{
	leg->src = trip->there.src;
	leg->dst = trip->there.dst;
	leg->protocol = p->protocol;
	leg->port = p->port;
	leg->arrives = trip->there.end == ANALYSE_DELIVERED;
	leg->returns = trip->ok;
	leg->several = trip->there.alternatives > 1 || trip->back.alternatives > 1;
	leg->there = hops_of(k, &trip->there);
	leg->n_there = trip->there.n_hops;
	leg->back = hops_of(k, &trip->back);
	leg->n_back = trip->back.n_hops;
}

/* --- what stops it --- */

/* A chain is called "ingress-sg-1", or "ingress-sg-1.sg-2"; which line has the group, no plan says. */
static struct plan_origin origin_of_filter(struct explain_work *k, const struct analyse_hop *hop)
{
	const char *group = hop->chain ? strchr(hop->chain, '-') : NULL;

	if (strcmp(hop->filter->table, "labctl-sg") != 0 || !group)
		return hop->filter->origin;
	return (struct plan_origin){.resource = arena_printf(k->e->arena, "security_groups.%.*s",
							     (int)strcspn(group + 1, "."),
							     group + 1)};
}

/* The resource whose lines in the lab file decide about this place. */
static struct plan_origin origin_of(struct explain_work *k, const struct analyse_walk *w)
{
	const struct analyse_hop *hop = w->n_hops ? &w->hops[w->n_hops - 1] : NULL;
	const char *vbr;

	if (!hop)
		return (struct plan_origin){0};
	if (hop->filter)
		return origin_of_filter(k, hop);
	if (w->end == ANALYSE_BLACKHOLE && hop->route)
		return hop->route->origin;
	if (w->end == ANALYSE_DOWN && hop->link)
		return hop->link->origin;
	if (w->end == ANALYSE_LOSS && hop->loser)
		return hop->loser->origin;
	if (hop->link && analyse_circuit_fault(k->a, w, &vbr))
		return hop->link->origin;
	return hop->ns->origin;
}

void explain_stop_trip(struct explain_work *k, struct explain_leg *leg,
		       const struct analyse_trip *trip)
{
	const struct analyse_walk *w = trip->there.end == ANALYSE_DELIVERED ? &trip->back
									    : &trip->there;
	auto_strbuf struct strbuf why = {0};

	analyse_explain(k->a, trip, &why);
	explain_stop(k, leg, w->end == ANALYSE_UNKNOWN ? ANALYSE_PERHAPS : ANALYSE_NO,
		     origin_of(k, w), "%s", strbuf_str(&why));
}

const char *explain_end_of(const struct analyse_trip *trip)
{
	return trip->there.hops[trip->there.n_hops - 1].ns->name;
}
