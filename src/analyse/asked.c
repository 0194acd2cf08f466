// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which namespaces answers depend on, so that of a lab that runs no more need be looked at (cli/seen.h): those where
 * something was looked for, and those at the other ends of links of what was found there. Of an end that nobody knows
 * the other one of, all may be true but that it is an end: the other one may be gone. So what is not found is not
 * there, and what is found has to be made sure of; then no namespace that is left out can change the answer.
 */
#include <string.h>

#include "analyse/net.h"

void analyse_net_ask(const struct analyse *a, uint32_t ns)
{
	if (ns != NET_NONE)
		a->ns[ns].asked = true;
}

static void ask_of(const struct analyse *a, uint32_t dev)
{
	if (dev != NET_NONE)
		analyse_net_ask(a, a->devs[dev].ns);
}

void analyse_net_use(const struct analyse *a, uint32_t dev)
{
	struct net_device *d = dev == NET_NONE ? NULL : &a->devs[dev];

	if (!d || d->used)
		return;
	d->used = true;
	ask_of(a, dev);
	ask_of(a, d->line);
	ask_of(a, d->far);
}

void analyse_net_use_segment(const struct analyse *a, struct net_segment *s)
{
	if (s->used)
		return;
	s->used = true;
	for (uint32_t dev = s->first; dev != NET_NONE; dev = a->devs[dev].next)
		analyse_net_use(a, dev);
}

/* What is wrong with a device makes all of its namespace doubtful, if it is one: see index_faults(). */
static void add_faulty(const struct analyse *a, bool *asked)
{
	for (size_t i = 0; i < a->n_devs; i++) {
		const struct net_device *d = &a->devs[i];

		if (d->fault && a->ns[d->ns].asked && d->line != NET_NONE)
			asked[a->devs[d->line].ns] = true;
	}
}

const bool *analyse_asked(const struct analyse *a)
{
	if (!a->asked->list)
		a->asked->list = arena_alloc(a->arena, (a->n_ns + 1) * sizeof(bool));
	for (size_t i = 0; i < a->n_ns; i++)
		a->asked->list[i] = a->asked->all || a->ns[i].asked;
	add_faulty(a, a->asked->list);
	return a->asked->list;
}
