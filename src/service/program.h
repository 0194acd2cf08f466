// SPDX-License-Identifier: GPL-2.0-only
/** Finding the program that a command names, and saying why it does not start. */
#pragma once

#include "base/error.h"

/**
 * The path to execute for argv[0], to be freed: itself where it has a slash, else the first
 * executable file of that name in SERVICE_PATH. NULL with *err.
 */
char *service_program_find(const char *name, struct lab_error **err);

/** Makes the error for a program that could not be executed. -1. */
int service_program_refused(const char *path, int errnum, struct lab_error **err);
