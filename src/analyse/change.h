// SPDX-License-Identifier: GPL-2.0-only
/** What a change of a lab does to who reaches whom. */
#pragma once

#include "analyse/matrix.h"

enum analyse_effect { ANALYSE_GAINED, ANALYSE_LOST, ANALYSE_DOUBTFUL };

/** Pairs to which the same happens, for the same reason: each of `from` to each of `to` but itself. */
struct analyse_change {
	enum analyse_effect effect;
	const char **from, **to; /* names; labels of targets */
	size_t n_from, n_to, n_pairs;
	bool both;            /* and each of `to` to each of `from` */
	const char *services; /* "ping, tcp/80"; NULL: all that is known of the target */
	const char *reason;   /* NULL of what is gained */
};

struct analyse_changes {
	struct arena *arena;
	struct analyse_change *items; /* losses first, then doubts, then gains; then by name */
	size_t n;
	size_t pairs[3]; /* by effect */
};

/** before: NULL where nothing was there. Borrows names of both. */
struct analyse_changes *analyse_compare(const struct analyse_matrix *before,
					const struct analyse_matrix *after)
	__attribute__((returns_nonnull));
void analyse_changes_free(struct analyse_changes *c); /* NULL is fine */
