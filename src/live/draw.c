// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and loss in a picture for people. Of two directions the one that is nearer its limit is told, with an
 * arrow as the picture is laid out. Where a link has no label of its own it is told in the box that it
 * ends at: a VPC has one attachment, a circuit one line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "graph/scene.h"
#include "live/map.h"

#define BUSY 60 /* percent of the limit, as in web/assets/scene.js */
#define FULL 90

struct unit {
	uint64_t unit;
	const char *name;
};

static struct unit unit_of(uint64_t rate)
{
	static const struct unit units[] = {
		{1000000000, "Gbit/s"}, {1000000, "Mbit/s"}, {1000, "kbit/s"}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (rate >= units[i].unit)
			return units[i];
	return (struct unit){1, "bit/s"};
}

/* Three digits. */
static const char *number(struct graph *g, uint64_t rate, struct unit u)
{
	double x = (double)rate / (double)u.unit;

	if (u.unit == 1)
		return arena_printf(g->arena, "%" PRIu64, rate);
	return arena_printf(g->arena, "%.*f", x < 10 ? 2 : x < 100 ? 1 : 0, x);
}

static const char *rate_of(struct graph *g, uint64_t rate, uint64_t limit)
{
	struct unit u = unit_of(rate), all = unit_of(limit);

	if (!limit)
		return arena_printf(g->arena, "%s %s", number(g, rate, u), u.name);
	if (rate >= limit / 100) /* else nothing would be left of it in the limit's unit */
		return arena_printf(g->arena, "%s of %s", number(g, rate, all),
				    graph_rate(g, limit));
	return arena_printf(g->arena, "%s %s of %s", number(g, rate, u), u.name,
			    graph_rate(g, limit));
}

static bool is_broken(const struct live_flow *f)
{
	return f->state == LIVE_DOWN || f->state == LIVE_MISSING;
}

static enum graph_tone tone_of(const struct live_flow *f)
{
	unsigned int load = live_load(f);

	if (is_broken(f))
		return GRAPH_BROKEN;
	if (load >= FULL || f->lost_there || f->lost_back)
		return GRAPH_FULL;
	if (load >= BUSY)
		return GRAPH_BUSY;
	return f->there + f->back ? GRAPH_FLOWING : GRAPH_IDLE;
}

static struct graph_live live_of(const struct live_flow *f)
{
	return (struct graph_live){
		.tone = tone_of(f),
		.state = live_state_name(f->state),
		.there = f->there,
		.back = f->back,
		.limit_there = f->limit_there,
		.limit_back = f->limit_back,
		.lost_there = f->lost_there,
		.lost_back = f->lost_back,
	};
}

/* --- words --- */

static double load_of(uint64_t rate, uint64_t limit)
{
	return limit ? (double)rate / (double)limit : 0;
}

/* Whether the way back is the one that is told of. */
static bool is_back(const struct live_flow *f)
{
	double there = load_of(f->there, f->limit_there), back = load_of(f->back, f->limit_back);

	if (f->lost_there != f->lost_back)
		return f->lost_back > f->lost_there;
	return there < back || (!(there > back) && f->back > f->there);
}

/* Trailing spaces count: what comes next in the same place is as wide. */
static const char *steadied(struct graph *g, const char *s, bool steady, bool limited)
{
	static const char widest[] = "x 10.0 kbit/s of 2 Mbit/s, 0.0 % lost",
			  unlimited[] = "out 10.0 kbit/s, in 10.0 kbit/s";
	int lack = steady ? graph_columns(limited ? widest : unlimited) - graph_columns(s) : 0;

	return lack > 0 ? arena_printf(g->arena, "%s%*s", s, lack, "") : s;
}

static const char *told(struct graph *g, const struct live_flow *f, const char *const arrows[2])
{
	bool back = is_back(f);
	unsigned int lost = back ? f->lost_back : f->lost_there;

	if (is_broken(f))
		return live_state_name(f->state);
	if (!f->there && !f->back && !lost)
		return "idle";
	return arena_printf(
		g->arena, "%s %s, %u.%u %% lost", arrows[back],
		rate_of(g, back ? f->back : f->there, back ? f->limit_back : f->limit_there),
		lost / 10, lost % 10);
}

/* --- links --- */

static const char *const down[] = {"↓", "↑"}, *const up[] = {"↑", "↓"}, *const right[] = {"→", "←"},
			 *const left[] = {"←", "→"};

static const char *const *arrows_of(const struct graph_link *laid_out)
{
	const struct graph_point *a = laid_out->points, *b = a + laid_out->n_points - 1;

	if (!laid_out->n_points || abs(b->x - a->x) > abs(b->y - a->y))
		return laid_out->n_points && b->x < a->x ? left : right;
	return b->y < a->y ? up : down;
}

static void draw_link(const struct live *l, struct graph *g, size_t i, bool steady)
{
	const struct live_flow *f = &l->links[i];
	struct graph_link *k = g->links[i];
	const char *text = steadied(g, told(g, f, arrows_of(l->graph->links[i])), steady,
				    f->limit_there || f->limit_back);

	k->live = live_of(f);
	switch (k->kind) {
	case GRAPH_PUBLIC:
	case GRAPH_BIND:
	case GRAPH_REACH:
	case GRAPH_PEER:
	case GRAPH_PEERING: graph_live_label(g, k, text); return;
	case GRAPH_ATTACHMENT: graph_live_line(g, k->from, k->live.tone, text); return;
	case GRAPH_INVOKE: graph_live_line(g, k->to, k->live.tone, text); return;
	case GRAPH_LINE: /* the other end of a circuit tells the same */
		if (k->to->kind == GRAPH_CIRCUIT)
			graph_live_line(g, k->to, k->live.tone, text);
		return;
	}
}

/* --- boxes --- */

static const char *told_of_node(struct graph *g, const struct live_flow *f)
{
	if (is_broken(f))
		return live_state_name(f->state);
	if (!f->there && !f->back)
		return "idle";
	return arena_printf(g->arena, "out %s, in %s", rate_of(g, f->there, 0),
			    rate_of(g, f->back, 0));
}

/* A circuit has no ways of its own, but may be cut. */
static void draw_box(const struct live *l, struct graph *g, size_t i, bool steady)
{
	const struct live_flow *f = &l->boxes[i];
	struct graph_box *b = g->boxes[i];

	if (l->box_ways[i].n) {
		b->live = live_of(f);
		graph_live_line(g, b, b->live.tone, steadied(g, told_of_node(g, f), steady, false));
	} else if (is_broken(f)) {
		b->live = live_of(f);
		if (b->kind != GRAPH_CIRCUIT) /* its line says so */
			graph_live_line(g, b, b->live.tone, live_state_name(f->state));
	}
}

void live_draw(const struct live *l, struct graph *g, bool steady)
{
	for (size_t i = 0; i < g->n_boxes && i < l->graph->n_boxes; i++)
		draw_box(l, g, i, steady);
	for (size_t i = 0; i < g->n_links && i < l->graph->n_links; i++)
		draw_link(l, g, i, steady);
}
