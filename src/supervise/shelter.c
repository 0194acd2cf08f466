// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/shelter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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

/* Puts `tree`, which was `folder`, at the end of a way through an empty file system over `top`. */
static int lead_to(const char *folder, size_t top_len, int tree)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_RDONLY;
	auto_free char *top = strndup(folder, top_len);

	if (!top)
		abort();
	if (mount("tmpfs", top, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") ||
	    make_way(folder, top_len) ||
	    move_mount(tree, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH))
		return -1;
	return mount(NULL, top, NULL, MS_REMOUNT | flags, NULL);
}

static const struct cover {
	const char *path, *options;
	bool writable;
} covers[] = {
	{"/tmp", "mode=1777,size=512m,nr_inodes=65536", true},
	{"/var/tmp", "mode=1777,size=512m,nr_inodes=65536", true},
	{"/dev/shm", "mode=1777,size=64m,nr_inodes=4096", true},
	{"/run", "mode=0755,size=64k", false},
};

/* The cover that hides this folder, or NULL. */
static const struct cover *hidden_by(const char *folder)
{
	for (size_t i = 0; i < ARRAY_LEN(covers); i++) {
		size_t len = strlen(covers[i].path);

		if (!strncmp(folder, covers[i].path, len) &&
		    (folder[len] == '/' || folder[len] == '\0'))
			return &covers[i];
	}
	return NULL;
}

static int put_cover(const struct cover *c, const char *folder, int tree)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV;

	if (mount("tmpfs", c->path, "tmpfs", flags, c->options))
		return errno == ENOENT ? 0 : -1; /* not every host has all of them */
	if (tree >= 0 && (make_way(folder, strlen(c->path)) ||
			  move_mount(tree, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH)))
		return -1;
	return c->writable ? 0 : mount(NULL, c->path, NULL, MS_REMOUNT | flags | MS_RDONLY, NULL);
}

/* /proc stays as it is: it is the lab's own, and threads name themselves through it. */
static int write_protect(void)
{
	struct mount_attr protect = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};
	struct mount_attr open = {.attr_clr = MOUNT_ATTR_RDONLY};

	return mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &protect, sizeof(protect)) ||
			       mount_setattr(AT_FDCWD, "/proc", 0, &open, sizeof(open))
		       ? -1
		       : 0;
}

/* What a path through links comes to counts only where the path itself is in nobody's way. */
static char *effective(const char *folder)
{
	return hidden_by(folder) || closed_prefix(folder) ? strdup(folder) : realpath(folder, NULL);
}

static int cover(const char *folder, struct lab_error **err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV};
	/* taken before a cover hides it */
	auto_close int tree = open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	const struct cover *hidden = hidden_by(folder);
	size_t closed = closed_prefix(folder);

	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		return lab_error_errno(err, LAB_FAILED, errno, "handler's folder %s", folder);
	if (write_protect())
		return lab_error_errno(err, LAB_DENIED, errno, "make files read-only");
	if (!hidden && closed && lead_to(folder, closed, tree))
		return lab_error_errno(err, LAB_FAILED, errno, "make %s reachable", folder);
	for (size_t i = 0; i < ARRAY_LEN(covers); i++)
		if (put_cover(&covers[i], folder, hidden == &covers[i] ? tree : -1))
			return lab_error_errno(err, LAB_DENIED, errno, "cover %s", covers[i].path);
	return 0;
}

int supervise_shelter(const char *path, struct lab_error **err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *folder = strndup(path, slash ? (size_t)(slash - path) : 0), *at = NULL;

	if (!folder)
		abort();
	if (path[0] != '/' || slash == path)
		return lab_error_make(err, LAB_FAILED, "handler %s: is not in a folder", path);
	at = effective(folder);
	if (!at)
		return lab_error_errno(err, LAB_FAILED, errno, "handler's folder %s", folder);
	if (mounts_unshare(err))
		return -1;
	return cover(at, err);
}
