// SPDX-License-Identifier: GPL-2.0-only
/** Nodes to structs by a table. */
#pragma once

#include "parse/report.h"
#include "parse/table.h"
#include "parse/tree.h"

/**
 * A lab file is decoded twice. First every piece of it as it is written, the base and each step's
 * fragment: what is wrong with a key or a value is said there, once, also where a later step
 * replaces the value or is not reached. Then the merged map, silently but for what only the whole
 * can show: required keys and exclusive ones. At once where nothing is merged.
 */
enum decode_pass { DECODE_PIECES, DECODE_WHOLE, DECODE_AT_ONCE };

struct decode {
	struct arena *arena;
	struct report *r;
	const struct source *src;
	enum decode_pass pass;
	bool fragment;                /* inside `apply`: null is allowed, nothing is required */
	struct decode_blanks *blanks; /* decode.c's own; NULL at first */
};

/** Decodes a map into a zeroed struct. What cannot be decoded keeps its default. */
void parse_decode(struct decode *d, const struct table *table, const struct node *node, void *out);

/** One scalar by its row, into the field itself. False with an error where it is not one. */
bool parse_decode_scalar(struct decode *d, const struct key *key, const struct node *node,
			 void *out);
