// SPDX-License-Identifier: GPL-2.0-only
/**
 * Labs without root. Each has a space: a user, mount, PID, network, IPC and host name namespace, in
 * which the user is root and everything that labctl does as root works as it stands. /run is a file
 * system of the space (with the host's other entries in it), so /run/labctl and /run/netns are there.
 *
 * The space lives as long as its keeper, the init of its PID namespace (main.c): when that ends,
 * the kernel ends every process of the space, and with the last of them go mounts, networks and the
 * state. The keeper ends by itself when no process of the lab is left and nobody works on it.
 *
 * A space is found by its record, a state directory (state/state.h) below the user's own folder:
 * its journal names the keeper as "supervisor", its lock is held while somebody works on the lab. A
 * record alone means nothing: what it names is checked, and one whose keeper is gone is stale.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "state/process.h"

/**
 * Where this user's records are, to be freed: "labctl" in the runtime directory that is given (from
 * XDG_RUNTIME_DIR, or NULL) or in /run/user/UID, if that is the user's alone; else /tmp/labctl-UID.
 * What stands at that path is checked when it is opened (state_open()).
 */
char *rootless_folder(const char *runtime_dir);

struct rootless_space {
	const char *lab;
	struct state *record; /* NULL: of a space that is only tried */
	int keeper;           /* pidfd */
	int control;          /* to a keeper that ends with this process; -1: it was let go */
};
#define ROOTLESS_SPACE_INIT                 \
	{                                   \
		.keeper = -1, .control = -1 \
	}

/**
 * Opens the space of a lab. mode as for state_open(). Where the lab is not up: STATE_CREATE makes
 * one, STATE_READ fails with LAB_STATE, and STATE_LOCK removes a stale record and gives 1.
 * LAB_DENIED where the host forbids it: *err says which setting does, and what to do.
 * state_root() must be rootless_folder().
 */
int rootless_open(const char *lab, enum state_mode mode, const char *libexec,
		  struct rootless_space *s, struct lab_error **err);

/** A space for this process alone, without a record: to see whether it works here at all. */
int rootless_open_trial(const char *libexec, struct rootless_space *s, struct lab_error **err);

/**
 * As rootless_open_trial() in a process that is user 65534 where this one is root: what a user may
 * do here. Nothing is left of it.
 */
int rootless_try(const char *libexec, struct lab_error **err);

/**
 * Whether workers without root get users of their own (rootless/map.h). Where not: *why, a static text
 * of what is missing. Root is not asked for its own.
 */
bool rootless_has_users(const char **why);

/**
 * Goes on inside: a child of this process, in the space, gets 0. This process relays signals to it
 * and waits, then gets 1 and how it ended (*status, of wait(2)); *lost: because the space ended. Both
 * have the lab's lock, if one was taken. The working directory is kept. -1 with *err: not inside.
 */
int rootless_enter(struct rootless_space *s, int *status, bool *lost, struct lab_error **err);

/** After rootless_enter() gave 1, for whom has the lock: ends a space in which no lab is left. */
int rootless_settle(struct rootless_space *s, struct lab_error **err);
/** Releases the lock; a space that is only tried ends. */
void rootless_close(struct rootless_space *s);
#define auto_space __attribute__((cleanup(rootless_close)))

/** The keepers of this user's labs, whether a record names them or not; *n. To be freed by the caller. */
struct state_process *rootless_keepers(size_t *n) __attribute__((returns_nonnull));

/** Whether the record's keeper lives. */
bool rootless_lives(const struct state *record);
/** Removes the records whose keeper is gone. */
void rootless_tidy(void);

/**
 * The text of a file below /run/labctl/LAB of the space, to be freed; NULL without *err where it is
 * not there.
 */
char *rootless_read(const struct state *record, const char *file, size_t *len,
		    struct lab_error **err);

/** state_root() for who is inside. */
#define ROOTLESS_STATE_INSIDE "/run/labctl"
