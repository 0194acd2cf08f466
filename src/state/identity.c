// SPDX-License-Identifier: GPL-2.0-only
/** A pid alone is reused; a pid and its start time name one process of this boot. */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

struct seen {
	struct process_id id;
	char state;
};

/* proc_pid_stat(5): the name in parentheses may hold blanks and parentheses, so start after the
 * last one; field 3 (state) comes next, field 22 is the start time. */
static bool parse_stat(const char *text, struct seen *seen)
{
	const char *p = strrchr(text, ')');

	if (!p || p[1] != ' ')
		return false;
	seen->state = p[2];
	for (int field = 2; field < 22; field++) {
		p = strchr(p + 1, ' ');
		if (!p)
			return false;
	}
	return sscanf(p, " %" SCNu64, &seen->id.start) == 1;
}

static bool look_at(pid_t pid, struct seen *seen)
{
	char path[64], text[1024];
	auto_close int fd = -1;
	ssize_t n;

	if (pid <= 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid); /* always fits */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false; /* ENOENT: gone */
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	seen->id.pid = pid;
	return parse_stat(text, seen);
}

bool process_id_of(pid_t pid, struct process_id *id)
{
	struct seen seen;

	if (!look_at(pid, &seen))
		return false;
	*id = seen.id;
	return true;
}

bool process_id_stopped(const struct process_id *id)
{
	struct seen seen;

	return look_at(id->pid, &seen) && seen.id.start == id->start &&
	       (seen.state == 'T' || seen.state == 't');
}

static int gone(void)
{
	errno = ESRCH;
	return -1;
}

int process_id_open(const struct process_id *id)
{
	struct pollfd ended = {.events = POLLIN};
	struct process_id now;
	auto_close int fd = -1;

	if (id->pid <= 0)
		return gone();
	fd = (int)syscall(SYS_pidfd_open, id->pid, 0);
	/* EINVAL, and ENOENT since 6.15: the number is that of another process's thread now */
	if (fd < 0)
		return errno == EINVAL || errno == ENOENT ? gone() : -1;
	/* the pidfd came first: from here on the pid cannot be reused without us seeing it gone */
	if (!process_id_of(id->pid, &now))
		return errno == ENOENT ? gone() : -1;
	if (now.start != id->start)
		return gone();
	/* ended, but nobody has waited for it: in a container without an init that lasts */
	ended.fd = fd;
	if (poll(&ended, 1, 0) > 0)
		return gone();
	return steal_fd(&fd);
}
