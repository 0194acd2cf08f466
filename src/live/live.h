// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a running lab does just now, in terms of its picture: counters of devices become rates and states of
 * boxes and links, lines of an access log become calls from box to box. Pure: who reads the kernel and
 * the logs gives what was read, with its time.
 *
 *	struct live *l = live_new(graph, plan);
 *	const char *const *ns = live_namespaces(l, &n);   // read the devices of these, now and again:
 *	live_see(l, ns, dev, &counters);                  // ... each device
 *	live_tick(l, now_ms);                             // ... then all of them are rates
 *	json_t *news = live_rates(l, true);               // what is otherwise than it was told last
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "graph/graph.h"
#include "lesson/lesson.h"
#include "model/model.h"
#include "plan/counters.h"
#include "plan/plan.h"

struct live;

enum live_state {
	LIVE_UNKNOWN, /* not looked at yet, or nothing that could be looked at */
	LIVE_UP,
	LIVE_DOWN,    /* an end, or the bridge behind it, is down, or it is cut */
	LIVE_MISSING, /* an end is not there */
};

/** Of a link of the picture, or of what goes out of and into a node. */
struct live_flow {
	enum live_state state;
	uint64_t there, back;               /* bit/s, rounded to three digits */
	uint64_t drops;                     /* packets per second, both ways */
	uint64_t limit_there, limit_back;   /* bit/s of the shapers; 0: none */
	unsigned int lost_there, lost_back; /* of a thousand packets that were to go that way */
};

/** Both are borrowed; places need not be given yet. */
struct live *live_new(const struct graph *g, const struct plan *p) __attribute__((returns_nonnull));
void live_free(struct live *l); /* NULL is fine */

/** Those whose devices tell of every link; borrowed. */
const char *const *live_namespaces(const struct live *l, size_t *n);
/** One device as it was read; those of no link are passed over. */
void live_see(struct live *l, const char *ns, const char *dev, const struct plan_counters *k);
/** All devices were read at that time (milliseconds of any clock that goes forward). */
void live_tick(struct live *l, uint64_t now_ms);

/** Of graph link i; of graph box i: what leaves it (there) and what arrives (back). */
const struct live_flow *live_link(const struct live *l, size_t i);
const struct live_flow *live_box(const struct live *l, size_t i);

/** The share of its limit that a flow uses, in percent; 0 where there is no limit. */
unsigned int live_load(const struct live_flow *f);

/** The index of the box that a namespace is drawn as, or in; SIZE_MAX: none. */
size_t live_box_of(const struct live *l, const char *ns);
/** The same for an address of a node or of a function. */
size_t live_box_at(const struct live *l, uint32_t ip);

/* --- on paper: draw.c --- */

/**
 * Says in g, another picture of the same lab with the same options, what goes on: tones, and texts as "↓ 1.94 of
 * 2 Mbit/s, 0.3 % lost". steady: texts are as wide as they may become, so that the next picture has the same
 * places.
 */
void live_draw(const struct live *l, struct graph *g, bool steady);

/* --- as JSON, all new references --- */

/** Boxes and links with their places (graph_layout() was called) and what they are to the plan. */
json_t *live_scene(const struct live *l);
/** {"links": [[i, there, back, drops, state]...], "boxes": [[i, out, in, state]...]}; of those that changed since
 * the last call (news), NULL where none did; or all that are not idle. */
json_t *live_rates(struct live *l, bool news);
/** A line of a gateway's access log; NULL where it is none. */
json_t *live_call(const struct live *l, const char *worker, const char *line);
/** What the gateways of a lab offer: [{"method", "url", "name", "gateway"}]. */
json_t *live_apis(const struct live *l);
/** The word for a state: "up", "down", "missing", "unknown". */
const char *live_state_name(enum live_state state);

/* --- one node: node.c --- */

struct live_route {
	uint32_t table;
	struct ip_prefix dst;
	uint32_t via;
	const char *dev;
	uint32_t metric;
	uint8_t protocol;
	bool blackhole;
};

/** What was found out about a namespace; all borrowed. */
struct live_node {
	const char *ns;
	const struct plan *observed; /* as the kernel has it */
	const struct live_route *routes;
	size_t n_routes;
	const char *const *drift; /* sentences: what differs from the plan */
	size_t n_drift;
	const char *const *log; /* lines, the oldest first */
	size_t n_log;
};
json_t *live_node(const struct live *l, const struct live_node *n);

/* --- the lesson: lesson.c --- */

/** Where a student is, and the way: texts are Markdown. checks: those of the present place. */
json_t *live_lesson(const struct lab *whole, const struct lesson_progress *progress,
		    const struct check *const *checks, size_t n_checks);

static inline void cleanup_live(struct live **l)
{
	live_free(*l);
}
#define auto_live __attribute__((cleanup(cleanup_live)))
