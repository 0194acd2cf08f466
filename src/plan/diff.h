// SPDX-License-Identifier: GPL-2.0-only
/** From what is to what shall be: the ordered list of steps. Pure. */
#pragma once

#include "plan/plan.h"

enum plan_op {
	PLAN_REMOVE,
	PLAN_CHANGE, /* in place */
	PLAN_ADD
};

struct plan_step {
	enum plan_op op;
	enum plan_kind kind;
	const void *before; /* object of kind; NULL for PLAN_ADD */
	const void *after;  /* NULL for PLAN_REMOVE */
};

struct plan_diff {
	struct arena *arena;
	struct plan_step *steps;
	size_t n;
};

/**
 * Steps that lead from `is` to `shall` (both sorted; NULL or empty: nothing there). Removals come
 * first, in reverse order of kinds, then changes and additions in order of kinds, namespace by
 * namespace. What disappears with its namespace or link gets no step of its own; what hangs on a
 * replaced link is removed with it and added again. What is->extra holds is removed first.
 * The steps point into both plans, which must outlive the diff.
 */
struct plan_diff *plan_diff(const struct plan *is, const struct plan *shall)
	__attribute__((returns_nonnull));
void plan_diff_free(struct plan_diff *d);

/** The same step undone: add becomes remove and the reverse, a change goes back. */
struct plan_step plan_step_inverse(struct plan_step s);

/** What a step is about, beside the object's key: "down (was ...)"; NULL: nothing that people look for. */
const char *plan_step_detail(struct arena *a, const struct plan_step *s);

/** "+ link vpc-3/ecs-3 <-> ecs-3/eth0": one line for people, allocated from a. */
char *plan_step_describe(struct arena *a, const struct plan_step *s);
