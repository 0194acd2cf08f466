// SPDX-License-Identifier: GPL-2.0-only
/** A text as events of libfyaml, which all who read lab files set up alike: what one of them sees, the others do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fy_event;
struct fy_diag_error;

enum parse_end {
	PARSE_ALL,     /* it is YAML, and every event was given */
	PARSE_STOPPED, /* by on_event() */
	PARSE_FAULT,   /* it is not; on_fault() was told */
	PARSE_NOT_BEGUN
};

struct parse_reader {
	/* Borrowed until it returns. False: nothing more is wanted. */
	bool (*on_event)(void *data, struct fy_event *e);
	/* The first error, as those behind it come of it; NULL: the library names none. May be NULL itself. */
	void (*on_fault)(void *data, const struct fy_diag_error *first);
	void *data;
};

/** text: UTF-8 without a byte order mark; need not end in NUL. */
enum parse_end parse_events(const char *text, size_t len, const struct parse_reader *reader);
