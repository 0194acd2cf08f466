// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/run_view.h"
#include "base/strbuf.h"
#include "supervise/client.h"

#define FOLDER    "libexec/labctl/"
#define PREFIX    "labctl-"
#define SUFFIX    " (deleted)"
#define ARGS_ROOM 4608 /* a path and a name */

/*
 * The program's name where it is one of labctl's, whichever installation it is of: the executable
 * itself tells, unlike what a process calls itself. A zombie has none.
 */
static bool read_program(int proc, const char *pid, char name[static SUPERVISE_PROGRAM_ROOM])
{
	auto_strbuf struct strbuf path = {0};
	char exe[4096];
	const char *at;
	ssize_t n;

	strbuf_printf(&path, "%s/exe", pid);
	n = readlinkat(proc, path.s, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	if (n > (ssize_t)strlen(SUFFIX) && strcmp(exe + n - strlen(SUFFIX), SUFFIX) == 0)
		exe[n - (ssize_t)strlen(SUFFIX)] = '\0';
	at = strrchr(exe, '/');
	if (!at || (size_t)(at + 1 - exe) < strlen(FOLDER) ||
	    strncmp(at + 1 - strlen(FOLDER), FOLDER, strlen(FOLDER)) != 0 ||
	    strncmp(at + 1, PREFIX, strlen(PREFIX)) != 0 ||
	    strlen(at + 1) >= SUPERVISE_PROGRAM_ROOM)
		return false;
	memcpy(name, at + 1, strlen(at + 1) + 1); /* it fits: looked at above */
	return true;
}

/* The second argument of a supervisor is its lab. */
static void read_lab(int proc, const char *pid, char lab[static NAME_MAX_LEN + 1])
{
	auto_strbuf struct strbuf path = {0};
	auto_close int fd = -1;
	char text[ARGS_ROOM];
	const char *second;
	ssize_t n;

	*lab = '\0';
	strbuf_printf(&path, "%s/cmdline", pid);
	fd = openat(proc, path.s, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return;
	text[n] = '\0';
	second = memchr(text, '\0', (size_t)n);
	if (second && second + 1 < text + n && name_valid(second + 1))
		memcpy(lab, second + 1, strlen(second + 1) + 1); /* a valid name fits */
}

static bool is_supervisor(const struct supervise_process *p)
{
	return strcmp(p->program, "labctl-supervisor") == 0;
}

static bool look_at(int proc, const char *pid, struct supervise_process *p)
{
	auto_strbuf struct strbuf ns = {0};
	struct stat st;

	if (!isdigit((unsigned char)*pid) || !read_program(proc, pid, p->program))
		return false;
	strbuf_printf(&ns, "%s/ns/pid", pid);
	if (fstatat(proc, ns.s, &st, 0))
		return false;
	p->pid_ns = st.st_ino;
	p->lab[0] = '\0';
	if (is_supervisor(p))
		read_lab(proc, pid, p->lab);
	return process_id_of((pid_t)strtol(pid, NULL, 10), &p->id);
}

static const struct supervise_process *supervisor_of(const struct supervise_process *list, size_t n,
						     ino_t pid_ns)
{
	for (size_t i = 0; i < n; i++)
		if (is_supervisor(&list[i]) && list[i].pid_ns == pid_ns)
			return &list[i];
	return NULL;
}

/* A worker's /run is covered, its supervisor's is not. One without a supervisor is anybody's. */
static bool is_of_this_host(const struct supervise_process *list, size_t n,
			    const struct supervise_process *p)
{
	const struct supervise_process *s = supervisor_of(list, n, p->pid_ns);
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", s ? (int)s->id.pid : 0); /* always fits */
	return !s || run_view_shared(pid);
}

static struct supervise_process *list_all(size_t *n)
{
	struct supervise_process *list = calloc(1, sizeof(*list));
	DIR *dir = opendir("/proc");
	const struct dirent *e;

	*n = 0;
	while (list && dir && (e = readdir(dir)))
		if (look_at(dirfd(dir), e->d_name, &list[*n]))
			list = reallocarray(list, ++*n + 1, sizeof(*list));
	if (!list)
		abort();
	if (dir)
		(void)closedir(dir); /* only read from */
	return list;
}

struct supervise_process *supervise_processes(size_t *n)
{
	auto_free struct supervise_process *all = NULL;
	struct supervise_process *list;
	size_t n_all;

	all = list_all(&n_all);
	list = calloc(n_all + 1, sizeof(*list));
	if (!list)
		abort();
	*n = 0;
	for (size_t i = 0; i < n_all; i++)
		if (is_of_this_host(all, n_all, &all[i]))
			list[(*n)++] = all[i];
	return list;
}

bool supervise_find(const char *lab, const struct process_id *but, struct process_id *id)
{
	auto_free struct supervise_process *list = NULL;
	size_t n;

	list = supervise_processes(&n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].lab, lab) != 0 ||
		    (list[i].id.pid == but->pid && list[i].id.start == but->start))
			continue;
		*id = list[i].id;
		return true;
	}
	return false;
}
