// SPDX-License-Identifier: GPL-2.0-only
/**
 * Processes that handlers left behind. Those in a handler's own process group are killed with it;
 * one that has called setsid() or setpgid() is not. As a "child subreaper" we become the parent of
 * such a process when its own is gone, and so find it.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/** Makes the calling process the parent of its orphaned descendants. 0, or -1 with errno. */
int function_strays_adopt(void);

/**
 * Reaps every dead child but the n running handlers, and kills and reaps the living ones that none
 * of these can have started: those that are older than all of them. Gives how many others are left,
 * which a running handler may still need. For processes that have no children of another kind.
 */
size_t function_strays_sweep(const pid_t *running, size_t n);
