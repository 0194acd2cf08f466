// SPDX-License-Identifier: GPL-2.0-only
#include "plan/texts.h"

#include <string.h>

#include "base/hash.h"

static struct plan_text *slot_of(const struct plan_texts *t, const char *s)
{
	size_t i = hash_str(0, s) & (t->room - 1);

	while (t->slots[i].text && strcmp(t->slots[i].text, s) != 0)
		i = (i + 1) & (t->room - 1);
	return &t->slots[i];
}

static void make_room(struct plan_texts *t)
{
	struct plan_texts bigger = {.n = t->n, .room = t->room ? 2 * t->room : 1024};

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		abort();
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i].text)
			*slot_of(&bigger, t->slots[i].text) = t->slots[i];
	free(t->slots);
	*t = bigger;
}

struct plan_text *plan_texts_get(struct plan_texts *t, const char *s)
{
	struct plan_text *slot;

	if (2 * (t->n + 1) > t->room)
		make_room(t);
	slot = slot_of(t, s);
	t->n += !slot->text;
	return slot;
}
