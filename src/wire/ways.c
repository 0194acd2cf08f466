// SPDX-License-Identifier: GPL-2.0-only
/*
 * A way is a queue: no frame is due before the one ahead of it, so jitter never changes the order, and neither
 * does a delay that becomes shorter while frames are under way. Only what `reorder` picks passes them.
 *
 * The place of a frame, which its fate depends on, is counted apart for IPv4 and for all else: ARP comes
 * when a cache runs out, and must not shift which packets are lost.
 */
#include "wire/ways.h"

#include <string.h>

#include "base/hash.h"

#define POOL_MAX ((size_t)512 << 20)

#define BURST       64         /* frames that are sent before ports are read again */
#define BUSY_NS     50000u     /* between two tries */
#define BUSY_MAX    200        /* tries */
#define PREDECESSOR 200000000u /* ns that one may be late with its last frame */

/* Which frames are lost follows from the names alone: the same in every run, others in every line. */
static uint64_t seed_of(const char *lab, const char *line, size_t direction)
{
	return hash_str(hash_str(direction, lab), line);
}

static void init_way(struct wire_ways *w, const struct wire_config *c, const struct wire_line *l,
		     size_t direction, struct wire_memory *memory)
{
	struct wire_way *way = &w->way[l->ports[direction]];
	const uint64_t seed = seed_of(c->lab, l->name, direction);

	*way = (struct wire_way){.traits = l->traits,
				 .seed = seed,
				 .hold = {.pool = w->pool, .limit = l->hold},
				 .to = l->ports[!direction]};
	way->mark = memory ? wire_memory_mark(memory, seed | 1) : NULL;
	if (!way->mark)
		way->mark = &way->own;
}

void wire_ways_init(struct wire_ways *w, struct arena *a, const struct wire_config *c,
		    struct wire_memory *memory)
{
	*w = (struct wire_ways){.n = c->n_ports, .pool = wire_pool_new(POOL_MAX)};
	w->way = arena_alloc(a, (w->n + 1) * sizeof(*w->way));
	for (size_t i = 0; i < c->n_lines; i++)
		for (size_t direction = 0; direction < 2; direction++)
			init_way(w, c, &c->lines[i], direction, memory);
}

void wire_ways_done(struct wire_ways *w)
{
	for (size_t i = 0; i < w->n; i++)
		wire_hold_empty(&w->way[i].hold);
	wire_pool_free(w->pool);
	heap_done(&w->heap);
}

static bool is_draining(const struct wire_way *way)
{
	return __atomic_load_n(&way->mark->draining, __ATOMIC_ACQUIRE);
}

static void set_draining(struct wire_way *way, bool draining)
{
	__atomic_store_n(&way->mark->draining, draining, __ATOMIC_RELEASE);
}

void wire_ways_adopt(struct wire_ways *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->way[i].waits = is_draining(&w->way[i]);
}

void wire_ways_hand_over(struct wire_ways *w)
{
	w->leaving = true;
	for (size_t i = 0; i < w->n; i++)
		if (w->way[i].hold.n)
			set_draining(&w->way[i], true);
}

struct wire_frame *wire_ways_room(struct wire_ways *w, size_t port)
{
	return wire_hold_room(&w->way[port].hold);
}

void wire_ways_tidy(struct wire_ways *w, size_t port)
{
	wire_hold_tidy(&w->way[port].hold);
}

/* An Ethernet header's type, behind two addresses. */
static bool is_ipv4(const struct wire_frame *f, uint32_t skip)
{
	return f->len >= skip + 14 && f->data[skip + 12] == 0x08 && f->data[skip + 13] == 0x00;
}

/* A frame that passes all others; whether it is on its way. */
static bool overtake(struct wire_ways *w, const struct wire_way *way, const struct wire_frame *f)
{
	unsigned int sent = 0;

	while (sent < f->copies && w->send(w->ctx, way->to, f->data, f->len) == WIRE_SENT)
		sent++;
	return sent > 0;
}

void wire_ways_take(struct wire_ways *w, size_t port, struct wire_frame *f, uint32_t skip,
		    uint64_t stamp)
{
	struct wire_way *way = &w->way[port];
	uint64_t *count = &way->mark->count[!is_ipv4(f, skip)];
	const struct wire_fate fate =
		wire_fate(&way->traits, way->seed ^ (count != way->mark->count), (*count)++);

	f->copies = fate.copies;
	if (!fate.copies || (fate.overtakes && overtake(w, way, f)))
		return;
	f->due = stamp + fate.delay_ns;
	if (f->due < way->mark->last_due)
		f->due = way->mark->last_due;
	way->mark->last_due = f->due;
	wire_hold_add(&way->hold, f);
	if (way->hold.n == 1)
		heap_set(&w->heap, &way->turn, f->due);
}

/* It counts round and round; a socket that was made anew, from 0. */
uint32_t wire_ways_missed(struct wire_ways *w, size_t port, uint32_t so_far)
{
	uint32_t *told = &w->way[port].mark->missed;
	const int32_t more = (int32_t)(so_far - *told);

	*told = so_far;
	return more > 0 ? (uint32_t)more : 0;
}

uint64_t wire_ways_due(const struct wire_ways *w)
{
	const struct heap_node *first = heap_first(&w->heap);

	return first ? first->due : WIRE_NEVER;
}

static void next_turn(struct wire_ways *w, struct wire_way *way)
{
	const struct wire_frame *next = wire_hold_oldest(&way->hold);

	if (next) {
		heap_set(&w->heap, &way->turn, next->due);
		return;
	}
	heap_clear(&w->heap, &way->turn);
	if (w->leaving)
		set_draining(way, false);
}

/* Frames of this way that another process still has come first; one that died has none. */
static bool must_wait(struct wire_way *way, const struct wire_frame *f, uint64_t now)
{
	if (way->waits)
		way->waits = is_draining(way) && now < f->due + PREDECESSOR;
	return way->waits;
}

static enum wire_sent try_to_send(struct wire_ways *w, struct wire_way *way,
				  const struct wire_frame *f)
{
	enum wire_sent sent = w->send(w->ctx, way->to, f->data, f->len);

	way->busy = sent == WIRE_BUSY ? way->busy + 1 : 0;
	if (way->busy <= BUSY_MAX)
		return sent;
	way->busy = 0;
	return WIRE_GONE;
}

static void send_oldest(struct wire_ways *w, struct wire_way *way, uint64_t now)
{
	struct wire_frame *f = wire_hold_oldest(&way->hold);
	enum wire_sent sent = must_wait(way, f, now) ? WIRE_BUSY : try_to_send(w, way, f);

	if (sent == WIRE_BUSY) {
		heap_set(&w->heap, &way->turn, now + BUSY_NS);
		return;
	}
	w->gone += sent == WIRE_GONE;
	if (--f->copies)
		return;
	wire_hold_drop_oldest(&way->hold);
	next_turn(w, way);
}

void wire_ways_send(struct wire_ways *w, uint64_t now)
{
	for (int i = 0; i < BURST && wire_ways_due(w) <= now; i++)
		send_oldest(w, (struct wire_way *)(void *)heap_first(&w->heap), now);
}
