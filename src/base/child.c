// SPDX-License-Identifier: GPL-2.0-only
#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

static int fill_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int rc = posix_spawnattr_init(attr);

	if (rc)
		return rc;
	sigemptyset(&none);
	sigfillset(&all);
	rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						    POSIX_SPAWN_SETSIGDEF);
	if (!rc)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	return rc ? rc : posix_spawnattr_setpgroup(attr, 0);
}

static int fill_actions(posix_spawn_file_actions_t *actions, const struct child_spec *s)
{
	int rc = posix_spawn_file_actions_init(actions);

	for (int i = 0; i < 3 && !rc; i++)
		rc = posix_spawn_file_actions_adddup2(actions, s->standard[i], i);
	if (!rc) /* whatever somebody gave us without O_CLOEXEC stays with us */
		rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	if (!rc && s->folder)
		rc = posix_spawn_file_actions_addchdir_np(actions, s->folder);
	return rc;
}

/*
 * posix_spawn, not fork: it shares our memory until the exec, and tells the errno of the exec. Not
 * posix_spawnp: a file without a valid head shall be refused, not handed to /bin/sh.
 */
static int spawn(pid_t *pid, const struct child_spec *s)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	int rc = fill_attributes(&attr);

	if (rc)
		return rc;
	rc = fill_actions(&actions, s);
	if (!rc)
		rc = posix_spawn(pid, s->path, &actions, &attr, s->argv, s->env);
	(void)posix_spawn_file_actions_destroy(&actions); /* these two only free memory */
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

int child_start(const struct child_spec *s, pid_t *pid, int *pidfd)
{
	int rc = spawn(pid, s);

	if (rc)
		return rc;
	*pidfd = pidfd_open(*pid, 0); /* sets FD_CLOEXEC by itself */
	if (*pidfd >= 0)
		return 0;
	rc = errno;
	child_kill(*pid); /* ours, and not reaped yet */
	(void)waitpid(*pid, NULL, 0);
	return rc;
}

void child_kill(pid_t pid)
{
	(void)kill(-pid, SIGKILL); /* ESRCH: all have ended */
}

void child_reap(pid_t pid, int pidfd, int *code, int *status)
{
	siginfo_t info = {0};

	/* first only looked at: while it is a zombie, the number of its group is not used again */
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	child_kill(pid);
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	*code = info.si_code;
	*status = info.si_status;
}
