// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "priv/priv.h"
#include "supervise/rundir.h"
#include "supervise/shelter.h"

#define EXIT_SPAWN 125 /* as `labctl exec`: it failed before the program could */

static char *const environment[] = {
	(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	(char *)"LANG=C.UTF-8",
	NULL,
};

/* Puts a copy of *fd above all places that lay_out() writes to. */
static int lift(int *fd, int above)
{
	int copy = fcntl(*fd, F_DUPFD_CLOEXEC, above);

	if (copy < 0)
		return -1;
	*fd = copy;
	return 0;
}

/* After this 0, 1, ... hold what the contract says, and all else is close-on-exec. */
static int lay_out(struct spawn *s, int *sockets, struct lab_error **err)
{
	const size_t n = s->spec->n_sockets;
	const int first_free = WORKER_FD_SOCKET_0 + (int)n;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool failed = null < 0 || lift(&null, first_free) || lift(&s->log, first_free) ||
		      lift(&s->config, first_free) || lift(&s->ready, first_free) ||
		      lift(&s->program_fd, first_free);

	for (size_t i = 0; !failed && i < n; i++) {
		sockets[i] = s->sockets[i];
		failed = lift(&sockets[i], first_free) != 0;
	}
	failed = failed || dup2(null, 0) < 0 || dup2(s->log, 1) < 0 || dup2(s->log, 2) < 0 ||
		 dup2(s->config, WORKER_FD_CONFIG) < 0 || dup2(s->ready, WORKER_FD_READY) < 0;
	for (size_t i = 0; !failed && i < n; i++)
		failed = dup2(sockets[i], WORKER_FD_SOCKET_0 + (int)i) < 0;
	if (failed)
		return lab_error_errno(err, LAB_FAILED, errno, "lay out descriptors");
	if (close_range((unsigned int)first_free, ~0U, CLOSE_RANGE_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "close descriptors");
	return 0;
}

static int execute(const struct spawn *s, struct lab_error **err)
{
	char *argv[] = {(char *)s->program, (char *)s->spec->name, NULL};

	(void)execve(s->program, argv, environment);
	/* Programs may lie in somebody's home, closed to others, or below the host's /tmp, which a
	 * function does not see: the descriptor was opened while this process could still reach it.
	 * Not tried first, because kernels before 6.14 then call the process by the number of the
	 * descriptor. */
	if (errno == EACCES || errno == ENOENT)
		(void)syscall(SYS_execveat, s->program_fd, "", argv, environment, AT_EMPTY_PATH);
	return lab_error_errno(err, LAB_FAILED, errno, "execute %s", s->program);
}

/* The file system for programs of others, before CAP_SYS_ADMIN is given up. */
static int take_shelter(const struct spawn *s, struct lab_error **err)
{
	const struct spec *spec = s->spec;

	if (!spec->sheltered)
		return 0;
	if (spec->alone && supervise_rundir_make(s->dir_fd, spec->name, s->uid, err))
		return -1;
	return supervise_shelter(&(struct shelter){.reach = spec->reach,
						   .node = spec->in_node ? &spec->node : NULL,
						   .run = spec->alone ? spec->name : NULL,
						   .dir_fd = s->dir_fd},
				 err);
}

static int become_worker(struct spawn *s, int *sockets, struct lab_error **err)
{
	sigset_t none;

	sigemptyset(&none);
	/* its own session: what it starts cannot be mistaken for the supervisor's */
	if (setsid() < 0 || sigprocmask(SIG_SETMASK, &none, NULL) || chdir("/"))
		return lab_error_errno(err, LAB_FAILED, errno, "prepare");
	umask(022); /* the supervisor's own is for its files alone */
	if (setns(s->netns, CLONE_NEWNET))
		return lab_error_errno(err, LAB_FAILED, errno, "enter the network namespace");
	if (take_shelter(s, err) || lay_out(s, sockets, err) ||
	    priv_worker(s->uid, s->uid, s->spec->privilege, err))
		return -1;
	return execute(s, err);
}

pid_t supervise_spawn_worker(const struct spawn *s, struct lab_error **err)
{
	auto_free int *sockets = calloc(s->spec->n_sockets + 1, sizeof(*sockets));
	struct lab_error *failure = NULL;
	struct spawn mine = *s;
	pid_t pid;

	if (!sockets)
		abort();
	pid = fork();
	if (pid < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "fork");
	if (pid > 0)
		return pid;
	(void)become_worker(&mine, sockets, &failure); /* comes back only with a failure */
	(void)dup2(mine.log, STDERR_FILENO);           /* else it goes to the supervisor's log */
	log_error("start: %s", lab_error_message(failure));
	_exit(EXIT_SPAWN);
}
