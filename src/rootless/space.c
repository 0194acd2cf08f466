// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order of making one: the record is locked, the keeper is started and ends with this process, then it
 * is written into the record, then it is let go. A kill at any moment leaves no keeper that no record
 * names, and a keeper without a lab ends when the lock is free.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "rootless/contract.h"
#include "rootless/keeper.h"
#include "rootless/rootless.h"

#define END_MS 10000 /* of a keeper that was killed: until all of its processes have ended */

static int not_up(const char *lab, struct lab_error **err)
{
	(void)lab_error_make(err, LAB_STATE, "lab %s: is not up", lab);
	return lab_error_hint(err, "labctl up %s", lab);
}

static int record_keeper(struct rootless_space *s, struct keeper *k, struct lab_error **err)
{
	if (state_journal_supervisor(s->record, &k->id, err) || rootless_keeper_let_go(k, err))
		return -1;
	s->keeper = steal_fd(&k->pidfd);
	return 0;
}

static int make(const char *libexec, struct rootless_space *s, struct lab_error **err)
{
	struct keeper k;
	struct lab_error *ignored = NULL;

	if (!rootless_keeper_start(s->lab, state_dir_fd(s->record), libexec, &k, err)) {
		if (!record_keeper(s, &k, err))
			return 0;
		(void)rootless_keeper_end(k.pidfd, NULL); /* the first failure is the one to tell */
		cleanup_closep(&k.pidfd);
		cleanup_closep(&k.control);
	}
	(void)state_destroy(s->record, &ignored); /* as above */
	lab_error_free(ignored);
	return -1;
}

/* Whether that namespace was made from this process's own: NS_GET_PARENT, ioctl_ns(2). */
static bool is_child_namespace(pid_t pid, const char *kind)
{
	auto_close int ns = -1, parent = -1;
	struct stat its, mine;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind); /* always fits */
	ns = open(path, O_RDONLY | O_CLOEXEC);
	parent = ns < 0 ? -1 : ioctl(ns, NS_GET_PARENT);
	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", kind); /* as above */
	return parent >= 0 && !fstat(parent, &its) && !stat(path, &mine) &&
	       its.st_dev == mine.st_dev && its.st_ino == mine.st_ino;
}

/* And not from a container, all whose processes can be seen from here, and may be of this user. */
static bool is_from_here(pid_t keeper)
{
	return is_child_namespace(keeper, "user") && is_child_namespace(keeper, "pid");
}

struct state_process *rootless_keepers(size_t *n)
{
	size_t n_all;
	struct state_process *list = state_processes(KEEPER_PROGRAM, &n_all);

	*n = 0;
	for (size_t i = 0; i < n_all; i++)
		if (is_from_here(list[i].id.pid))
			list[(*n)++] = list[i];
	return list;
}

/* A keeper that is there although its record was lost; into the record with it, so that it is found. */
static int adopt(struct rootless_space *s, struct lab_error **err)
{
	size_t n;
	auto_free struct state_process *list = rootless_keepers(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].lab, s->lab) != 0)
			continue;
		s->keeper = process_id_open(&list[i].id);
		if (s->keeper >= 0)
			return state_journal_supervisor(s->record, &list[i].id, err);
	}
	return 0;
}

/*
 * Killed, but not gone: an init waits for all others of its namespace to end, and cannot be joined any
 * more. Without memory, or with SIGKILL pending, as proc_pid_status(5) shows.
 */
static bool is_ending(pid_t pid)
{
	auto_fclose FILE *f = NULL;
	unsigned long long pending = 0;
	char path[64], line[256];
	bool has_memory = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid); /* always fits */
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		has_memory = has_memory || !strncmp(line, "VmSize:", 7);
		(void)sscanf(line, "ShdPnd: %llx", &pending); /* each line is it or not */
	}
	return f && (!has_memory || (pending & 1ULL << (SIGKILL - 1)));
}

/* A pidfd of the keeper on record; -1 with errno: ESRCH where there is none that one can rely on. */
static int open_recorded(const struct state *record, int wait_ms)
{
	const struct process_id *id = &state_journal(record)->supervisor;
	auto_close int keeper = process_id_open(id);

	if (keeper < 0 || !is_ending(id->pid))
		return steal_fd(&keeper);
	errno = rootless_keeper_ended(keeper, wait_ms) || !wait_ms ? ESRCH : ETIMEDOUT;
	return -1;
}

static int open_keeper(enum state_mode mode, const char *libexec, struct rootless_space *s,
		       struct lab_error **err)
{
	s->keeper = open_recorded(s->record, mode == STATE_READ ? 0 : END_MS);
	if (s->keeper >= 0)
		return 0;
	if (errno != ESRCH)
		return lab_error_errno(err, LAB_FAILED, errno, "keeper of the lab");
	if (mode == STATE_READ)
		return not_up(s->lab, err);
	if (adopt(s, err))
		return -1;
	if (s->keeper >= 0)
		return 0;
	if (mode == STATE_CREATE)
		return make(libexec, s, err);
	return state_destroy(s->record, err) ? -1 : 1;
}

int rootless_open(const char *lab, enum state_mode mode, const char *libexec,
		  struct rootless_space *s, struct lab_error **err)
{
	int rc;

	*s = (struct rootless_space)ROOTLESS_SPACE_INIT;
	s->lab = lab;
	/* a record that is not there may have been lost: then it is made for the time being */
	s->record = state_open(lab, mode == STATE_LOCK ? STATE_CREATE : mode, err);
	if (!s->record)
		return -1;
	rc = open_keeper(mode, libexec, s, err);
	if (rc)
		rootless_close(s);
	return rc;
}

int rootless_open_trial(const char *libexec, struct rootless_space *s, struct lab_error **err)
{
	struct keeper k;

	*s = (struct rootless_space)ROOTLESS_SPACE_INIT;
	s->lab = "-"; /* not the name of any lab */
	if (rootless_keeper_start(s->lab, -1, libexec, &k, err))
		return -1;
	s->keeper = k.pidfd;
	s->control = k.control;
	return 0;
}

/* Seen from inside, where this process is since rootless_enter(). */
static bool holds_lab(const char *lab)
{
	auto_strbuf struct strbuf path = {0};

	strbuf_printf(&path, ROOTLESS_STATE_INSIDE "/%s", lab);
	return access(path.s, F_OK) == 0;
}

int rootless_settle(struct rootless_space *s, struct lab_error **err)
{
	if (!rootless_keeper_ended(s->keeper, 0) && holds_lab(s->lab))
		return 0;
	if (rootless_keeper_end(s->keeper, err))
		return -1;
	return state_destroy(s->record, err);
}

void rootless_close(struct rootless_space *s)
{
	if (!s->record && s->keeper >= 0)
		(void)rootless_keeper_end(s->keeper, NULL); /* it ends with this process at last */
	cleanup_closep(&s->control);
	cleanup_closep(&s->keeper);
	state_close(s->record);
	*s = (struct rootless_space)ROOTLESS_SPACE_INIT;
}

bool rootless_lives(const struct state *record)
{
	auto_close int keeper = open_recorded(record, 0);

	return keeper >= 0 || errno != ESRCH;
}

void rootless_tidy(void)
{
	auto_error struct lab_error *ignored = NULL; /* what cannot be tidied now will be later */
	size_t n;
	char **labs = state_list(&n, &ignored);

	for (size_t i = 0; labs && i < n; i++) {
		struct state *record = state_open(labs[i], STATE_LOCK, &ignored);

		if (record && !rootless_lives(record))
			(void)state_destroy(record, &ignored);
		state_close(record);
		free(labs[i]);
	}
	free(labs);
}
