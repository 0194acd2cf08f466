// SPDX-License-Identifier: GPL-2.0-only
/* Graphviz: boxes with something in them are clusters. A link to one goes to a point in it. */
#include "graph/layout.h"

static void quote(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *s);
	}
}

static const char *colour(enum graph_change change)
{
	switch (change) {
	case GRAPH_SAME: return "";
	case GRAPH_ADDED: return ", color=\"#1a7f37\", penwidth=3";
	case GRAPH_CHANGED: return ", color=\"#0969da\", penwidth=3";
	}
	return "";
}

static void tone(struct strbuf *out, enum graph_tone t)
{
	const char *stroke = graph_tone_colour(t);

	if (stroke)
		strbuf_printf(out, ", color=\"%s\", fontcolor=\"%s\"%s%s", stroke, stroke,
			      t > GRAPH_FLOWING ? ", penwidth=3" : "",
			      t == GRAPH_BROKEN ? ", style=dashed" : "");
}

static void label(struct strbuf *out, const struct graph_box *b)
{
	struct graph_word w;

	for (size_t i = 0; graph_word_at(b, i, &graph_cells, &w); i++) {
		if (!*w.s)
			continue;
		strbuf_add(out, i > 1 ? "\\n" : i ? "  " : "");
		strbuf_add(out, w.mark);
		quote(out, w.s);
	}
}

static void put_box(struct strbuf *out, const struct graph_box *b, int depth)
{
	if (!b->first && b->kind != GRAPH_REGION) {
		strbuf_printf(out, "%*s\"%s\" [label=\"", depth * 2, "", b->id);
		label(out, b);
		strbuf_printf(out, "\"%s", colour(b->change));
		tone(out, b->live.tone > GRAPH_FLOWING ? b->live.tone : GRAPH_NOT_LIVE);
		strbuf_add(out, "];\n");
		return;
	}
	strbuf_printf(out, "%*ssubgraph \"cluster_%s\" {\n%*slabel=\"", depth * 2, "", b->id,
		      depth * 2 + 2, "");
	label(out, b);
	strbuf_printf(out, "\"%s;\n",
		      b->change == GRAPH_ADDED     ? "; color=\"#1a7f37\""
		      : b->change == GRAPH_CHANGED ? "; color=\"#0969da\""
						   : "");
	strbuf_printf(out, "%*s\"%s\" [shape=point, style=invis];\n", depth * 2 + 2, "", b->id);
	for (const struct graph_box *c = b->first; c; c = c->next)
		put_box(out, c, depth + 1);
	strbuf_printf(out, "%*s}\n", depth * 2, "");
}

static void put_link(struct strbuf *out, const struct graph_link *l)
{
	strbuf_printf(out, "  \"%s\" -> \"%s\" [label=\"", l->from->id, l->to->id);
	for (size_t i = 0; i < l->n_label; i++) {
		strbuf_add(out, i ? "\\n" : graph_mark(l->change));
		quote(out, l->label[i]);
	}
	strbuf_printf(out, "\", dir=%s",
		      l->kind == GRAPH_INVOKE || l->kind == GRAPH_REACH ? "forward"
		      : l->kind == GRAPH_BIND                           ? "back"
									: "none");
	if (l->from->first)
		strbuf_printf(out, ", ltail=\"cluster_%s\"", l->from->id);
	if (l->to->first)
		strbuf_printf(out, ", lhead=\"cluster_%s\"", l->to->id);
	strbuf_add(out, colour(l->change));
	tone(out, l->live.tone);
	strbuf_add(out, "];\n");
}

void graph_dot(struct strbuf *out, const struct graph *g)
{
	strbuf_printf(out, "digraph \"%s\" {\n  label=\"", g->lab);
	quote(out, g->title);
	strbuf_add(out, "\";\n  compound=true;\n  fontname=\"sans-serif\";\n"
			"  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
			"  edge [fontname=\"sans-serif\", fontsize=11];\n");
	for (size_t i = 0; i < g->n_boxes; i++)
		if (!g->boxes[i]->parent)
			put_box(out, g->boxes[i], 1);
	for (size_t i = 0; i < g->n_links; i++)
		put_link(out, g->links[i]);
	strbuf_add(out, "}\n");
}
