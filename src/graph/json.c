// SPDX-License-Identifier: GPL-2.0-only
/* The boxes and links themselves, for other programs. */
#include <jansson.h>
#include <stdlib.h>

#include "graph/graph.h"

static const char *change_name(enum graph_change change)
{
	switch (change) {
	case GRAPH_SAME: return "same";
	case GRAPH_ADDED: return "added";
	case GRAPH_CHANGED: return "changed";
	}
	return "";
}

/* NULL where nothing was looked at */
static json_t *live_json(const struct graph_live *l)
{
	if (l->tone == GRAPH_NOT_LIVE)
		return NULL;
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:f}", "state", l->state, "tone",
			 graph_tone_name(l->tone), "there", (json_int_t)l->there, "back",
			 (json_int_t)l->back, "limit_there", (json_int_t)l->limit_there,
			 "limit_back", (json_int_t)l->limit_back, "lost_there_percent",
			 l->lost_there / 10.0, "lost_back_percent", l->lost_back / 10.0);
}

static json_t *box_json(const struct graph_box *b)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < b->n_lines; i++)
		(void)json_array_append_new(lines,
					    json_pack("{s:s, s:s}", "text", b->lines[i].s, "change",
						      change_name(b->lines[i].change)));
	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:s, s:o, s:o*}", "id", b->id, "kind",
			 graph_kind_name(b->kind), "name", b->name, "detail", b->detail, "in",
			 b->parent ? b->parent->id : NULL, "count",
			 (json_int_t)(b->count ? b->count : 1), "change", change_name(b->change),
			 "lines", lines, "live", live_json(&b->live));
}

static json_t *link_json(const struct graph_link *l)
{
	json_t *label = json_array();

	for (size_t i = 0; i < l->n_label; i++)
		(void)json_array_append_new(label, json_string(l->label[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o*}", "id", l->id, "kind",
			 graph_link_kind_name(l->kind), "from", l->from->id, "to", l->to->id,
			 "change", change_name(l->change), "label", label, "live",
			 live_json(&l->live));
}

void graph_json(struct strbuf *out, const struct graph *g)
{
	json_t *boxes = json_array(), *links = json_array(), *removed = json_array(), *root;
	char *text;

	for (size_t i = 0; i < g->n_boxes; i++)
		(void)json_array_append_new(boxes, box_json(g->boxes[i]));
	for (size_t i = 0; i < g->n_links; i++)
		(void)json_array_append_new(links, link_json(g->links[i]));
	for (size_t i = 0; i < g->n_removed; i++)
		(void)json_array_append_new(removed, json_string(g->removed[i]));
	root = json_pack("{s:s, s:s, s:s?, s:o, s:o, s:o}", "lab", g->lab, "title", g->title,
			 "step", g->step, "boxes", boxes, "links", links, "removed", removed);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (!text) /* no memory: names were read as UTF-8 */
		abort();
	strbuf_printf(out, "%s\n", text);
	free(text);
}
