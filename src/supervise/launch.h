// SPDX-License-Identifier: GPL-2.0-only
/** Starting a worker's process with all that it is to have. */
#pragma once

#include "supervise/worker.h"

/**
 * Opens what the worker does not hold yet, its log and its configuration, takes a user number and
 * forks: w->pid, w->outside and w->ready are set. -1 with *err: there is no process; what was
 * opened stays held.
 */
int supervise_launch(struct worker *w, struct lab_error **err);

/** Sends its process the configuration that w->spec has now. -1 with *err: it did not get it. */
int supervise_launch_reload(const struct worker *w, struct lab_error **err);

/** Gives back its descriptors; NULL stands in w->held for each that is gone. */
enum launch_drop {
	DROP_ALL,
	DROP_SOCKETS, /* but not what it remembers: its memory */
	DROP_QUEUES, /* but only those that nobody else may read from: its next process gets new ones */
};
void supervise_launch_drop(struct worker *w, enum launch_drop what);

/** Leaves the ports at which other copies of the worker listen to them: supervise_pool_leave(). */
void supervise_launch_leave(struct worker *w);
