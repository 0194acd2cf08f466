// SPDX-License-Identifier: GPL-2.0-only
/** How `labctl plan` shows what would change. */
#pragma once

#include "analyse/resource.h"

struct cli_changes {
	const char *lab;
	const struct analyse_resources *resources;
	const struct analyse_changes *reachability;
	bool objects; /* every Linux object, every pair */
};

/** On standard output. */
void cli_changes_print(const struct cli_changes *c);
