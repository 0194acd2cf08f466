// SPDX-License-Identifier: GPL-2.0-only
/**
 * A kernel of one's own for a test program: user, network and mount namespaces with an empty /run, so
 * that real objects are made without root and nothing can be left behind on the host.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static inline bool sandbox_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static inline bool sandbox_map_ids(uid_t uid, gid_t gid)
{
	char map[64];

	(void)sandbox_write("/proc/self/setgroups", "deny"); /* absent before Linux 3.19 */
	(void)snprintf(map, sizeof(map), "0 %u 1\n", uid);
	if (!sandbox_write("/proc/self/uid_map", map))
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return sandbox_write("/proc/self/gid_map", map);
}

/**
 * Enters the sandbox. Where the host refuses: says why and ends the program, with ctest's status for
 * "skipped" (77), or with a failure where LABCTL_MUST_RUN names "kernel".
 */
static inline void sandbox_enter(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	const char *must = getenv("LABCTL_MUST_RUN");

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) == 0 && sandbox_map_ids(uid, gid) &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0)
		return;
	(void)fprintf(stderr, "no namespaces of one's own here: %s\n", strerror(errno));
	exit(must && strstr(must, "kernel") ? 1 : 77);
}

/** Runs a shell command; its exit status. */
static inline int sandbox_sh(const char *command)
{
	return system(command); /* tests only: the text is a literal of the test */
}
