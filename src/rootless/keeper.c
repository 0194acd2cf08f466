// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maps are written between clone and exec: who executes as a user that is not mapped loses the
 * capabilities that clone gave. Everything that the new namespaces refuse is explained the same way,
 * whether clone itself says it (Debian's and the count's limits) or a mount (AppArmor's).
 */
#include "rootless/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "rootless/contract.h"
#include "rootless/map.h"
#include "rootless/why.h"

#define END_MS      60000 /* as KILL_MS of supervise/start.c */
#define EXIT_FAILED 1

struct birth {
	const char *path;
	char *argv[3];
	int program, dir, control, parent;
};

static bool say(int control, const char *text)
{
	return send(control, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static int lay_out(struct birth *b)
{
	int *fds[] = {&b->program, &b->dir, &b->control, &b->parent};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] < 0)
			continue;
		*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, KEEPER_FD_END);
		if (*fds[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return -1;
	if (b->dir < 0)
		(void)close(KEEPER_FD_DIR); /* whatever is there is not for the keeper */
	else if (dup2(b->dir, KEEPER_FD_DIR) < 0)
		return -1;
	if (dup2(b->control, KEEPER_FD_CONTROL) < 0 || dup2(b->parent, KEEPER_FD_PARENT) < 0)
		return -1;
	return close_range(KEEPER_FD_END, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* In the new process, with a copy of the parent's memory: one thread, so all of libc is usable. */
static _Noreturn void child(struct birth *b)
{
	static char *const environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
					    (char *)"LANG=C.UTF-8", NULL};
	char go[sizeof(KEEPER_GO)], text[KEEPER_MESSAGE_MAX];
	sigset_t none;

	sigemptyset(&none);
	/* end of file: labctl is gone, or could not write the maps */
	if (recv(b->control, go, sizeof(go), 0) <= 0)
		_exit(EXIT_FAILED);
	if (!lay_out(b) && setsid() >= 0 && !chdir("/") &&
	    !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) && !sigprocmask(SIG_SETMASK, &none, NULL)) {
		(void)execve(b->path, b->argv, environment);
		/* in a folder that is closed to the user who tries; see rootless_try() */
		if (errno == EACCES)
			(void)syscall(SYS_execveat, b->program, "", b->argv, environment,
				      AT_EMPTY_PATH);
	}
	(void)snprintf(text, sizeof(text), "start %s: %s", b->path, strerror(errno));
	(void)say(KEEPER_FD_CONTROL, text); /* who should read it is gone otherwise */
	_exit(EXIT_FAILED);
}

/* Waits for the keeper's word. */
static int hear(int control, struct lab_error **err)
{
	char text[KEEPER_MESSAGE_MAX + 1];
	ssize_t n;

	do {
		n = recv(control, text, sizeof(text) - 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return lab_error_make(err, LAB_DENIED, "its keeper ended at once");
	text[n] = '\0';
	return strcmp(text, KEEPER_READY) ? lab_error_make(err, LAB_DENIED, "%s", text) : 0;
}

static int raise_keeper(const struct birth *b, const char *lab, int control, struct keeper *k,
			struct lab_error **err)
{
	if (!process_id_of(k->id.pid, &k->id)) /* not reaped, so it is there even if it has ended */
		return lab_error_make(err, LAB_FAILED, "/proc does not show its keeper");
	if (rootless_map(k->id.pid, lab, err))
		return -1;
	if (!say(control, KEEPER_GO))
		return lab_error_errno(err, LAB_DENIED, errno, "its keeper ended at once");
	return hear(control, err);
}

static void abandon(struct keeper *k)
{
	(void)kill(k->id.pid, SIGKILL); /* not reaped, so it exists */
	while (waitpid(k->id.pid, NULL, 0) < 0 && errno == EINTR)
		;
	cleanup_closep(&k->pidfd);
	k->pidfd = -1;
}

/* Makes the process, in its namespaces. */
static int clone_keeper(struct birth *b, int control, struct keeper *k, struct lab_error **err)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
			 CLONE_NEWUTS | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&k->pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0) {
		(void)close(control); /* the parent's end: its end must be seen */
		child(b);
	}
	if (pid < 0)
		return lab_error_errno(err, LAB_DENIED, errno, "make its namespaces by clone3");
	k->id.pid = (pid_t)pid;
	return 0;
}

static int start(const char *lab, int dir_fd, const char *libexec, struct keeper *k,
		 struct lab_error **err)
{
	auto_free char *path = NULL;
	auto_close int ours = -1, theirs = -1, program = -1, parent = -1;
	int pair[2];

	if (asprintf(&path, "%s/" KEEPER_PROGRAM, libexec) < 0)
		abort();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return lab_error_errno(err, LAB_FAILED, errno, "control socket");
	ours = pair[0];
	theirs = pair[1];
	program = open(path, O_PATH | O_CLOEXEC);
	if (program < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
	parent = pidfd_open(getpid(), 0);
	if (parent < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "pidfd");
	struct birth b = {.path = path,
			  .argv = {path, (char *)lab, NULL},
			  .program = program,
			  .dir = dir_fd,
			  .control = theirs,
			  .parent = parent};
	if (clone_keeper(&b, ours, k, err))
		return -1;
	cleanup_closep(&theirs);
	theirs = -1;
	if (raise_keeper(&b, lab, ours, k, err)) {
		abandon(k);
		return -1;
	}
	k->control = steal_fd(&ours);
	return 0;
}

int rootless_keeper_start(const char *lab, int dir_fd, const char *libexec, struct keeper *k,
			  struct lab_error **err)
{
	struct lab_error *why = NULL;

	*k = (struct keeper)KEEPER_INIT;
	if (!start(lab, dir_fd, libexec, k, &why))
		return 0;
	(void)lab_error_prefix(&why, "without root");
	if (lab_error_status(why) == LAB_DENIED && !lab_error_hint_get(why))
		(void)rootless_explain("/proc", &why);
	if (err) {
		lab_error_free(*err);
		*err = steal_ptr(why);
	}
	lab_error_free(why);
	return -1;
}

int rootless_keeper_let_go(struct keeper *k, struct lab_error **err)
{
	if (!say(k->control, KEEPER_GO))
		return lab_error_errno(err, LAB_FAILED, errno, "keeper of the lab");
	cleanup_closep(&k->control);
	k->control = -1;
	return 0;
}

bool rootless_keeper_ended(int pidfd, int timeout_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int n;

	do {
		n = poll(&p, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

int rootless_keeper_end(int pidfd, struct lab_error **err)
{
	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) && errno != ESRCH)
		return lab_error_errno(err, LAB_FAILED, errno, "keeper of the lab: SIGKILL");
	if (rootless_keeper_ended(pidfd, END_MS))
		return 0;
	return lab_error_make(err, LAB_FAILED, "keeper of the lab: still there %d s after SIGKILL",
			      END_MS / 1000);
}
