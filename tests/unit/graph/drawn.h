// SPDX-License-Identifier: GPL-2.0-only
/** Pictures of lab files, for the tests here. */
#pragma once

#include "lib/test.h"

#include "base/cleanup.h"
#include "graph/graph.h"
#include "graph/layout.h"
#include "parse/parse.h"
#include "validate/validate.h"

/** The picture of a lab; exercises that are refused are drawn, too. */
static inline struct graph *drawn_source(const struct source *src, const char *step, bool all)
{
	const struct graph_options o = {.all = all};
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = parse_lab(src, step, diags);

	if (!lab || diag_errors(diags)) {
		diag_print(diags, stderr, false);
		fail_msg("the lab cannot be read");
		return NULL;
	}
	validate_lab(lab, diags);
	if (diag_errors(diags)) {
		diag_print(diags, stderr, false);
		fail_msg("the lab is not valid");
	}
	return graph_build(lab, &o);
}

static inline struct graph *drawn_text(const char *text, const char *step)
{
	const struct source src = {"lab.yaml", text, strlen(text)};

	return drawn_source(&src, step, false);
}
