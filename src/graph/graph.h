// SPDX-License-Identifier: GPL-2.0-only
/**
 * A lab as a picture: the model becomes boxes and links (`graph_build`), which know what a step changed
 * (`graph_compare`), get places on a plane (`graph_layout`) and are written in one of several formats,
 * a file each. Pure: the same labs give the same picture, byte for byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "model/model.h"

enum graph_kind {
	GRAPH_INTERNET,
	GRAPH_PUBLIC_HOST,
	GRAPH_REGION,
	GRAPH_GATEWAY,
	GRAPH_FUNCTION,
	GRAPH_VPC,
	GRAPH_VSWITCH,
	GRAPH_ECS,
	GRAPH_TRANSIT_ROUTER,
	GRAPH_VBR,
	GRAPH_CIRCUIT,
	GRAPH_DATA_CENTER,
	GRAPH_CPE,
	GRAPH_LAN,
	GRAPH_HOST,
};
const char *graph_kind_name(enum graph_kind kind); /* "vpc", as in ids and classes */

enum graph_link_kind {
	GRAPH_PUBLIC,     /* gateway to the Internet */
	GRAPH_INVOKE,     /* gateway to a function */
	GRAPH_BIND,       /* gateway to the VPC that calls it */
	GRAPH_REACH,      /* gateway to a VPC through which it calls */
	GRAPH_ATTACHMENT, /* VPC or VBR to a transit router */
	GRAPH_PEER,       /* transit router to transit router */
	GRAPH_PEERING,    /* router interface: VPC to VBR */
	GRAPH_LINE,       /* VBR to a circuit, circuit to a customer router */
};
const char *graph_link_kind_name(enum graph_link_kind kind);

enum graph_change { GRAPH_SAME, GRAPH_ADDED, GRAPH_CHANGED };

/** What goes on, in a picture of a running lab. */
enum graph_tone {
	GRAPH_NOT_LIVE, /* nothing was looked at: it is a picture of the file */
	GRAPH_IDLE,
	GRAPH_FLOWING,
	GRAPH_BUSY, /* near its limit */
	GRAPH_FULL, /* at its limit, or packets are lost */
	GRAPH_BROKEN,
};
const char *graph_tone_name(enum graph_tone tone);

struct graph_live {
	enum graph_tone tone;
	const char *state;                             /* "up", "down", ...; not copied */
	uint64_t there, back, limit_there, limit_back; /* bit/s; limit 0: none */
	unsigned int lost_there, lost_back;            /* of a thousand packets */
};

struct graph_text {
	const char *s;
	enum graph_change change;
	enum graph_tone tone;
};

struct graph_area {
	int x, y, w, h;
};

struct graph_box {
	const char *id; /* unique: "vpc.vpc-1" */
	enum graph_kind kind;
	enum graph_change change;
	const char *name;         /* "vpc-1" */
	const char *detail;       /* beside the name: "172.16.0.0/16"; "" for none */
	struct graph_text *lines; /* below */
	size_t n_lines;
	size_t count;         /* resources that are drawn as this one box; 0: it is one resource */
	const char **members; /* names of the nodes among these and in these; VPCs of a crowd */
	size_t n_members;
	struct graph_box *parent, *first, *last, *next; /* NULL: none */
	struct graph_live live;
	struct graph_area at; /* by graph_layout() */
};

struct graph_point {
	int x, y;
};

struct graph_link {
	const char *id;
	enum graph_link_kind kind;
	enum graph_change change;
	struct graph_box *from, *to;
	const char **label;
	size_t n_label, n_live; /* of its lines the last n_live tell what goes on */
	struct graph_live live;
	/* by graph_layout(): horizontal and vertical pieces, and where the label's lines stand */
	struct graph_point points[4];
	size_t n_points;
	struct graph_area *label_at;
};

struct graph {
	struct arena *arena;
	const char *lab, *title, *step; /* step: NULL where nothing was compared */
	struct graph_box **boxes;       /* parents before their children */
	struct graph_link **links;
	const char **removed; /* names of what a step took away */
	size_t n_boxes, n_links, n_removed;
	const char *caption; /* below the picture; NULL: what graph_compare() found, if anything */
	struct graph_area size; /* by graph_layout() */
};

struct graph_options {
	bool all; /* draw every instance; else many of a kind are one box */
};

/** The picture of a validated lab. It keeps no pointer into the lab. */
struct graph *graph_build(const struct lab *lab, const struct graph_options *o)
	__attribute__((returns_nonnull));
void graph_free(struct graph *g); /* NULL is fine */

/** Marks what g has and `before` has not, or has otherwise; `step` is what g is called. */
void graph_compare(struct graph *g, const struct graph *before, const char *step);
/** Whether graph_compare() found anything. */
bool graph_has_changes(const struct graph *g);

/* --- places --- */

enum graph_font { GRAPH_NAME, GRAPH_SMALL };

/** How much room things take on a medium. */
struct graph_metrics {
	int (*width)(const char *s, enum graph_font font);
	int name_height, line_height;
	int pad_x, pad_y; /* from a box's border to what is in it */
	int gap_x, gap_y; /* between boxes side by side, one above the other */
	int title_gap;    /* between name and detail */
	int channel;      /* height of a row of links without labels */
	int lane;         /* between two parallel links */
	int label_gap;    /* between a link and its label */
};
extern const struct graph_metrics graph_pixels, graph_cells;

/** Gives each box and link its place. */
void graph_layout(struct graph *g, const struct graph_metrics *m);

/** The columns that a text takes on a terminal. */
int graph_columns(const char *s);

/* --- formats, appended to `out` --- */

struct graph_style {
	bool colour, unicode;
};

void graph_text(struct strbuf *out, struct graph *g, const struct graph_style *style);
void graph_svg(struct strbuf *out, struct graph *g);
void graph_drawio(struct strbuf *out, struct graph *g);
void graph_dot(struct strbuf *out, const struct graph *g);
void graph_mermaid(struct strbuf *out, const struct graph *g);
void graph_json(struct strbuf *out, const struct graph *g);

static inline void cleanup_graph(struct graph **g)
{
	graph_free(*g);
}
#define auto_graph __attribute__((cleanup(cleanup_graph)))
