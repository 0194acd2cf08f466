// SPDX-License-Identifier: GPL-2.0-only
#include "state/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#define FOLDER    "/libexec/labctl/"
#define SUFFIX    " (deleted)"
#define ARGS_ROOM 4608 /* a path and a name */

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcmp(s + len - n, end) == 0;
}

/* The executable tells, unlike what a process calls itself. A zombie has none. */
static bool runs(int proc, const char *pid, const char *program)
{
	auto_strbuf struct strbuf path = {0}, wanted = {0};
	char exe[4096];
	ssize_t n;

	strbuf_printf(&path, "%s/exe", pid);
	strbuf_printf(&wanted, FOLDER "%s", program);
	n = readlinkat(proc, path.s, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	if (ends_with(exe, SUFFIX))
		exe[(size_t)n - strlen(SUFFIX)] = '\0';
	return ends_with(exe, wanted.s);
}

/* As its status says it: the owner of the files in /proc/PID is root for whoever is undumpable. */
static bool is_own(int proc, const char *pid)
{
	auto_strbuf struct strbuf path = {0};
	auto_fclose FILE *f = NULL;
	uid_t real, effective, saved;
	bool own = false;
	char line[256];
	int fd;

	strbuf_printf(&path, "%s/status", pid);
	fd = openat(proc, path.s, O_RDONLY | O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Uid: %u %u %u", &real, &effective, &saved) == 3)
			own = real == geteuid() && effective == real && saved == real;
	return own;
}

static bool read_lab(int proc, const char *pid, char lab[static NAME_MAX_LEN + 1])
{
	auto_strbuf struct strbuf path = {0};
	auto_close int fd = -1;
	char text[ARGS_ROOM];
	const char *second;
	ssize_t n;

	strbuf_printf(&path, "%s/cmdline", pid);
	fd = openat(proc, path.s, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	second = memchr(text, '\0', (size_t)n);
	if (!second || second + 1 >= text + n || !name_valid(second + 1))
		return false;
	memcpy(lab, second + 1, strlen(second + 1) + 1); /* a valid name fits */
	return true;
}

/* Its identity comes before all that is asked of it: a later process of that pid does not have it. */
static bool look_at(int proc, const char *pid, const char *program, struct state_process *p)
{
	return isdigit((unsigned char)*pid) && runs(proc, pid, program) &&
	       process_id_of((pid_t)strtol(pid, NULL, 10), &p->id) && runs(proc, pid, program) &&
	       is_own(proc, pid) && read_lab(proc, pid, p->lab);
}

struct state_process *state_processes(const char *program, size_t *n)
{
	struct state_process *list = calloc(1, sizeof(*list));
	DIR *dir = opendir("/proc");
	const struct dirent *e;

	*n = 0;
	while (list && dir && (e = readdir(dir)))
		if (look_at(dirfd(dir), e->d_name, program, &list[*n]))
			list = reallocarray(list, ++*n + 1, sizeof(*list));
	if (!list)
		abort();
	if (dir)
		(void)closedir(dir); /* only read from */
	return list;
}
