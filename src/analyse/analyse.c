// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/net.h"

struct analyse *analyse_new(const struct plan *p)
{
	struct arena *arena = arena_new(0);
	struct analyse *a = arena_alloc(arena, sizeof(*a));

	a->plan = p;
	a->arena = arena;
	a->all_asked = arena_alloc(arena, sizeof(*a->all_asked));
	analyse_net_index(a);
	analyse_net_index_segments(a);
	analyse_net_index_dynamic(a);
	return a;
}

void analyse_free(struct analyse *a)
{
	if (a)
		arena_free(a->arena);
}
