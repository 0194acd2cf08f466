// layer: parse validate compile
// SPDX-License-Identifier: GPL-2.0-only
/* The whole way from bytes to a plan: none of it hangs, and what has no error can be compiled. Read in halves,
 * cut somewhere, it is the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "compile/compile.h"
#include "lib/two_ways.h"
#include "parse/parse.h"
#include "validate/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every check has an id and a title by now, whatever is wrong with it. */
static size_t touch_checks(const struct check *checks, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += strlen(checks[i].id.s) + strlen(checks[i].title.s);
	return sum;
}

static size_t touch(const struct lab *lab)
{
	size_t sum = strlen(lab->id.name) + touch_checks(lab->checks, lab->n_checks);

	for (size_t i = 0; i < lab->n_steps; i++)
		sum += touch_checks(lab->steps[i].checks, lab->steps[i].n_checks);
	return sum;
}

static void compile(const struct lab *lab, struct compile_options options)
{
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *plan = compile_lab(lab, options, &err);

	if (!plan) {
		fprintf(stderr, "%s\n", lab_error_message(err));
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1);
	auto_fclose FILE *out = fopen("/dev/null", "w");
	struct source src = {.path = "fuzz/lab.yaml", .text = text, .len = size};

	if (!text || !out)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (size && two_ways_read(&src, hash_bytes(0, text, size) % size) == TWO_WAYS_OTHER)
		abort(); /* in halves it means something else */
	for (int i = 0; i < 2; i++) {
		auto_diags struct diag_list *diags = diag_list_new();
		auto_lab struct lab *lab = parse_lab(&src, i ? "attach" : NULL, diags);

		if (!lab && !diag_errors(diags))
			abort(); /* unreadable without a word */
		if (lab) {
			validate_lab(lab, diags);
			if (touch(lab) == SIZE_MAX)
				abort();
			if (!diag_errors(diags))
				compile(lab, (struct compile_options){.no_netem = i});
		}
		diag_print(diags, out, true);
	}
	return 0;
}
