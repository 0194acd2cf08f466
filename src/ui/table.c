// SPDX-License-Identifier: GPL-2.0-only
#include "ui/table.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "ui/internal.h"

struct ui_table *ui_table_new(const char *name, const struct ui_column *columns, size_t n)
{
	struct ui_table *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->name = name;
	t->columns = columns;
	t->n_columns = n;
	return t;
}

void ui_table_free(struct ui_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_rows * t->n_columns; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void ui_table_add(struct ui_table *t, const char *const *cells)
{
	struct ui_cell *row;

	t->cells = reallocarray(t->cells, (t->n_rows + 1) * t->n_columns, sizeof(*t->cells));
	if (!t->cells)
		abort();
	row = &t->cells[t->n_rows++ * t->n_columns];
	for (size_t i = 0; i < t->n_columns; i++) {
		row[i] = (struct ui_cell){cells[i] ? strdup(cells[i]) : NULL, UI_PLAIN};
		if (cells[i] && !row[i].text)
			abort();
	}
}

void ui_table_colour(struct ui_table *t, size_t column, enum ui_colour colour)
{
	t->cells[(t->n_rows - 1) * t->n_columns + column].colour = colour;
}

size_t ui_table_rows(const struct ui_table *t)
{
	return t->n_rows;
}

static const char *colour_sequence(enum ui_colour c)
{
	switch (c) {
	case UI_PLAIN: return NULL;
	case UI_GREEN: return "\033[32m";
	case UI_YELLOW: return "\033[33m";
	case UI_RED: return "\033[31m";
	case UI_BOLD: return "\033[1m";
	}
	return NULL;
}

static bool is_empty(const struct ui_table *t, size_t column)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->cells[r * t->n_columns + column].text)
			return false;
	return true;
}

static int column_flags(const struct ui_table *t, size_t column)
{
	switch (t->columns[column].type) {
	case UI_NUMBER: return SCOLS_FL_RIGHT;
	case UI_RARE:
	case UI_WORDS: return is_empty(t, column) ? SCOLS_FL_HIDDEN : 0;
	case UI_TEXT:
	case UI_BOOLEAN: break;
	}
	return 0;
}

static int fill(struct libscols_table *out, const struct ui_table *t)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (!scols_table_new_column(out, t->columns[i].title, 0, column_flags(t, i)))
			return -1;
	for (size_t r = 0; r < t->n_rows; r++) {
		struct libscols_line *line = scols_table_new_line(out, NULL);

		if (!line)
			return -1;
		for (size_t i = 0; i < t->n_columns; i++) {
			const struct ui_cell *cell = &t->cells[r * t->n_columns + i];

			if (scols_line_set_data(line, i, cell->text ? cell->text : "-") ||
			    scols_cell_set_color(scols_line_get_cell(line, i),
						 colour_sequence(cell->colour)))
				return -1;
		}
	}
	return 0;
}

int ui_table_print(const struct ui_table *t, FILE *f, bool colour, struct lab_error **err)
{
	struct libscols_table *out;
	int r;

	if (!t->n_rows)
		return 0;
	out = scols_new_table();
	r = out ? 0 : -1;
	if (!r)
		r = fill(out, t);
	if (!r) {
		(void)scols_table_set_stream(out, f);         /* cannot fail: out is not NULL */
		(void)scols_table_enable_colors(out, colour); /* as above */
		r = scols_print_table(out);
	}
	scols_unref_table(out);
	return r ? lab_error_make(err, LAB_FAILED, "print a table: libsmartcols refuses") : 0;
}
