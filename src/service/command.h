// SPDX-License-Identifier: GPL-2.0-only
/** A service that is a program of the user's: started, awaited, watched and ended. */
#pragma once

#include "base/loop.h"
#include "service/config.h"

/**
 * Writes the files, starts the command in its folder and its own process group, says worker_ready()
 * when it serves, and returns 0 when it has ended after SIGTERM: at once, or when SIGKILL ended its
 * group 8 s later. -1 with *err where it cannot be started, is not ready in time, or ends by itself;
 * nothing of its group is left in any case.
 */
int service_command_run(struct loop *loop, const struct service_config *c, struct lab_error **err);
