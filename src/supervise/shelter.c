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
#include "base/worker.h"

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
	for (size_t i = 0; folder && i < ARRAY_LEN(covers); i++) {
		size_t len = strlen(covers[i].path);

		if (!strncmp(folder, covers[i].path, len) &&
		    (folder[len] == '/' || folder[len] == '\0'))
			return &covers[i];
	}
	return NULL;
}

/* A mount that is on no path yet, and the path that it is for. fd -1: there is none. */
struct tree {
	const char *path;
	int fd;
};

static int plant(const struct tree *t, size_t from)
{
	if (t->fd < 0)
		return 0;
	return make_way(t->path, from) ||
			       move_mount(t->fd, "", AT_FDCWD, t->path, MOVE_MOUNT_F_EMPTY_PATH)
		       ? -1
		       : 0;
}

static int put_cover(const struct cover *c, const struct tree *trees, size_t n)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV;

	if (mount("tmpfs", c->path, "tmpfs", flags, c->options))
		return errno == ENOENT ? 0 : -1; /* not every host has all of them */
	for (size_t i = 0; i < n; i++)
		if (hidden_by(trees[i].path) == c && plant(&trees[i], strlen(c->path)))
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

/* Taken before a cover hides it. */
static int take(struct tree *t, const char *from, uint64_t attributes, struct lab_error **err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | attributes};

	t->fd = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (t->fd < 0 || mount_setattr(t->fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		return lab_error_errno(err, LAB_FAILED, errno, "folder %s", from);
	return 0;
}

static int cover(struct tree *trees, size_t n, struct lab_error **err)
{
	if (write_protect())
		return lab_error_errno(err, LAB_DENIED, errno, "make files read-only");
	for (size_t i = 0; i < n; i++) {
		const char *path = trees[i].path;
		size_t closed = path && !hidden_by(path) ? closed_prefix(path) : 0;

		if (closed && lead_to(path, closed, trees[i].fd))
			return lab_error_errno(err, LAB_FAILED, errno, "make %s reachable", path);
	}
	for (size_t i = 0; i < ARRAY_LEN(covers); i++)
		if (put_cover(&covers[i], trees, n))
			return lab_error_errno(err, LAB_DENIED, errno, "cover %s", covers[i].path);
	return 0;
}

/* The folder of this process is LAB-DIR: unlike a descriptor, it moves into a new mount namespace. */
static int enclose(const struct shelter *s, struct tree *reach, struct tree *run,
		   struct lab_error **err)
{
	auto_free char *name = NULL;

	if (mounts_unshare(err))
		return -1;
	if (asprintf(&name, "run/%s", s->run ? s->run : "") < 0)
		abort();
	if (s->run && take(run, name, 0, err))
		return -1;
	if (reach->path && take(reach, reach->path, MOUNT_ATTR_RDONLY, err))
		return -1;
	if (s->node && (etc_take_hostname(s->node->hostname, err) || etc_cover(s->node, err) ||
			mounts_sys(err)))
		return -1;
	if (chdir("/"))
		return lab_error_errno(err, LAB_FAILED, errno, "root directory");
	return cover((struct tree[]){*reach, *run}, 2, err);
}

int supervise_shelter(const struct shelter *s, struct lab_error **err)
{
	auto_free char *path = NULL;
	struct tree reach = {.fd = -1}, run = {.path = WORKER_RUN, .fd = -1};
	int rc;

	if (s->reach && strcmp(s->reach, "/") != 0) {
		reach.path = path = effective(s->reach);
		if (!path)
			return lab_error_errno(err, LAB_FAILED, errno, "folder %s", s->reach);
	}
	if (fchdir(s->dir_fd))
		return lab_error_errno(err, LAB_FAILED, errno, "the lab's directory");
	rc = enclose(s, &reach, &run, err);
	cleanup_closep(&reach.fd);
	cleanup_closep(&run.fd);
	return rc;
}
