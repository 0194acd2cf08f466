// SPDX-License-Identifier: GPL-2.0-only
/** From a lab to its plan, with what has to be looked up on this host before. */
#pragma once

#include "cli/cli.h"

/**
 * The lab's plan for this host's kernel, verified. Without root nobody can ask the kernel: then it is the
 * plan for one that has netem. NULL with *err.
 */
struct plan *cli_compile(const struct cli_lab *l, struct lab_error **err);

/** The same for looking at: it is not verified, and the lab has to outlive it. */
struct plan *cli_compile_view(const struct cli_lab *l) __attribute__((returns_nonnull));

/**
 * Adds an error for each function whose handler is not an executable file: compile/ is pure and
 * cannot look.
 */
void cli_check_handlers(const struct cli_lab *l, struct diag_list *diags);
