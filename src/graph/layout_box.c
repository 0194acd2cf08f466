// SPDX-License-Identifier: GPL-2.0-only
/* Boxes from the inside out. */
#include "graph/layout.h"

static int larger(int a, int b)
{
	return a > b ? a : b;
}

const char *graph_mark(enum graph_change change)
{
	switch (change) {
	case GRAPH_SAME: return "";
	case GRAPH_ADDED: return "+ ";
	case GRAPH_CHANGED: return "~ ";
	}
	return "";
}

static int marked_width(enum graph_change change, const char *s, enum graph_font font,
			const struct graph_metrics *m)
{
	return m->width(graph_mark(change), font) + m->width(s, font);
}

int graph_header_height(const struct graph_box *b, const struct graph_metrics *m)
{
	return m->name_height + (int)b->n_lines * m->line_height;
}

int graph_header_width(const struct graph_box *b, const struct graph_metrics *m)
{
	int w = marked_width(b->change, b->name, GRAPH_NAME, m);

	if (*b->detail)
		w += m->title_gap + m->width(b->detail, GRAPH_SMALL);
	for (size_t i = 0; i < b->n_lines; i++)
		w = larger(w, marked_width(b->lines[i].change, b->lines[i].s, GRAPH_SMALL, m));
	return w;
}

int graph_label_width(const struct graph_link *l, const struct graph_metrics *m)
{
	int w = 0;

	for (size_t i = 0; i < l->n_label; i++)
		w = larger(w,
			   marked_width(i ? GRAPH_SAME : l->change, l->label[i], GRAPH_SMALL, m));
	return w;
}

/* Lines come into a data centre from above: what it is called stands at its foot. */
static bool header_is_below(const struct graph_box *b)
{
	return b->kind == GRAPH_DATA_CENTER && b->first;
}

bool graph_word_at(const struct graph_box *b, size_t i, const struct graph_metrics *m,
		   struct graph_word *w)
{
	int x = b->at.x + m->pad_x, y = b->at.y + m->pad_y;

	if (header_is_below(b))
		y = graph_bottom(b) - m->pad_y - graph_header_height(b, m);

	*w = (struct graph_word){"", "", GRAPH_SMALL, GRAPH_SAME, GRAPH_NOT_LIVE, x, y};
	if (i >= b->n_lines + 2)
		return false;
	if (i == 0) {
		w->mark = graph_mark(b->change);
		w->s = b->name;
		w->font = GRAPH_NAME;
		w->change = b->change;
	} else if (i == 1) {
		w->s = b->detail;
		w->x += marked_width(b->change, b->name, GRAPH_NAME, m) + m->title_gap;
	} else {
		w->mark = graph_mark(b->lines[i - 2].change);
		w->s = b->lines[i - 2].s;
		w->change = b->lines[i - 2].change;
		w->tone = b->lines[i - 2].tone;
		w->y += m->name_height + (int)(i - 2) * m->line_height;
	}
	return true;
}

void graph_move(struct graph_box *b, int x, int y)
{
	int dx = x - b->at.x, dy = y - b->at.y;

	b->at.x = x;
	b->at.y = y;
	for (struct graph_box *c = b->first; c; c = c->next)
		graph_move(c, c->at.x + dx, c->at.y + dy);
}

/* --- what is in a box --- */

static int columns_of(const struct graph_box *b)
{
	switch (b->kind) {
	case GRAPH_VPC: return 1;
	case GRAPH_VSWITCH: return 2;
	case GRAPH_LAN: return 4;
	case GRAPH_INTERNET: return 6;
	case GRAPH_PUBLIC_HOST:
	case GRAPH_REGION:
	case GRAPH_GATEWAY:
	case GRAPH_FUNCTION:
	case GRAPH_ECS:
	case GRAPH_TRANSIT_ROUTER:
	case GRAPH_VBR:
	case GRAPH_CIRCUIT:
	case GRAPH_DATA_CENTER:
	case GRAPH_CPE:
	case GRAPH_HOST: break;
	}
	return 3;
}

/* A row of children from `c` on; gives the first one behind it. */
static struct graph_box *arrange_row(struct graph_box *b, struct graph_box *c, int *y, int n,
				     const struct graph_metrics *m)
{
	int x = m->pad_x, h = 0;

	for (; c && n--; c = c->next) {
		graph_move(c, x, *y);
		x += c->at.w + m->gap_x;
		h = larger(h, c->at.h);
	}
	b->at.w = larger(b->at.w, x - m->gap_x + m->pad_x);
	*y += h + m->gap_y;
	return c;
}

/* The customer router is above the LANs, as wide as all of them. */
static int first_row(const struct graph_box *b)
{
	return b->kind == GRAPH_DATA_CENTER ? 1 : columns_of(b);
}

static void arrange_children(struct graph_box *b, const struct graph_metrics *m)
{
	int header = b->at.h - 2 * m->pad_y;
	int y = m->pad_y + (header_is_below(b) ? 0 : header + m->gap_y);
	struct graph_box *c = b->first;

	for (int n = first_row(b); c; n = columns_of(b))
		c = arrange_row(b, c, &y, n, m);
	b->at.h = y - m->gap_y + m->pad_y + (header_is_below(b) ? header + m->gap_y : 0);
}

void graph_arrange(struct graph_box *b, const struct graph_metrics *m)
{
	for (struct graph_box *c = b->first; c; c = c->next)
		graph_arrange(c, m);
	b->at = (struct graph_area){0, 0, graph_header_width(b, m) + 2 * m->pad_x,
				    graph_header_height(b, m) + 2 * m->pad_y};
	if (b->first)
		arrange_children(b, m);
	graph_widen(b, b->at.w, m);
}

void graph_widen(struct graph_box *b, int w, const struct graph_metrics *m)
{
	int inner;

	b->at.w = larger(b->at.w, w);
	inner = b->at.w - 2 * m->pad_x;
	for (struct graph_box *c = b->first; c; c = c->next)
		if (b->kind == GRAPH_VPC || c->kind == GRAPH_CPE ||
		    (c->kind == GRAPH_LAN && c->next == NULL && b->first->next == c))
			graph_widen(c, inner, m);
}
