// SPDX-License-Identifier: GPL-2.0-only
/** What `plan` shows, for other verbs that are about to change a lab. */
#pragma once

#include "cli/cli.h"

/** What `up` would do, and who would reach whom by it, on standard output. */
int cli_show_change(const struct plan *wanted, struct lab_error **err);
