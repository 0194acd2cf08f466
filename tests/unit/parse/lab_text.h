// SPDX-License-Identifier: GPL-2.0-only
/** A lab file in a string, and its diagnostics as lines "LINE:COL+LEN id", for the tests here. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "parse/parse.h"

struct lab_text {
	struct source src;
	struct diag_list *diags;
	struct lab *lab;
};

static inline void lab_text_read_n(struct lab_text *t, const char *text, size_t len,
				   const char *step)
{
	*t = (struct lab_text){.src = {.path = "labs/x/lab.yaml", .text = text, .len = len}};
	t->diags = diag_list_new();
	t->lab = parse_lab(&t->src, step, t->diags);
	diag_list_sort(t->diags);
}

static inline void lab_text_read(struct lab_text *t, const char *text, const char *step)
{
	lab_text_read_n(t, text, strlen(text), step);
}

static inline void lab_text_done(struct lab_text *t)
{
	lab_free(t->lab);
	diag_list_free(t->diags);
}

/* Caller frees. */
static inline char *lab_text_errors(const struct lab_text *t)
{
	struct strbuf b = {0};

	for (size_t i = 0; i < diag_count(t->diags); i++) {
		struct diag_view v = diag_get(t->diags, i);

		strbuf_printf(&b, "%u:%u+%u %s\n", v.at.line, v.at.col, v.at.len, v.id);
	}
	return strbuf_take(&b);
}

/* Reads a text and compares all of its diagnostics. */
static inline void lab_text_expect(const char *text, const char *step, const char *errors)
{
	struct lab_text t;
	char *found;

	lab_text_read(&t, text, step);
	found = lab_text_errors(&t);
	if (strcmp(found, errors) != 0)
		diag_print(t.diags, stderr, false);
	assert_string_equal(found, errors);
	free(found);
	lab_text_done(&t);
}
