// SPDX-License-Identifier: GPL-2.0-only
/** Small files of a lab's directory, read and written whole, and their removal. */
#include "state/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/tree.h"

#define MODE 0644

/* A device on a mount that has none, or a socket, is no file, as a folder is none, whatever open(2) calls it. */
static int name_failure(const struct state *s, const char *file, int errnum)
{
	struct stat st;

	return (errnum == EACCES || errnum == ENXIO) &&
			       !fstatat(s->dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) &&
			       !S_ISREG(st.st_mode)
		       ? EISDIR
		       : errnum;
}

int state_file_error(const struct state *s, const char *file, int errnum, struct lab_error **err)
{
	enum lab_status status = LAB_FAILED;

	errnum = name_failure(s, file, errnum);
	if (errnum == ELOOP) {
		(void)lab_error_make(err, LAB_DENIED,
				     "state: %s/%s/%s: is a symbolic link; it was not followed",
				     state_root(), s->lab, file);
		return lab_error_hint(err, "remove it by hand, then: labctl down %s", s->lab);
	}
	if (errnum == EACCES || errnum == EPERM)
		status = LAB_DENIED;
	(void)lab_error_errno(err, status, errnum, "state: %s/%s/%s", state_root(), s->lab, file);
	if (errnum == ENOSPC || errnum == EROFS || errnum == EDQUOT || errnum == EFBIG)
		(void)lab_error_hint(err, "labctl needs some space under %s: see `df %s`",
				     state_root(), state_root());
	return -1;
}

/* All in a lab's directory is labctl's: a file or a link in the way of a folder goes. */
static int make_folder(int fd, const char *name)
{
	struct stat st;

	if (!mkdirat(fd, name, 0700))
		return 0;
	if (errno != EEXIST || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (S_ISDIR(st.st_mode))
		return 0;
	return unlinkat(fd, name, 0) ? -1 : mkdirat(fd, name, 0700);
}

/*
 * The folder of `file` ("node/ecs-3/hosts"), made where it is missing, each part without following
 * links; *name: the last part. A descriptor, -1 with errno.
 */
static int open_parent(const struct state *s, const char *file, bool create, const char **name)
{
	auto_close int fd = fcntl(s->dir_fd, F_DUPFD_CLOEXEC, 3);
	const char *slash;

	for (*name = file; fd >= 0 && (slash = strchr(*name, '/')); *name = slash + 1) {
		auto_free char *part = strndup(*name, (size_t)(slash - *name));
		int next;

		if (!part)
			abort();
		if (create && make_folder(fd, part))
			return -1;
		next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		(void)close(fd); /* only used to open from */
		fd = next;
	}
	return steal_fd(&fd);
}

bool state_is_garbage(const struct lab_error *err)
{
	return lab_error_errnum(err) == EISDIR || lab_error_errnum(err) == EFBIG;
}

char *state_read(const struct state *s, const char *file, size_t *len, struct lab_error **err)
{
	const char *name;
	auto_close int dir = open_parent(s, file, false, &name);
	size_t ignored;
	char *text = dir < 0 ? NULL : file_read(dir, name, O_NOFOLLOW, len ? len : &ignored);

	if (!text && errno != ENOENT)
		(void)state_file_error(s, file, errno, err);
	return text;
}

char *state_read_into(struct arena *arena, const struct state *s, const char *file, size_t *len,
		      struct lab_error **err)
{
	const char *name;
	auto_close int dir = open_parent(s, file, false, &name);
	char *text = dir < 0 ? NULL : file_read_into(arena, dir, name, O_NOFOLLOW, len);

	if (!text && errno != ENOENT)
		(void)state_file_error(s, file, errno, err);
	return text;
}

bool state_exists(const struct state *s, const char *file)
{
	return !faccessat(s->dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) || errno != ENOENT;
}

int state_write(struct state *s, const char *file, const char *text, size_t len,
		struct lab_error **err)
{
	const char *name;
	auto_close int dir = open_parent(s, file, true, &name);

	return dir < 0 || file_replace(dir, name, MODE, text, len)
		       ? state_file_error(s, file, errno, err)
		       : 0;
}

int state_write_new(struct state *s, const char *folder, const struct state_file *files, size_t n,
		    struct lab_error **err)
{
	const char *name;
	auto_close int parent = open_parent(s, folder, true, &name);
	auto_close int dir = -1;

	if (parent < 0)
		return state_file_error(s, folder, errno, err);
	if (mkdirat(parent, name, 0700))
		return errno == EEXIST ? 1 : state_file_error(s, folder, errno, err);
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return state_file_error(s, folder, errno, err);
	for (size_t i = 0; i < n; i++)
		if (file_create(dir, files[i].name, MODE, files[i].text, strlen(files[i].text)))
			return state_file_error(s, folder, errno, err);
	return 0;
}

int state_remove(struct state *s, const char *file, struct lab_error **err)
{
	const char *name;
	auto_close int dir = open_parent(s, file, false, &name);

	if ((dir < 0 || tree_remove(dir, name)) && errno != ENOENT)
		return state_file_error(s, file, errno, err);
	return 0;
}

int state_rename(struct state *s, const char *from, const char *to, struct lab_error **err)
{
	if (file_rename(s->dir_fd, from, to))
		return state_file_error(s, to, errno, err);
	return 0;
}

/* All that labctl ever puts into a lab's directory. The lock is the last to go. */
static const char *const known[] = {
	"plan.json",   "target.json",     "plan.packed",   "journal",
	"control",     "supervisor",      "log",           "run",
	"node",        "filters",         "plan.json.tmp", "target.json.tmp",
	"journal.tmp", "plan.packed.tmp", "filters.tmp",   "secrets",
};

/* Names what is left, so that the user knows what was not removed. */
static int foreign_file(const struct state *s, struct lab_error **err)
{
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	if (!dir)
		return state_file_error(s, ".", errno, err);
	while (!r && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    strcmp(e->d_name, "lock") != 0) {
			r = lab_error_make(err, LAB_FAILED, "state: %s/%s/%s: is not ours",
					   state_root(), s->lab, e->d_name);
			(void)lab_error_hint(err, "remove it by hand, then: labctl down %s",
					     s->lab);
		}
	(void)closedir(dir); /* only read from */
	return r;
}

int state_destroy(struct state *s, struct lab_error **err)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (tree_remove(s->dir_fd, known[i]))
			return state_file_error(s, known[i], errno, err);
	if (foreign_file(s, err))
		return -1;
	if (unlinkat(s->dir_fd, "lock", 0) && errno != ENOENT)
		return state_file_error(s, "lock", errno, err);
	/* ENOTEMPTY: another `up` has just put its lock there; the directory is its now */
	if (unlinkat(s->root_fd, s->lab, AT_REMOVEDIR) && errno != ENOTEMPTY && errno != ENOENT)
		return state_file_error(s, "", errno, err);
	/* the root stays where other labs are, and where it is a mount of its own */
	if (rmdir(state_root()) && errno != ENOTEMPTY && errno != ENOENT && errno != EBUSY)
		return state_file_error(s, "..", errno, err);
	return 0;
}
