// SPDX-License-Identifier: GPL-2.0-only
/* Mermaid, as Markdown viewers draw it. Its ids are words: boxes are numbered. */
#include "graph/layout.h"

static size_t number(const struct graph *g, const struct graph_box *b)
{
	size_t i = 0;

	while (g->boxes[i] != b)
		i++;
	return i;
}

/* Quotes and angle brackets as entities; the rest is taken literally between quotes. */
static void escape(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"')
			strbuf_add(out, "#quot;");
		else if (*s == '<')
			strbuf_add(out, "#lt;");
		else if (*s == '>')
			strbuf_add(out, "#gt;");
		else if (*s == '#')
			strbuf_add(out, "#35;");
		else
			strbuf_addc(out, *s);
	}
}

static void label(struct strbuf *out, const struct graph_box *b)
{
	struct graph_word w;

	for (size_t i = 0; graph_word_at(b, i, &graph_cells, &w); i++) {
		if (!*w.s)
			continue;
		strbuf_add(out, i > 1 ? "<br>" : i ? " " : "");
		strbuf_add(out, w.mark);
		escape(out, w.s);
	}
}

static void put_box(struct strbuf *out, const struct graph *g, const struct graph_box *b, int depth)
{
	bool group = b->first || b->kind == GRAPH_REGION;

	strbuf_printf(out, "%*s%sb%zu[\"", depth * 2, "", group ? "subgraph " : "", number(g, b));
	label(out, b);
	strbuf_add(out, "\"]\n");
	for (const struct graph_box *c = b->first; c; c = c->next)
		put_box(out, g, c, depth + 1);
	if (group)
		strbuf_printf(out, "%*send\n", depth * 2, "");
}

static void put_link(struct strbuf *out, const struct graph *g, const struct graph_link *l)
{
	bool arrow = l->kind == GRAPH_INVOKE || l->kind == GRAPH_REACH;

	strbuf_printf(out, "  b%zu %s", number(g, l->from), arrow ? "-->" : "---");
	for (size_t i = 0; i < l->n_label; i++) {
		strbuf_add(out, i ? "<br>" : "|\"");
		strbuf_add(out, i ? "" : graph_mark(l->change));
		escape(out, l->label[i]);
	}
	strbuf_printf(out, "%s b%zu\n", l->n_label ? "\"|" : "", number(g, l->to));
}

static void put_classes(struct strbuf *out, const struct graph *g)
{
	strbuf_add(out, "  classDef added stroke:#1a7f37,stroke-width:3px\n"
			"  classDef changed stroke:#0969da,stroke-width:3px\n");
	for (size_t i = 0; i < g->n_boxes; i++)
		if (g->boxes[i]->change != GRAPH_SAME)
			strbuf_printf(out, "  class b%zu %s\n", i,
				      g->boxes[i]->change == GRAPH_ADDED ? "added" : "changed");
}

static void put_tones(struct strbuf *out, const struct graph *g)
{
	for (size_t i = 0; i < g->n_links; i++) {
		enum graph_tone t = g->links[i]->live.tone;

		if (t != GRAPH_NOT_LIVE)
			strbuf_printf(out, "  linkStyle %zu stroke:%s,stroke-width:%dpx%s\n", i,
				      graph_tone_colour(t), t > GRAPH_FLOWING ? 4 : 2,
				      t == GRAPH_BROKEN ? ",stroke-dasharray:4 4" : "");
	}
	for (size_t i = 0; i < g->n_boxes; i++) {
		enum graph_tone t = g->boxes[i]->live.tone;

		if (t > GRAPH_FLOWING)
			strbuf_printf(out, "  style b%zu stroke:%s,stroke-width:3px%s\n", i,
				      graph_tone_colour(t),
				      t == GRAPH_BROKEN ? ",stroke-dasharray:4 4" : "");
	}
}

void graph_mermaid(struct strbuf *out, const struct graph *g)
{
	strbuf_add(out, "flowchart TB\n");
	for (size_t i = 0; i < g->n_boxes; i++)
		if (!g->boxes[i]->parent)
			put_box(out, g, g->boxes[i], 1);
	for (size_t i = 0; i < g->n_links; i++)
		put_link(out, g, g->links[i]);
	if (g->step)
		put_classes(out, g);
	put_tones(out, g);
}
