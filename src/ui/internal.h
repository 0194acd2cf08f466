// SPDX-License-Identifier: GPL-2.0-only
/** The cells behind a table, shared by its two ways out. */
#pragma once

#include "ui/table.h"

struct ui_cell {
	char *text;
	enum ui_colour colour;
};

struct ui_table {
	const char *name;
	const struct ui_column *columns;
	size_t n_columns, n_rows;
	struct ui_cell *cells; /* row by row */
};
