// SPDX-License-Identifier: GPL-2.0-only
/* The whole: columns first, then rows, then links. */
#include "graph/layout.h"

#include <string.h>

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* --- columns --- */

/* The room that labels of links between regions need right of `region`. */
static int gap_behind(const struct graph_place *p, const struct graph_box *region)
{
	int w = 2 * p->m->gap_x;

	for (size_t i = 0; i < p->g->n_links; i++) {
		const struct graph_link *l = p->g->links[i];

		if (l->kind == GRAPH_PEER && l->from->parent == region)
			w = larger(w, graph_label_width(l, p->m) + 4 * p->m->label_gap);
	}
	return w;
}

static int place_regions(struct graph_place *p, int x)
{
	int right = x;

	for (size_t i = 0; i < p->g->n_boxes; i++) {
		struct graph_box *b = p->g->boxes[i];

		if (b->kind != GRAPH_REGION)
			continue;
		graph_place_columns(p, b, x);
		right = graph_right(b);
		x = right + gap_behind(p, b);
	}
	return right;
}

/* The middle of what links of one kind come from; -1 where there are none. */
static int middle_of_sources(const struct graph *g, const struct graph_box *to, int *low, int *high)
{
	long sum = 0;
	int n = 0;

	for (size_t i = 0; i < g->n_links; i++) {
		const struct graph_link *l = g->links[i];
		int x;

		if (l->kind != GRAPH_LINE || (l->to != to && l->to->parent != to))
			continue;
		x = graph_middle(l->from);
		*low = n && *low < x ? *low : x;
		*high = n && *high > x ? *high : x;
		sum += x;
		n++;
	}
	return n ? (int)(sum / n) : -1;
}

/* Those of a kind as near as possible below what leads to them; gives where the last one ends. */
static int place_below(struct graph_place *p, enum graph_kind kind, int start)
{
	int x = start;

	for (size_t i = 0; i < p->g->n_boxes; i++) {
		struct graph_box *b = p->g->boxes[i];
		int low = 0, high = 0, middle, wish;

		if (b->kind != kind)
			continue;
		graph_arrange(b, p->m);
		middle = middle_of_sources(p->g, b, &low, &high);
		if (middle >= 0)
			graph_widen(b, high - low + 6 * p->m->pad_x, p->m);
		wish = middle < 0 ? x : middle - b->at.w / 2;
		graph_move(b, larger(wish, x), 0);
		x = graph_right(b) + p->m->gap_x;
	}
	return x == start ? start : x - p->m->gap_x;
}

static struct graph_box *find_kind(const struct graph *g, enum graph_kind kind)
{
	for (size_t i = 0; i < g->n_boxes; i++)
		if (g->boxes[i]->kind == kind)
			return g->boxes[i];
	return NULL;
}

/* --- rows --- */

static void measure_rows(struct graph_place *p)
{
	for (size_t i = 0; i < p->g->n_boxes; i++) {
		const struct graph_box *b = p->g->boxes[i];

		if (b->parent && b->parent->kind == GRAPH_REGION) {
			enum graph_row row = graph_row_of(b);

			p->rows.h[row] = larger(p->rows.h[row], graph_bottom(b));
		}
		if (b->kind == GRAPH_CIRCUIT)
			p->rows.circuits_h = larger(p->rows.circuits_h, b->at.h);
	}
}

static int label_lines(const struct graph *g, enum graph_link_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_links; i++)
		if (g->links[i]->kind == kind && g->links[i]->n_label > n)
			n = g->links[i]->n_label;
	return (int)n;
}

int graph_peer_step(const struct graph *g, const struct graph_metrics *m)
{
	return larger(2, label_lines(g, GRAPH_PEER)) * m->line_height + m->lane;
}

static int channel(const struct graph_place *p, int lanes, int lines)
{
	return p->m->channel + lanes * p->m->lane + lines * p->m->line_height;
}

static int between_routers_and_vbrs(const struct graph_place *p)
{
	int far = 0;

	for (size_t i = 0; i < p->g->n_links; i++)
		far += p->g->links[i]->kind == GRAPH_PEER && p->g->links[i]->n_points == 4;
	return channel(p, p->rows.lanes_routers - far, label_lines(p->g, GRAPH_PEERING)) +
	       far * graph_peer_step(p->g, p->m);
}

static void set_rows(struct graph_place *p, int y)
{
	struct graph_rows *r = &p->rows;
	int lines = larger(label_lines(p->g, GRAPH_BIND), label_lines(p->g, GRAPH_REACH));
	int below[ROWS] = {
		channel(p, r->lanes_services, lines),
		channel(p, 0, 0),
		between_routers_and_vbrs(p),
		0,
	};

	for (int i = 0; i < ROWS; i++) {
		r->y[i] = y;
		y += r->h[i] ? r->h[i] + below[i] : 0;
	}
}

/* From its first row that is used to its last. */
static void frame_region(struct graph_place *p, struct graph_box *region)
{
	const struct graph_metrics *m = p->m;
	int top = -1, bottom = 0;

	for (struct graph_box *b = region->first; b; b = b->next) {
		graph_move(b, b->at.x, b->at.y + p->rows.y[graph_row_of(b)]);
		top = top < 0 || b->at.y < top ? b->at.y : top;
		bottom = larger(bottom, graph_bottom(b));
	}
	if (top < 0)
		top = bottom = p->rows.y[ROW_VPCS];
	region->at.y = top - m->gap_y - graph_header_height(region, m) - m->pad_y;
	region->at.h = bottom + m->pad_y - region->at.y;
	p->rows.bottom = larger(p->rows.bottom, graph_bottom(region));
}

static void place_rows(struct graph_place *p)
{
	struct graph_box *internet = find_kind(p->g, GRAPH_INTERNET);
	int y = 0;

	if (internet) {
		graph_move(internet, internet->at.x, 0);
		y = graph_bottom(internet) +
		    channel(p, p->rows.lanes_public, label_lines(p->g, GRAPH_PUBLIC));
	}
	if (find_kind(p->g, GRAPH_REGION))
		y += p->m->pad_y + p->m->name_height + p->m->gap_y;
	set_rows(p, y);
	p->rows.bottom = y;
	for (size_t i = 0; i < p->g->n_boxes; i++)
		if (p->g->boxes[i]->kind == GRAPH_REGION)
			frame_region(p, p->g->boxes[i]);
	for (size_t i = 0; i < p->g->n_links; i++) /* lanes may be below the last row */
		if (p->g->links[i]->kind == GRAPH_PEER && p->g->links[i]->n_points == 4)
			p->rows.bottom = larger(p->rows.bottom,
						p->rows.y[ROW_VBRS] + p->m->line_height);
	p->rows.circuits_y = p->rows.bottom + channel(p, p->rows.lanes_circuits, 0);
	y = p->rows.circuits_y;
	if (p->rows.circuits_h)
		y += p->rows.circuits_h + channel(p, p->rows.lanes_cpe, 0);
	for (size_t i = 0; i < p->g->n_boxes; i++) {
		struct graph_box *b = p->g->boxes[i];

		if (b->kind == GRAPH_CIRCUIT || b->kind == GRAPH_DATA_CENTER)
			graph_move(b, b->at.x, b->kind == GRAPH_CIRCUIT ? p->rows.circuits_y : y);
	}
}

/* --- the whole --- */

const char *graph_caption(struct graph *g)
{
	const char *text;

	if (g->caption)
		return g->caption;
	if (!g->step)
		return "";
	text = graph_has_changes(g)
		       ? arena_printf(g->arena, "step %s (+ added, ~ changed)", g->step)
		       : arena_printf(g->arena, "step %s: nothing that is drawn here changed",
				      g->step);
	for (size_t i = 0; i < g->n_removed && i < 3; i++)
		text = arena_printf(g->arena, "%s%s%s", text,
				    i ? ", " : ", removed: ", g->removed[i]);
	if (g->n_removed > 3)
		text = arena_printf(g->arena, "%s and %zu more", text, g->n_removed - 3);
	return text;
}

static void include_link(struct graph *g, const struct graph_link *l)
{
	for (size_t i = 0; i < l->n_points; i++) {
		g->size.w = larger(g->size.w, l->points[i].x + 1);
		g->size.h = larger(g->size.h, l->points[i].y + 1);
	}
	for (size_t i = 0; i < l->n_label; i++) {
		g->size.w = larger(g->size.w, l->label_at[i].x + l->label_at[i].w);
		g->size.h = larger(g->size.h, l->label_at[i].y + l->label_at[i].h);
	}
}

static void set_size(struct graph *g, const struct graph_metrics *m)
{
	const char *caption = graph_caption(g);

	g->size = (struct graph_area){0, 0, m->width(caption, GRAPH_SMALL), 0};
	for (size_t i = 0; i < g->n_boxes; i++) {
		g->size.w = larger(g->size.w, graph_right(g->boxes[i]));
		g->size.h = larger(g->size.h, graph_bottom(g->boxes[i]));
	}
	for (size_t i = 0; i < g->n_links; i++)
		include_link(g, g->links[i]);
	if (*caption)
		g->size.h += m->name_height + m->gap_y;
}

void graph_layout(struct graph *g, const struct graph_metrics *m)
{
	struct graph_place p = {.g = g, .m = m};
	struct graph_box *internet = find_kind(g, GRAPH_INTERNET);
	int right;

	for (size_t i = 0; i < g->n_links; i++)
		memset(g->links[i]->points, 0, sizeof(g->links[i]->points));
	right = place_regions(&p, 0);
	right = larger(right, place_below(&p, GRAPH_CIRCUIT, 0));
	right = larger(right, place_below(&p, GRAPH_DATA_CENTER, 0));
	if (internet) {
		graph_arrange(internet, m);
		graph_widen(internet, right, m);
	}
	graph_choose_ports(&p);
	measure_rows(&p);
	place_rows(&p);
	graph_draw_links(&p);
	set_size(g, m);
}
