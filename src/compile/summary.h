// SPDX-License-Identifier: GPL-2.0-only
/** Parts of the summary. */
#pragma once

#include "compile/context.h"

/** The array of lines for a terminal (summary_lines.c). */
struct json_t *compile_summary_lines(struct compile *c);
