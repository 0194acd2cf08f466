// SPDX-License-Identifier: GPL-2.0-only
#include "function/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
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

int function_child_start(struct function_child *c, const char *path, char *const *env)
{
	auto_pipes struct pipes p = {{-1, -1, -1}, {-1, -1, -1}};
	char *argv[] = {(char *)path, NULL};
	auto_free char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int pidfd, rc = open_pipes(&p);
	pid_t pid;

	if (rc || !slash)
		return rc ? rc : ENOENT;
	slash[slash == folder] = '\0';
	rc = child_start(&(struct child_spec){.path = path,
					      .argv = argv,
					      .env = env,
					      .folder = folder,
					      .standard = p.child},
			 &pid, &pidfd);
	if (rc)
		return rc;
	*c = (struct function_child){pid, pidfd, steal_fd(&p.ours[0]), steal_fd(&p.ours[1]),
				     steal_fd(&p.ours[2])};
	return 0;
}

void function_child_kill(const struct function_child *c)
{
	if (c->pid > 0)
		child_kill(c->pid);
}

void function_child_reap(struct function_child *c, int *code, int *status)
{
	child_reap(c->pid, c->pidfd, code, status);
	c->pid = 0;
}
