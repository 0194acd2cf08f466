// SPDX-License-Identifier: GPL-2.0-only
/** Operation errors: what failed, to what, why, and what to do about it. */
#pragma once

#include <stdarg.h>

#include <labctl/exit.h>

struct lab_error;

/**
 * Makes an error and stores it in *err (which must be NULL or hold an error, which is freed).
 * err itself may be NULL when the caller does not want to know.
 * Returns -1 always, so that `return lab_error_make(err, ...)` ends a function.
 */
int lab_error_make(struct lab_error **err, enum lab_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull(3)));

/** As lab_error_make(), with ": " and strerror(errnum) appended; errnum is positive. */
int lab_error_errno(struct lab_error **err, enum lab_status status, int errnum, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5), nonnull(4)));

/** Puts "text: " before the message on its way up. Returns -1. */
int lab_error_prefix(struct lab_error **err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));

/** Sets the advice that is printed under the message ("hint: ..."). Returns -1. */
int lab_error_hint(struct lab_error **err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));

/** Replaces the exit status that this error leads to. Returns -1. */
int lab_error_set_status(struct lab_error **err, enum lab_status status);

const char *lab_error_message(const struct lab_error *err); /* borrowed, never NULL */
const char *lab_error_hint_get(
	const struct lab_error *err); /* borrowed, NULL where there is none */
enum lab_status lab_error_status(const struct lab_error *err); /* LAB_FAILED for NULL */
int lab_error_errnum(const struct lab_error *err);             /* 0 where no errno was involved */

void lab_error_free(struct lab_error *err); /* NULL is fine */

static inline void cleanup_lab_error(struct lab_error **err)
{
	lab_error_free(*err);
}
#define auto_error __attribute__((cleanup(cleanup_lab_error)))
