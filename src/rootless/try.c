// SPDX-License-Identifier: GPL-2.0-only
/* What an ordinary user may do here, asked of the kernel by one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "priv/priv.h"
#include "rootless/rootless.h"

#define TOLD_MAX 1024 /* of a message, and of a hint */

struct told {
	int failed;
	char message[TOLD_MAX], hint[TOLD_MAX];
};

static int try_here(const char *libexec, struct lab_error **err)
{
	auto_space struct rootless_space s = ROOTLESS_SPACE_INIT;

	return rootless_open_trial(libexec, &s, err);
}

static _Noreturn void try_and_tell(const char *libexec, int tell)
{
	auto_error struct lab_error *err = NULL;
	struct told told = {0};
	const char *hint;

	/* no more than nobody has, and that for good: this process is for the trial alone */
	told.failed = (geteuid() == 0 && priv_ordinary_user(&err)) || try_here(libexec, &err);
	hint = err ? lab_error_hint_get(err) : NULL;
	(void)snprintf(told.message, sizeof(told.message), "%s", lab_error_message(err));
	(void)snprintf(told.hint, sizeof(told.hint), "%s", hint ? hint : "");
	(void)!write(tell, &told, sizeof(told)); /* who should read it is gone otherwise */
	_exit(0);
}

int rootless_try(const char *libexec, struct lab_error **err)
{
	auto_close int from = -1;
	struct told told;
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "pipe");
	from = fds[0];
	(void)fflush(NULL); /* else the child could write it a second time */
	pid = fork();
	if (pid == 0)
		try_and_tell(libexec, fds[1]);
	(void)close(fds[1]); /* the child's */
	if (pid < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "fork");
	n = read(from, &told, sizeof(told)); /* less than PIPE_BUF: whole */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(told))
		return lab_error_make(err, LAB_FAILED, "the trial ended without a word");
	if (!told.failed)
		return 0;
	(void)lab_error_make(err, LAB_DENIED, "%s", told.message);
	return told.hint[0] ? lab_error_hint(err, "%s", told.hint) : -1;
}
