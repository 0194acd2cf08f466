// SPDX-License-Identifier: GPL-2.0-only
#include "parse/report.h"

void parse_error(struct report *r, const char *id, struct span at, const char *fmt, ...)
{
	va_list ap;

	r->wrong = true;
	r->shown = !r->muted && r->n < PARSE_MAX_ERRORS;
	if (r->muted || r->n > PARSE_MAX_ERRORS)
		return;
	if (r->n++ == PARSE_MAX_ERRORS) {
		diag_error(r->diags, "too-many-errors", at,
			   "more than %d errors; the rest is not shown", PARSE_MAX_ERRORS);
		return;
	}
	va_start(ap, fmt);
	diag_error(r->diags, id, at, "%s", arena_vprintf(r->arena, fmt, ap));
	va_end(ap);
}

void parse_note(struct report *r, struct span at, const char *fmt, ...)
{
	va_list ap;

	if (!r->shown)
		return;
	va_start(ap, fmt);
	diag_note(r->diags, at, "%s", arena_vprintf(r->arena, fmt, ap));
	va_end(ap);
}
