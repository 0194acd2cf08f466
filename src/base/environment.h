// SPDX-License-Identifier: GPL-2.0-only
/** An environment for a program that is about to be started. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Zeroed is empty. vars is NULL-terminated as soon as anything was set. */
struct environment {
	char **vars;
	size_t n;
};

/** Sets NAME=VALUE, in the place of a former value where there is one. */
void environment_set(struct environment *e, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Whether that may be the name of a variable. */
bool environment_name_valid(const char *name);

void environment_done(struct environment *e);
