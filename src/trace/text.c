// SPDX-License-Identifier: GPL-2.0-only
#include "trace/trace.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

#define TIME_WIDTH  12 /* "123456.789  " */
#define SAYS_LEAST  40 /* columns that a packet's own text should have */
#define NAME_GAP    2
#define NUMBER_STEP 5

/* What a cell of a line shows. */
enum cell { EMPTY, LIFE, LINE, START, PASS, TO_RIGHT, TO_LEFT, LOST, N_CELLS };

static const char *const glyphs[2][N_CELLS] = {
	{" ", "|", "-", "o", "+", ">", "<", "x"},
	{" ", "│", "─", "●", "┼", "▶", "◀", "✗"},
};

struct ladder {
	const struct trace *t;
	const struct trace_style *style;
	size_t *at; /* of each column */
	size_t width;
	bool numbers;
};

static size_t lay_names(const struct ladder *l, size_t *at)
{
	size_t x = 0;

	for (size_t i = 0; i < l->t->n_columns; i++) {
		at[i] = x;
		x += strlen(l->t->columns[i]) + NAME_GAP;
	}
	return x;
}

static void lay_out(struct ladder *l)
{
	l->width = lay_names(l, l->at);
	l->numbers = l->style->width && TIME_WIDTH + l->width + SAYS_LEAST > l->style->width;
	if (!l->numbers)
		return;
	for (size_t i = 0; i < l->t->n_columns; i++)
		l->at[i] = i * NUMBER_STEP;
	l->width = l->t->n_columns * NUMBER_STEP;
}

static void head(const struct ladder *l, struct strbuf *out)
{
	for (size_t i = 0; l->numbers && i < l->t->n_columns; i++)
		strbuf_printf(out, "%4zu  %s\n", i + 1, l->t->columns[i]);
	strbuf_printf(out, "%10s  ", "ms");
	for (size_t i = 0; i < l->t->n_columns; i++) {
		if (l->numbers)
			strbuf_printf(out, "%-*zu", NUMBER_STEP, i + 1);
		else
			strbuf_printf(out, "%-*s", (int)(strlen(l->t->columns[i]) + NAME_GAP),
				      l->t->columns[i]);
	}
	while (out->len && out->s[out->len - 1] == ' ')
		strbuf_trunc(out, out->len - 1);
	strbuf_addc(out, '\n');
}

/* The arrow covers the columns between its outermost hops. */
static void draw(const struct ladder *l, const struct trace_journey *j, unsigned char *cells)
{
	size_t low = j->hops[0].column, high = low, last = j->hops[j->n - 1].column;

	for (size_t i = 0; i < l->t->n_columns; i++)
		cells[l->at[i]] = LIFE;
	for (size_t i = 1; i < j->n; i++) {
		low = j->hops[i].column < low ? j->hops[i].column : low;
		high = j->hops[i].column > high ? j->hops[i].column : high;
	}
	memset(cells + l->at[low], LINE, l->at[high] - l->at[low] + 1);
	for (size_t i = 1; i < j->n; i++)
		cells[l->at[j->hops[i].column]] = PASS;
	cells[l->at[j->hops[0].column]] = START;
	if (j->lost)
		cells[l->at[last]] = LOST;
	else if (j->n > 1)
		cells[l->at[last]] = (unsigned char)(last > j->hops[j->n - 2].column ? TO_RIGHT
										     : TO_LEFT);
}

static const char *colour_of(const struct trace_journey *j)
{
	if (j->lost)
		return "\033[31m";
	if (strstr(j->says, " DNS "))
		return "\033[36m";
	return strstr(j->says, "HTTP/1.") ? "\033[1m" : "";
}

static void add_says(const struct ladder *l, const struct trace_journey *j, struct strbuf *out)
{
	size_t room = l->style->width > TIME_WIDTH + l->width
			      ? l->style->width - TIME_WIDTH - l->width
			      : SAYS_LEAST;
	auto_strbuf struct strbuf text = {0};

	strbuf_add(&text, j->says);
	if (j->lost)
		strbuf_printf(&text, " (lost in %s)", l->t->columns[j->hops[j->n - 1].column]);
	if (l->style->width && text.len > room)
		strbuf_trunc(&text, room);
	strbuf_add(out, strbuf_str(&text));
}

static void row(const struct ladder *l, const struct trace_journey *j, struct strbuf *out)
{
	auto_free unsigned char *cells = calloc(l->width + 1, 1);
	const char *colour = l->style->colour ? colour_of(j) : "";

	if (!cells)
		abort();
	draw(l, j, cells);
	strbuf_printf(out, "%10.3f  %s", (double)(j->hops[0].at - l->t->start) / 1e6, colour);
	for (size_t i = 0; i < l->width; i++)
		strbuf_add(out, glyphs[l->style->utf8][cells[i]]);
	add_says(l, j, out);
	strbuf_printf(out, "%s\n", *colour ? "\033[0m" : "");
}

void trace_text(const struct trace *t, const struct trace_style *style, struct strbuf *out)
{
	struct ladder l = {.t = t, .style = style};

	l.at = arena_alloc(t->arena, t->n_columns * sizeof(*l.at));
	lay_out(&l);
	head(&l, out);
	for (size_t i = 0; i < t->n_journeys; i++)
		if (style->all || !t->journeys[i].bare)
			row(&l, &t->journeys[i], out);
}
