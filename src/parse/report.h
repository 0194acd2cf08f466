// SPDX-License-Identifier: GPL-2.0-only
/** Diagnostics of this folder: bounded in number, and muted while values are decoded again or read on trial. */
#pragma once

#include <stdarg.h>

#include "base/arena.h"
#include "base/diag.h"

/* Enough for anybody; a megabyte of nonsense would otherwise make a hundred thousand. */
#define PARSE_MAX_ERRORS 500

struct report {
	struct diag_list *diags;
	struct arena *arena;
	size_t n;
	bool muted; /* the same errors were, or will be, reported elsewhere */
	bool wrong; /* there was an error, muted or not */
	bool shown; /* the newest error was added, so its notes may be */
};

void parse_error(struct report *r, const char *id, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** A second place, or a hint where `at` has line 0, for the newest error. */
void parse_note(struct report *r, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define parse_hint(r, ...) parse_note((r), (struct span){0}, __VA_ARGS__)
