// SPDX-License-Identifier: GPL-2.0-only
/**
 * The way of one request through a lab: packets that were seen at many interfaces become journeys from
 * namespace to namespace, drawn as a ladder. Pure: no kernel, no clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "plan/plan.h"

/** A packet at an interface. */
struct trace_sighting {
	const char *ns; /* namespace of the interface, as the plan calls it */
	uint64_t at;    /* nanoseconds since the epoch */
	uint64_t key;   /* the same wherever this packet is seen */
	uint64_t flow;  /* the same for both directions of a connection */
	uint32_t to;    /* where it wants to go */
	bool bare;      /* only acknowledges */
	const char *says;
	size_t point; /* number of the interface */
	uint8_t ttl;
};

/** Where a packet was seen. It comes back to the same interface with a smaller TTL only. */
struct trace_stand {
	size_t point;
	uint8_t ttl;
};

struct trace_hop {
	size_t column;
	uint64_t at;
};

/** One packet from where it was first seen to where it was last seen. */
struct trace_journey {
	struct trace_hop *hops; /* at least one; each in another namespace than the one before */
	size_t n;
	struct trace_stand *stands;
	size_t n_stands;
	uint64_t key, flow;
	uint32_t to;
	bool bare;
	bool lost; /* the last namespace neither has its destination nor passed it on */
	const char *says;
};

struct trace {
	struct arena *arena;  /* owns all below */
	const char **columns; /* namespaces, in the order in which they were reached */
	struct trace_journey *journeys;
	size_t n_columns, n_journeys;
	uint64_t start; /* when the first packet left */
};

/**
 * The journeys that have to do with `from`: those of connections that it began and, step by step, of
 * those that were begun where these led (a gateway asks a backend). Sightings in the order of their time.
 * Texts are copied. Never NULL.
 */
struct trace *trace_new(const struct plan *plan, const char *from,
			const struct trace_sighting *sightings, size_t n)
	__attribute__((returns_nonnull));
void trace_free(struct trace *t); /* NULL is fine */

struct trace_style {
	size_t width; /* columns of the terminal; 0: no limit */
	bool utf8, colour;
	bool all; /* bare acknowledgements too */
};

/** A line per packet under the namespaces' names; names become numbers where they do not fit. */
void trace_text(const struct trace *t, const struct trace_style *style, struct strbuf *out);
/** The same as a picture, in light or dark as its reader prefers. title: of the picture. */
void trace_svg(const struct trace *t, const char *title, bool all, struct strbuf *out);

static inline void cleanup_trace(struct trace **t)
{
	trace_free(*t);
}
#define auto_trace __attribute__((cleanup(cleanup_trace)))
