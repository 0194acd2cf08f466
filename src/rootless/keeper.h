// SPDX-License-Identifier: GPL-2.0-only
/** Starting and ending labctl-keeper, seen from labctl. */
#pragma once

#include "state/state.h"

struct keeper {
	struct process_id id;
	int pidfd;
	int control; /* -1: let go */
};
#define KEEPER_INIT                        \
	{                                  \
		.pidfd = -1, .control = -1 \
	}

/**
 * Makes the namespaces and the keeper in them, with its mounts. It ends with this process until
 * rootless_keeper_let_go(). dir_fd: the record's directory, or -1. *err is explained already.
 */
int rootless_keeper_start(const char *lab, int dir_fd, const char *libexec, struct keeper *k,
			  struct lab_error **err);
int rootless_keeper_let_go(struct keeper *k, struct lab_error **err);

/** Ends the keeper, and with it all processes of its space. Waits until it is gone. */
int rootless_keeper_end(int pidfd, struct lab_error **err);
/** Whether it has ended, or does within timeout_ms. */
bool rootless_keeper_ended(int pidfd, int timeout_ms);
