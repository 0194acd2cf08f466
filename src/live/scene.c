// SPDX-License-Identifier: GPL-2.0-only
/* The picture as a page needs it: places, and what to ask about a box. */
#include <stdlib.h>

#include "graph/layout.h"
#include "live/map.h"

static json_t *must(json_t *j)
{
	if (!j) /* no memory: names were read as UTF-8 */
		abort();
	return j;
}

static json_t *index_of(const struct graph *g, const struct graph_box *b)
{
	for (size_t i = 0; b && i < g->n_boxes; i++)
		if (g->boxes[i] == b)
			return json_integer((json_int_t)i);
	return json_null();
}

static json_t *words(const struct graph_box *b)
{
	json_t *list = json_array();
	struct graph_word w;

	for (size_t i = 0; graph_word_at(b, i, &graph_pixels, &w); i++)
		if (*w.s && json_array_append_new(list, must(json_pack("[s, i, i, b]", w.s, w.x,
								       w.y, w.font == GRAPH_NAME))))
			abort();
	return list;
}

static json_t *members(const struct graph_box *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n_members; i++)
		if (json_array_append_new(list, json_string(b->members[i])))
			abort();
	return list;
}

static json_t *box(const struct live *l, size_t i)
{
	const struct graph_box *b = l->graph->boxes[i];

	return must(json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o, s:I, s:o, s:o, s:[i, i, i, i]}",
			      "id", b->id, "kind", graph_kind_name(b->kind), "name", b->name,
			      "detail", b->detail, "ns", l->box_ns[i], "in",
			      index_of(l->graph, b->parent), "count", (json_int_t)b->count,
			      "members", members(b), "words", words(b), "at", b->at.x, b->at.y,
			      b->at.w, b->at.h));
}

static json_t *points(const struct graph_link *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < k->n_points; i++)
		if (json_array_append_new(
			    list, must(json_pack("[i, i]", k->points[i].x, k->points[i].y))))
			abort();
	return list;
}

static json_t *labels(const struct graph_link *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < k->n_label; i++)
		if (json_array_append_new(list,
					  must(json_pack("[s, i, i]", k->label[i], k->label_at[i].x,
							 k->label_at[i].y))))
			abort();
	return list;
}

static json_t *link_json(const struct live *l, size_t i)
{
	const struct graph_link *k = l->graph->links[i];
	const struct live_flow *f = &l->links[i];

	return must(json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:[I, I]}", "id", k->id, "kind",
			      graph_link_kind_name(k->kind), "from", index_of(l->graph, k->from),
			      "to", index_of(l->graph, k->to), "points", points(k), "labels",
			      labels(k), "limit", (json_int_t)f->limit_there,
			      (json_int_t)f->limit_back));
}

/* Every node, drawn or not, and the box that it is drawn in. */
static json_t *nodes(const struct live *l)
{
	json_t *of = json_object();

	for (size_t i = 0; i < l->plan->n_nodes; i++) {
		size_t b = live_box_of(l, l->plan->nodes[i].ns);

		if (json_object_set_new(of, l->plan->nodes[i].ns,
					b == SIZE_MAX ? json_null() : json_integer((json_int_t)b)))
			abort();
	}
	return of;
}

json_t *live_scene(const struct live *l)
{
	const struct graph *g = l->graph;
	json_t *boxes = json_array(), *links = json_array();

	for (size_t i = 0; i < g->n_boxes; i++)
		if (json_array_append_new(boxes, box(l, i)))
			abort();
	for (size_t i = 0; i < g->n_links; i++)
		if (json_array_append_new(links, link_json(l, i)))
			abort();
	return must(json_pack("{s:s, s:s, s:[i, i], s:o, s:o, s:o, s:o}", "lab", g->lab, "title",
			      g->title, "size", g->size.w, g->size.h, "boxes", boxes, "links",
			      links, "nodes", nodes(l), "apis", live_apis(l)));
}
