// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links. Between two rows is a channel: lanes for those that go sideways, then a strip for labels right
 * above the boxes that they lead to. Each label has a slot of its own there.
 */
#include "graph/layout.h"

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* Whether the label stands at the upper side of the box that the link leads to. */
static bool has_slot(const struct graph_link *l)
{
	return l->kind == GRAPH_BIND || l->kind == GRAPH_REACH || l->kind == GRAPH_PUBLIC ||
	       l->kind == GRAPH_PEERING;
}

static int slot_width(const struct graph_link *l, const struct graph_metrics *m)
{
	return graph_label_width(l, m) + 3 * m->label_gap;
}

int graph_slots_width(const struct graph *g, const struct graph_box *b,
		      const struct graph_metrics *m)
{
	int w = 2 * m->pad_x;

	for (size_t i = 0; i < g->n_links; i++)
		if (has_slot(g->links[i]) && g->links[i]->to == b)
			w += slot_width(g->links[i], m);
	/* the name of the region is left of the way to the Internet */
	if (b->kind == GRAPH_GATEWAY && w > 2 * m->pad_x && b->parent)
		w += graph_header_width(b->parent, m) + m->pad_x;
	return w;
}

bool graph_is_neighbour(const struct graph *g, const struct graph_link *peer)
{
	int low = graph_right(peer->from), high = peer->to->at.x;

	for (size_t i = 0; i < g->n_boxes; i++) {
		const struct graph_box *b = g->boxes[i];

		if (b->kind == GRAPH_TRANSIT_ROUTER && b != peer->from && b != peer->to &&
		    b->at.x >= low && graph_right(b) <= high)
			return false;
	}
	return true;
}

/* --- x --- */

/* The slot's left end; that of a way to the Internet is counted from the right. */
static int slot_x(const struct graph *g, const struct graph_link *l, const struct graph_metrics *m)
{
	int before = 0;

	for (size_t i = 0; i < g->n_links && g->links[i] != l; i++)
		if (has_slot(g->links[i]) && g->links[i]->to == l->to)
			before += slot_width(g->links[i], m);
	if (l->kind == GRAPH_PUBLIC)
		return graph_right(l->to) - m->pad_x - before - slot_width(l, m) + m->label_gap;
	return l->to->at.x + m->pad_x + before;
}

/* How many links of one kind leave the same box earlier in the list. */
static int rank(const struct graph *g, const struct graph_link *l)
{
	int n = 0;

	for (size_t i = 0; i < g->n_links && g->links[i] != l; i++)
		n += g->links[i]->from == l->from && g->links[i]->kind == l->kind;
	return n;
}

static bool is_over(const struct graph_box *b, int x)
{
	return x > b->at.x && x < graph_right(b) - 1;
}

/* Two vertical pieces at x1 and x2, and a lane where those differ. */
static void set_columns(struct graph_link *l, int x1, int x2, int *lanes)
{
	l->n_points = x1 == x2 ? 2 : 4;
	for (size_t i = 0; i < l->n_points; i++)
		l->points[i].x = i < l->n_points / 2 ? x1 : x2;
	if (x1 != x2)
		l->points[1].y = (*lanes)++; /* the lane's number until it has a place */
}

static void choose_slot(struct graph_place *p, struct graph_link *l, int *lanes)
{
	int x = slot_x(p->g, l, p->m);
	int out = graph_right(l->from) - p->m->pad_x - rank(p->g, l) * p->m->lane;

	set_columns(l, is_over(l->from, x) && l->kind != GRAPH_PEERING ? x : out, x, lanes);
}

static void choose_line(struct graph_place *p, struct graph_link *l)
{
	int *lanes = l->from->kind == GRAPH_VBR ? &p->rows.lanes_circuits : &p->rows.lanes_cpe;
	int x = graph_middle(l->from) + rank(p->g, l) * p->m->lane;

	set_columns(l, x, is_over(l->to, x) ? x : graph_middle(l->to) + rank(p->g, l) * p->m->lane,
		    lanes);
}

static void choose_peer(struct graph_place *p, struct graph_link *l)
{
	int k = p->rows.lanes_routers;

	if (graph_is_neighbour(p->g, l)) {
		l->n_points = 2;
		l->points[0].x = graph_right(l->from);
		l->points[1].x = l->to->at.x;
		return;
	}
	set_columns(l, graph_right(l->from) - p->m->pad_x - k * p->m->lane,
		    l->to->at.x + p->m->pad_x + k * p->m->lane, &p->rows.lanes_routers);
}

static void choose_port(struct graph_place *p, struct graph_link *l)
{
	switch (l->kind) {
	case GRAPH_PUBLIC: choose_slot(p, l, &p->rows.lanes_public); break;
	case GRAPH_BIND:
	case GRAPH_REACH: choose_slot(p, l, &p->rows.lanes_services); break;
	case GRAPH_PEERING: choose_slot(p, l, &p->rows.lanes_routers); break;
	case GRAPH_ATTACHMENT:
		set_columns(l, graph_middle(l->from), graph_middle(l->from), NULL);
		break;
	case GRAPH_PEER: choose_peer(p, l); break;
	case GRAPH_LINE: choose_line(p, l); break;
	case GRAPH_INVOKE: break; /* it is horizontal */
	}
}

void graph_choose_ports(struct graph_place *p)
{
	for (size_t i = 0; i < p->g->n_links; i++)
		choose_port(p, p->g->links[i]);
}

/* --- y --- */

/* lane_top: where lane 0 of the channel is. */
static void set_vertical(struct graph_link *l, int from, int to, int lane_y)
{
	l->points[0].y = from;
	l->points[l->n_points - 1].y = to;
	if (l->n_points == 4)
		l->points[1].y = l->points[2].y = lane_y;
}

static void set_label(struct graph_place *p, struct graph_link *l, int x, int y)
{
	l->label_at = arena_alloc(p->g->arena, l->n_label * sizeof(*l->label_at) + 1);
	for (size_t i = 0; i < l->n_label; i++)
		l->label_at[i] = (struct graph_area){x, y + (int)i * p->m->line_height,
						     graph_label_width(l, p->m), p->m->line_height};
}

/* Right of the end of the link, above the box that it leads to. */
static void label_above(struct graph_place *p, struct graph_link *l)
{
	int h = (int)l->n_label * p->m->line_height;

	set_label(p, l, l->points[l->n_points - 1].x + p->m->label_gap,
		  l->to->at.y - h - p->m->label_gap / 2);
}

static void draw_invoke(struct graph_place *p, struct graph_link *l)
{
	int y = l->to->at.y + l->to->at.h / 2, from = y;
	int turn = l->to->at.x - p->m->gap_x;

	if (from >= graph_bottom(l->from) - 1)
		from = graph_bottom(l->from) - p->m->pad_y;
	l->n_points = from == y ? 2 : 4;
	l->points[0] = (struct graph_point){graph_right(l->from), from};
	l->points[1] = (struct graph_point){turn, from};
	l->points[2] = (struct graph_point){turn, y};
	l->points[l->n_points - 1] = (struct graph_point){l->to->at.x, y};
}

static void draw_attachment(struct graph_link *l)
{
	bool below = l->from->at.y > l->to->at.y;

	set_vertical(l, below ? l->from->at.y : graph_bottom(l->from),
		     below ? graph_bottom(l->to) : l->to->at.y, 0);
}

/* The first line of the label is above the link, the others are below, in the gap behind a region. */
static void draw_peer(struct graph_place *p, struct graph_link *l)
{
	const struct graph_metrics *m = p->m;
	int h = l->from->at.h < l->to->at.h ? l->from->at.h : l->to->at.h;
	int y = l->from->at.y + h / 2;
	int left = graph_right(l->from->parent), w = graph_label_width(l, m);
	int gap = l->to->parent->at.x - left;

	if (l->n_points == 4) {
		int step = graph_peer_step(p->g, m);

		y = graph_bottom(l->from) + m->channel + l->points[1].y * step + m->line_height / 2;
		gap = w + 2 * m->label_gap;
		set_vertical(l, graph_bottom(l->from), graph_bottom(l->to), y);
	} else {
		l->points[0].y = l->points[1].y = y;
	}
	set_label(p, l, left + (gap - w) / 2, y);
	for (size_t i = 0; i < l->n_label; i++) {
		int own = m->width(l->label[i], GRAPH_SMALL) +
			  (i ? 0 : m->width(graph_mark(l->change), GRAPH_SMALL));

		l->label_at[i].x = left + (gap - own) / 2;
		l->label_at[i].y = i ? y + larger(1, m->label_gap / 3) +
						   ((int)i - 1) * m->line_height
				     : y - m->line_height - m->label_gap / 3;
	}
}

static void draw(struct graph_place *p, struct graph_link *l)
{
	int lane = l->points[1].y * p->m->lane + p->m->channel / 2;

	switch (l->kind) {
	case GRAPH_PUBLIC:
		set_vertical(l, graph_bottom(l->from), l->to->at.y, graph_bottom(l->from) + lane);
		set_label(p, l, l->points[l->n_points - 1].x + p->m->label_gap,
			  graph_bottom(l->from) + larger(1, p->m->label_gap / 2));
		break;
	case GRAPH_BIND:
	case GRAPH_REACH:
		set_vertical(l, graph_bottom(l->from), l->to->at.y,
			     p->rows.y[ROW_SERVICES] + p->rows.h[ROW_SERVICES] + lane);
		label_above(p, l);
		break;
	case GRAPH_PEERING:
		set_vertical(l, graph_bottom(l->from), l->to->at.y,
			     p->rows.y[ROW_ROUTERS] + p->rows.h[ROW_ROUTERS] + lane);
		label_above(p, l);
		break;
	case GRAPH_ATTACHMENT: draw_attachment(l); break;
	case GRAPH_PEER: draw_peer(p, l); break;
	case GRAPH_LINE:
		set_vertical(l, graph_bottom(l->from), l->to->at.y,
			     l->from->kind == GRAPH_VBR
				     ? p->rows.bottom + lane
				     : p->rows.circuits_y + p->rows.circuits_h + lane);
		break;
	case GRAPH_INVOKE: draw_invoke(p, l); break;
	}
}

void graph_draw_links(struct graph_place *p)
{
	for (size_t i = 0; i < p->g->n_links; i++)
		draw(p, p->g->links[i]);
}
