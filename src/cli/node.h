// SPDX-License-Identifier: GPL-2.0-only
/** Running a command in a node: what `exec` and `shell` share. */
#pragma once

#include "cli/cli.h"

struct cli_variable {
	const char *name, *value;
};

/**
 * Runs argv[0] (found along PATH) in the node, as root in a container would: its network, host name
 * and resolver, the lab's processes, the capabilities of priv_exec(). Standard input, output and error
 * are the caller's; where input and output are terminals, it gets one of its own. extra: further
 * environment, ended by a NULL name; NULL: none.
 *
 * Gives the command's exit status, 128 + signal, 126 (cannot be executed), 127 (not found), or
 * LAB_EXEC with *err.
 */
int cli_run_in_node(const struct cli_running *r, const struct plan_node *node, char **argv,
		    const struct cli_variable *extra, struct lab_error **err);
