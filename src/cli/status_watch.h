// SPDX-License-Identifier: GPL-2.0-only
/** labctl status LAB --watch */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/**
 * Follows the lab until a signal, or until it goes down, and prints a line for everything that comes to
 * differ from the plan, or no longer does. *differs: something does at the end. -1 with *err.
 */
int cli_status_watch(const char *lab, bool json, bool *differs, struct lab_error **err);
