// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/expose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mounts.h"

/*
 * Length of the shortest folder above `folder` that is closed to others; 0: none is. The folder itself
 * does not count: a mount keeps its mode, so that one is the user's to open.
 */
static size_t closed_prefix(const char *folder)
{
	auto_free char *path = strdup(folder);

	if (!path)
		abort();
	for (size_t i = 1; folder[i]; i++) {
		struct stat st;

		if (folder[i] != '/')
			continue;
		path[i] = '\0';
		/* what is not there is the worker's to report, when it tries to start the handler */
		if (stat(path, &st) || !S_ISDIR(st.st_mode))
			return 0;
		if (!(st.st_mode & S_IXOTH))
			return i;
		path[i] = folder[i];
	}
	return 0;
}

/* mkdir -p of what follows the first `from` bytes. */
static int make_way(const char *folder, size_t from)
{
	auto_free char *path = strdup(folder);

	if (!path)
		abort();
	for (size_t i = from + 1; folder[from]; i++) {
		if (folder[i] && folder[i] != '/')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -1;
		path[i] = folder[i];
		if (!folder[i])
			break;
	}
	return 0;
}

static int cover(const char *folder, size_t closed)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_RDONLY;
	auto_free char *top = strndup(folder, closed);
	/* taken before the cover hides it */
	auto_close int tree = open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV};

	if (!top)
		abort();
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) ||
	    mount("tmpfs", top, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") ||
	    make_way(folder, closed) ||
	    move_mount(tree, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH))
		return -1;
	return mount(NULL, top, NULL, MS_REMOUNT | flags, NULL);
}

int supervise_expose(const char *path, struct lab_error **err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *folder = NULL;
	size_t closed;

	if (path[0] != '/' || slash == path)
		return 0;
	folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		abort();
	closed = closed_prefix(folder);
	if (!closed)
		return 0;
	if (mounts_unshare(err))
		return -1;
	if (cover(folder, closed))
		return lab_error_errno(err, LAB_FAILED, errno, "make %s reachable", folder);
	return 0;
}
