// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "kernel/netlink.h"

static enum lab_status status_of(int errnum)
{
	return errnum == EPERM || errnum == EACCES ? LAB_DENIED : LAB_FAILED;
}

int kernel_netns_current(struct lab_error **err)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return lab_error_errno(err, status_of(errno), errno,
				       "cannot open the current network namespace");
	return fd;
}

int kernel_netns_enter(int fd, struct lab_error **err)
{
	if (setns(fd, CLONE_NEWNET) == 0)
		return 0;
	return lab_error_errno(err, status_of(errno), errno, "cannot enter a network namespace");
}

int kernel_netns_new(int home, int *sock, struct lab_error **err)
{
	auto_close int fd = -1, made = -1;
	int res = 0;

	if (unshare(CLONE_NEWNET) < 0)
		return lab_error_errno(err, status_of(errno), errno,
				       "cannot make a network namespace");
	fd = kernel_netns_current(err);
	if (fd < 0)
		res = -1;
	if (res == 0 && sock) {
		made = kernel_netlink_open(err);
		if (made < 0)
			res = -1;
	}
	/* whatever happened: nothing that follows may run in the wrong namespace */
	if (setns(home, CLONE_NEWNET) < 0)
		res = lab_error_errno(err, LAB_FAILED, errno,
				      "cannot go back to the host's network namespace");
	if (res < 0)
		return -1;
	if (sock)
		*sock = steal_fd(&made);
	return steal_fd(&fd);
}

bool kernel_netns_is(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

bool kernel_netns_id(int fd, struct backend_namespace_id *id)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	id->dev = st.st_dev;
	id->ino = st.st_ino;
	return true;
}
