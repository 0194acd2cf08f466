// SPDX-License-Identifier: GPL-2.0-only
#include "cli/signals.h"

#include <errno.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t caught; /* a handler has no other way to say anything */

static void on_signal(int number)
{
	caught = 1;
	for (size_t i = 0; i < ARRAY_LEN(ending); i++)
		(void)signal(ending[i], SIG_IGN); /* valid numbers: cannot fail */
}

static void on_nothing(int number)
{
	/* a handler, not SIG_IGN: programs that are started from here get the default back */
}

const volatile sig_atomic_t *cli_catch_signals(void)
{
	struct sigaction end = {.sa_handler = on_signal}; /* no SA_RESTART: waits end early */
	struct sigaction nothing = {.sa_handler = on_nothing, .sa_flags = SA_RESTART};

	struct sigaction hangup;

	for (size_t i = 0; i < ARRAY_LEN(ending); i++)
		(void)sigaction(ending[i], &end, ending[i] == SIGHUP ? &hangup : NULL);
	if (hangup.sa_handler == SIG_IGN) /* nohup */
		(void)signal(SIGHUP, SIG_IGN);
	(void)sigaction(SIGPIPE, &nothing, NULL); /* as above */
	(void)sigaction(SIGXFSZ, &nothing, NULL);
	return &caught;
}

int cli_watch_signals(struct loop *loop, struct loop_io *io, struct lab_error **err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set); /* cannot fail, as those below */
	for (size_t i = 0; i < ARRAY_LEN(ending); i++)
		(void)sigaddset(&set, ending[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0 && loop_add(loop, io, fd, EPOLLIN) == 0)
		return 0;
	(void)lab_error_errno(err, LAB_FAILED, errno, "signals");
	cleanup_closep(&fd);
	return -1;
}
