// SPDX-License-Identifier: GPL-2.0-only
/* What one picture has and another has not. */
#include <string.h>

#include "graph/scene.h"

static bool has_line(const struct graph_box *b, const char *s)
{
	for (size_t i = 0; i < b->n_lines; i++)
		if (!strcmp(b->lines[i].s, s))
			return true;
	return false;
}

/* Lines that went away are seen by the mark of their box only. */
static void compare_box(struct graph_box *b, const struct graph_box *old)
{
	bool other = strcmp(b->name, old->name) != 0 || strcmp(b->detail, old->detail) != 0 ||
		     b->n_lines != old->n_lines;

	for (size_t i = 0; i < b->n_lines; i++) {
		if (has_line(old, b->lines[i].s))
			continue;
		b->lines[i].change = GRAPH_ADDED;
		other = true;
	}
	b->change = other ? GRAPH_CHANGED : GRAPH_SAME;
}

static bool same_label(const struct graph_link *a, const struct graph_link *b)
{
	if (a->n_label != b->n_label)
		return false;
	for (size_t i = 0; i < a->n_label; i++)
		if (strcmp(a->label[i], b->label[i]) != 0)
			return false;
	return true;
}

static void find_removed(struct graph *g, const struct graph *before)
{
	for (size_t i = 0; i < before->n_boxes; i++) {
		const struct graph_box *b = before->boxes[i];

		if (!graph_find_id(g, b->id) && (!b->parent || graph_find_id(g, b->parent->id)))
			*arena_push(g->arena, g->removed, g->n_removed) = arena_strdup(g->arena,
										       b->name);
	}
	for (size_t i = 0; i < before->n_links; i++) {
		const struct graph_link *l = before->links[i];

		if (!graph_find_link(g, l->id) && graph_find_id(g, l->from->id) &&
		    graph_find_id(g, l->to->id))
			*arena_push(g->arena, g->removed, g->n_removed) =
				arena_printf(g->arena, "%s %s to %s", graph_link_kind_name(l->kind),
					     l->from->name, l->to->name);
	}
}

void graph_compare(struct graph *g, const struct graph *before, const char *step)
{
	g->step = arena_strdup(g->arena, step);
	for (size_t i = 0; i < g->n_boxes; i++) {
		const struct graph_box *old = graph_find_id(before, g->boxes[i]->id);

		if (old)
			compare_box(g->boxes[i], old);
		else
			g->boxes[i]->change = GRAPH_ADDED;
	}
	for (size_t i = 0; i < g->n_links; i++) {
		const struct graph_link *old = graph_find_link(before, g->links[i]->id);

		if (!old)
			g->links[i]->change = GRAPH_ADDED;
		else if (!same_label(g->links[i], old))
			g->links[i]->change = GRAPH_CHANGED;
	}
	find_removed(g, before);
}

bool graph_has_changes(const struct graph *g)
{
	for (size_t i = 0; i < g->n_boxes; i++)
		if (g->boxes[i]->change != GRAPH_SAME)
			return true;
	for (size_t i = 0; i < g->n_links; i++)
		if (g->links[i]->change != GRAPH_SAME)
			return true;
	return g->n_removed > 0;
}
