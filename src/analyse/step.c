// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/step.h"

static bool covers(const struct net_address *a, uint32_t ip)
{
	return ((a->ip ^ ip) & ip_mask(a->len)) == 0;
}

uint32_t analyse_step_source(const struct analyse *a, uint32_t dev, uint32_t next)
{
	const struct net_device *d = &a->devs[dev];
	const struct net_ns *n = &a->ns[d->ns];

	for (uint32_t i = d->first; i < d->first + d->n; i++)
		if (covers(&n->addresses[i], next))
			return n->addresses[i].ip;
	if (d->n)
		return n->addresses[d->first].ip;
	if (n->lo != NET_NONE && a->devs[n->lo].n)
		return n->addresses[a->devs[n->lo].first].ip;
	return n->n_addresses ? n->addresses[0].ip : 0;
}

struct net_taker analyse_step_taker(const struct analyse *a, const struct net_route *way,
				    uint32_t src, uint32_t dst)
{
	const uint32_t next = analyse_step_next(way, dst);
	uint32_t asker = src;

	if (analyse_net_local(a, a->devs[way->dev].ns, asker) == NET_NONE)
		asker = analyse_step_source(a, way->dev, next);
	return analyse_net_take(a, way->dev, next, asker);
}

struct walk_step analyse_step_look(const struct analyse *a, const struct net_flow *f)
{
	const uint32_t ns = a->devs[f->iif].ns;
	struct walk_step s = {.here = analyse_net_local(a, ns, f->dst) != NET_NONE};

	if (s.here)
		return s;
	s.found = analyse_net_lookup(a, ns, f);
	if (!s.found.unknown && analyse_step_leads_out(&s.found))
		s.taker = analyse_step_taker(a, s.found.route, f->src, f->dst);
	return s;
}
