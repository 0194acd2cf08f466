// SPDX-License-Identifier: GPL-2.0-only
/** Beginning and end of a supervisor, seen from labctl. */
#include "supervise/client.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
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
#include "base/clock.h"
#include "base/log.h"
#include "base/tree.h"
#include "supervise/address.h"
#include "supervise/contract.h"
#include "supervise/logfile.h"

#define BACKLOG 64
/* From SIGKILL to the end of all processes of a lab: closing a packet socket waits for an RCU grace period, and
 * labctl-wire may have thousands. */
#define KILL_MS     60000
#define EXIT_FAILED 1

struct birth {
	const char *path;
	char *argv[4];
	int dir, control, parent, log;
};

/* In the new process, with a copy of the parent's memory: one thread, so all of libc is usable. */
static _Noreturn void child(struct birth *b)
{
	static char *const environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
					    (char *)"LANG=C.UTF-8", NULL};
	int *fds[] = {&b->dir, &b->control, &b->parent, &b->log};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, SUPERVISOR_FD_END);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(b->log, STDOUT_FILENO) < 0 ||
	    dup2(b->log, STDERR_FILENO) < 0 || dup2(b->dir, SUPERVISOR_FD_DIR) < 0 ||
	    dup2(b->control, SUPERVISOR_FD_CONTROL) < 0 ||
	    dup2(b->parent, SUPERVISOR_FD_PARENT) < 0 || close_range(SUPERVISOR_FD_END, ~0U, 0) ||
	    /* the terminal's signals are the verb's, not the lab's */
	    setsid() < 0 || chdir("/") || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		log_error("prepare: %s", strerror(errno));
	else {
		(void)execve(b->path, b->argv, environment);
		log_error("execute %s: %s", b->path, strerror(errno));
	}
	_exit(EXIT_FAILED);
}

static int listen_control(int dir_fd, struct lab_error **err)
{
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun;

	supervise_control_address(dir_fd, &sun);
	if (tree_remove(dir_fd, "control")) /* a folder too: all there is labctl's */
		return lab_error_errno(err, LAB_FAILED, errno, "control socket");
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) || listen(fd, BACKLOG))
		return lab_error_errno(err, LAB_FAILED, errno, "control socket");
	return steal_fd(&fd);
}

int supervise_start(const char *lab, int dir_fd, const char *libexec, struct process_id *id,
		    struct lab_error **err)
{
	/* IPC: shared memory and queues of the host are out of reach, and the lab's end with it */
	struct clone_args args = {.flags = CLONE_NEWPID | CLONE_NEWIPC, .exit_signal = SIGCHLD};
	auto_close int control = listen_control(dir_fd, err), parent = -1, log = -1;
	auto_free char *path = NULL;
	long pid;

	if (asprintf(&path, "%s/labctl-supervisor", libexec) < 0)
		abort();
	if (control < 0)
		return lab_error_prefix(err, "supervisor");
	log = supervise_log_open(dir_fd, "supervisor", err);
	parent = pidfd_open(getpid(), 0);
	if (log < 0)
		return lab_error_prefix(err, "supervisor");
	if (parent < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "supervisor: pidfd");
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child(&(struct birth){.path = path,
				      .argv = {path, (char *)lab, (char *)libexec, NULL},
				      .dir = dir_fd,
				      .control = control,
				      .parent = parent,
				      .log = log});
	if (pid < 0)
		return lab_error_errno(err, errno == EPERM ? LAB_DENIED : LAB_FAILED, errno,
				       "supervisor: make a PID and an IPC namespace");
	if (!process_id_of((pid_t)pid, id)) /* not reaped, so it is there even if it has ended */
		return lab_error_make(err, LAB_FAILED, "supervisor: /proc does not show it");
	return 0;
}

/* Whether the process ended within ms; signals that interrupt the wait do not shorten it. */
static bool ended(int pidfd, int ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int64_t end = (int64_t)clock_ms() + ms, left = ms;

	while (poll(&p, 1, (int)left) < 0 && errno == EINTR) {
		left = end - (int64_t)clock_ms();
		if (left < 0)
			left = 0;
	}
	return (p.revents & POLLIN) != 0;
}

/* Nobody else can have the pid of a child before it was waited for. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
}

/* For an `up` that failed for want of descriptors, and must be undone without any. */
static int end_child(pid_t pid)
{
	(void)kill(pid, SIGKILL); /* not waited for, so it exists */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

void supervise_wake(const struct process_id *id)
{
	auto_close int fd = process_id_open(id);

	if (fd >= 0)
		(void)pidfd_send_signal(fd, SIGCONT, NULL, 0); /* gone meanwhile: fine */
}

int supervise_stop(const struct process_id *id, int grace_ms, struct lab_error **err)
{
	auto_close int fd = process_id_open(id);

	if (fd < 0 && errno == ESRCH)
		return 0;
	if (fd < 0 && is_child(id->pid))
		return end_child(id->pid);
	if (fd < 0) /* not taken for its end: its processes would be forgotten */
		return lab_error_errno(err, LAB_FAILED, errno, "supervisor %d: open", id->pid);
	if (pidfd_send_signal(fd, SIGTERM, NULL, 0) && errno != ESRCH)
		return lab_error_errno(err, LAB_FAILED, errno, "supervisor %d: SIGTERM", id->pid);
	(void)pidfd_send_signal(fd, SIGCONT, NULL, 0); /* else it would not see the one before */
	if (!ended(fd, grace_ms)) {
		if (pidfd_send_signal(fd, SIGKILL, NULL, 0) && errno != ESRCH)
			return lab_error_errno(err, LAB_FAILED, errno, "supervisor %d: SIGKILL",
					       id->pid);
		if (!ended(fd, KILL_MS))
			return lab_error_make(err, LAB_FAILED,
					      "supervisor %d: still there %d s after SIGKILL",
					      id->pid, KILL_MS / 1000);
	}
	/* in the process that started it, it is a child; in any other, ECHILD */
	(void)waitpid(id->pid, NULL, WNOHANG);
	return 0;
}
