// SPDX-License-Identifier: GPL-2.0-only
/** A command that takes a new configuration while it runs ("reload" of base/worker.h). */
#pragma once

#include <sys/types.h>

#include "base/loop.h"
#include "service/config.h"

/** Embedded; zeroed, with `loop` and `done` set, before the first use. */
struct service_reload {
	struct loop *loop;
	/** Once for each configuration: how it went. failure NULL: it is in effect. */
	void (*done)(struct service_reload *r, const char *failure);
	struct loop_io asked, ended;
	struct service_config *config; /* the last one that came; NULL: none yet */
	pid_t pid;                     /* of the program that tells the command; 0: none */
	int pidfd;
};

/** From now on waits for configurations: writes the files of each and runs its "reload". */
int service_reload_watch(struct service_reload *r, struct lab_error **err);
/** Ends what is going on; nothing is waited for any more. Fine where service_reload_watch() never was called. */
void service_reload_done(struct service_reload *r);
