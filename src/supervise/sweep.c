// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/sweep.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/tree.h"
#include "supervise/rundir.h"

#define FAILED   125
#define PAUSE_MS 2
#define ROUNDS   1000 /* one that hangs in the kernel is not waited for any longer */

/* Whether the process is of that user and has not let go of its descriptors yet. A process does that
 * before it becomes a zombie; but its first thread can be one while others are still at it. */
static bool holds_on(const char *pid, uid_t uid)
{
	auto_fclose FILE *f = NULL;
	char path[64], line[256], state = 'Z';
	unsigned int is_uid = 0;
	int threads = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/status", pid); /* a number: it fits */
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		/* each line is one of these or none */
		(void)(sscanf(line, "State: %c", &state) || sscanf(line, "Uid: %u", &is_uid) ||
		       sscanf(line, "Threads: %d", &threads));
	}
	return is_uid == uid && ((state != 'Z' && state != 'X') || threads > 1);
}

static bool any_holds_on(uid_t uid)
{
	DIR *proc = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	while (proc && !found && (e = readdir(proc)))
		found = isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid() &&
			holds_on(e->d_name, uid);
	if (proc)
		(void)closedir(proc); /* only read from */
	return found;
}

static _Noreturn void sweep(uid_t uid, int dir_fd, const char *name)
{
	int run = name ? supervise_rundir_open(dir_fd, NULL) : -1;

	/* the sockets of workers must not stay open for it */
	if (run < 0 || dup2(run, 0) < 0)
		name = NULL;
	(void)close_range(name ? 1 : 0, ~0U, 0);
	if (setresuid(uid, uid, uid))
		_exit(FAILED);
	/* one call for all, and no fork escapes it: the kernel holds the lock on the list of tasks */
	(void)kill(-1, SIGKILL); /* ESRCH: nothing was left, the usual case */
	for (int i = 0; any_holds_on(uid) && i < ROUNDS; i++)
		(void)poll(NULL, 0, PAUSE_MS); /* a signal only shortens it */
	if (name)
		(void)tree_remove(0, name); /* what is not its own stays */
	_exit(0);
}

pid_t supervise_sweep(uid_t uid, int dir_fd, const char *name)
{
	pid_t pid = fork();

	if (pid == 0)
		sweep(uid, dir_fd, name);
	return pid;
}
