// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-keeper LAB: init of the PID namespace of a lab without root. It does nothing but be there;
 * its end is the lab's. It reaps what comes to it, and ends when there is nothing left to wait for and
 * nobody has the lab's lock: an `up` or `down` at work has, and its processes are not the keeper's
 * children.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "priv/priv.h"
#include "rootless/contract.h"
#include "rootless/mounts.h"

/* As labctl-supervisor's: `up` may be killed before the keeper is on record. */
static int die_with_parent(struct lab_error **err)
{
	struct pollfd p = {.fd = KEEPER_FD_PARENT, .events = POLLIN};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "PR_SET_PDEATHSIG");
	if (poll(&p, 1, 0) != 0)
		return lab_error_make(err, LAB_FAILED, "who started it is gone already");
	return 0;
}

static int set_up(struct lab_error **err)
{
	if (getpid() != 1) {
		(void)lab_error_make(err, LAB_USAGE, "not the init of a PID namespace");
		return lab_error_hint(err, "this program is started by `labctl --rootless up`");
	}
	if (priv_close_fds(KEEPER_FD_END, err) || die_with_parent(err))
		return -1;
	if (close_range(KEEPER_FD_DIR, KEEPER_FD_END - 1, CLOSE_RANGE_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "descriptors");
	umask(022);
	if (rootless_mounts(err) || priv_keeper(err))
		return -1;
	/* a change of credentials, such as the one above, may clear the death signal */
	return die_with_parent(err);
}

static bool say(const char *text)
{
	return send(KEEPER_FD_CONTROL, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Until labctl has it on record, or is gone. */
static bool is_let_go(void)
{
	char text[sizeof(KEEPER_GO)];
	ssize_t n;

	do {
		n = recv(KEEPER_FD_CONTROL, text, sizeof(text), 0);
	} while (n < 0 && errno == EINTR);
	return n > 0 && !prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

static void on_end(int number)
{
	_exit(0);
}

static void on_child(int number)
{
	/* only to interrupt a wait for the lock */
}

static bool has_children(int flags)
{
	pid_t pid;

	do {
		pid = waitpid(-1, NULL, flags);
	} while (pid > 0 || (pid < 0 && errno == EINTR));
	return pid == 0; /* with WNOHANG: there are, and none has ended */
}

static void keep(void)
{
	auto_close int lock = openat(KEEPER_FD_DIR, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	for (;;) {
		(void)has_children(0); /* waits until there are none */
		if (lock >= 0 && flock(lock, LOCK_EX))
			continue; /* a child that came meanwhile has ended */
		if (!has_children(WNOHANG))
			break;
		if (lock >= 0)
			(void)flock(lock, LOCK_UN); /* cannot fail: it is held */
	}
	/* with the lock: who gets it next must not take this process, which takes a while to end,
	 * for a keeper */
	(void)unlinkat(KEEPER_FD_DIR, "journal", 0); /* not there: the record is gone */
}

int main(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;

	for (int i = 1; i < SIGRTMIN; i++)
		(void)signal(i, SIG_DFL); /* what the caller ignored; KILL and STOP refuse */
	if (set_up(&err)) {
		(void)say(lab_error_message(err)); /* who should hear it is gone otherwise */
		return (int)lab_error_status(err);
	}
	(void)sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_end}, NULL);
	(void)sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
	if (!say(KEEPER_READY) || !is_let_go())
		return LAB_FAILED;
	(void)close(KEEPER_FD_CONTROL); /* nothing more is said */
	(void)close(KEEPER_FD_PARENT);
	keep();
	return LAB_OK;
}
