// SPDX-License-Identifier: GPL-2.0-only
/** A stretch of a lab file that is read as a YAML document of its own: all of it, or half. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "parse/scan.h"
#include "parse/tree.h"

struct part {
	struct lines lines;          /* of the whole source; a copy, as it remembers a place */
	const char *text;            /* what is read; need not end in NUL */
	size_t len, offset;          /* `offset`: of its first byte in the source */
	size_t first_line, end_line; /* what it covers of the lines */

	struct node *root; /* NULL: there is nothing but comments */
	size_t nodes;      /* keys and values, and what else counts as one */
	bool marked;       /* it has a `---` or a `...` */
};

/** All of a source, without the byte order mark, which libfyaml does not count. */
struct part parse_part_whole(const struct lines *lines);

/** Reads a part; false with the reason in the report, unless that is muted. */
bool parse_part(struct part *part, struct arena *arena, struct arena *texts, struct report *r);
