// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/net.h"

static struct analyse *begin(const struct plan *p)
{
	struct arena *arena = arena_new(0);
	struct analyse *a = arena_alloc(arena, sizeof(*a));

	a->plan = p;
	a->arena = arena;
	a->all_asked = arena_alloc(arena, sizeof(*a->all_asked));
	return a;
}

static struct analyse *index_all(struct analyse *a)
{
	analyse_net_index(a);
	analyse_net_index_segments(a);
	analyse_net_index_dynamic(a);
	return a;
}

struct analyse *analyse_new(const struct plan *p)
{
	struct analyse *a = begin(p);

	analyse_net_read_wires(a);
	return index_all(a);
}

struct analyse *analyse_again(const struct plan *p, const struct analyse *before)
{
	struct analyse *a = begin(p);

	a->wires = before->wires;
	a->n_wires = before->n_wires;
	return index_all(a);
}

void analyse_free(struct analyse *a)
{
	if (a)
		arena_free(a->arena);
}
