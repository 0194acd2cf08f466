// SPDX-License-Identifier: GPL-2.0-only
/** Starts the process of a worker: the contract of base/worker.h from the supervisor's side. */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "supervise/spec.h"

struct spawn {
	const struct spec *spec;
	const char *program; /* absolute path */
	int program_fd;      /* of the same file: executed where the path is closed to its user */
	int dir_fd; /* the lab's directory, as the mount namespace of this process sees it */
	int netns, log, config, ready; /* descriptors */
	const int *sockets;            /* as spec->sockets */
	uid_t uid;                     /* and gid */
};

/** The pid; failures after the fork are written to the log, and the process exits with 125. */
pid_t supervise_spawn_worker(const struct spawn *s, struct lab_error **err);
