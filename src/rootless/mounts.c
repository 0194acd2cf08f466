// SPDX-License-Identifier: GPL-2.0-only
#include "rootless/mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mounts.h"

#define RUN "/run"

/* Labs of root, and namespaces with names: the space has its own. */
static bool is_own(const char *name)
{
	return !strcmp(name, "labctl") || !strcmp(name, "netns");
}

static void copy_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n <= 0)
		return; /* gone meanwhile */
	target[n] = '\0';
	(void)!symlinkat(target, to, name); /* as in show() */
}

/* Puts the entry of the host's /run, with what is mounted below it, into the new one. One that
 * cannot be shown is not there; nothing of labctl's depends on any. */
static void show(int from, int to, const char *name)
{
	auto_close int tree = -1, point = -1;
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	if (S_ISLNK(st.st_mode)) {
		copy_link(from, to, name);
		return;
	}
	tree = open_tree(from, name,
			 AT_SYMLINK_NOFOLLOW | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		if (!mkdirat(to, name, 0755) &&
		    move_mount(tree, "", to, name, MOVE_MOUNT_F_EMPTY_PATH))
			(void)unlinkat(to, name, AT_REMOVEDIR); /* an empty folder at worst */
		return;
	}
	point = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (point >= 0 && move_mount(tree, "", to, name, MOVE_MOUNT_F_EMPTY_PATH))
		(void)unlinkat(to, name, 0); /* an empty file at worst */
}

static void show_all(DIR *host, int to)
{
	const struct dirent *e;

	while ((e = readdir(host)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    !is_own(e->d_name))
			show(dirfd(host), to, e->d_name);
}

static int mount_run(struct lab_error **err)
{
	DIR *host = opendir(RUN); /* stays the host's when the other one is mounted over it */
	auto_close int to = -1;

	if (!host)
		return lab_error_errno(err, LAB_DENIED, errno, RUN);
	if (mount("tmpfs", RUN, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")) {
		(void)lab_error_errno(err, LAB_DENIED, errno, "mount " RUN);
		(void)closedir(host); /* only read from */
		return -1;
	}
	to = open(RUN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		(void)lab_error_errno(err, LAB_DENIED, errno, RUN);
	else
		show_all(host, to);
	(void)closedir(host); /* as above */
	return to < 0 ? -1 : 0;
}

int rootless_mounts(struct lab_error **err)
{
	/* what the host unmounts goes here too, and nothing from here gets there */
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL))
		return lab_error_errno(err, LAB_DENIED, errno, "make mounts private");
	return mount_run(err) || mounts_proc(err) ? -1 : 0;
}
