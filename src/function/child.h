// SPDX-License-Identifier: GPL-2.0-only
/** Starting and ending a handler's process. */
#pragma once

#include <sys/types.h>

/** Our ends of its pipes, non-blocking; -1 once closed. */
struct function_child {
	pid_t pid; /* also its process group; 0: none */
	int pidfd;
	int in, out, err;
};

/**
 * Executes path with no arguments, in its own folder and its own process group, with pipes on
 * descriptors 0-2 and default signals. 0, or the errno of what failed: nothing is left then.
 */
int function_child_start(struct function_child *c, const char *path, char *const *env);

/** Kills its whole process group; fine when it has ended. */
void function_child_kill(const struct function_child *c);

/**
 * Takes its exit status (waitid's code and status), waiting for it if need be, and kills what it
 * left behind in its process group.
 */
void function_child_reap(struct function_child *c, int *code, int *status);
