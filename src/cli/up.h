// SPDX-License-Identifier: GPL-2.0-only
/** What `up` does, for other verbs that bring a lab up. */
#pragma once

#include "cli/cli.h"
#include "cli/summary.h"

/** The plan of a lab whose handlers are there, with the name of its file; goes where the lab will be
 * (cli_enter()). NULL with *err. */
struct plan *cli_wanted(const struct cli_lab *lab, struct lab_error **err);
/** Makes it real, or changes the lab that is up; the summary borrows the plan. */
int cli_up(const struct plan *wanted, struct cli_summary *summary, struct lab_error **err);
