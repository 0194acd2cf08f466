// SPDX-License-Identifier: GPL-2.0-only
/** The bytes of a source: size, encoding, and where its lines begin. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "parse/report.h"

struct lines {
	const struct source *src;
	size_t *start; /* offset of each line */
	size_t n;
	size_t near; /* the line that was asked for last: places are asked for in order */
};

/** Bytes of the byte order mark that the text begins with, which libfyaml does not count: 0 or 3. */
size_t parse_mark(const struct source *src);

void parse_lines(struct arena *arena, const struct source *src, struct lines *lines);
/** The place of the bytes [from, to), cut at the end of their first line, at least one byte. */
struct span parse_lines_span(struct lines *lines, size_t from, size_t to);
/** The offset of a line and a column in characters, both from 1, clamped to the text. */
size_t parse_lines_offset(const struct lines *lines, int line, int column);

/** Size, zero bytes and UTF-8. False where the text must not be given to a YAML parser. */
bool parse_scan(struct lines *lines, struct report *r);

/**
 * What a single-quoted scalar means, from the n bytes between its quotes: '' is a quote and line
 * ends fold. libfyaml 0.7.12 knows where such a scalar ends, but its own text of it is wrong (and
 * leaks) where two quotes follow two others: 'a''''b' comes out without the b.
 */
char *parse_single_quoted(struct arena *arena, const char *s, size_t n);

/** The first byte of text that a terminal might obey (escape, DEL, C1), or -1. */
long parse_control_byte(const char *text, size_t len);
