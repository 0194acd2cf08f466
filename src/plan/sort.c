// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every key begins with a text, nearly always the name of a namespace: thousands of objects, hundreds of names. So
 * the texts are sorted, each once, objects are dealt out by the place of theirs, and only those of one text, which
 * are few and often in order already, are compared.
 */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/fields.h"
#include "plan/texts.h"

struct first {
	const char *text;
	uint32_t number; /* in the order in which they were found */
};

#define FEW  16u
#define MEMO 4096u /* what it forgets is looked up again */

/* The first texts of all objects, each once. */
struct firsts {
	struct plan_texts known; /* at: their numbers */
	struct first memo[MEMO]; /* the same by address: objects of one name share its text */
	struct first *v;
	uint32_t n;
	uint32_t *place; /* by number: where the text is among the sorted ones */
};

struct sorting {
	enum plan_kind kind;
	size_t size, n;
	size_t at; /* of the first text in an item */
	char *items;
	uint32_t *first; /* of every item the number, then the place of its first text */
	uint32_t *order; /* from where every item comes */
};

static void *room_for(size_t n, size_t size)
{
	void *room = calloc(n + 1, size);

	if (!room)
		abort();
	return room;
}

static size_t first_text_at(enum plan_kind kind)
{
	const struct field *f = plan_fields(kind)->fields;
	size_t at = 0;

	for (; f->type == FIELD_STRUCT; f = f->inner->fields)
		at += f->offset;
	return at + f->offset;
}

static uint32_t number_of(struct firsts *f, const char *text)
{
	struct plan_text *known = plan_texts_get(&f->known, text);

	if (!known->text) {
		*known = (struct plan_text){text, f->n};
		f->v[f->n] = (struct first){text, f->n};
		f->n++;
	}
	return (uint32_t)known->at;
}

/* No text counts as "": such objects are compared by plan_key_cmp(), which tells them apart. */
static void find_firsts(struct firsts *f, const struct sorting *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *text = *(const char *const *)(s->items + i * s->size + s->at);
		struct first *memo = &f->memo[((uintptr_t)text >> 4) % MEMO];

		text = text ? text : "";
		if (memo->text != text)
			*memo = (struct first){text, number_of(f, text)};
		s->first[i] = memo->number;
	}
}

static int compare_first(const void *a, const void *b)
{
	return strcmp(((const struct first *)a)->text, ((const struct first *)b)->text);
}

static void sort_firsts(struct firsts *f)
{
	qsort(f->v, f->n, sizeof(*f->v), compare_first);
	for (uint32_t i = 0; i < f->n; i++)
		f->place[f->v[i].number] = i;
}

static int compare_items(const void *a, const void *b, void *data)
{
	const struct sorting *s = data;

	return plan_key_cmp(s->kind, s->items + *(const uint32_t *)a * s->size,
			    s->items + *(const uint32_t *)b * s->size);
}

/* Those of one first text: most are two or three. */
static void sort_few(struct sorting *s, uint32_t *order, size_t n)
{
	if (n > FEW) {
		qsort_r(order, n, sizeof(*order), compare_items, s);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		const uint32_t item = order[i];
		size_t at = i;

		for (; at > 0 && compare_items(&order[at - 1], &item, s) > 0; at--)
			order[at] = order[at - 1];
		order[at] = item;
	}
}

/* `end`: of every text, where its objects end; one more than there are texts, all 0. */
static void find_order(struct sorting *s, const struct firsts *f, uint32_t *end)
{
	uint32_t begin = 0;

	for (size_t i = 0; i < s->n; i++) {
		s->first[i] = f->place[s->first[i]];
		end[s->first[i] + 1]++;
	}
	for (size_t i = 1; i <= f->n; i++)
		end[i] += end[i - 1];
	for (size_t i = 0; i < s->n; i++)
		s->order[end[s->first[i]]++] = (uint32_t)i;
	for (size_t i = 0; i < f->n; begin = end[i++])
		if (end[i] - begin > 1)
			sort_few(s, s->order + begin, end[i] - begin);
}

/* Moves every item to its place, along the circles in which they push each other away. `hold` has room for one. */
static void move_items(struct sorting *s, char *hold)
{
	uint32_t *order = s->order;

	for (uint32_t first = 0; first < s->n; first++) {
		uint32_t at = first, from;

		if (order[first] == first)
			continue;
		memcpy(hold, s->items + first * s->size, s->size);
		for (; (from = order[at]) != first; at = from) {
			memcpy(s->items + at * s->size, s->items + from * s->size, s->size);
			order[at] = at;
		}
		memcpy(s->items + at * s->size, hold, s->size);
		order[at] = at;
	}
}

static void sort_kind(struct sorting *s, const struct firsts *f)
{
	auto_free uint32_t *end = room_for(f->n, sizeof(*end));
	auto_free char *hold = room_for(1, s->size);

	find_order(s, f, end);
	move_items(s, hold);
}

/* `numbers`: two for every object. */
static struct sorting begin(struct plan *p, enum plan_kind kind, uint32_t *numbers)
{
	const struct plan_array array = plan_array(p, kind);

	return (struct sorting){.kind = kind,
				.size = plan_fields(kind)->size,
				.n = *array.n,
				.at = first_text_at(kind),
				.items = *array.items,
				.first = numbers,
				.order = numbers + *array.n};
}

void plan_sort(struct plan *p)
{
	struct sorting kinds[PLAN_N_KINDS];
	struct firsts f = {0};
	size_t n = 0;

	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		n += plan_count(p, kind);
	auto_free uint32_t *numbers = room_for(3 * n, sizeof(*numbers));
	auto_free struct first *texts = room_for(n, sizeof(*texts));

	f.v = texts;
	f.place = numbers + 2 * n; /* of fewer texts than there are objects */
	n = 0;
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++) {
		kinds[kind] = begin(p, kind, numbers + 2 * n);
		find_firsts(&f, &kinds[kind]);
		n += kinds[kind].n;
	}
	sort_firsts(&f);
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		sort_kind(&kinds[kind], &f);
	plan_texts_done(&f.known);
}
