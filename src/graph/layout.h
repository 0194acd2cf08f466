// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where boxes and links stand. Regions are columns and share rows: gateways and functions, VPCs,
 * transit routers, VBRs. The Internet is above them, circuits and data centres are below. So nearly
 * every link is one vertical or horizontal line, and a label has a strip of its own beside the end of
 * its link: nothing is ever moved out of the way of something else.
 */
#pragma once

#include "graph/scene.h"

enum graph_row { ROW_SERVICES, ROW_VPCS, ROW_ROUTERS, ROW_VBRS, ROWS };

struct graph_rows {
	int y[ROWS], h[ROWS]; /* h 0: nobody is in it */
	int lanes_public, lanes_services, lanes_routers, lanes_circuits, lanes_cpe;
	int bottom; /* of the lowest region or lane */
	int circuits_y, circuits_h;
};

struct graph_place {
	struct graph *g;
	const struct graph_metrics *m;
	struct graph_rows rows;
};

/* --- boxes: layout_box.c --- */

/** Gives a box, not a region, its size, and all in it a place relative to its corner at 0, 0. */
void graph_arrange(struct graph_box *b, const struct graph_metrics *m);
/** Makes it wider, and what reaches from one side of it to the other. */
void graph_widen(struct graph_box *b, int w, const struct graph_metrics *m);
void graph_move(struct graph_box *b, int x, int y); /* with all in it */
int graph_header_height(const struct graph_box *b, const struct graph_metrics *m);
int graph_header_width(const struct graph_box *b, const struct graph_metrics *m);
int graph_label_width(const struct graph_link *l, const struct graph_metrics *m);

static inline int graph_right(const struct graph_box *b)
{
	return b->at.x + b->at.w;
}
static inline int graph_bottom(const struct graph_box *b)
{
	return b->at.y + b->at.h;
}
static inline int graph_middle(const struct graph_box *b)
{
	return b->at.x + b->at.w / 2;
}

/* --- columns of a region: layout_region.c --- */

/** x and width of the region, from x on, and of all in it. */
void graph_place_columns(struct graph_place *p, struct graph_box *region, int x);
enum graph_row graph_row_of(const struct graph_box *b);
/** The transit router that a VPC or VBR hangs on; NULL: none. */
const struct graph_box *graph_router_of(const struct graph *g, const struct graph_box *b);

/* --- links: layout_link.c --- */

/** The x of every vertical piece, and how many lanes each channel needs. */
void graph_choose_ports(struct graph_place *p);
/** The rest, once every box has its place. */
void graph_draw_links(struct graph_place *p);
/** The room that labels need beside each other on a side of a box. */
int graph_slots_width(const struct graph *g, const struct graph_box *b,
		      const struct graph_metrics *m);
/** From one transit link below the routers to the next, with its label. */
int graph_peer_step(const struct graph *g, const struct graph_metrics *m);
/** Whether the link is drawn straight from one transit router to the next. */
bool graph_is_neighbour(const struct graph *g, const struct graph_link *peer);

/* --- texts of a box, in order: name, detail, lines --- */

struct graph_word {
	const char *mark; /* "+ ", "~ " or "" */
	const char *s;
	enum graph_font font;
	enum graph_change change;
	enum graph_tone tone;
	int x, y; /* of its upper left corner */
};
bool graph_word_at(const struct graph_box *b, size_t i, const struct graph_metrics *m,
		   struct graph_word *w);
const char *graph_mark(enum graph_change change);
/** Whether line i of the label tells what goes on. */
static inline bool graph_is_live(const struct graph_link *l, size_t i)
{
	return i + l->n_live >= l->n_label;
}
/** The graph's own, or "removed: ..." or what the marks mean; "" where nothing was compared. In the arena. */
const char *graph_caption(struct graph *g);
