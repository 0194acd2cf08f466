// SPDX-License-Identifier: GPL-2.0-only
/**
 * Record locks (fcntl(2)) on places of a file that several processes share. They belong to the process: the
 * kernel takes them away however it ends, and closing any descriptor of the file gives them up.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>

/** cmd: F_SETLK, F_SETLKW; type: F_WRLCK, F_UNLCK. -1 with errno, EAGAIN or EACCES where it is held. */
static inline int record_lock(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	int rc;

	do
		rc = fcntl(fd, cmd, &l);
	while (rc < 0 && errno == EINTR);
	return rc;
}
