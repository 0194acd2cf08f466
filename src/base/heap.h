// SPDX-License-Identifier: GPL-2.0-only
/** What is due first of all that waits: a binary heap in which each knows its place. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Embedded in what waits; zero it before first use. */
struct heap_node {
	uint64_t due; /* in the caller's units */
	size_t slot;  /* 1-based place in the heap; 0: waits for nothing */
};

/** Zeroed it is empty. */
struct heap {
	struct heap_node **nodes;
	size_t n, room;
};

struct heap_node *heap_first(const struct heap *h); /* NULL: nothing waits */
/** (Re)places it. */
void heap_set(struct heap *h, struct heap_node *node, uint64_t due);
void heap_clear(struct heap *h, struct heap_node *node); /* fine where it waits for nothing */
/** Forgets all nodes, which are the callers'. */
void heap_done(struct heap *h);
