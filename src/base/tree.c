// SPDX-License-Identifier: GPL-2.0-only
/*
 * A folder is emptied from above: files are removed, the folders in it are moved up into it and take
 * their turn there. So a tree that is ten thousand folders deep needs two descriptors, where recursion
 * would need one (and a frame of the stack) for each.
 */
#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ROUNDS 16

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* only read from */
}
#define auto_dir __attribute__((cleanup(cleanup_dir)))

/* A folder's entries, with the rights that removing them takes. */
static DIR *open_folder(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	auto_close int fd = openat(parent, name, flags);
	struct stat st;
	DIR *dir;

	/* not a link: that would have been ELOOP or ENOTDIR */
	if (fd < 0 && errno == EACCES && !fchmodat(parent, name, 0700, 0))
		fd = openat(parent, name, flags);
	if (fd < 0 || fstat(fd, &st))
		return NULL;
	if ((st.st_mode & 0700) != 0700 && fchmod(fd, 0700))
		return NULL;
	dir = fdopendir(fd);
	if (dir)
		(void)steal_fd(&fd); /* the stream's now */
	return dir;
}

/* The next entry but "." and ".."; NULL at the end, with errno 0, or on failure. */
static const char *next_entry(DIR *dir)
{
	const struct dirent *e;

	errno = 0;
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			return e->d_name;
	return NULL;
}

/* 0: it is gone; 1: it is a folder; -1 with errno. */
static int unlink_file(int folder, const char *name)
{
	if (!unlinkat(folder, name, 0) || errno == ENOENT)
		return 0;
	return errno == EISDIR ? 1 : -1;
}

/* Moves the folder `name` out of `from` into `to`, under a name that nothing else has there. */
static int move_up(int from, const char *name, int to, unsigned int *serial)
{
	bool opened = false;
	char fresh[32];

	for (;;) {
		(void)snprintf(fresh, sizeof(fresh), ".removed-%u", *serial); /* always fits */
		if (!renameat(from, name, to, fresh) || errno == ENOENT)
			return 0;
		if (errno == EACCES && !opened && !fchmodat(from, name, 0700, 0))
			opened = true; /* its ".." changes, so it has to be writable itself */
		else if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
			++*serial;
		else
			return -1;
	}
}

/* Removes the folder; the folders in it end up in `parent`. */
static int remove_folder(int parent, const char *name, unsigned int *serial)
{
	auto_dir DIR *dir = open_folder(parent, name);
	const char *entry;

	if (!dir)
		return errno == ENOENT ? 0 : -1;
	while ((entry = next_entry(dir))) {
		int r = unlink_file(dirfd(dir), entry);

		if (r < 0 || (r > 0 && move_up(dirfd(dir), entry, parent, serial)))
			return -1;
	}
	if (errno || (unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT))
		return -1;
	return 0;
}

/* One pass over what is in it. 1: there were folders, so another pass is due. */
static int empty_once(int parent, const char *name, unsigned int *serial)
{
	auto_dir DIR *dir = open_folder(parent, name);
	const char *entry;
	int more = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -1;
	while ((entry = next_entry(dir))) {
		int r = unlink_file(dirfd(dir), entry);

		if (r < 0 || (r > 0 && remove_folder(dirfd(dir), entry, serial)))
			return -1;
		more |= r;
	}
	return errno ? -1 : more;
}

int tree_remove(int parent, const char *name)
{
	unsigned int serial = 0;
	int r = unlink_file(parent, name);

	/* again where something came into it meanwhile: another one that removes it, moving up */
	for (int round = 0; r > 0 && round < ROUNDS; round++) {
		while ((r = empty_once(parent, name, &serial)) > 0)
			;
		if (r < 0 || !unlinkat(parent, name, AT_REMOVEDIR) || errno == ENOENT)
			return r;
		r = errno == ENOTEMPTY ? 1 : -1;
	}
	return r ? -1 : 0;
}
