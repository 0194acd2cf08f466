// SPDX-License-Identifier: GPL-2.0-only
/** Finding the program that a command names, and saying why it does not start. */
#pragma once

#include "base/error.h"

/** Where commands without a slash are looked for, in this order; and what is a command's PATH. */
#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/**
 * The path to execute for argv[0], to be freed: itself where it has a slash, else the first
 * executable file of that name in PROGRAM_PATH. NULL with *err.
 */
char *program_find(const char *name, struct lab_error **err);

/** Makes the error for a program that could not be executed. -1. */
int program_refused(const char *path, int errnum, struct lab_error **err);
