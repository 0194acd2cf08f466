// SPDX-License-Identifier: GPL-2.0-only
/** Rules across the resources of a lab: what one value alone cannot show to be wrong. */
#pragma once

#include <stddef.h>

#include "base/diag.h"
#include "model/model.h"

/**
 * Completes and checks a lab as parse/ left it, which may be partial:
 *  1. resolves every reference (`ref.to`, `vswitch.vpc`);
 *  2. fills in what was not written and must differ within the lab: private addresses, gateway
 *     VIPs, egress ranges, ids and titles of checks;
 *  3. expands ${...} in the checks that hold in the lab's present state, and in the texts of steps and exercises;
 *  4. applies the rules.
 * Every finding goes to `diags`. Where the lab has an error, some references may stay NULL.
 *
 * The checks of other steps than lab->step (the last one where that is NULL) speak of another state
 * of the lab: they are resolved where possible and otherwise left alone, without a diagnostic.
 * Whoever wants them checked validates the lab of each step.
 */
void validate_lab(struct lab *lab, struct diag_list *diags) __attribute__((nonnull));

/**
 * The text with the values of its ${...}, as in checks, of a lab that was validated. From the lab's arena; NULL
 * with *why, from there too, where one is unknown (and what was meant instead) or has no value.
 */
const char *validate_expand(struct lab *lab, const char *text, const char **why);

struct validation;

/** One row of the table: one rule, one function, one id in the brackets of its diagnostics. */
struct validate_rule {
	const char *id;
	enum diag_severity severity;
	void (*fn)(struct validation *v);
	const char *doc; /* one sentence: what must hold */
};

/** The table, in the order in which the rules run. */
const struct validate_rule *validate_rules(size_t *n) __attribute__((returns_nonnull, nonnull));
