// SPDX-License-Identifier: GPL-2.0-only
#include "wire/heap.h"

static void place(struct wire_heap *h, size_t i, struct wire_turn *t)
{
	h->turns[i] = t;
	t->slot = i + 1;
}

static size_t sooner_child(const struct wire_heap *h, size_t i)
{
	size_t child = i * 2 + 1;

	return child + 1 < h->n && h->turns[child + 1]->due < h->turns[child]->due ? child + 1
										   : child;
}

/* To where it belongs, up or down from place i. */
static void settle(struct wire_heap *h, size_t i, struct wire_turn *t)
{
	size_t child;

	for (; i > 0 && h->turns[(i - 1) / 2]->due > t->due; i = (i - 1) / 2)
		place(h, i, h->turns[(i - 1) / 2]);
	for (; (child = sooner_child(h, i)) < h->n && h->turns[child]->due < t->due; i = child)
		place(h, i, h->turns[child]);
	place(h, i, t);
}

struct wire_turn *wire_heap_first(const struct wire_heap *h)
{
	return h->n ? h->turns[0] : NULL;
}

void wire_heap_set(struct wire_heap *h, struct wire_turn *t, uint64_t due)
{
	t->due = due;
	settle(h, t->slot ? t->slot - 1 : h->n++, t);
}

void wire_heap_clear(struct wire_heap *h, struct wire_turn *t)
{
	size_t i = t->slot - 1;
	struct wire_turn *last;

	if (!t->slot)
		return;
	t->slot = 0;
	last = h->turns[--h->n];
	if (last != t)
		settle(h, i, last);
}
