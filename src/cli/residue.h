// SPDX-License-Identifier: GPL-2.0-only
/** What is left on this host of labs that are not up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/** Looks, and prints what was looked at and what was found. *found: how much. */
int cli_residue(bool json, size_t *found, struct lab_error **err);

/**
 * The names of all labs of which there is anything on this host: directories, marked namespaces, names
 * that lead to none, supervisors; without root, of this user's: records and keepers. *n of them,
 * sorted; array and names to be freed.
 */
char **cli_all_labs(size_t *n, struct lab_error **err);
