// SPDX-License-Identifier: GPL-2.0-only
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/tree.h"

#define FILE_MAX   (64u * 1024 * 1024) /* plan.json of ten thousand nodes has 30 MB */
#define FIRST_ROOM 4096u               /* for who does not tell how large it is */

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

/* Room for as many bytes and a NUL, and in it the n of text: in the arena, or on the heap where that is NULL. */
static char *make_room(struct arena *arena, char *text, size_t n, size_t room)
{
	char *more = arena ? arena_alloc(arena, room + 1) : realloc(text, room + 1);

	if (!more)
		abort();
	if (arena && n)
		memcpy(more, text, n);
	return more;
}

/* Whole; *text is the caller's, also where it fails. */
static int read_all(struct arena *arena, int fd, size_t size, char **text, size_t *len)
{
	/* one more than there is: it is full only where the file has grown since, or in /proc, where sizes are 0 */
	size_t room = size ? size + 1 : FIRST_ROOM, n = 0;

	for (; size <= FILE_MAX && n <= FILE_MAX; room *= 2) {
		ssize_t filled;

		*text = make_room(arena, *text, n, room);
		filled = fill(fd, *text, n, room);
		if (filled < 0)
			return -1;
		n = (size_t)filled;
		if (n < room && n <= FILE_MAX) {
			(*text)[n] = '\0';
			*len = n;
			return 0;
		}
	}
	errno = EFBIG;
	return -1;
}

char *file_read(int dir, const char *name, int flags, size_t *len)
{
	auto_free char *text = NULL;
	size_t size;
	auto_close int fd = open_regular(dir, name, flags, &size);

	return fd < 0 || read_all(NULL, fd, size, &text, len) ? NULL : steal_ptr(text);
}

char *file_read_into(struct arena *arena, int dir, const char *name, int flags, size_t *len)
{
	char *text = NULL; /* the arena's */
	size_t size;
	auto_close int fd = open_regular(dir, name, flags, &size);

	return fd < 0 || read_all(arena, fd, size, &text, len) ? NULL : text;
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
