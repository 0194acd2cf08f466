// SPDX-License-Identifier: GPL-2.0-only
/**
 * Regular expressions that whole texts must match, by PCRE2, whose syntax is nearly Java's. The expression is a lab
 * author's, the text anybody's: so expressions, texts and the steps of a match have limits, and a match that would take
 * longer than them has no outcome.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

#define PATTERN_MAX      1000u /* bytes of an expression */
#define PATTERN_TEXT_MAX 8192u /* bytes of a text */
#define PATTERN_WHY      160u

struct pattern;

/**
 * All of it lives in the arena, which must have no cap. NULL where the expression is malformed or too large: then
 * `why` says so.
 */
struct pattern *pattern_new(struct arena *a, const char *expression, char why[PATTERN_WHY]);

/** NULL: all n bytes match. Else a string literal that says why not: "does not match ..." */
const char *pattern_fault(const struct pattern *p, const char *text, size_t n);
