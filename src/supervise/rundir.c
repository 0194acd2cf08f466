// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folder has to be of the worker's user, and every process of a worker has another one. The
 * supervisor can neither change an owner nor write into folders of others, and shall not be given
 * CAP_CHOWN and CAP_DAC_OVERRIDE for this alone: with CAP_SETUID, which it needs anyway, the child
 * makes the folder as that user (setfsuid(2): for files only, and nobody can signal it meanwhile), and
 * removes the former one as the user who owned that. LAB-DIR/run is like /tmp for this: each may make
 * and remove his own there. But nobody gets there: LAB-DIR is closed to all but root.
 */
#include "supervise/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/tree.h"

int supervise_rundir_open(int dir_fd, struct lab_error **err)
{
	auto_close int fd = -1;

	if (mkdirat(dir_fd, "run", 0700) && errno != EEXIST)
		return lab_error_errno(err, LAB_FAILED, errno, "run folder");
	fd = openat(dir_fd, "run", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 01733))
		return lab_error_errno(err, LAB_FAILED, errno, "run folder");
	return steal_fd(&fd);
}

/* These two calls tell no failure; the second one of each tells what is. */
static int own_files_as(uid_t uid, gid_t gid)
{
	(void)setfsgid(gid);
	(void)setfsuid(uid);
	if ((gid_t)setfsgid((gid_t)-1) == gid && (uid_t)setfsuid((uid_t)-1) == uid)
		return 0;
	errno = EPERM;
	return -1;
}

static int remove_former(int run, const char *name)
{
	struct stat st;

	if (fstatat(run, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -1;
	return own_files_as(st.st_uid, st.st_gid) || tree_remove(run, name) ? -1 : 0;
}

int supervise_rundir_make(int dir_fd, const char *name, uid_t uid, struct lab_error **err)
{
	auto_close int run = supervise_rundir_open(dir_fd, err);
	int failed = 0;

	if (run < 0)
		return -1;
	if (remove_former(run, name) || own_files_as(uid, uid) || mkdirat(run, name, 0700))
		failed = errno;
	if (own_files_as(0, 0) && !failed)
		failed = errno;
	return failed ? lab_error_errno(err, LAB_FAILED, failed, "run folder of %s", name) : 0;
}
