// SPDX-License-Identifier: GPL-2.0-only
/** The checks of all copies of a lab, side by side: for teachers. */
#pragma once

#include <stdbool.h>

#include "cli/copies.h"

/**
 * Runs `test` (which prints a report as JSON) on each copy that is up of the lab that `arg` means, and prints
 * what held where. The worst exit status of them; -1 with *err where there is none.
 */
int cli_test_copies(const char *arg, cli_apart_fn *test, void *data, bool json,
		    struct lab_error **err);
