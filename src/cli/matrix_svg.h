// SPDX-License-Identifier: GPL-2.0-only
/** Who reaches whom, as a picture. */
#pragma once

#include <stddef.h>

#include "base/strbuf.h"

struct cli_matrix_picture {
	const char *title;
	const char **rows, **columns; /* what they are called */
	size_t n_rows, n_columns;
	const char *
		marks; /* row by row: '+' all, '.' nothing, '?' not known, ' ' no pair, others: in part, or with losses */
	const char **legend; /* lines below, "a  only ping" */
	size_t n_legend;
};

/** Appends an SVG that needs nothing else, light or dark as the reader's system is. */
void cli_matrix_svg(struct strbuf *out, const struct cli_matrix_picture *p);
