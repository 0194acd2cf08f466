// SPDX-License-Identifier: GPL-2.0-only
#include "rootless/map.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/program.h"
#include "priv/priv.h"
#include "rootless/rootless.h"

/* "OWNER:FIRST:COUNT" */
static bool read_line(const char *line, const char *name, const char *number, struct subordinate *r)
{
	size_t len = strcspn(line, ":");

	if (!line[len] || !((name && strlen(name) == len && !strncmp(line, name, len)) ||
			    (strlen(number) == len && !strncmp(line, number, len))))
		return false;
	return sscanf(line + len, ":%u:%u", &r->first, &r->count) == 2 && r->first > 0 &&
	       r->count > 1 && r->count - 1 <= ~0u - r->first;
}

bool rootless_subordinate(const char *file, const char *name, uid_t uid, struct subordinate *range)
{
	auto_fclose FILE *f = fopen(file, "re");
	auto_free char *line = NULL;
	bool found = false;
	char number[16];
	size_t room = 0;

	(void)snprintf(number, sizeof(number), "%u", uid); /* always fits */
	while (f && !found && getline(&line, &room, f) > 0)
		found = read_line(line, name, number, range);
	return found;
}

/* The arguments of newuidmap(1), which newgidmap(1) has too. */
struct wish {
	const char *program, *file;
	unsigned int self;
};

/* The program is the distribution's, setuid root, and checks everything for itself. */
static bool run_helper(const struct wish *w, pid_t child, uid_t first, struct subordinate r)
{
	char text[10][16];
	unsigned int n = r.count - 1 < PRIV_WORKER_SLOTS ? r.count - 1 : PRIV_WORKER_SLOTS;
	const unsigned int values[] = {
		(unsigned int)child, 0,           w->self, 1, first, r.first, n,
		PRIV_SHARED_USER,    r.first + n, 1};
	char *argv[ARRAY_LEN(values) + 2] = {(char *)w->program};
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC), pidfd = -1;
	auto_free char *path = program_find(w->program, NULL);
	int code = 0, status = 0;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%u", values[i]); /* always fits */
		argv[i + 1] = text[i];
	}
	if (!path || null < 0 ||
	    child_start(&(struct child_spec){.path = path,
					     .argv = argv,
					     .env = (char *[]){(char *)"LC_ALL=C", NULL},
					     .standard = (const int[]){null, null, null}},
			&pid, &pidfd))
		return false;
	child_reap(pid, pidfd, &code, &status);
	return code == CLD_EXITED && status == 0;
}

static bool map_many(const struct wish *w, pid_t child, const char *lab)
{
	const struct passwd *user = getpwuid(getuid());
	struct subordinate range;

	return rootless_subordinate(w->file, user ? user->pw_name : NULL, getuid(), &range) &&
	       run_helper(w, child, priv_worker_first(lab), range);
}

static int write_file(pid_t child, const char *name, const char *text, struct lab_error **err)
{
	char path[64];
	auto_close int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)child, name); /* always fits */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return lab_error_errno(err, LAB_DENIED, errno, "user namespace: %s", name);
	return 0;
}

static int map_one(pid_t child, const char *name, unsigned int self, struct lab_error **err)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "0 %u 1\n", self); /* always fits */
	return write_file(child, name, text, err);
}

/* Root may map whom it likes: those that workers of a lab with root have too (priv_worker_user()). */
static int map_same(pid_t child, const char *name, const char *lab, unsigned int self,
		    struct lab_error **err)
{
	unsigned int first = priv_worker_first(lab);
	char text[128];

	(void)snprintf(text, sizeof(text), "0 %u 1\n%u %u %d\n%d %d 1\n", self, first, first,
		       PRIV_WORKER_SLOTS, PRIV_SHARED_USER, PRIV_SHARED_USER); /* always fits */
	if (!write_file(child, name, text, err))
		return 0;
	return lab_error_hint(err, "its workers would be root of this host; run it as an ordinary "
				   "user, or give root subordinate users and groups, subuid(5)");
}

bool rootless_is_somebody(const char *map)
{
	auto_fclose FILE *f = fopen(map, "re");
	unsigned int inside, outside, count, more;

	return f && fscanf(f, "%u %u %u", &inside, &outside, &count) == 3 && outside &&
	       count == 1 && fscanf(f, "%u", &more) != 1;
}

/* Without subordinate ones. Root of the host has others all the same, and must not share itself. */
static int map_own(pid_t child, const char *name, const char *lab, unsigned int self,
		   struct lab_error **err)
{
	if (getuid() || rootless_is_somebody("/proc/self/uid_map"))
		return map_one(child, name, self, err);
	return map_same(child, name, lab, self, err);
}

bool rootless_has_users(const char **why)
{
	const struct passwd *user = getpwuid(getuid());
	const char *name = user ? user->pw_name : NULL;
	auto_free char *uids = program_find("newuidmap", NULL);
	auto_free char *gids = program_find("newgidmap", NULL);
	struct subordinate range;

	*why = NULL;
	if (!uids || !gids)
		*why = "newuidmap and newgidmap are not installed";
	else if (getuid() && !rootless_subordinate("/etc/subuid", name, getuid(), &range))
		*why = "/etc/subuid gives this user no subordinate users";
	else if (getuid() && !rootless_subordinate("/etc/subgid", name, getuid(), &range))
		*why = "/etc/subgid gives this user no subordinate groups";
	return !*why;
}

int rootless_map(pid_t child, const char *lab, struct lab_error **err)
{
	const struct wish uids = {"newuidmap", "/etc/subuid", getuid()};
	const struct wish gids = {"newgidmap", "/etc/subgid", getgid()};

	/* a helper that failed has written nothing: a map is written once, and whole */
	if (!map_many(&uids, child, lab) && map_own(child, "uid_map", lab, uids.self, err))
		return -1;
	if (map_many(&gids, child, lab))
		return 0;
	if (getuid() && write_file(child, "setgroups", "deny", err))
		return -1;
	return map_own(child, "gid_map", lab, gids.self, err);
}
