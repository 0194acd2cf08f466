// SPDX-License-Identifier: GPL-2.0-only
/**
 * The supervisor's state: its workers, and the load that is going on.
 *
 * A load is a transaction. New and changed workers are started beside the old ones, on the same
 * sockets; when all are ready, the old ones and those that vanished are told to stop. When one fails,
 * the new ones go and everything is as before.
 *
 * Workers that are alone (supervise/spec.h) cannot be beside another: what they replace, and those
 * among them that vanish, make way at once, the new ones wait for that, and a load that fails lets
 * those that made way come back.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/name.h"
#include "priv/priv.h"

struct worker;
struct control;
struct socket_pool;

/** User numbers: one for each process, kept until nothing that it started is left. */
struct user_slot {
	bool used;
	uid_t uid;
	pid_t sweeper; /* kills what is left of that user; 0: none */
	/* worker whose LAB-DIR/run/NAME goes with it; "": none's does */
	char run[NAME_MAX_LEN + 1];
};

struct supervisor {
	const char *lab;
	const char *libexec; /* absolute path */
	int dir_fd;          /* the lab's directory, in this process's mount namespace */
	int root_fd;         /* the host's root directory, as its mount namespace sees it */
	struct loop *loop;
	struct socket_pool *pool;
	struct control *control;
	struct worker *workers;
	bool loading, stopping;
	/** Called once when the load that was begun is over; err NULL: all are ready. */
	void (*loaded)(struct supervisor *sup, const struct lab_error *err);
	struct loop_timer settle; /* supervisor_settle() in the next turn */
	struct loop_timer rotate;
	struct user_slot slots[PRIV_WORKER_SLOTS];
};

/** Begins a load of the "workers" array. -1 with *err: nothing was changed, loaded() is not called. */
int supervisor_load(struct supervisor *sup, json_t *workers, struct lab_error **err);
/** Gives up the load that is going on, if any: its client went away. */
void supervisor_abort_load(struct supervisor *sup);
/** Looks whether the load is over, and starts those whose way is free now. */
void supervisor_go_on_loading(struct supervisor *sup);
/** Ends all workers, then the loop. */
void supervisor_stop(struct supervisor *sup);
/** {"workers": [...]} as in supervise/client.h. */
json_t *supervisor_status(const struct supervisor *sup);

/** A worker changed its state: looks, in the next turn of the loop, what follows from it. */
void supervisor_touch(struct supervisor *sup);
/** Waits for every child that has ended. */
void supervisor_reap(struct supervisor *sup);
/** Begins to watch the sizes of logs. */
void supervisor_watch_logs(struct supervisor *sup);

/** A user number for a process, or -1 with *err. */
int supervisor_user_take(struct supervisor *sup, struct lab_error **err);
/** Ends what is left of that user; with `run`, a worker's name, also its files in LAB-DIR/run. */
void supervisor_user_drop(struct supervisor *sup, int slot, const char *run);
/** A child has ended: maybe one that supervisor_user_drop() had started. */
void supervisor_user_reaped(struct supervisor *sup, pid_t pid, int status);
/** Whether something may still run as a user number that was dropped. */
bool supervisor_user_sweeping(const struct supervisor *sup);
