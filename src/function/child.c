// SPDX-License-Identifier: GPL-2.0-only
#include "function/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

struct pipes {
	int child[3], ours[3];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* a pipe: nothing is flushed at close */
	*fd = -1;
}

static void pipes_done(struct pipes *p)
{
	for (int i = 0; i < 3; i++) {
		close_fd(&p->child[i]);
		close_fd(&p->ours[i]);
	}
}
#define auto_pipes __attribute__((cleanup(pipes_done)))

/* Only our ends are non-blocking: a handler may well not expect it of its standard streams. */
static int open_pipes(struct pipes *p)
{
	for (int i = 0; i < 3; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0)
			return errno;
		p->child[i] = fds[i == 0 ? 0 : 1];
		p->ours[i] = fds[i == 0 ? 1 : 0];
		if (fcntl(p->ours[i], F_SETFL, O_NONBLOCK) < 0)
			return errno;
	}
	return 0;
}

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

static int fill_actions(posix_spawn_file_actions_t *actions, const struct pipes *p,
			const char *path)
{
	auto_free char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	int rc = posix_spawn_file_actions_init(actions);

	if (rc || !slash)
		return rc ? rc : ENOENT;
	slash[slash == dir] = '\0';
	for (int i = 0; i < 3 && !rc; i++)
		rc = posix_spawn_file_actions_adddup2(actions, p->child[i], i);
	if (!rc) /* whatever somebody gave us without O_CLOEXEC stays with us */
		rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	return rc ? rc : posix_spawn_file_actions_addchdir_np(actions, dir);
}

/*
 * posix_spawn, not fork: it shares our memory until the exec, and tells the errno of the exec. Not
 * posix_spawnp: a file without a valid head shall be refused, not handed to /bin/sh.
 */
static int spawn(pid_t *pid, const char *path, char *const *env, const struct pipes *p)
{
	char *argv[] = {(char *)path, NULL};
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	int rc = fill_attributes(&attr);

	if (rc)
		return rc;
	rc = fill_actions(&actions, p, path);
	if (!rc)
		rc = posix_spawn(pid, path, &actions, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions); /* these two only free memory */
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

int function_child_start(struct function_child *c, const char *path, char *const *env)
{
	auto_pipes struct pipes p = {{-1, -1, -1}, {-1, -1, -1}};
	pid_t pid;
	int pidfd, rc = open_pipes(&p);

	if (!rc)
		rc = spawn(&pid, path, env, &p);
	if (rc)
		return rc;
	pidfd = pidfd_open(pid, 0); /* sets FD_CLOEXEC by itself */
	if (pidfd < 0) {
		rc = errno;
		(void)kill(-pid, SIGKILL); /* ours, and not reaped yet */
		(void)waitpid(pid, NULL, 0);
		return rc;
	}
	*c = (struct function_child){pid, pidfd, steal_fd(&p.ours[0]), steal_fd(&p.ours[1]),
				     steal_fd(&p.ours[2])};
	return 0;
}

void function_child_kill(const struct function_child *c)
{
	if (c->pid > 0)
		(void)kill(-c->pid, SIGKILL); /* ESRCH: all have ended */
}

void function_child_reap(struct function_child *c, int *code, int *status)
{
	siginfo_t info = {0};

	/* first only looked at: while it is a zombie, the number of its group is not used again */
	while (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	function_child_kill(c);
	while (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	*code = info.si_code;
	*status = info.si_status;
	c->pid = 0;
}
