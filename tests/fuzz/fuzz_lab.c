// layer: parse
// SPDX-License-Identifier: GPL-2.0-only
/* The whole way from bytes to a lab; its pointers are followed, and its diagnostics printed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

	for (size_t i = 0; i < lab->n_vpcs; i++)
		sum += strlen(lab->vpcs[i].id.name) + lab->vpcs[i].n_vswitches;
	for (size_t i = 0; i < lab->n_ecs; i++)
		for (size_t j = 0; j < lab->ecs[i].n_security_groups; j++)
			sum += strlen(lab->ecs[i].security_groups[j].name);
	for (size_t i = 0; i < lab->n_steps; i++)
		sum += touch_checks(lab->steps[i].checks, lab->steps[i].n_checks);
	return sum;
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
	for (int i = 0; i < 2; i++) {
		auto_diags struct diag_list *diags = diag_list_new();
		auto_lab struct lab *lab = parse_lab(&src, i ? "attach" : NULL, diags);

		if (!lab && !diag_errors(diags))
			abort(); /* unreadable without a word */
		if (lab && touch(lab) == SIZE_MAX)
			abort();
		diag_print(diags, out, true);
	}
	return 0;
}
