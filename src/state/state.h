// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a lab leaves on disk: /run/labctl/LAB/ (root, 0700), checked by fstat before use, every file
 * reached by openat from its descriptor. plan.json: what was applied last. target.json: what is being
 * applied (its presence means that a run did not finish). plan.packed: plan.json once more, quicker to
 * read; only who looks may go by it, and only where it is a copy of that very file (apply_planned()).
 * journal: namespaces and the supervisor that were made, each line written before the thing that it
 * speaks of can be seen by others. filters: see kernel/ledger.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/** Pid and start time (field 22 of /proc/PID/stat): one process, never a later one of that pid. */
struct process_id {
	pid_t pid; /* 0: none */
	uint64_t start;
};

/** The running process's own id, or that of another; false where there is no such process. */
bool process_id_of(pid_t pid, struct process_id *id);
/** A pidfd of exactly that process, to be closed by the caller. -1 with errno: ESRCH where it is gone;
 * anything else (no descriptors, no memory) says nothing about it. */
int process_id_open(const struct process_id *id);

/** Whether a signal such as SIGSTOP holds that process; false where it is gone. */
bool process_id_stopped(const struct process_id *id);

struct state_namespace {
	const char *name; /* without the lab */
	uint64_t dev, ino;
	size_t next; /* the journal's own: of the same bucket, counted from 1; 0: none */
};

struct state;

enum state_mode {
	STATE_LOCK,   /* exclusive: up, down. LAB_STATE naming the holder's pid where it is held */
	STATE_READ,   /* no lock: status, exec, logs */
	STATE_CREATE, /* as STATE_LOCK, and made where it is missing: up */
};

/** The root of all labs: "/run/labctl", or what tests set. The string must outlive all use. */
void state_set_root(const char *dir);
const char *state_root(void);

/**
 * Opens the lab's directory. LAB_STATE: not there (and mode is not STATE_CREATE), or locked.
 * LAB_DENIED: it, or its parent, is a symlink or not root's own 0700: nothing is written.
 */
struct state *state_open(const char *lab, enum state_mode mode, struct lab_error **err);
void state_close(struct state *s); /* releases the lock; NULL is fine */
const char *state_lab(const struct state *s);
int state_dir_fd(const struct state *s); /* borrowed */
/** The id of this boot: what is of another one means nothing. Borrowed. */
const char *state_boot_id(const struct state *s);

/** The process that holds the lab's lock now, 0: nobody of whom the kernel tells. Takes no lock. */
pid_t state_holder(const struct state *s);

/** Names of all labs that have a directory; *n of them, array and names freed by the caller. */
char **state_list(size_t *n, struct lab_error **err);

struct state_file {
	const char *name, *text;
};

/** Whole small files, by path from the lab's directory ("node/ecs-3/hosts"; write makes its folders):
 * read gives a NUL-terminated text to free, NULL without error if absent. */
char *state_read(const struct state *s, const char *file, size_t *len, struct lab_error **err);
/** The same in the arena: see file_read_into(). */
char *state_read_into(struct arena *arena, const struct state *s, const char *file, size_t *len,
		      struct lab_error **err);
/** Whether there is anything of that name, readable or not. */
bool state_exists(const struct state *s, const char *file);
/** Whether state_read() failed because that is no file that labctl wrote: a folder, a device, too big. */
bool state_is_garbage(const struct lab_error *err);
/** Written to a temporary name, then renamed: never half there. What stands in its way, and is not of that kind, goes. */
int state_write(struct state *s, const char *file, const char *text, size_t len,
		struct lab_error **err);
/**
 * Files of one new folder (its path, "node/ecs-3"), by a third of the system calls that state_write() needs: where
 * the folder is new nobody can have seen its files half. 0: done; 1: the folder was there, nothing is written.
 */
int state_write_new(struct state *s, const char *folder, const struct state_file *files, size_t n,
		    struct lab_error **err);
/** A file, or a folder with all below it (links are removed, not followed); absent is fine. */
int state_remove(struct state *s, const char *file, struct lab_error **err);
/** Gives a file another name, in the place of what has it. */
int state_rename(struct state *s, const char *from, const char *to, struct lab_error **err);

/**
 * The journal as it was found, and what was added since. stale: it cannot be trusted to be whole: it
 * is of another boot, of another version or not a journal (then it holds nothing), a line of it was
 * cut or not understood (the others are kept), or it is missing beside a plan.json.
 */
struct state_journal {
	struct state_namespace *namespaces;
	size_t n_namespaces;
	struct process_id supervisor;
	bool stale;
	size_t added; /* lines since it was opened */

	size_t *buckets, n_buckets; /* by name, for state_journal_find() */
};
const struct state_journal *state_journal(const struct state *s);
/** The namespace of that name, until the journal changes; NULL where it knows none. */
const struct state_namespace *state_journal_find(const struct state_journal *j, const char *name);
int state_journal_namespace(struct state *s, const char *name, uint64_t dev, uint64_t ino,
			    struct lab_error **err);
int state_journal_namespace_gone(struct state *s, const char *name, struct lab_error **err);
int state_journal_supervisor(struct state *s, const struct process_id *id, struct lab_error **err);
int state_journal_supervisor_gone(struct state *s, struct lab_error **err);

/** Removes the whole directory (and the root when it was the last lab); the lock is kept till the
 * end. Only files that labctl makes are removed; anything else is named in *err. */
int state_destroy(struct state *s, struct lab_error **err);
