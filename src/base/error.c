// SPDX-License-Identifier: GPL-2.0-only
/*
 * One heap object per error. Memory for an error can be missing too: then the static `exhausted`
 * stands in for it, so that a failure is never mistaken for success.
 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lab_error {
	char *message;
	char *hint;
	enum lab_status status;
	int errnum;
};

static struct lab_error exhausted = {.message = (char *)"out of memory", .status = LAB_FAILED};

static void store(struct lab_error **err, enum lab_status status, int errnum, char *message)
{
	struct lab_error *e;

	if (!err) {
		free(message);
		return;
	}
	lab_error_free(*err);
	e = message ? calloc(1, sizeof(*e)) : NULL;
	if (!e) {
		free(message);
		*err = &exhausted;
		return;
	}
	*e = (struct lab_error){.message = message, .status = status, .errnum = errnum};
	*err = e;
}

__attribute__((format(printf, 1, 0))) static char *format(const char *fmt, va_list ap)
{
	char *text = NULL;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

int lab_error_make(struct lab_error **err, enum lab_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	store(err, status, 0, format(fmt, ap));
	va_end(ap);
	return -1;
}

int lab_error_errno(struct lab_error **err, enum lab_status status, int errnum, const char *fmt,
		    ...)
{
	char *what, *whole = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = format(fmt, ap);
	va_end(ap);
	if (what && asprintf(&whole, "%s: %s", what, strerror(errnum)) < 0)
		whole = NULL;
	free(what);
	store(err, status, errnum, whole);
	return -1;
}

int lab_error_prefix(struct lab_error **err, const char *fmt, ...)
{
	char *prefix, *whole = NULL;
	va_list ap;

	if (!err || !*err || *err == &exhausted)
		return -1;
	va_start(ap, fmt);
	prefix = format(fmt, ap);
	va_end(ap);
	if (prefix && asprintf(&whole, "%s: %s", prefix, (*err)->message) >= 0) {
		free((*err)->message);
		(*err)->message = whole;
	}
	free(prefix);
	return -1;
}

int lab_error_hint(struct lab_error **err, const char *fmt, ...)
{
	va_list ap;

	if (!err || !*err || *err == &exhausted)
		return -1;
	free((*err)->hint);
	va_start(ap, fmt);
	(*err)->hint = format(fmt, ap);
	va_end(ap);
	return -1;
}

int lab_error_set_status(struct lab_error **err, enum lab_status status)
{
	if (err && *err && *err != &exhausted)
		(*err)->status = status;
	return -1;
}

const char *lab_error_message(const struct lab_error *err)
{
	return err ? err->message : "unknown error";
}

const char *lab_error_hint_get(const struct lab_error *err)
{
	return err ? err->hint : NULL;
}

enum lab_status lab_error_status(const struct lab_error *err)
{
	return err ? err->status : LAB_FAILED;
}

int lab_error_errnum(const struct lab_error *err)
{
	return err ? err->errnum : 0;
}

void lab_error_free(struct lab_error *err)
{
	if (!err || err == &exhausted)
		return;
	free(err->message);
	free(err->hint);
	free(err);
}
