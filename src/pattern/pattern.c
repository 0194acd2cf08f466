// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interpreter, not the compiler to machine code (JIT): a worker may not make memory executable. A step of it takes
 * some 20 ns, so that a match takes a millisecond at the most; unless each step runs over all of the text, as in
 * (?:(?=x*+)x)*, which a lab's author does to nobody else.
 */
#include "pattern/pattern.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS    50000u
#define HEAP_KIB 1024u
#define NESTING  50u

struct pattern {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static void *in_arena(size_t size, void *arena)
{
	return arena_alloc(arena, size);
}

/* What is in the arena goes with it. */
static void keep(void *p, void *arena)
{
}

static void *checked(void *p)
{
	if (!p)
		abort(); /* out of memory */
	return p;
}

struct pattern *pattern_new(struct arena *a, const char *expression, char why[PATTERN_WHY])
{
	const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF |
				 PCRE2_NEVER_BACKSLASH_C;
	struct pattern *p = arena_alloc(a, sizeof(*p));
	pcre2_general_context *memory = checked(pcre2_general_context_create(in_arena, keep, a));
	pcre2_compile_context *c = checked(pcre2_compile_context_create(memory));
	size_t at;
	int error;

	if (strlen(expression) > PATTERN_MAX) {
		(void)snprintf(why, PATTERN_WHY, "more than %u bytes", PATTERN_MAX);
		return NULL;
	}
	(void)pcre2_set_parens_nest_limit(c, NESTING); /* never fails, as those below */
	p->code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, options, &error, &at,
				c);
	if (!p->code) {
		(void)pcre2_get_error_message(error, (PCRE2_UCHAR *)why, PATTERN_WHY); /* or cut */
		return NULL;
	}
	p->limits = checked(pcre2_match_context_create(memory));
	(void)pcre2_set_match_limit(p->limits, STEPS);
	(void)pcre2_set_heap_limit(p->limits, HEAP_KIB);
	return p;
}

const char *pattern_fault(const struct pattern *p, const char *text, size_t n)
{
	pcre2_match_data *data;
	int rc;

	if (n > PATTERN_TEXT_MAX)
		return "too long for a regular expression";
	data = checked(pcre2_match_data_create(1, NULL));
	rc = pcre2_match(p->code, (PCRE2_SPTR)text, n, 0, 0, data, p->limits);
	pcre2_match_data_free(data);
	if (rc >= 0)
		return NULL;
	if (rc == PCRE2_ERROR_NOMATCH)
		return "does not match the regular expression";
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT ||
	    rc == PCRE2_ERROR_DEPTHLIMIT)
		return "takes too many steps of the regular expression";
	return "not UTF-8";
}
