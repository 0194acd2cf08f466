// SPDX-License-Identifier: GPL-2.0-only
/*
 * A check that fails is tried again until its time is over, because what it looks at may still be
 * on its way (a worker that starts, a name that somebody remembers). A check that wants silence is
 * tried once: it has listened long enough by itself, and a second try could only hide an answer.
 */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "check/evidence.h"
#include "check/judge.h"
#include "check/look.h"
#include "check/outage.h"
#include "check/probe.h"

#define PAUSE_MS 100   /* between two tries */
#define EXTRA_MS 15000 /* for the probe's own start and name look-ups, beside its timeout */

/* What one try saw. */
struct attempt {
	enum check_verdict verdict;
	struct strbuf why;
	char *request_id; /* X-Ca-Request-Id of the answer, NULL: none */
};

static void attempt_done(struct attempt *a)
{
	strbuf_done(&a->why);
	free(a->request_id);
	memset(a, 0, sizeof(*a));
}
#define auto_attempt __attribute__((cleanup(attempt_done)))

static bool cancelled(const struct check_options *o)
{
	return o->cancelled && *o->cancelled;
}

const struct check **check_select(const struct lab *lab, const char *step, size_t *n)
{
	const struct exercise *e = lab_find_exercise(lab, step);
	const struct step *s = step           ? lab_find_step(lab, step)
			       : lab->n_steps ? &lab->steps[lab->n_steps - 1]
					      : NULL;
	bool all = !lab->n_steps || s == &lab->steps[lab->n_steps - 1];
	size_t own = e ? e->n_checks : s ? s->n_checks : 0;
	const struct check **checks = calloc(own + lab->n_checks + 1, sizeof(*checks));

	if (!checks)
		abort();
	*n = 0;
	for (size_t i = 0; i < own; i++)
		checks[(*n)++] = e ? &e->checks[i] : &s->checks[i];
	for (size_t i = 0; all && !e && i < lab->n_checks; i++)
		checks[(*n)++] = &lab->checks[i];
	return checks;
}

/* Evidence that could not be had: the check fails with the reason, the others go on. */
static void fail_with(struct attempt *a, const struct lab_error *err)
{
	a->verdict = CHECK_FAILED;
	strbuf_add(&a->why, lab_error_message(err));
}

static void try_route(const struct check *check, const struct plan *plan, struct attempt *a)
{
	auto_error struct lab_error *err = NULL;
	struct ip_prefix dst;
	const char *origin;

	if (ip_prefix_parse(check->target.s, &dst) != IP_OK) {
		a->verdict = CHECK_FAILED;
		strbuf_printf(&a->why, "'%s' is no CIDR block", check->target.s);
		return;
	}
	origin = check_route_origin(plan->lab, check->from.name, dst, &err);
	if (origin)
		a->verdict = check_judge_route(check, origin, &a->why);
	else
		fail_with(a, err);
}

static void try_probe(const struct check *check, const struct plan *plan,
		      const struct check_options *o, struct attempt *a)
{
	auto_error struct lab_error *err = NULL;
	const struct plan_node *node = plan_find_node(plan, check->from.name);
	json_t *spec, *result;
	const char *id;
	uint64_t timeout_ms;

	if (!node) {
		a->verdict = CHECK_FAILED;
		strbuf_printf(&a->why, "%s is not up", check->from.name);
		return;
	}
	spec = check_spec(check);
	timeout_ms = (uint64_t)json_integer_value(json_object_get(spec, "timeout_ms")) +
		     (uint64_t)(json_integer_value(json_object_get(spec, "count")) *
				json_integer_value(json_object_get(spec, "interval_ms")));
	result = check_probe(plan->lab, node, o->libexec, spec, timeout_ms + EXTRA_MS, o->cancelled,
			     &err);
	json_decref(spec);
	if (!result) {
		fail_with(a, err);
		return;
	}
	a->verdict = check_judge(check, result, &a->why);
	id = check_header(json_object_get(result, "headers"), "X-Ca-Request-Id");
	a->request_id = id ? strdup(id) : NULL;
	json_decref(result);
}

/* Cuts the line while the probe pings, and joins it again whatever happened. */
static void try_outage(const struct check *check, const struct plan *plan,
		       const struct check_options *o, struct attempt *a)
{
	auto_error struct lab_error *err = NULL;
	json_t *result = check_outage(check, plan, o, &err);

	if (!result) {
		fail_with(a, err);
		return;
	}
	a->verdict = check_judge(check, result, &a->why);
	json_decref(result);
}

static void pause_ms(unsigned ms)
{
	struct timespec ts = {.tv_nsec = (long)ms * 1000000};

	(void)nanosleep(&ts, NULL); /* a signal ends the pause early, which is fine */
}

static void repeat(const struct check *check, const struct plan *plan,
		   const struct check_options *o, struct attempt *a)
{
	uint64_t end = clock_ms() + check->wait.v / 1000;

	for (;;) {
		attempt_done(a);
		if (check->kind == CHECK_ROUTE)
			try_route(check, plan, a);
		else if (check->kind == CHECK_OUTAGE)
			try_outage(check, plan, o, a);
		else
			try_probe(check, plan, o, a);
		if (a->verdict != CHECK_FAILED || check_wants_silence(check) ||
		    check->kind == CHECK_OUTAGE || clock_ms() >= end || cancelled(o))
			return;
		pause_ms(PAUSE_MS);
	}
}

static void run_one(const struct check *check, const struct plan *plan,
		    const struct check_options *o, struct check_result *r)
{
	auto_attempt struct attempt a = {0};
	uint64_t start = clock_ms();

	r->id = check->id.s;
	r->title = check->title.s;
	repeat(check, plan, o, &a);
	r->ms = clock_ms() - start;
	r->verdict = a.verdict;
	if (a.why.len) {
		r->why = strbuf_take(&a.why);
		check_clean(r->why);
	}
	if (a.verdict == CHECK_FAILED) {
		auto_strbuf struct strbuf evidence = {0};

		check_evidence(check, plan, o->lab_dir, a.request_id, &evidence);
		r->evidence = strbuf_take(&evidence);
		check_clean(r->evidence);
	}
}

struct check_result *check_run(const struct lab *lab, const struct plan *plan,
			       const struct check *const *checks, size_t n,
			       const struct check_options *options, struct lab_error **err)
{
	struct check_result *results = calloc(n + 1, sizeof(*results));

	if (!results)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (options->progress)
			options->progress(options->ctx, checks[i], NULL);
		run_one(checks[i], plan, options, &results[i]);
		if (cancelled(options)) {
			check_results_free(results, n);
			lab_error_make(err, LAB_FAILED, "%s: interrupted at check '%s'",
				       lab->id.name, checks[i]->id.s);
			return NULL;
		}
		if (options->progress)
			options->progress(options->ctx, checks[i], &results[i]);
	}
	return results;
}

void check_results_free(struct check_result *results, size_t n)
{
	for (size_t i = 0; results && i < n; i++) {
		free(results[i].why);
		free(results[i].evidence);
	}
	free(results);
}

struct check_summary check_count(const struct check_result *results, size_t n)
{
	struct check_summary s = {0};

	for (size_t i = 0; i < n; i++) {
		s.ok += results[i].verdict == CHECK_OK;
		s.failed += results[i].verdict == CHECK_FAILED;
	}
	return s;
}
