// SPDX-License-Identifier: GPL-2.0-only
#include "cli/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char system_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* A closed 0, 1 or 2 would be handed out to the next open(): a journal that receives messages. */
static int open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -1;
		if (fd <= 2 && fcntl(fd, F_SETFD, 0))
			return -1;
	} while (fd < 2);
	return fd > 2 ? close(fd) : 0;
}

static void on_limit(int number)
{
}

int cli_process_init(void)
{
	if (open_standard_fds())
		return -1;
	/* A caller's leaked descriptors must reach neither workers nor commands in a node. */
	if (close_range(3, ~0U, 0))
		return -1;
	/* A limit on file sizes is an error of write(2), not the end in the middle of something. Not
	 * ignored, as that would pass to commands in a node. */
	if (sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = on_limit}, NULL))
		return -1;
	/* With SIGCHLD ignored, waitpid() would never see how a child ended. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return -1;
	umask(022);
	/* A lab's programs are started by absolute path; this is for commands in a node. */
	if (!getenv("PATH") && setenv("PATH", system_path, 1))
		return -1;
	return 0;
}
