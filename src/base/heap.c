// SPDX-License-Identifier: GPL-2.0-only
#include "base/heap.h"

#include <stdlib.h>

static void place(struct heap *h, size_t i, struct heap_node *node)
{
	h->nodes[i] = node;
	node->slot = i + 1;
}

static size_t sooner_child(const struct heap *h, size_t i)
{
	size_t child = i * 2 + 1;

	return child + 1 < h->n && h->nodes[child + 1]->due < h->nodes[child]->due ? child + 1
										   : child;
}

/* To where it belongs, up or down from place i. */
static void settle(struct heap *h, size_t i, struct heap_node *node)
{
	size_t child;

	for (; i > 0 && h->nodes[(i - 1) / 2]->due > node->due; i = (i - 1) / 2)
		place(h, i, h->nodes[(i - 1) / 2]);
	for (; (child = sooner_child(h, i)) < h->n && h->nodes[child]->due < node->due; i = child)
		place(h, i, h->nodes[child]);
	place(h, i, node);
}

struct heap_node *heap_first(const struct heap *h)
{
	return h->n ? h->nodes[0] : NULL;
}

void heap_set(struct heap *h, struct heap_node *node, uint64_t due)
{
	node->due = due;
	if (node->slot) {
		settle(h, node->slot - 1, node);
		return;
	}
	if (h->n == h->room) {
		h->room = h->room ? h->room * 2 : 16;
		h->nodes = reallocarray(h->nodes, h->room, sizeof(struct heap_node *));
		if (!h->nodes)
			abort();
	}
	h->n++;
	settle(h, h->n - 1, node);
}

void heap_clear(struct heap *h, struct heap_node *node)
{
	size_t i = node->slot - 1;
	struct heap_node *last;

	if (!node->slot)
		return;
	node->slot = 0;
	last = h->nodes[--h->n];
	if (last != node)
		settle(h, i, last);
}

void heap_done(struct heap *h)
{
	free(h->nodes);
	*h = (struct heap){0};
}
