// SPDX-License-Identifier: GPL-2.0-only
/**
 * All ways of a lab's lines: a line is two of them, one for each direction. What enters a way is kept until it
 * is due and then handed to its sender, in order. No clock and no socket: times are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "wire/config.h"
#include "wire/fate.h"
#include "wire/hold.h"
#include "wire/memory.h"

enum wire_sent {
	WIRE_SENT,
	WIRE_BUSY, /* not now: to be tried again */
	WIRE_GONE  /* never: the frame is lost */
};

struct wire_way {
	struct heap_node turn; /* first; due: of the oldest frame, ns */
	struct wire_traits traits;
	uint64_t seed;
	struct wire_hold hold;
	struct wire_mark *mark; /* in the memory, or `own` where that has no room */
	struct wire_mark own;
	size_t to;         /* port */
	bool waits;        /* for the process that was replaced to send what it has of this way */
	unsigned int busy; /* tries in a row that found the port busy */
};

/** Sends one frame through a port. */
typedef enum wire_sent wire_send_fn(void *ctx, size_t port, const void *frame, size_t len);

struct wire_ways {
	struct wire_way *way; /* by the port that it begins at: way[port] */
	size_t n;
	struct heap heap; /* ways that have a frame */
	struct wire_pool *pool;
	wire_send_fn *send;
	void *ctx;
	bool leaving;  /* others go on */
	uint64_t gone; /* frames that a port did not take */
};

/** memory: NULL where there is none to go on from. Memory of the ways: in the arena. */
void wire_ways_init(struct wire_ways *w, struct arena *a, const struct wire_config *c,
		    struct wire_memory *memory);
void wire_ways_done(struct wire_ways *w);

/** Takes up each way where an earlier process left it: when this one has taken charge. */
void wire_ways_adopt(struct wire_ways *w);
/** The other end of that: others will go on while this process sends what it still holds. */
void wire_ways_hand_over(struct wire_ways *w);

/** Room for a frame that has arrived at a port, as wire_hold_room(). */
struct wire_frame *wire_ways_room(struct wire_ways *w, size_t port);
/** A frame in that room, of f->len bytes after a header of `skip` bytes, that arrived at `stamp`. */
void wire_ways_take(struct wire_ways *w, size_t port, struct wire_frame *f, uint32_t skip,
		    uint64_t stamp);
/**
 * The port's socket says how many frames it has had no room for since it was made; given are those that no
 * process has been given before.
 */
uint32_t wire_ways_missed(struct wire_ways *w, size_t port, uint32_t so_far);
/** After the last frame of a burst. */
void wire_ways_tidy(struct wire_ways *w, size_t port);
#define WIRE_NEVER UINT64_MAX
/** When the next frame is due; WIRE_NEVER: none is held. */
uint64_t wire_ways_due(const struct wire_ways *w);
/** Sends what is due, at most a burst of it: what wire_ways_due() says then may be past. */
void wire_ways_send(struct wire_ways *w, uint64_t now);
