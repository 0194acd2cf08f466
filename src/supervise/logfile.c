// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/lastline.h"

static void file_name(char path[static 96], const char *name, const char *suffix)
{
	(void)snprintf(path, 96, "log/%s.log%s", name, suffix); /* names have at most 31 bytes */
}

int supervise_log_open(int dir_fd, const char *name, struct lab_error **err)
{
	char path[96];
	int fd;

	if (mkdirat(dir_fd, "log", 0700) && errno != EEXIST)
		return lab_error_errno(err, LAB_FAILED, errno, "log folder");
	file_name(path, name, "");
	fd = openat(dir_fd, path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
	return fd;
}

static int copy(int from, int to)
{
	off_t at = 0;
	ssize_t n;

	do {
		n = sendfile(to, from, &at, LOGFILE_CAP);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

int supervise_log_rotate(int dir_fd, const char *name, size_t cap, struct lab_error **err)
{
	auto_close int from = -1, to = -1;
	char path[96], old[96];
	struct stat st;

	file_name(path, name, "");
	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) || st.st_size <= (off_t)cap)
		return 0;
	file_name(old, name, ".1");
	from = openat(dir_fd, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	to = openat(dir_fd, old, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* a full disk is no reason to let the file grow on: it is cut whether the copy worked or not */
	if (from < 0 || to < 0 || copy(from, to)) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "%s", old);
		if (from >= 0)
			(void)!ftruncate(from, 0); /* the error above is the one to report */
		return -1;
	}
	if (ftruncate(from, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
	return 0;
}

void supervise_log_last_line(int dir_fd, const char *name, char *line, size_t room)
{
	auto_close int fd = -1;
	char path[96];

	file_name(path, name, "");
	fd = openat(dir_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	lastline_read(fd, 0, line, room);
}
