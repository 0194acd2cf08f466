// SPDX-License-Identifier: GPL-2.0-only
#include "base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct diag {
	struct diag_view view;
	struct diag_note_view *notes;
	size_t n_notes;
	size_t order;
};

struct diag_list {
	struct arena *arena;
	struct diag *items;
	size_t n, errors;
	bool sorted;
	size_t newest; /* where the next note goes */
};

struct diag_list *diag_list_new(void)
{
	struct diag_list *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->arena = arena_new(0);
	return l;
}

void diag_list_free(struct diag_list *l)
{
	if (!l)
		return;
	arena_free(l->arena);
	free(l);
}

void diag_add(struct diag_list *l, enum diag_severity severity, const char *id, struct span at,
	      const char *fmt, ...)
{
	struct diag *d = arena_push(l->arena, l->items, l->n);
	va_list ap;

	va_start(ap, fmt);
	d->view = (struct diag_view){
		.severity = severity,
		.id = id,
		.at = at,
		.message = arena_vprintf(l->arena, fmt, ap),
	};
	va_end(ap);
	d->order = l->n - 1;
	l->newest = l->n - 1;
	l->errors += severity == DIAG_ERROR;
	l->sorted = false;
}

void diag_note(struct diag_list *l, struct span at, const char *fmt, ...)
{
	struct diag *d = &l->items[l->newest];
	struct diag_note_view *note = arena_push(l->arena, d->notes, d->n_notes);
	va_list ap;

	va_start(ap, fmt);
	note->at = at;
	note->message = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
}

size_t diag_errors(const struct diag_list *l)
{
	return l->errors;
}

size_t diag_count(const struct diag_list *l)
{
	return l->n;
}

struct diag_view diag_get(const struct diag_list *l, size_t i)
{
	struct diag_view v = l->items[i].view;

	v.notes = l->items[i].notes;
	v.n_notes = l->items[i].n_notes;
	return v;
}

static int by_position(const void *pa, const void *pb)
{
	const struct diag *a = pa, *b = pb;

	if (a->view.at.line != b->view.at.line)
		return a->view.at.line < b->view.at.line ? -1 : 1;
	if (a->view.at.col != b->view.at.col)
		return a->view.at.col < b->view.at.col ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void diag_list_sort(struct diag_list *l)
{
	if (l->sorted || l->n == 0)
		return;
	qsort(l->items, l->n, sizeof(*l->items), by_position);
	l->newest = l->n - 1;
	l->sorted = true;
}

/* The source line under a place, tabs as single spaces so that the caret stands where it should. */
static void print_line(FILE *out, struct span at, const char *on, const char *off)
{
	const char *p = at.src->text, *end = p + at.src->len, *eol;
	size_t width, caret;

	for (uint32_t line = 1; line < at.line && p < end; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
	eol = memchr(p, '\n', (size_t)(end - p));
	width = (size_t)((eol ? eol : end) - p);
	if (width > 160)
		width = 160;
	(void)fprintf(out, "%6u | ", at.line);
	for (size_t i = 0; i < width; i++)
		(void)fputc((unsigned char)p[i] < 0x20 || p[i] == 0x7f ? ' ' : p[i], out);
	(void)fprintf(out, "\n       | %*s%s^", (int)(at.col > 0 ? at.col - 1 : 0), "", on);
	caret = at.len > 1 ? at.len - 1 : 0;
	for (size_t i = 0; i < caret && at.col + i < width; i++)
		(void)fputc('~', out);
	(void)fprintf(out, "%s\n", off);
}

static void print_place(FILE *out, struct span at)
{
	if (at.src && at.line)
		(void)fprintf(out, "%s:%u:%u: ", at.src->path, at.line, at.col);
	else if (at.src)
		(void)fprintf(out, "%s: ", at.src->path);
}

static void print_one(const struct diag *d, FILE *out, bool colour)
{
	const char *off = colour ? "\033[0m" : "", *bold = colour ? "\033[1m" : "";
	bool error = d->view.severity == DIAG_ERROR;
	const char *tint = !colour ? "" : error ? "\033[1;31m" : "\033[1;33m";

	(void)fputs(bold, out);
	print_place(out, d->view.at);
	(void)fprintf(out, "%s%s%s:%s %s [%s]\n", off, tint, error ? "error" : "warning", off,
		      d->view.message, d->view.id);
	if (d->view.at.src && d->view.at.line)
		print_line(out, d->view.at, tint, off);
	for (size_t i = 0; i < d->n_notes; i++) {
		const struct diag_note_view *note = &d->notes[i];

		print_place(out, note->at);
		(void)fprintf(out, "%s%s:%s %s\n", colour ? "\033[1;36m" : "",
			      note->at.line ? "note" : "hint", off, note->message);
		if (note->at.src && note->at.line)
			print_line(out, note->at, colour ? "\033[1;36m" : "", off);
	}
}

void diag_print(struct diag_list *l, FILE *out, bool colour)
{
	diag_list_sort(l);
	for (size_t i = 0; i < l->n; i++)
		print_one(&l->items[i], out, colour);
}

/* Levenshtein distance with adjacent transpositions counted once; words are short. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 48 };
	size_t n = strlen(a), m = strlen(b), d[MAX + 1][MAX + 1];

	if (n > MAX || m > MAX)
		return MAX;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const char *diag_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t best = strlen(word) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t dist = distance(word, candidates[i]);

		if (dist <= best && (!found || dist < best)) {
			best = dist;
			found = candidates[i];
		}
	}
	return found;
}
