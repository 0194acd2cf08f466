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

static bool open_one(const struct analyse *a, uint32_t ns, const struct plan *all, bool *open)
{
	const struct plan_namespace *found = plan_find_namespace(all, a->plan->namespaces[ns].name);
	bool *is_open = found ? &open[found - all->namespaces] : NULL;

	if (!is_open || *is_open)
		return false;
	return *is_open = true;
}

bool analyse_open_asked(const struct analyse *a, const struct plan *all, bool *open)
{
	bool more = false;

	for (uint32_t i = 0; i < a->n_ns; i++)
		if (*a->all_asked || a->ns[i].asked)
			more |= open_one(a, i, all, open);
	/* what is wrong with a device makes all of its namespace doubtful, if it is one: see index_faults() */
	for (size_t i = 0; i < a->n_devs; i++) {
		const struct net_device *d = &a->devs[i];

		if (d->fault && a->ns[d->ns].asked && d->line != NET_NONE)
			more |= open_one(a, a->devs[d->line].ns, all, open);
	}
	return more;
}
