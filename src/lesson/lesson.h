// SPDX-License-Identifier: GPL-2.0-only
/**
 * A lab as a lesson: where a student is, and where the ways lead. A place is what `labctl up --step` takes:
 * LAB_BASE, "STEP" or "STEP/EXERCISE".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/model.h"

/** What is remembered of a student beside the lab itself. */
struct lesson_progress {
	char *at;      /* NULL: not begun */
	char **passed; /* places whose checks held */
	size_t n_passed;
	size_t hints; /* shown at this place */
};

/** From what lesson_write() gave; text NULL: nothing yet. LAB_FAILED where it is something else. */
int lesson_read(const char *text, struct lesson_progress *p, struct lab_error **err);
/** As JSON, to be freed. */
char *lesson_write(const struct lesson_progress *p) __attribute__((returns_nonnull));
void lesson_progress_done(struct lesson_progress *p);

void lesson_move(struct lesson_progress *p, const char *at); /* forgets how many hints were shown */
void lesson_pass(struct lesson_progress *p);                 /* the present place */
bool lesson_passed(const struct lesson_progress *p, const char *place);

/** The step after or before a place, in the arena of the lab; an exercise is left to the step that
 * follows its own, or back to its own. NULL behind the last and before the first one. */
const char *lesson_next(const struct lab *lab, const char *at);
const char *lesson_back(const struct lab *lab, const char *at);
/** Whether a place comes before another; exercises of a step are behind it, all alike. */
bool lesson_precedes(const struct lab *lab, const char *place, const char *other);

/** The place that a student's word means: "start", a step, "STEP/EXERCISE". LAB_USAGE else. */
const char *lesson_find(const struct lab *lab, const char *word, struct lab_error **err);
/** An exercise of the step of `at`, or the only one of that name in the lab. */
const char *lesson_find_exercise(const struct lab *lab, const char *at, const char *word,
				 struct lab_error **err);

/** What a place has. hints: as many as *n. */
const struct text *lesson_hints(const struct lab *lab, const char *at, size_t *n);

static inline void cleanup_lesson_progress(struct lesson_progress *p)
{
	lesson_progress_done(p);
}
#define auto_progress __attribute__((cleanup(cleanup_lesson_progress)))
