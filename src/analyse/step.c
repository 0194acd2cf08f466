// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/step.h"

static bool covers(const struct net_address *a, uint32_t ip)
{
	return ((a->ip ^ ip) & ip_mask(a->len)) == 0;
}

/* Of the devices of the namespace the one whose address is taken; see inet_select_addr(). */
static const struct net_address *source(const struct analyse *a, uint32_t dev, uint32_t next)
{
	const struct net_device *d = &a->devs[dev];
	const struct net_ns *n = &a->ns[d->ns];

	for (uint32_t i = d->first; i < d->first + d->n; i++)
		if (covers(&n->addresses[i], next))
			return &n->addresses[i];
	if (d->n)
		return &n->addresses[d->first];
	if (n->lo != NET_NONE && a->devs[n->lo].n)
		return &n->addresses[a->devs[n->lo].first];
	return n->n_addresses ? &n->addresses[0] : NULL;
}

uint32_t analyse_step_source(const struct analyse *a, uint32_t dev, uint32_t next)
{
	const struct net_address *address = source(a, dev, next);

	analyse_net_ask(a, a->devs[dev].ns);
	if (!address)
		return 0;
	analyse_net_use(a, address->dev);
	return address->ip;
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
