// SPDX-License-Identifier: GPL-2.0-only
/** What a dead worker left behind: processes and files of its user. */
#pragma once

#include <sys/types.h>

/**
 * Kills all that still runs as `uid` in this PID namespace, waits until none of it has a descriptor
 * (a port) any more, and removes LAB-DIR/run/`name` (NULL: nothing). Done by a helper process of that
 * user, whose pid it gives (-1: could not be started): when that has exited, the user number is free
 * again.
 */
pid_t supervise_sweep(uid_t uid, int dir_fd, const char *name);
