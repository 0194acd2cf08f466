// SPDX-License-Identifier: GPL-2.0-only
/** Starting a program of others in a process group of its own, and ending that group. */
#pragma once

#include <sys/types.h>

/** All borrowed. */
struct child_spec {
	const char *path;    /* as execve() takes it: not searched for, not handed to a shell */
	char *const *argv;   /* NULL-terminated */
	char *const *env;    /* whole environment, NULL-terminated */
	const char *folder;  /* where it begins; NULL: where the caller is */
	const int *standard; /* what becomes its descriptors 0, 1, 2; it gets no other */
};

/**
 * Executes it, with default signals. *pidfd is close-on-exec and readable when it has ended. 0, or the
 * errno of what failed, the exec included: nothing is left then.
 */
int child_start(const struct child_spec *s, pid_t *pid, int *pidfd);

/** Kills its whole process group; fine when all have ended. */
void child_kill(pid_t pid);

/**
 * Takes its exit status (waitid's code and status), waiting for it if need be, and kills what it
 * left behind in its process group. The pidfd stays the caller's to close.
 */
void child_reap(pid_t pid, int pidfd, int *code, int *status);
