// SPDX-License-Identifier: GPL-2.0-only
/** Diagnostics of a lab file: all of them, each with file:line:col, source line, caret and notes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct source {
	const char *path; /* as the user gave it */
	const char *text; /* the whole file, NUL-terminated */
	size_t len;
};

/** A place in a source. Lines and columns count from 1; columns are bytes. line 0: nowhere. */
struct span {
	const struct source *src;
	uint32_t line, col;
	uint32_t len; /* bytes that the caret underlines, at least 1 */
};

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag_list;

struct diag_list *diag_list_new(void) __attribute__((returns_nonnull));
void diag_list_free(struct diag_list *l); /* NULL is fine */

/**
 * Adds one diagnostic. id: a short stable name of the rule such as "vpc-cidr-overlap", shown in
 * brackets and by --json; a string literal. The message needs no file, line or full stop.
 */
void diag_add(struct diag_list *l, enum diag_severity severity, const char *id, struct span at,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));
#define diag_error(l, id, at, ...)   diag_add((l), DIAG_ERROR, (id), (at), __VA_ARGS__)
#define diag_warning(l, id, at, ...) diag_add((l), DIAG_WARNING, (id), (at), __VA_ARGS__)

/** Adds a note ("first declared here") or, with a span of line 0, a hint to the newest diagnostic. */
void diag_note(struct diag_list *l, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

size_t diag_errors(const struct diag_list *l);
size_t diag_count(const struct diag_list *l);

/** Read access in order of file position (diag_list_sort() first). */
struct diag_view {
	enum diag_severity severity;
	const char *id;
	struct span at;
	const char *message;
	const struct diag_note_view {
		struct span at;
		const char *message;
	} * notes;
	size_t n_notes;
};
struct diag_view diag_get(const struct diag_list *l, size_t i);

/** Sorts by position; equal positions keep the order in which they were added. */
void diag_list_sort(struct diag_list *l);

/** Prints all, sorted, in the style of a compiler. */
void diag_print(struct diag_list *l, FILE *out, bool colour);

/** The candidate nearest to word (edit distance at most a third of its length), or NULL. */
const char *diag_nearest(const char *word, const char *const *candidates, size_t n);

static inline void cleanup_diag_list(struct diag_list **l)
{
	diag_list_free(*l);
}
#define auto_diags __attribute__((cleanup(cleanup_diag_list)))
