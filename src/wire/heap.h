// SPDX-License-Identifier: GPL-2.0-only
/** Which way has a frame that is due first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Embedded in what waits. */
struct wire_turn {
	uint64_t due; /* ns */
	size_t slot;  /* 1-based place in the heap; 0: waits for nothing */
};

struct wire_heap {
	struct wire_turn **turns; /* room for all that may wait, of the caller's */
	size_t n;
};

struct wire_turn *wire_heap_first(const struct wire_heap *h); /* NULL: nothing waits */
/** (Re)places it. */
void wire_heap_set(struct wire_heap *h, struct wire_turn *t, uint64_t due);
void wire_heap_clear(struct wire_heap *h,
		     struct wire_turn *t); /* fine where it waits for nothing */
