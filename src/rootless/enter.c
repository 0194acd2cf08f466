// SPDX-License-Identifier: GPL-2.0-only
/*
 * setns() on a PID namespace is for children only, so two processes: this one, which the caller's
 * shell knows, and a child that does the work. Both are in the same process group and session: what
 * a terminal sends, both get from the kernel, so only what others send to this one is passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "rootless/keeper.h"
#include "rootless/rootless.h"

#define NAMESPACES \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

#define LAST_MS 1000 /* from the end of a killed child to that of the keeper */

static const int relayed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

/* The user namespace comes first, whatever the order of the bits: validate_nsset() in
 * kernel/nsproxy.c. Undumpable, as processes of the space could look into this one otherwise. -1 with
 * errno: ESRCH where the space has ended, or is about to. */
static int join(int keeper, int namespaces)
{
	int errnum;

	if (!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) && !setns(keeper, namespaces))
		return 0;
	errnum = errno;
	errno = rootless_keeper_ended(keeper, LAST_MS) ? ESRCH : errnum;
	return -1;
}

/* setns() moved it to the root; the same path, which for /run leads to what is shown there. */
static int return_to(const char *folder, struct lab_error **err)
{
	if (!folder || !chdir(folder))
		return 0; /* a folder that is gone: no path is relative to it */
	return lab_error_errno(err, LAB_FAILED, errno, "folder %s: not in the lab's space", folder);
}

struct relay {
	int signals; /* signalfd */
	sigset_t before;
	pid_t pid;
};

static int watch_signals(struct relay *r, struct lab_error **err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_LEN(relayed); i++)
		sigaddset(&set, relayed[i]);
	if (!sigprocmask(SIG_BLOCK, &set, &r->before))
		r->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return r->signals < 0 ? lab_error_errno(err, LAB_FAILED, errno, "signals") : 0;
}

/* The child's: ends with its parent, which the parent's pidfd can tell and getppid(), 0, cannot. */
static int settle_in(const struct relay *r, int parent, struct lab_error **err)
{
	struct pollfd p = {.fd = parent, .events = POLLIN};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) ||
	    sigprocmask(SIG_SETMASK, &r->before, NULL))
		return lab_error_errno(err, LAB_FAILED, errno, "enter its space");
	if (poll(&p, 1, 0) != 0)
		_exit(LAB_FAILED); /* nobody is there to be told */
	return 0;
}

static void pass_on(const struct relay *r, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo != SIGCHLD && info->ssi_code != SI_KERNEL)
		(void)kill(r->pid, (int)info->ssi_signo); /* not reaped, so it exists */
}

static int wait_for(const struct relay *r, int *status, struct lab_error **err)
{
	struct signalfd_siginfo info;

	for (;;) {
		ssize_t n = read(r->signals, &info, sizeof(info));

		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(info))
			return lab_error_errno(err, LAB_FAILED, errno, "signals");
		pass_on(r, &info);
		if (waitpid(r->pid, status, WNOHANG) == r->pid)
			return 0;
	}
}

static int go_in(struct relay *r, int parent, struct lab_error **err)
{
	(void)fflush(NULL); /* else both would write it */
	r->pid = fork();
	if (r->pid == 0)
		return settle_in(r, parent, err);
	if (r->pid > 0)
		return 1;
	/* alloc_pid() in kernel/pid.c: where the namespace's init has ended */
	return errno == ENOMEM ? lab_error_make(err, LAB_STATE, "it went down meanwhile")
			       : lab_error_errno(err, LAB_FAILED, errno, "enter its space");
}

static int enter(struct rootless_space *s, int *status, struct lab_error **err)
{
	auto_close int parent = pidfd_open(getpid(), 0);
	auto_free char *folder = getcwd(NULL, 0);
	struct relay r = {.signals = -1};
	int rc;

	if (parent < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "pidfd");
	if (join(s->keeper, NAMESPACES))
		return errno == ESRCH ? lab_error_make(err, LAB_STATE, "it went down meanwhile")
				      : lab_error_errno(err, LAB_DENIED, errno, "join its space");
	if (return_to(folder, err) || watch_signals(&r, err))
		return -1;
	rc = go_in(&r, parent, err);
	if (rc > 0 && wait_for(&r, status, err))
		rc = -1;
	if (rc)
		(void)sigprocmask(SIG_SETMASK, &r.before, NULL); /* a set that it gave itself */
	cleanup_closep(&r.signals);
	return rc;
}

/* Inside: the parent's own, whose lock is the same. */
static void forget(struct rootless_space *s)
{
	cleanup_closep(&s->control);
	cleanup_closep(&s->keeper);
	state_close(s->record);
	*s = (struct rootless_space)ROOTLESS_SPACE_INIT;
}

int rootless_enter(struct rootless_space *s, int *status, bool *lost, struct lab_error **err)
{
	int rc = enter(s, status, err);

	if (rc == 0)
		forget(s);
	if (rc < 0 && strcmp(s->lab, "-") != 0)
		return lab_error_prefix(err, "lab %s", s->lab);
	/* an init ends after all others of its namespace; one that somebody killed alone has it living on */
	*lost = rc > 0 && WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL &&
		rootless_keeper_ended(s->keeper, LAST_MS);
	return rc;
}

/* --- one file --- */

static _Noreturn void copy_out(int keeper, const char *path, int to)
{
	auto_close int from = -1;
	ssize_t n;

	if (join(keeper, CLONE_NEWUSER | CLONE_NEWNS))
		_exit(errno);
	from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		_exit(errno); /* none is above 133, so it is one byte */
	do {
		n = sendfile(to, from, NULL, 1 << 20);
	} while (n > 0);
	_exit(n < 0 ? errno : 0);
}

/* 0, or the errno of the child that copies it: ESRCH where the space is gone. */
static int fetch(int keeper, const char *path, int to)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		copy_out(keeper, path, to);
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static char *read_all(int fd, size_t *len)
{
	struct strbuf b = {0};
	char part[16384];
	ssize_t n;

	(void)lseek(fd, 0, SEEK_SET); /* a memfd can */
	while ((n = read(fd, part, sizeof(part))) > 0)
		strbuf_addn(&b, part, (size_t)n);
	*len = b.len;
	return strbuf_take(&b);
}

char *rootless_read(const struct state *record, const char *file, size_t *len,
		    struct lab_error **err)
{
	auto_close int keeper = process_id_open(&state_journal(record)->supervisor);
	auto_close int memory = memfd_create("file", MFD_CLOEXEC);
	auto_strbuf struct strbuf path = {0};
	int errnum;

	if (keeper < 0 && errno == ESRCH)
		return NULL;
	strbuf_printf(&path, ROOTLESS_STATE_INSIDE "/%s/%s", state_lab(record), file);
	errnum = keeper < 0 || memory < 0 ? errno : fetch(keeper, path.s, memory);
	if (!errnum)
		return read_all(memory, len);
	if (errnum != ENOENT && errnum != ESRCH)
		(void)lab_error_errno(err, LAB_FAILED, errnum, "lab %s: read its %s",
				      state_lab(record), file);
	return NULL;
}
