// SPDX-License-Identifier: GPL-2.0-only
/** What `plan` shows, for other verbs that are about to change a lab. */
#pragma once

#include "cli/cli.h"

/** What `up` would do, on standard output. from_nothing: as if the lab were not up. */
int cli_show_change(const struct plan *wanted, bool from_nothing, struct lab_error **err);
