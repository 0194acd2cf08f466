// SPDX-License-Identifier: GPL-2.0-only
/** Making and finding the parts of a picture; ids and texts live in its arena. */
#pragma once

#include "graph/graph.h"

struct graph_box *graph_box_add(struct graph *g, struct graph_box *parent, enum graph_kind kind,
				const char *name, const char *detail);
/** A box that stands for n resources: "12 instances". */
struct graph_box *graph_box_many(struct graph *g, struct graph_box *parent, enum graph_kind kind,
				 size_t n, const char *what);
/** One more name of what such a box stands for. */
void graph_member(struct graph *g, struct graph_box *b, const char *name);
void graph_line(struct graph *g, struct graph_box *b, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** The same of what goes on. */
void graph_live_line(struct graph *g, struct graph_box *b, enum graph_tone tone, const char *s);
struct graph_link *graph_link_add(struct graph *g, enum graph_link_kind kind,
				  struct graph_box *from, struct graph_box *to);
void graph_label(struct graph *g, struct graph_link *l, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void graph_live_label(struct graph *g, struct graph_link *l, const char *s);

/** The stroke of a link or box, "#1a7f37"; NULL: as without a tone. */
const char *graph_tone_colour(enum graph_tone tone);

/** NULL where there is none of that kind and name. */
struct graph_box *graph_find(const struct graph *g, enum graph_kind kind, const char *name);
const struct graph_box *graph_find_id(const struct graph *g, const char *id);
const struct graph_link *graph_find_link(const struct graph *g, const char *id);

/** "2 Mbit/s", "30 ms", in the picture's arena. */
const char *graph_rate(struct graph *g, uint64_t bit_per_s);
const char *graph_duration(struct graph *g, uint64_t us);
const char *graph_ip(struct graph *g, uint32_t ip);
const char *graph_cidr(struct graph *g, struct ip_prefix p);
