// SPDX-License-Identifier: GPL-2.0-only
/*
 * A namespace lives as long as anything refers to it: a name, a process in it, a descriptor, a mount.
 * There is no list of namespaces in the kernel before listns(2) of Linux 6.19, so each of these is
 * followed. What vanishes while it is looked at is gone: that is no error here.
 */
#include "kernel/traces.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/pins.h"
#include "base/run_view.h"
#include "base/strbuf.h"
#include "kernel/netns.h"
#include "kernel/tags.h"

#define LABS "/run/labctl/"

static void add(struct kernel_traces *t, struct kernel_trace trace, const char *where)
{
	t->list = reallocarray(t->list, t->n + 1, sizeof(*t->list));
	trace.where = strdup(where);
	if (!t->list || !trace.where)
		abort();
	t->list[t->n++] = trace;
}

static bool is_seen(const struct kernel_traces *t, const struct backend_namespace_id *id)
{
	for (size_t i = 0; i < t->namespaces; i++)
		if (t->seen[i].ino == id->ino && t->seen[i].dev == id->dev)
			return true;
	return false;
}

static void note_seen(struct kernel_traces *t, const struct backend_namespace_id *id)
{
	t->seen = reallocarray(t->seen, t->namespaces + 1, sizeof(*t->seen));
	if (!t->seen)
		abort();
	t->seen[t->namespaces++] = *id;
}

/*
 * What is at the path, if that is a namespace: it may be in anybody's mount namespace, so opening
 * anything else could hang (a FIFO) or do something (a device).
 */
static int find_namespace(const char *path, struct backend_namespace_id *id)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);

	return fd >= 0 && kernel_netns_is(fd) && kernel_netns_id(fd, id) ? steal_fd(&fd) : -1;
}

static int open_found(int found)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", found); /* always fits */
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The namespace that the path leads to, if it is the first time. */
static int look_at(struct kernel_traces *t, const char *path, enum kernel_trace_kind kind,
		   const char *where, struct lab_error **err)
{
	struct kernel_trace trace = {.kind = kind};
	auto_close int found = find_namespace(path, &trace.id), fd = -1;

	if (found < 0 || is_seen(t, &trace.id))
		return 0;
	note_seen(t, &trace.id);
	fd = open_found(found);
	if (fd < 0 || kernel_tag_read(fd, t->home, &trace.tag, NULL) < 0) {
		t->closed++;
		/* wherever that failed: what follows must not happen in a foreign namespace */
		return kernel_netns_enter(t->home, err);
	}
	if (trace.tag)
		add(t, trace, where);
	return 0;
}

/* "LAB.NAME" of a name that was made for it. */
static bool is_unused(const char *file)
{
	const char *dot = strchr(file, '.');
	auto_free char *lab = dot ? strndup(file, (size_t)(dot - file)) : NULL;

	return lab && name_valid(lab) && kernel_pin_unused(lab, dot + 1);
}

static int look_at_name(struct kernel_traces *t, const char *file, struct lab_error **err)
{
	auto_strbuf struct strbuf path = {0};

	strbuf_printf(&path, PINS "/%s", file);
	t->names++;
	if (is_unused(file)) {
		struct kernel_trace unused = {.kind = KERNEL_TRACE_UNUSED, .tag = strdup(file)};

		if (!unused.tag)
			abort();
		add(t, unused, path.s);
		return 0;
	}
	return look_at(t, path.s, KERNEL_TRACE_PINNED, path.s, err);
}

/* Calls fn for each entry of a folder; one that is not there has none. */
static int each(const char *folder,
		int (*fn)(struct kernel_traces *t, const char *name, struct lab_error **err),
		struct kernel_traces *t, struct lab_error **err)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	int r = 0;

	if (!dir)
		return errno == ENOENT ? 0 : lab_error_errno(err, LAB_FAILED, errno, "%s", folder);
	while (r == 0 && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(t, e->d_name, err);
	(void)closedir(dir); /* only read from */
	return r;
}

/* "process 12 (sleep)" */
static void name_process(struct strbuf *b, const char *pid)
{
	auto_strbuf struct strbuf path = {0};
	auto_close int fd = -1;
	char comm[32] = "";
	ssize_t n;

	strbuf_printf(&path, "/proc/%s/comm", pid);
	fd = open(path.s, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, comm, sizeof(comm) - 1);
	if (n > 0)
		comm[strcspn(comm, "\n")] = '\0';
	strbuf_printf(b, "process %s (%s)", pid, comm);
}

static bool is_net(const char *link)
{
	char target[32];
	ssize_t n = readlink(link, target, sizeof(target));

	return n > 4 && memcmp(target, "net:", 4) == 0;
}

/* What the links in /proc/PID/NAME that lead to network namespaces lead to. */
static int look_at_links(struct kernel_traces *t, const char *folder, const char *what,
			 const char *pid, struct lab_error **err)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	int r = 0;

	while (dir && r == 0 && (e = readdir(dir))) {
		auto_strbuf struct strbuf link = {0}, where = {0};

		strbuf_printf(&link, "%s/%s", folder, e->d_name);
		if (!is_net(link.s))
			continue;
		strbuf_add(&where, what);
		name_process(&where, pid);
		r = look_at(t, link.s, KERNEL_TRACE_HELD, where.s, err);
	}
	if (dir)
		(void)closedir(dir); /* only read from */
	return r;
}

static int look_at_threads(struct kernel_traces *t, const char *pid, struct lab_error **err)
{
	auto_strbuf struct strbuf tasks = {0};
	const struct dirent *e;
	DIR *dir;
	int r = 0;

	strbuf_printf(&tasks, "/proc/%s/task", pid);
	dir = opendir(tasks.s);
	while (dir && r == 0 && (e = readdir(dir))) {
		auto_strbuf struct strbuf ns = {0}, where = {0};

		if (e->d_name[0] == '.')
			continue;
		strbuf_printf(&ns, "%s/%s/ns/net", tasks.s, e->d_name);
		name_process(&where, pid);
		r = look_at(t, ns.s, KERNEL_TRACE_HELD, where.s, err);
	}
	if (dir)
		(void)closedir(dir); /* only read from */
	return r;
}

static int octal_digit(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* mountinfo writes blanks and the like as \040. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && octal_digit(s[1]) >= 0 && octal_digit(s[2]) >= 0 &&
		    octal_digit(s[3]) >= 0) {
			*to++ = (char)(octal_digit(s[1]) * 64 + octal_digit(s[2]) * 8 +
				       octal_digit(s[3]));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* proc_pid_mountinfo(5): the fourth field is what is mounted, the fifth where. */
static bool read_mount(char *line, const char **root, const char **point)
{
	char *rest = line, *field[5];

	for (size_t i = 0; i < ARRAY_LEN(field); i++)
		if (!(field[i] = strsep(&rest, " ")))
			return false;
	unescape(field[4]);
	*root = field[3];
	*point = field[4];
	return true;
}

static int look_at_mount(struct kernel_traces *t, const char *pid, const char *root,
			 const char *point, struct lab_error **err)
{
	auto_strbuf struct strbuf path = {0}, where = {0};

	t->mounts++;
	if (strncmp(root, "net:", 4) == 0) {
		strbuf_printf(&path, "/proc/%s/root%s", pid, point);
		strbuf_printf(&where, "a mount at %s, as seen by ", point);
		name_process(&where, pid);
		return look_at(t, path.s, KERNEL_TRACE_HELD, where.s, err);
	}
	if (strcmp(pid, "self") == 0 && strncmp(point, LABS, strlen(LABS)) == 0)
		add(t, (struct kernel_trace){.kind = KERNEL_TRACE_MOUNT}, point);
	return 0;
}

static int look_at_mounts(struct kernel_traces *t, const char *pid, struct lab_error **err)
{
	auto_strbuf struct strbuf path = {0};
	auto_fclose FILE *f = NULL;
	auto_free char *line = NULL;
	size_t room = 0;
	int r = 0;

	strbuf_printf(&path, "/proc/%s/mountinfo", pid);
	f = fopen(path.s, "re");
	while (f && r == 0 && getline(&line, &room, f) > 0) {
		const char *root, *point;

		if (read_mount(line, &root, &point))
			r = look_at_mount(t, pid, root, point, err);
	}
	return r;
}

/* Then they were looked through already, as those of this process. */
static bool same_mounts(const char *pid)
{
	auto_strbuf struct strbuf path = {0};
	struct stat mine, its;

	strbuf_printf(&path, "/proc/%s/ns/mnt", pid);
	return stat("/proc/self/ns/mnt", &mine) || stat(path.s, &its) || mine.st_ino == its.st_ino;
}

static int look_at_process(struct kernel_traces *t, const char *pid, struct lab_error **err)
{
	auto_strbuf struct strbuf fds = {0};

	if (!isdigit((unsigned char)*pid) || strtol(pid, NULL, 10) == (long)getpid())
		return 0;
	if (!run_view_shared(pid)) {
		t->elsewhere++;
		return 0;
	}
	t->processes++;
	strbuf_printf(&fds, "/proc/%s/fd", pid);
	if (look_at_threads(t, pid, err) || look_at_links(t, fds.s, "a descriptor of ", pid, err))
		return -1;
	return same_mounts(pid) ? 0 : look_at_mounts(t, pid, err);
}

static int find(struct kernel_traces *t, struct lab_error **err)
{
	struct backend_namespace_id home;

	if (!kernel_netns_id(t->home, &home))
		return lab_error_errno(err, LAB_FAILED, errno, "the host's network namespace");
	note_seen(t, &home);
	if (kernel_pins_forgotten())
		add(t, (struct kernel_trace){.kind = KERNEL_TRACE_NAMES}, PINS);
	/* names first: what they lead to is told by them, not by a process in it */
	if (each(PINS, look_at_name, t, err) || look_at_mounts(t, "self", err))
		return -1;
	return each("/proc", look_at_process, t, err);
}

int kernel_traces_find(struct kernel_traces *t, struct lab_error **err)
{
	int r;

	t->home = kernel_netns_current(err);
	if (t->home < 0)
		return -1;
	r = find(t, err);
	(void)close(t->home); /* only held */
	return r;
}

void kernel_traces_done(struct kernel_traces *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->list[i].tag);
		free(t->list[i].where);
	}
	free(t->list);
	free(t->seen);
	*t = (struct kernel_traces){0};
}

void kernel_traces_tidy(void)
{
	struct kernel_pins pins = {.lock = -1};

	kernel_pins_tidy(&pins);
}
