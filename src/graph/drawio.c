// SPDX-License-Identifier: GPL-2.0-only
/* diagrams.net: the same places as in the SVG, as shapes that can be moved. Children's are relative. */
#include "graph/layout.h"

static const char *fill(enum graph_kind kind)
{
	static const char *const colours[] = {
		[GRAPH_INTERNET] = "#f6f8fa",
		[GRAPH_PUBLIC_HOST] = "#ffffff",
		[GRAPH_REGION] = "#f6f8fa",
		[GRAPH_GATEWAY] = "#fbefff",
		[GRAPH_FUNCTION] = "#ffeff7",
		[GRAPH_VPC] = "#ddf4ff",
		[GRAPH_VSWITCH] = "#f0faff",
		[GRAPH_ECS] = "#ffffff",
		[GRAPH_TRANSIT_ROUTER] = "#fff8c5",
		[GRAPH_VBR] = "#fff1e5",
		[GRAPH_CIRCUIT] = "#fff1e5",
		[GRAPH_DATA_CENTER] = "#fbf5ef",
		[GRAPH_CPE] = "#fff1e5",
		[GRAPH_LAN] = "#fffaf5",
		[GRAPH_HOST] = "#ffffff",
	};

	return colours[kind];
}

static const char *stroke(enum graph_change change)
{
	switch (change) {
	case GRAPH_SAME: return "strokeColor=#6e7781;";
	case GRAPH_ADDED: return "strokeColor=#1a7f37;strokeWidth=3;";
	case GRAPH_CHANGED: return "strokeColor=#0969da;strokeWidth=3;";
	}
	return "";
}

/* Behind stroke(): the last one of a name holds. */
static void tone(struct strbuf *out, enum graph_tone t)
{
	const char *colour = graph_tone_colour(t);

	if (colour)
		strbuf_printf(out, "strokeColor=%s;strokeWidth=%d;%s", colour,
			      t > GRAPH_FLOWING ? 3 : 1, t == GRAPH_BROKEN ? "dashed=1;" : "");
}

/* The value is HTML inside an attribute: escaped once for each. */
static void value(struct strbuf *out, const struct graph_box *b)
{
	struct graph_word w;

	for (size_t i = 0; graph_word_at(b, i, &graph_pixels, &w); i++) {
		auto_strbuf struct strbuf html = {0};

		if (!*w.s)
			continue;
		strbuf_add(&html, i > 1 ? "<br>" : i ? " " : "");
		strbuf_add(&html, i ? "" : "<b>");
		strbuf_add(&html, w.mark);
		strbuf_add_xml(&html, w.s);
		strbuf_add(&html, i ? "" : "</b>");
		strbuf_add_xml(out, html.s);
	}
}

static void put_box(struct strbuf *out, const struct graph_box *b)
{
	int x = b->parent ? b->parent->at.x : 0, y = b->parent ? b->parent->at.y : 0;

	strbuf_printf(out, "      <mxCell id=\"%s\" value=\"", b->id);
	value(out, b);
	strbuf_printf(
		out,
		"\" style=\"rounded=1;arcSize=4;html=1;align=left;verticalAlign=top;spacingLeft=8;"
		"spacingTop=4;fontSize=12;container=%d;fillColor=%s;%s",
		b->first != NULL, fill(b->kind), stroke(b->change));
	tone(out, b->live.tone > GRAPH_FLOWING ? b->live.tone : GRAPH_NOT_LIVE);
	strbuf_printf(out, "\" vertex=\"1\" parent=\"%s\">\n", b->parent ? b->parent->id : "layer");
	strbuf_printf(
		out,
		"        <mxGeometry x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" as=\"geometry\"/>\n"
		"      </mxCell>\n",
		b->at.x - x, b->at.y - y, b->at.w, b->at.h);
}

/* Where on the border of a box a point is, 0 to 1. */
static double part(int at, int from, int length)
{
	return length ? (double)(at - from) / length : 0;
}

static void put_link(struct strbuf *out, const struct graph_link *l)
{
	const struct graph_area *a = &l->from->at, *b = &l->to->at;
	struct graph_point p = l->points[0], q = l->points[l->n_points - 1];

	strbuf_printf(out, "      <mxCell id=\"%s\" value=\"", l->id);
	for (size_t i = 0; i < l->n_label; i++) {
		strbuf_add(out, i ? "&lt;br&gt;" : graph_mark(l->change));
		strbuf_add_xml(out, l->label[i]);
	}
	strbuf_printf(
		out, "\" style=\"edgeStyle=orthogonalEdgeStyle;html=1;endArrow=%s;startArrow=%s;%s",
		l->kind == GRAPH_INVOKE || l->kind == GRAPH_REACH ? "block" : "none",
		l->kind == GRAPH_BIND ? "block" : "none", stroke(l->change));
	tone(out, l->live.tone);
	strbuf_printf(
		out,
		"exitX=%.3f;exitY=%.3f;entryX=%.3f;entryY=%.3f;\" edge=\"1\" parent=\"layer\" "
		"source=\"%s\" target=\"%s\">\n"
		"        <mxGeometry relative=\"1\" as=\"geometry\"/>\n      </mxCell>\n",
		part(p.x, a->x, a->w), part(p.y, a->y, a->h), part(q.x, b->x, b->w),
		part(q.y, b->y, b->h), l->from->id, l->to->id);
}

void graph_drawio(struct strbuf *out, struct graph *g)
{
	graph_layout(g, &graph_pixels);
	strbuf_printf(out,
		      "<mxfile host=\"labctl\">\n  <diagram id=\"lab\" name=\"%s\">\n"
		      "    <mxGraphModel page=\"0\"><root>\n"
		      "      <mxCell id=\"root\"/>\n"
		      "      <mxCell id=\"layer\" parent=\"root\"/>\n",
		      g->lab);
	for (size_t i = 0; i < g->n_boxes; i++)
		put_box(out, g->boxes[i]);
	for (size_t i = 0; i < g->n_links; i++)
		put_link(out, g->links[i]);
	strbuf_add(out, "    </root></mxGraphModel>\n  </diagram>\n</mxfile>\n");
}
