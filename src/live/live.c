// SPDX-License-Identifier: GPL-2.0-only
/* The whole, and who has which address. */
#include "live/live.h"

#include <stdlib.h>
#include <string.h>

#include "live/map.h"

static int by_ip(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return x->ip < y->ip ? -1 : x->ip > y->ip;
}

static void add_holder(struct live *l, uint32_t ip, size_t box)
{
	if (box != SIZE_MAX)
		*arena_push(l->arena, l->holders, l->n_holders) = (struct holder){ip, box};
}

static size_t find_box(const struct live *l, enum graph_kind kind, const char *name)
{
	for (size_t i = 0; i < l->graph->n_boxes; i++)
		if (l->graph->boxes[i]->kind == kind && !strcmp(l->graph->boxes[i]->name, name))
			return i;
	return SIZE_MAX;
}

/* A function's worker is called after it (compile/function.c). */
static void add_functions(struct live *l)
{
	static const char prefix[] = "function-";

	for (size_t i = 0; i < l->plan->n_workers; i++) {
		const struct plan_worker *w = &l->plan->workers[i];

		if (strncmp(w->name, prefix, strlen(prefix)) != 0)
			continue;
		for (size_t k = 0; k < w->n_sockets; k++)
			add_holder(l, w->sockets[k].addr,
				   find_box(l, GRAPH_FUNCTION, w->name + strlen(prefix)));
	}
}

static void add_holders(struct live *l)
{
	const struct plan *p = l->plan;

	for (size_t i = 0; i < p->n_addresses; i++)
		if (plan_find_node(p, p->addresses[i].ns))
			add_holder(l, p->addresses[i].prefix.addr,
				   live_box_of(l, p->addresses[i].ns));
	add_functions(l);
	if (l->n_holders)
		qsort(l->holders, l->n_holders, sizeof(*l->holders), by_ip);
}

struct live *live_new(const struct graph *g, const struct plan *p)
{
	struct arena *arena = arena_new(0);
	struct live *l = arena_alloc(arena, sizeof(*l));

	*l = (struct live){.arena = arena, .graph = g, .plan = p};
	l->link_ways = arena_alloc(arena, (g->n_links + 1) * sizeof(*l->link_ways));
	l->box_ways = arena_alloc(arena, (g->n_boxes + 1) * sizeof(*l->box_ways));
	l->links = arena_alloc(arena, (g->n_links + 1) * sizeof(*l->links));
	l->told_links = arena_alloc(arena, (g->n_links + 1) * sizeof(*l->links));
	l->boxes = arena_alloc(arena, (g->n_boxes + 1) * sizeof(*l->boxes));
	l->told_boxes = arena_alloc(arena, (g->n_boxes + 1) * sizeof(*l->boxes));
	l->box_ns = arena_alloc(arena, (g->n_boxes + 1) * sizeof(*l->box_ns));
	for (size_t i = 0; i < g->n_boxes; i++)
		l->box_ns[i] = live_ns_of(l, g->boxes[i]);
	live_map(l);
	add_holders(l);
	for (size_t i = 0; i < g->n_links; i++)
		for (size_t k = 0; k < l->link_ways[i].n; k++) {
			l->links[i].limit_there += l->link_ways[i].list[k].limit_here;
			l->links[i].limit_back += l->link_ways[i].list[k].limit_there;
		}
	return l;
}

void live_free(struct live *l)
{
	if (l)
		arena_free(l->arena);
}

const char *const *live_namespaces(const struct live *l, size_t *n)
{
	*n = l->n_namespaces;
	return l->namespaces;
}

static bool is_drawn_as(const struct graph_box *b, const char *own, const char *ns)
{
	if (own)
		return b->kind != GRAPH_FUNCTION && !strcmp(own, ns);
	for (size_t i = 0; i < b->n_members; i++)
		if (!strcmp(b->members[i], ns))
			return true;
	return false;
}

static size_t box_of(const struct live *l, const char *ns)
{
	for (size_t i = 0; i < l->graph->n_boxes; i++)
		if (is_drawn_as(l->graph->boxes[i], l->box_ns[i], ns))
			return i;
	return SIZE_MAX;
}

/* An instance of a VPC that is one of a crowd is drawn with its VPC. */
size_t live_box_of(const struct live *l, const char *ns)
{
	size_t box = box_of(l, ns);

	for (size_t i = 0; box == SIZE_MAX && i < l->plan->n_links; i++) {
		const struct plan_link *k = &l->plan->links[i];

		if (!strcmp(k->a.ns, ns))
			return box_of(l, k->b.ns);
		if (!strcmp(k->b.ns, ns))
			return box_of(l, k->a.ns);
	}
	return box;
}

size_t live_box_at(const struct live *l, uint32_t ip)
{
	const struct holder key = {.ip = ip};
	const struct holder *h =
		l->n_holders ? bsearch(&key, l->holders, l->n_holders, sizeof(key), by_ip) : NULL;

	return h ? h->box : SIZE_MAX;
}
