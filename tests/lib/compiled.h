// SPDX-License-Identifier: GPL-2.0-only
/** For tests: a lab file, or its text, through parse, validate and compile. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compile/compile.h"
#include "parse/parse.h"
#include "validate/validate.h"

/** Of all that follow. */
static struct compile_options compiled_options;

/** Compiles a source; a diagnostic or an error fails the test. Memory of the lab: in `arena`. */
static inline struct plan *compiled_source(const struct source *src, const char *step)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *err = NULL;
	auto_lab struct lab *lab = parse_lab(src, step, diags);
	struct plan *p;

	if (lab && !diag_errors(diags))
		validate_lab(lab, diags);
	if (!lab || diag_errors(diags)) {
		diag_print(diags, stderr, false);
		fail_msg("the lab is not valid");
		return NULL;
	}
	p = compile_lab(lab, compiled_options, &err);
	if (!p)
		fail_msg("%s", lab_error_message(err));
	return p;
}

static inline struct plan *compiled_text(const char *text)
{
	const struct source src = {"lab.yaml", text, strlen(text)};

	return compiled_source(&src, NULL);
}

static inline struct plan *compiled_file(const char *path, const char *step)
{
	auto_arena struct arena *a = arena_new(0);
	auto_error struct lab_error *err = NULL;
	const struct source *src = parse_source_read(a, path, &err);

	if (!src) {
		fail_msg("%s", lab_error_message(err));
		return NULL;
	}
	return compiled_source(src, step);
}
