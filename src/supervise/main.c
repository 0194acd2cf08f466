// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-supervisor: init of a lab's PID namespace. It holds no lab file, no plan and no netlink
 * socket: only descriptors of sockets, and what its workers shall be. When it dies, the kernel ends
 * every process of the lab.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mounts.h"
#include "priv/priv.h"
#include "supervise/contract.h"
#include "supervise/control.h"
#include "supervise/sockets.h"
#include "supervise/worker.h"

#include "base/container_of.h"

struct signals {
	struct loop_io io;
	struct supervisor *sup;
};

/*
 * `up` may be killed before the lab is in the journal: then the lab must go too. getppid() cannot
 * tell (the parent is outside of this PID namespace, so it is 0): its pidfd can.
 */
static int die_with_parent(struct lab_error **err)
{
	struct pollfd p = {.fd = SUPERVISOR_FD_PARENT, .events = POLLIN};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "PR_SET_PDEATHSIG");
	if (poll(&p, 1, 0) != 0)
		return lab_error_make(err, LAB_FAILED, "who started the lab is gone already");
	return 0;
}

static void on_signal(struct loop_io *io, uint32_t events)
{
	struct signals *s = container_of(io, struct signals, io);
	struct signalfd_siginfo info;

	while (read(io->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			supervisor_reap(s->sup);
		else
			supervisor_stop(s->sup);
	}
}

static int watch_signals(struct signals *s, struct lab_error **err)
{
	sigset_t set;
	int fd;

	for (int i = 1; i < SIGRTMIN; i++)
		(void)signal(i, SIG_DFL); /* what the caller ignored; KILL and STOP refuse */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	fd = sigprocmask(SIG_SETMASK, &set, NULL) ? -1
						  : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->io.fn = on_signal;
	if (fd < 0 || loop_add(s->sup->loop, &s->io, fd, EPOLLIN) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "signals");
	return 0;
}

static void use_hard_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit((__rlimit_resource_t)resource, &limit); /* with less, less will work */
}

/* A gateway holds two descriptors per client; the default soft limit of 1,024 is select()'s. And a
 * lab lives longer than the shell whose `ulimit -t` or `-f` it would have. */
static void shed_limits(void)
{
	static const int of_the_shell[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS,
					   RLIMIT_NPROC};
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	/* without CAP_SYS_RESOURCE (a container) the hard limits stay: they are the container's */
	for (size_t i = 0; i < ARRAY_LEN(of_the_shell); i++)
		if (setrlimit((__rlimit_resource_t)of_the_shell[i], &none))
			use_hard_limit(of_the_shell[i]);
	use_hard_limit(RLIMIT_NOFILE);
}

/*
 * Makes a mount namespace. Namespaces are pinned in the host's, also after this process has left it: a
 * lookup that begins at a descriptor from before goes on seeing them. The lab's directory is the other
 * way round: workers get a part of it mounted, which is possible only within one's own mount
 * namespace, and the working directory is what moves there.
 */
static int leave_mounts(struct supervisor *sup, struct lab_error **err)
{
	sup->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sup->root_fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "root directory");
	if (fchdir(SUPERVISOR_FD_DIR))
		return lab_error_errno(err, LAB_FAILED, errno, "the lab's directory");
	if (mounts_unshare(err))
		return -1;
	sup->dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sup->dir_fd < 0 || chdir("/"))
		return lab_error_errno(err, LAB_FAILED, errno, "the lab's directory");
	(void)close(SUPERVISOR_FD_DIR); /* nothing to flush */
	return 0;
}

static int isolate(struct supervisor *sup, struct lab_error **err)
{
	if (getpid() != 1) {
		(void)lab_error_make(err, LAB_USAGE, "not the init of a PID namespace");
		return lab_error_hint(err, "this program is started by `labctl up`");
	}
	if (priv_close_fds(SUPERVISOR_FD_END, err))
		return -1;
	if (close_range(SUPERVISOR_FD_DIR, SUPERVISOR_FD_END - 1, CLOSE_RANGE_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "descriptors");
	if (die_with_parent(err))
		return -1;
	umask(077);
	shed_limits();
	if (leave_mounts(sup, err) || mounts_proc(err) || priv_supervisor(err))
		return -1;
	/* a change of credentials, such as the one above, may clear the death signal */
	if (die_with_parent(err))
		return -1;
	(void)close(SUPERVISOR_FD_PARENT); /* a pidfd; the death signal watches from here on */
	return 0;
}

static int supervise(struct supervisor *sup, struct lab_error **err)
{
	struct signals signals = {.sup = sup};
	int rc = -1;

	sup->pool = supervise_pool_new(sup->lab, sup->root_fd, sup->dir_fd, err);
	if (!sup->pool || watch_signals(&signals, err) ||
	    !supervise_control_new(sup, SUPERVISOR_FD_CONTROL, err))
		goto out;
	supervisor_watch_logs(sup);
	rc = loop_run(sup->loop);
	if (rc < 0)
		lab_error_errno(err, LAB_FAILED, errno, "event loop");
out:
	supervise_control_free(sup->control);
	supervise_pool_free(sup->pool);
	return rc;
}

int main(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct supervisor *sup = calloc(1, sizeof(*sup));
	int rc;

	if (!sup || argc != 3) {
		log_error("usage: labctl-supervisor LAB LIBEXEC, by `labctl up`");
		free(sup);
		return LAB_USAGE;
	}
	sup->lab = argv[1];
	sup->libexec = argv[2];
	rc = isolate(sup, &err);
	if (!rc && !(sup->loop = loop_new()))
		rc = lab_error_errno(&err, LAB_FAILED, errno, "event loop");
	if (!rc)
		rc = supervise(sup, &err);
	if (rc)
		log_error("%s", lab_error_message(err));
	loop_free(sup->loop);
	free(sup);
	return rc ? (int)lab_error_status(err) : 0;
}
