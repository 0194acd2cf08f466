// SPDX-License-Identifier: GPL-2.0-only
/** Parts of the summary. */
#pragma once

#include "compile/context.h"

/** The list "lines" for a terminal (summary_lines.c). */
void compile_put_summary_lines(struct compile *c, struct strbuf *b);
