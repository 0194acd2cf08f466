// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who takes a frame. A segment is what frames cross without a router: a link, or a bridge with all that
 * hangs on it. A port of a bridge hears everything and answers nothing; what is down
 * joins nobody.
 *
 * An address is answered for by the device whose namespace has it, on whatever device of it (arp_ignore
 * is 0), and by a device with proxy ARP that would route it elsewhere (arp_process() in net/ipv4/arp.c).
 */
#include <stdlib.h>
#include <string.h>

#include "analyse/net.h"

#define MANY 8 /* more members than this are found by an index */

/* --- making them --- */

/* The representative of a device's segment; the way there is shortened for the next one who asks. */
static uint32_t root_of(uint32_t *parents, uint32_t dev)
{
	while (parents[dev] != dev) {
		parents[dev] = parents[parents[dev]];
		dev = parents[dev];
	}
	return dev;
}

static void join(uint32_t *parents, uint32_t a, uint32_t b)
{
	parents[root_of(parents, a)] = root_of(parents, b);
}

static bool is_port(const struct net_device *d)
{
	return d->master != NET_NONE;
}

static bool is_lo(const struct net_device *d)
{
	return !d->link && !d->bridge;
}

static void join_all(const struct analyse *a, uint32_t *parents)
{
	for (uint32_t i = 0; i < a->n_devs; i++) {
		const struct net_device *d = &a->devs[i];

		if (d->peer != NET_NONE && !d->down && !a->devs[d->peer].down)
			join(parents, i, d->peer);
		if (is_port(d) && analyse_net_is_up(a, d->master))
			join(parents, i, d->master);
	}
}

/* All addresses that a member answers for, with the device on which it does. */
static void index_owners(struct analyse *a, struct net_segment *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct net_ns *n = &a->ns[a->devs[s->members[i]].ns];

		for (size_t k = 0; k < n->n_addresses; k++) {
			struct net_address *o = arena_push(a->arena, s->owners, s->n_owners);

			*o = n->addresses[k];
			o->dev = s->members[i];
		}
	}
	analyse_net_sort_addresses(s->owners, s->n_owners);
}

void analyse_net_index_segments(struct analyse *a)
{
	uint32_t *parents = calloc(a->n_devs + 1, sizeof(*parents));

	if (!parents)
		abort();
	for (uint32_t i = 0; i < a->n_devs; i++)
		parents[i] = i;
	join_all(a, parents);
	a->segments = arena_alloc(a->arena, (a->n_devs + 1) * sizeof(*a->segments));
	a->n_segments = a->n_devs; /* by their representative; most of them are empty */
	for (uint32_t i = 0; i < a->n_devs; i++)
		a->segments[i].first = NET_NONE;
	for (uint32_t i = 0; i < a->n_devs; i++) {
		struct net_segment *s = &a->segments[root_of(parents, i)];

		a->devs[i].segment = (uint32_t)(s - a->segments);
		a->devs[i].next = s->first;
		s->first = i;
		if (!is_port(&a->devs[i]) && !is_lo(&a->devs[i]))
			*arena_push(a->arena, s->members, s->n) = i;
		if (a->devs[i].bridge || a->devs[i].enslaved)
			s->doubt = s->doubt ? s->doubt : a->ns[a->devs[i].ns].bridge_doubt;
	}
	for (size_t i = 0; i < a->n_segments; i++)
		if (a->segments[i].n > MANY)
			index_owners(a, &a->segments[i]);
	free(parents);
}

/* --- asking --- */

static void answer(struct net_taker *t, uint32_t dev)
{
	if (t->dev == NET_NONE)
		t->dev = dev;
	else
		t->several = true;
}

/* Whether a member answers for the address: it may be that of another device there. */
static bool has_address(const struct analyse *a, uint32_t member, uint32_t ip)
{
	return analyse_net_local(a, a->devs[member].ns, ip) != NET_NONE;
}

static void ask_index(const struct analyse *a, const struct net_segment *s, uint32_t asker,
		      uint32_t ip, struct net_taker *t)
{
	for (size_t i = analyse_net_first_address(s->owners, s->n_owners, ip);
	     i < s->n_owners && s->owners[i].ip == ip; i++)
		if (s->owners[i].dev != asker && has_address(a, s->owners[i].dev, ip))
			answer(t, s->owners[i].dev);
}

static void ask_owners(const struct analyse *a, const struct net_segment *s, uint32_t asker,
		       uint32_t ip, struct net_taker *t)
{
	if (s->n > MANY) {
		ask_index(a, s, asker, ip, t);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->members[i] != asker && has_address(a, s->members[i], ip))
			answer(t, s->members[i]);
}

/* A router that has the sender's own address takes its question for a forged one. */
static bool answers_for_others(const struct analyse *a, uint32_t dev, uint32_t ip, uint32_t sender)
{
	const struct net_device *d = &a->devs[dev];
	const struct net_flow f = {sender, ip, dev, NET_NONE, 0};
	struct net_answer way;

	if (!d->proxy_arp || !a->ns[d->ns].from->router ||
	    analyse_net_local(a, d->ns, sender) != NET_NONE)
		return false;
	way = analyse_net_lookup(a, d->ns, &f);
	if (way.unknown)
		return true; /* perhaps: what becomes of the packet there is not known either */
	return way.route && way.route->dev != NET_NONE && way.route->dev != dev;
}

/* Neighbours that the plan knows need no question; a frame for a MAC that nobody has is lost. */
static void deliver(const struct analyse *a, const struct net_segment *s, uint32_t sender,
		    const unsigned char *mac, struct net_taker *t)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->members[i] != sender && memcmp(a->devs[s->members[i]].mac, mac, 6) == 0)
			answer(t, s->members[i]);
}

/* Whether one end of the link is down, or the far one is a port of what is. */
static bool leads_into_a_cut(const struct analyse *a, const struct net_device *d)
{
	const struct net_device *far = d->peer == NET_NONE ? d : &a->devs[d->peer];

	return d->down || far->down ||
	       (far->master != NET_NONE && !analyse_net_is_up(a, far->master));
}

/* Who of the segment takes a frame that is sent out of dev, which need not be of it. */
static struct net_taker ask(const struct analyse *a, struct net_segment *s, uint32_t dev,
			    uint32_t ip, uint32_t sender)
{
	const struct net_neighbour *known = analyse_net_neighbour(a, dev, ip);
	struct net_taker t = {.dev = NET_NONE, .loser = NET_NONE, .unknown = s->doubt};

	analyse_net_use_segment(a, s);
	if (known)
		deliver(a, s, dev, known->mac, &t);
	else
		ask_owners(a, s, dev, ip, &t);
	for (size_t i = 0; !known && s->n <= MANY && i < s->n; i++)
		if (s->members[i] != dev && s->members[i] != t.dev &&
		    answers_for_others(a, s->members[i], ip, sender))
			answer(&t, s->members[i]);
	return t;
}

/* The device at which the segment ends only because its line loses all, and behind which somebody would take it. */
static uint32_t loser_of(const struct analyse *a, const struct net_segment *s, uint32_t dev,
			 uint32_t ip, uint32_t sender)
{
	for (uint32_t i = s->first; i != NET_NONE; i = a->devs[i].next) {
		const uint32_t far = a->devs[i].far;

		if (a->devs[i].loses && far != NET_NONE &&
		    a->devs[far].segment != a->devs[dev].segment &&
		    ask(a, &a->segments[a->devs[far].segment], dev, ip, sender).dev != NET_NONE)
			return i;
	}
	return NET_NONE;
}

struct net_taker analyse_net_take(const struct analyse *a, uint32_t dev, uint32_t ip,
				  uint32_t sender)
{
	struct net_segment *s = &a->segments[a->devs[dev].segment];
	struct net_taker t = ask(a, s, dev, ip, sender);

	if (t.dev != NET_NONE)
		return t;
	t.down = leads_into_a_cut(a, &a->devs[dev]);
	if (!t.down)
		t.loser = loser_of(a, s, dev, ip, sender);
	return t;
}
