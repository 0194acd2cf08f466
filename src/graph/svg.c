// SPDX-License-Identifier: GPL-2.0-only
/*
 * A picture for documents and slides: no script, no font or file from elsewhere, light or dark as the
 * reader's system is, with a title and a description in words.
 */
#include <stdio.h>
#include <string.h>

#include "graph/layout.h"

#define MARGIN 20

/* Colours twice, without variables: some renderers know only the plain rules. */
static const char style[] =
	"    text { font: 12px 'DejaVu Sans', Verdana, 'Segoe UI', sans-serif; fill: #57606a }\n"
	"    .name { font-size: 14px; font-weight: 600; fill: #1f2328 }\n"
	"    .paper { fill: #ffffff }\n"
	"    .box { stroke-width: 1.5; fill: #ffffff; stroke: #6e7781 }\n"
	"    .region { fill: #f6f8fa; stroke: #afb8c1; stroke-dasharray: 6 4 }\n"
	"    .internet { fill: #f6f8fa; stroke: #afb8c1 }\n"
	"    .data-center { fill: #fbf5ef; stroke: #bc8f5f; stroke-dasharray: 6 4 }\n"
	"    .vpc { fill: #ddf4ff; stroke: #54aeff }\n"
	"    .vswitch { fill: #f0faff; stroke: #a8d8ff }\n"
	"    .lan { fill: #fffaf5; stroke: #dcc3a5 }\n"
	"    .gateway { fill: #fbefff; stroke: #a475f9 }\n"
	"    .function { fill: #ffeff7; stroke: #e85aad }\n"
	"    .tr { fill: #fff8c5; stroke: #bf8700 }\n"
	"    .vbr { fill: #fff1e5; stroke: #e16f24 }\n"
	"    .circuit { fill: #fff1e5; stroke: #e16f24 }\n"
	"    .cpe { fill: #fff1e5; stroke: #e16f24 }\n"
	"    .link { fill: none; stroke: #57606a; stroke-width: 1.75 }\n"
	"    .link.peer { stroke: #bf8700; stroke-width: 3 }\n"
	"    .link.bind, .link.reach, .link.invoke { stroke: #8250df }\n"
	"    .link.line { stroke: #e16f24; stroke-width: 2.5 }\n"
	"    .link.peering { stroke: #e16f24; stroke-dasharray: 5 4 }\n"
	"    .tip { fill: #8250df }\n"
	"    .added { stroke: #1a7f37; stroke-width: 3 }\n"
	"    .changed { stroke: #0969da; stroke-width: 3 }\n"
	"    .link.added { stroke: #1a7f37; stroke-width: 3 }\n"
	"    .link.changed { stroke: #0969da; stroke-width: 3 }\n"
	"    text.added { fill: #1a7f37; stroke: none }\n"
	"    text.changed { fill: #0969da; stroke: none }\n"
	"    @media (prefers-color-scheme: dark) {\n"
	"      text { fill: #9da7b1 }\n"
	"      .name { fill: #e6edf3 }\n"
	"      .paper { fill: #0d1117 }\n"
	"      .box { fill: #161b22; stroke: #8b949e }\n"
	"      .region { fill: #11161d; stroke: #484f58 }\n"
	"      .internet { fill: #11161d; stroke: #484f58 }\n"
	"      .data-center { fill: #1b1610; stroke: #8a6a45 }\n"
	"      .vpc { fill: #0c2036; stroke: #1f6feb }\n"
	"      .vswitch { fill: #0f2943; stroke: #265f99 }\n"
	"      .lan { fill: #241c13; stroke: #6b5234 }\n"
	"      .gateway { fill: #21183a; stroke: #8957e5 }\n"
	"      .function { fill: #33152a; stroke: #bf4b8a }\n"
	"      .tr { fill: #2f2709; stroke: #bb8009 }\n"
	"      .vbr, .circuit, .cpe { fill: #331b0b; stroke: #bd561d }\n"
	"      .link { stroke: #8b949e }\n"
	"      .link.peer { stroke: #d29922 }\n"
	"      .link.bind, .link.reach, .link.invoke { stroke: #a371f7 }\n"
	"      .link.line, .link.peering { stroke: #db6d28 }\n"
	"      .tip { fill: #a371f7 }\n"
	"      .added, .link.added { stroke: #3fb950 }\n"
	"      .changed, .link.changed { stroke: #58a6ff }\n"
	"      text.added { fill: #3fb950 }\n"
	"      text.changed { fill: #58a6ff }\n"
	"    }\n";

/* Only where something is live. The halo keeps what is told on a line readable. */
static const char live_style[] =
	"    .link.idle { stroke: #8c959f }\n"
	"    .link.flowing { stroke: #1a7f37; stroke-width: 3 }\n"
	"    .link.busy { stroke: #bf8700; stroke-width: 4 }\n"
	"    .link.full { stroke: #cf222e; stroke-width: 5 }\n"
	"    .link.broken { stroke: #cf222e; stroke-width: 3; stroke-dasharray: 3 6 }\n"
	"    .box.busy { stroke: #bf8700; stroke-width: 3 }\n"
	"    .box.full { stroke: #cf222e; stroke-width: 3 }\n"
	"    .box.broken { stroke: #cf222e; stroke-width: 3; stroke-dasharray: 3 6 }\n"
	"    text.flowing { fill: #1a7f37 }\n"
	"    text.busy { fill: #7d4e00; font-weight: 600 }\n"
	"    text.full, text.broken { fill: #a40e26; font-weight: 600 }\n"
	"    @media (prefers-color-scheme: dark) {\n"
	"      .link.idle { stroke: #6e7681 }\n"
	"      .link.flowing { stroke: #3fb950 }\n"
	"      .link.busy, .box.busy { stroke: #d29922 }\n"
	"      .link.full, .link.broken, .box.full, .box.broken { stroke: #f85149 }\n"
	"      text.flowing { fill: #3fb950 }\n"
	"      text.busy { fill: #e3b341 }\n"
	"      text.full, text.broken { fill: #ff7b72 }\n"
	"    }\n";

static const char *change_class(enum graph_change change)
{
	switch (change) {
	case GRAPH_SAME: return "";
	case GRAPH_ADDED: return " added";
	case GRAPH_CHANGED: return " changed";
	}
	return "";
}

/* The space before the word; "" for none. */
static const char *tone_class(enum graph_tone tone)
{
	static const char *const classes[] = {
		[GRAPH_NOT_LIVE] = "",  [GRAPH_IDLE] = " idle", [GRAPH_FLOWING] = " flowing",
		[GRAPH_BUSY] = " busy", [GRAPH_FULL] = " full", [GRAPH_BROKEN] = " broken",
	};

	return classes[tone];
}

/* What is there, in the order of the lab file, for those who do not see it. */
static void describe(struct strbuf *out, const struct graph *g)
{
	const char *between = "";

	for (size_t i = 0; i < g->n_boxes; i++) {
		const struct graph_box *b = g->boxes[i];

		if (b->kind == GRAPH_VSWITCH || b->kind == GRAPH_LAN || b->kind == GRAPH_CPE)
			continue;
		strbuf_add(out, between);
		strbuf_add_xml(out, b->name);
		if (*b->detail) {
			strbuf_add(out, " (");
			strbuf_add_xml(out, b->detail);
			strbuf_addc(out, ')');
		}
		if (b->parent) {
			strbuf_add(out, " in ");
			strbuf_add_xml(out, b->parent->name);
		}
		between = ", ";
	}
	strbuf_addc(out, '.');
	for (size_t i = 0; i < g->n_links; i++) {
		strbuf_addc(out, ' ');
		strbuf_add_xml(out, g->links[i]->from->name);
		strbuf_printf(out, " to ");
		strbuf_add_xml(out, g->links[i]->to->name);
		for (size_t j = 0; j < g->links[i]->n_label; j++) {
			strbuf_add(out, j ? ", " : ": ");
			strbuf_add_xml(out, g->links[i]->label[j]);
		}
		strbuf_addc(out, '.');
	}
}

/* class: its words, with a space before each */
static void put_text(struct strbuf *out, int x, int y, const char *class, const char *mark,
		     const char *s)
{
	if (!*s)
		return;
	strbuf_printf(out, "  <text x=\"%d\" y=\"%d\"", x, y);
	if (*class)
		strbuf_printf(out, " class=\"%s\"", class + 1);
	strbuf_addc(out, '>');
	strbuf_add(out, mark);
	strbuf_add_xml(out, s);
	strbuf_add(out, "</text>\n");
}

/* Lines are much shorter than the boxes that they may lie behind, so those come last. */
static void put_box(struct strbuf *out, const struct graph_box *b)
{
	int radius = b->kind == GRAPH_CIRCUIT ? b->at.h / 2 : b->first ? 10 : 6;

	if (b->count) /* a stack of cards */
		strbuf_printf(
			out,
			"  <rect class=\"box %s%s%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
			graph_kind_name(b->kind), change_class(b->change), tone_class(b->live.tone),
			b->at.x + 4, b->at.y + 4, b->at.w, b->at.h, radius);
	strbuf_printf(
		out,
		"  <rect class=\"box %s%s%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
		graph_kind_name(b->kind), change_class(b->change), tone_class(b->live.tone),
		b->at.x, b->at.y, b->at.w, b->at.h, radius);
}

static void put_words(struct strbuf *out, const struct graph_box *b)
{
	struct graph_word w;
	char class[40];

	for (size_t i = 0; graph_word_at(b, i, &graph_pixels, &w); i++) {
		int baseline = i < 2 ? 15 : 13;

		(void)snprintf(class, sizeof(class), "%s%s%s", w.font == GRAPH_NAME ? " name" : "",
			       change_class(w.change), tone_class(w.tone)); /* they are short */
		put_text(out, w.x, w.y + baseline, class, w.mark, w.s);
	}
}

/* Into the far end of the link, where the gateway calls something. */
static void put_tip(struct strbuf *out, const struct graph_link *l)
{
	struct graph_point to = l->points[l->n_points - 1];

	if (l->kind == GRAPH_INVOKE)
		strbuf_printf(out, "  <path class=\"tip\" d=\"M%d %d l-9 -5 v10 z\"/>\n", to.x,
			      to.y);
	if (l->kind == GRAPH_REACH)
		strbuf_printf(out, "  <path class=\"tip\" d=\"M%d %d l-5 -9 h10 z\"/>\n", to.x,
			      to.y);
	if (l->kind == GRAPH_BIND)
		strbuf_printf(out, "  <path class=\"tip\" d=\"M%d %d l-5 9 h10 z\"/>\n",
			      l->points[0].x, l->points[0].y);
}

static void put_link(struct strbuf *out, const struct graph_link *l)
{
	strbuf_printf(out, "  <path class=\"link %s%s%s\" d=\"M", graph_link_kind_name(l->kind),
		      change_class(l->change), tone_class(l->live.tone));
	for (size_t i = 0; i < l->n_points; i++)
		strbuf_printf(out, "%s%d %d", i ? " L" : "", l->points[i].x, l->points[i].y);
	strbuf_add(out, "\"/>\n");
	put_tip(out, l);
	for (size_t i = 0; i < l->n_label; i++)
		put_text(out, l->label_at[i].x, l->label_at[i].y + 13,
			 graph_is_live(l, i) ? tone_class(l->live.tone) : change_class(l->change),
			 i ? "" : graph_mark(l->change), l->label[i]);
}

static bool is_live(const struct graph *g)
{
	for (size_t i = 0; i < g->n_links; i++)
		if (g->links[i]->live.tone != GRAPH_NOT_LIVE)
			return true;
	return false;
}

/* What the boxes tell besides: load and loss. */
static void describe_live(struct strbuf *out, const struct graph *g)
{
	for (size_t i = 0; i < g->n_boxes; i++)
		for (size_t k = 0; k < g->boxes[i]->n_lines; k++) {
			if (g->boxes[i]->lines[k].tone == GRAPH_NOT_LIVE)
				continue;
			strbuf_addc(out, ' ');
			strbuf_add_xml(out, g->boxes[i]->name);
			strbuf_add(out, ": ");
			strbuf_add_xml(out, g->boxes[i]->lines[k].s);
			strbuf_addc(out, '.');
		}
}

static void put_head(struct strbuf *out, const struct graph *g)
{
	int w = g->size.w + 2 * MARGIN + 4, h = g->size.h + 2 * MARGIN + 4;

	strbuf_printf(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%d %d %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"title desc\">\n",
		-MARGIN, -MARGIN, w, h, w, h);
	strbuf_add(out, "  <title id=\"title\">");
	strbuf_add_xml(out, *g->title ? g->title : g->lab);
	strbuf_add(out, "</title>\n  <desc id=\"desc\">");
	describe(out, g);
	describe_live(out, g);
	strbuf_printf(out, "</desc>\n  <style>\n%s%s  </style>\n", style,
		      is_live(g) ? live_style : "");
	strbuf_printf(
		out,
		"  <rect class=\"paper\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
		-MARGIN, -MARGIN, w, h);
}

void graph_svg(struct strbuf *out, struct graph *g)
{
	graph_layout(g, &graph_pixels);
	put_head(out, g);
	for (size_t i = 0; i < g->n_boxes; i++)
		put_box(out, g->boxes[i]);
	for (size_t i = 0; i < g->n_links; i++)
		put_link(out, g->links[i]);
	for (size_t i = 0; i < g->n_boxes; i++)
		put_words(out, g->boxes[i]);
	put_text(out, 0, g->size.h - 2, "", "", graph_caption(g));
	strbuf_add(out, "</svg>\n");
}
