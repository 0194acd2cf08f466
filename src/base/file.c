// SPDX-License-Identifier: GPL-2.0-only
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/tree.h"

#define FILE_MAX (64u * 1024 * 1024) /* plan.json of ten thousand nodes has 30 MB */

static int read_all(int fd, struct strbuf *b)
{
	char part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		strbuf_addn(b, part, (size_t)n);
		if (b->len > FILE_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
	return 0;
}

/* Of a file that is none, as of a folder: -1 with EISDIR. */
static int open_regular(int dir, const char *name, int flags, size_t *size)
{
	/* O_NONBLOCK: a FIFO that somebody put there must not hold us */
	auto_close int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	*size = (size_t)st.st_size;
	return steal_fd(&fd);
}

char *file_read(int dir, const char *name, int flags, size_t *len)
{
	auto_strbuf struct strbuf b = {0};
	size_t size;
	auto_close int fd = open_regular(dir, name, flags, &size);

	if (fd < 0 || read_all(fd, &b))
		return NULL;
	*len = b.len;
	return strbuf_take(&b);
}

/* Until the end, or until there is no more room; how much there is then. */
static ssize_t fill(int fd, char *to, size_t len, size_t room)
{
	while (len < room) {
		const ssize_t n = read(fd, to + len, room - len);

		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)len;
}

char *file_read_into(struct arena *arena, int dir, const char *name, int flags, size_t *len)
{
	size_t size, n = 0;
	auto_close int fd = open_regular(dir, name, flags, &size);
	char *text = NULL;

	if (fd < 0)
		return NULL;
	/* one more than there is: it is full only where the file has grown since, or in /proc, where sizes are 0 */
	for (size_t room = size + 1; size <= FILE_MAX && n <= FILE_MAX; room *= 2) {
		char *more = arena_alloc(arena, room + 1);
		ssize_t filled;

		if (n)
			memcpy(more, text, n);
		text = more;
		filled = fill(fd, text, n, room);
		if (filled < 0)
			return NULL;
		n = *len = (size_t)filled;
		if (n < room && n <= FILE_MAX)
			return text; /* memory of an arena is zeroed: it ends in NUL */
	}
	errno = EFBIG;
	return NULL;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Of a run that was killed, as a rule; but it may as well be a FIFO, or a link to anywhere. */
static int create_anew(int dir, const char *name, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags, mode);

	if (fd >= 0 || errno != EEXIST || tree_remove(dir, name))
		return fd;
	return openat(dir, name, flags, mode);
}

int file_create(int dir, const char *name, mode_t mode, const char *text, size_t len)
{
	auto_close int fd = create_anew(dir, name, mode);
	int r;

	if (fd < 0 || write_all(fd, text, len))
		return -1;
	/* /run is a tmpfs: nothing to sync, but close may still report a lost write */
	r = close(steal_fd(&fd));
	return r;
}

int file_rename(int dir, const char *from, const char *to)
{
	if (!renameat(dir, from, dir, to))
		return 0;
	if (errno != EISDIR || tree_remove(dir, to))
		return -1;
	return renameat(dir, from, dir, to);
}

int file_replace(int dir, const char *name, mode_t mode, const char *text, size_t len)
{
	auto_strbuf struct strbuf temporary = {0};
	int errnum;

	strbuf_printf(&temporary, "%s.tmp", name);
	if (!file_create(dir, temporary.s, mode, text, len) && !file_rename(dir, temporary.s, name))
		return 0;
	errnum = errno;
	(void)unlinkat(dir, temporary.s, 0); /* the error being reported matters more */
	errno = errnum;
	return -1;
}
