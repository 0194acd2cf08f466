// SPDX-License-Identifier: GPL-2.0-only
/** Exercises: what they say must be what somebody can see. */
#include "validate/rule.h"
#include "validate/rules.h"

typedef void exercise_fn(struct validation *v, const struct exercise *e);

static void each_exercise(struct validation *v, exercise_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_steps; i++)
		for (size_t j = 0; j < v->lab->steps[i].n_exercises; j++)
			fn(v, &v->lab->steps[i].exercises[j]);
}

static void check_proof(struct validation *v, const struct exercise *e)
{
	if (!e->n_checks && !e->refused.s) {
		validate_report(v, e->id.at, "nothing proves the answer of exercise '%s'",
				e->id.name);
		validate_hint(
			v,
			"write `checks:` that hold in it, or `refused:` and the rule that refuses it");
	} else if (e->n_checks && e->refused.s) {
		validate_report(v, e->refused.at,
				"exercise '%s' is refused, so its checks can never run",
				e->id.name);
		validate_hint(v, "keep one of `refused` and `checks`");
	}
}

void validate_exercise_proof(struct validation *v)
{
	each_exercise(v, check_proof);
}

static void check_rule(struct validation *v, const struct exercise *e)
{
	size_t n;
	const struct validate_rule *rules = validate_rules(&n);
	const char **ids = arena_alloc(v->scratch, n * sizeof(*ids) + 1);
	const char *near;

	if (!e->refused.s)
		return;
	for (size_t i = 0; i < n; i++) {
		ids[i] = rules[i].id;
		if (streq(ids[i], e->refused.s))
			return;
	}
	validate_report(v, e->refused.at, "there is no rule '%s'", e->refused.s);
	near = diag_nearest(e->refused.s, ids, n);
	if (near)
		validate_hint(v, "did you mean %s?", near);
	else
		validate_hint(v,
			      "it is what stands in brackets behind a message of `labctl check`");
}

void validate_exercise_rule(struct validation *v)
{
	each_exercise(v, check_rule);
}
