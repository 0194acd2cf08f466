// SPDX-License-Identifier: GPL-2.0-only
/** The checks behind `labctl test`: what a lab promises, looked at on the real data plane. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/model.h"
#include "plan/plan.h"

enum check_verdict { CHECK_OK, CHECK_FAILED };

struct check_result {
	const char *id, *title; /* borrowed from the check */
	enum check_verdict verdict;
	uint64_t ms; /* from the first try to the last */
	/* failed: what was seen instead; ok: what was measured, where the check
	 * compares measures, else NULL. UTF-8 */
	char *why;
	char *evidence; /* failed: lines of routes, neighbours, counters, logs; may be "" */
};

struct check_options {
	const char *libexec; /* folder of labctl-probe */
	int lab_dir;         /* descriptor of the lab's state directory, for logs; -1: none */
	/* Called before (result NULL) and after each check; may be NULL. */
	void (*progress)(void *ctx, const struct check *check, const struct check_result *result);
	void *ctx;
	const volatile int *cancelled; /* set by a signal handler: stop and fail; may be NULL */
};

/**
 * The checks that hold for a lab in this state: those of the step that it stopped after or of the
 * exercise that it is in, or of the last step and of the lab as a whole. Array (pointers into the lab) to be freed by the caller.
 */
const struct check **check_select(const struct lab *lab, const char *step, size_t *n)
	__attribute__((returns_nonnull));

/**
 * Runs the checks one after the other, on the lab as it is up. Results: array of n, in order, to be
 * freed with check_results_free(). NULL with *err where the checks could not be carried out at all;
 * a check that fails is no error.
 */
struct check_result *check_run(const struct lab *lab, const struct plan *plan,
			       const struct check *const *checks, size_t n,
			       const struct check_options *options, struct lab_error **err);
void check_results_free(struct check_result *results, size_t n); /* NULL is fine */

struct check_summary {
	size_t ok, failed;
};
struct check_summary check_count(const struct check_result *results, size_t n);

/* --- the results as text, appended to `out` --- */

/** Test Anything Protocol, version 13, with YAML blocks for what failed or was measured. */
void check_report_tap(struct strbuf *out, const struct check_result *results, size_t n);
/** JUnit XML as the usual CI services read it: one test suite named after the lab. */
void check_report_junit(struct strbuf *out, const char *lab, const struct check_result *results,
			size_t n);
/** {"lab", "step", "ok", "failed", "checks": [{"id", "title", "verdict", "ms",
 * "why" | "measured"?, "evidence"?}...]} */
void check_report_json(struct strbuf *out, const char *lab, const char *step,
		       const struct check_result *results, size_t n);
/** One line per check with a mark in front, for people; evidence indented under what failed. */
void check_report_line(struct strbuf *out, const struct check_result *result, bool colour);
/** "12 of 12 checks hold", "11 of 12 checks hold, 1 failed". */
void check_report_summary(struct strbuf *out, const struct check_result *results, size_t n);
