// SPDX-License-Identifier: GPL-2.0-only
/** What a handler says on its standard error, as lines of the worker's log, at most so much. */
#pragma once

#include <stddef.h>

#define FUNCTION_LOG_LINE 800

/** Embedded; zeroed is empty. */
struct function_log {
	char line[FUNCTION_LOG_LINE];
	size_t len;         /* of the line that is not complete yet */
	size_t written;     /* bytes logged so far */
	size_t dropped;     /* bytes beyond the limit */
	const char *stream; /* a literal; NULL: stderr */
};

/** Takes n bytes; complete lines are written as "ID: stderr: TEXT" (or another stream), control characters as '?'. */
void function_log_add(struct function_log *l, const char *id, const char *s, size_t n);

/** Writes the line that was not complete, and how much was dropped. */
void function_log_end(struct function_log *l, const char *id);
