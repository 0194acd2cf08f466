// SPDX-License-Identifier: GPL-2.0-only
/** LAB-DIR/run/NAME: what a sheltered worker has as /run/labctl, for sockets that others shall reach. */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/** LAB-DIR/run, made where it is missing: a descriptor, or -1 with *err. */
int supervise_rundir_open(int dir_fd, struct lab_error **err);

/**
 * Makes LAB-DIR/run/NAME anew: empty, mode 0700, the user's own. For a process that is about to
 * become that worker.
 */
int supervise_rundir_make(int dir_fd, const char *name, uid_t uid, struct lab_error **err)
	__attribute__((warn_unused_result));
