// SPDX-License-Identifier: GPL-2.0-only
/** A lab file read in one go and in two halves: the latter is the same tree, or none. */
#pragma once

#include <string.h>

#include "base/arena.h"
#include "parse/halves.h"

enum two_ways { TWO_WAYS_NO_HALVES, TWO_WAYS_SAME, TWO_WAYS_OTHER };

static inline bool two_ways_same_span(struct span a, struct span b)
{
	return a.src == b.src && a.line == b.line && a.col == b.col && a.len == b.len;
}

static inline bool two_ways_same_node(const struct node *a, const struct node *b);

static inline bool two_ways_same_item(const struct node *a, const struct node *b, size_t i)
{
	const struct node_item *x = &a->items[i], *y = &b->items[i];

	if (!x->key != !y->key || !two_ways_same_span(x->key_at, y->key_at))
		return false;
	if (x->key && (strcmp(x->key, y->key) != 0 || parse_node_find(b, y->key) != y))
		return false;
	return two_ways_same_node(x->value, y->value);
}

static inline bool two_ways_same_node(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->plain != b->plain || a->n != b->n || !a->text != !b->text ||
	    !two_ways_same_span(a->at, b->at) || (a->text && strcmp(a->text, b->text) != 0))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!two_ways_same_item(a, b, i))
			return false;
	return true;
}

/* near: where it is cut. */
static inline enum two_ways two_ways_read(const struct source *src, size_t near)
{
	auto_arena struct arena *arena = arena_new(0);
	struct report r = {.muted = true};
	struct node *halves;
	struct lines lines;
	struct part whole;

	parse_lines(arena, src, &lines);
	if (!parse_scan(&lines, &r))
		return TWO_WAYS_NO_HALVES; /* such a text is not even cut */
	whole = parse_part_whole(&lines);
	halves = parse_halves(&whole, near, arena, arena);
	if (!halves)
		return TWO_WAYS_NO_HALVES;
	return parse_part(&whole, arena, arena, &r) && !r.wrong && whole.root &&
			       two_ways_same_node(whole.root, halves)
		       ? TWO_WAYS_SAME
		       : TWO_WAYS_OTHER;
}
