// SPDX-License-Identifier: GPL-2.0-only
/** Markdown on a terminal: headings, paragraphs, lists, code; bold and code inside a line. */
#pragma once

#include <stdbool.h>

#include "base/strbuf.h"

struct ui_markdown {
	int width;   /* lines are broken there, at blanks, but not in code */
	int indent;  /* blanks before each line */
	bool colour; /* else the marks of bold and code stay as they were written */
};

/** Appends the text to `out`. What is not understood is printed as it is. */
void ui_markdown(struct strbuf *out, const char *text, const struct ui_markdown *style);
