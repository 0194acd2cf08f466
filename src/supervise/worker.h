// SPDX-License-Identifier: GPL-2.0-only
/** One worker: what it shall be, the process that it is, and what happens when that ends. */
#pragma once

#include "base/loop.h"
#include "supervise/note.h"
#include "supervise/sockets.h"
#include "supervise/supervisor.h"

#define WORKER_CRASHES 10 /* so many within WORKER_CRASH_WINDOW_MS: no further attempt */

enum worker_state {
	WORKER_WAITING,     /* for those that it cannot be beside to end, itself among them */
	WORKER_STARTING,    /* its process has not said "ready" yet */
	WORKER_READY,       /* serves */
	WORKER_RELOADING,   /* serves, and takes its new configuration */
	WORKER_BACKING_OFF, /* crashed, will be started again; its sockets are held */
	WORKER_FAILED,      /* given up; its sockets are closed, so that clients are refused */
	WORKER_PAUSED,      /* made way for the load that is going on: told to end, or has ended */
	WORKER_STOPPING     /* told to end; freed when it has */
};
const char *supervise_worker_state_name(enum worker_state state);

struct worker {
	struct worker *next;
	struct supervisor *sup;
	struct spec *spec;
	struct spec
		*before; /* what it was before the load that is going on let it reload; or NULL */
	enum worker_state state;
	bool wanted;    /* by the load that is going on */
	bool tentative; /* made by that load: goes again if the load fails */
	bool apart; /* never there at once with what it replaces, or is replaced by: must it wait? */
	struct held_socket **held; /* as spec->sockets; NULL: not held */
	dev_t netns_dev;
	ino_t netns_ino;
	pid_t pid;            /* 0: no process */
	pid_t outside;        /* the same process as the host knows it; 0: unknown */
	int slot;             /* of its user number; -1: none */
	bool overdue;         /* was killed for not being ready in time */
	bool stopped;         /* by a signal such as SIGSTOP, from somebody else */
	struct loop_io ready; /* our end of its socket: readiness, then notes */
	unsigned int awaited; /* how often it has to say "ready" still */
	struct note note;
	struct loop_timer timer; /* readiness deadline, back-off or grace period, by state */
	uint64_t since;          /* loop_now() of the last change of state */
	uint64_t crashes[WORKER_CRASHES]; /* when, the oldest overwritten */
	size_t n_crashes;
	unsigned int backoff_ms; /* the next one */
	unsigned int restarts;
	char reason[512]; /* why it crashed last */
};

/** Takes the spec. Not started yet. */
struct worker *supervise_worker_new(struct supervisor *sup, struct spec *spec);
void supervise_worker_free(struct worker *w);

/** Whether the running worker is what this spec asks for, in namespaces that still are the same. */
bool supervise_worker_is(const struct worker *w, const struct spec *spec);

/** Whether its process can become what this spec asks for, in namespaces that still are the same. */
bool supervise_worker_can_reload(const struct worker *w, const struct spec *spec);
/** Lets it do so: it takes the spec, and what it was is w->before. -1 with *err: all is as it was. */
int supervise_worker_reload(struct worker *w, struct spec *spec, struct lab_error **err);
/** The load was undone: it becomes again what it was before. */
void supervise_worker_reload_back(struct worker *w);
/** The load is over: there is no way back. */
void supervise_worker_reload_stays(struct worker *w);

/** Opens its sockets and starts its process, with a clean record. -1 with *err: nothing runs. */
int supervise_worker_start(struct worker *w, struct lab_error **err);
/** To be started by the load (load.c) when its way is free. */
void supervise_worker_wait(struct worker *w);
/** SIGTERM, and SIGKILL after the grace period. It may come back: what it remembers stays held. */
void supervise_worker_pause(struct worker *w);
/** The same, for good. */
void supervise_worker_stop(struct worker *w);
/** Lets a stopped process go on. */
void supervise_worker_wake(struct worker *w);
/** Its process was stopped, or goes on. */
void supervise_worker_halted(struct worker *w, bool stopped);
/** Its process has ended with this wait status. */
void supervise_worker_exited(struct worker *w, int status);
