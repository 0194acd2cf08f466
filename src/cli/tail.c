// SPDX-License-Identifier: GPL-2.0-only
#include "cli/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

void cli_tail_init(struct tail *t, int dir, const char *name)
{
	*t = (struct tail){.name = strdup(name), .dir = dir};
	if (!t->name)
		abort();
}

void cli_tail_done(struct tail *t)
{
	strbuf_done(&t->line);
	free(t->name);
	*t = (struct tail){0};
}

static int open_log(const struct tail *t, const char *suffix)
{
	auto_strbuf struct strbuf path = {0};
	struct stat st;
	int fd;

	strbuf_printf(&path, "%s.log%s", t->name, suffix);
	/* O_NONBLOCK: a FIFO that somebody put there must not hold us */
	fd = openat(t->dir, path.s, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		(void)close(fd); /* never read from */
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static void give(struct tail *t, const char *text, size_t len, cli_tail_line *fn, void *data)
{
	const char *end;

	while ((end = memchr(text, '\n', len))) {
		strbuf_addn(&t->line, text, (size_t)(end - text));
		fn(data, t, strbuf_str(&t->line));
		strbuf_trunc(&t->line, 0);
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	strbuf_addn(&t->line, text, len);
}

/* Reads from t->at to the end of the file. */
static int drain(struct tail *t, int fd, cli_tail_line *fn, void *data)
{
	char text[65536];
	ssize_t n;

	while ((n = pread(fd, text, sizeof(text), t->at)) != 0) {
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			t->at += n;
			give(t, text, (size_t)n, fn, data);
		}
	}
	return 0;
}

/* Where the last `lines` lines of the first `size` bytes begin. */
static off_t find_start(int fd, off_t size, size_t lines)
{
	char text[65536];

	for (off_t end = size; end > 0;) {
		off_t from = end > (off_t)sizeof(text) ? end - (off_t)sizeof(text) : 0;
		ssize_t n = pread(fd, text, (size_t)(end - from), from);

		for (ssize_t i = n - 1; i >= 0; i--)
			if (text[i] == '\n' && from + i + 1 < size && lines-- <= 1)
				return from + i + 1;
		if (n <= 0)
			break; /* it was cut meanwhile: cli_tail_more() will see */
		end = from;
	}
	return 0;
}

int cli_tail_last(struct tail *t, size_t lines, cli_tail_line *fn, void *data,
		  struct lab_error **err)
{
	auto_close int fd = open_log(t, "");
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st))
		return lab_error_errno(err, LAB_FAILED, errno, "log of %s", t->name);
	t->at = lines ? find_start(fd, st.st_size, lines) : st.st_size;
	return drain(t, fd, fn, data)
		       ? lab_error_errno(err, LAB_FAILED, errno, "log of %s", t->name)
		       : 0;
}

int cli_tail_more(struct tail *t, cli_tail_line *fn, void *data, struct lab_error **err)
{
	auto_close int fd = open_log(t, ""), old = -1;
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st))
		return lab_error_errno(err, LAB_FAILED, errno, "log of %s", t->name);
	if (st.st_size < t->at) {
		/* cut: what was written before that, and not read yet, is at the end of the copy */
		old = open_log(t, ".1");
		if (old >= 0 && drain(t, old, fn, data))
			return lab_error_errno(err, LAB_FAILED, errno, "log of %s", t->name);
		t->at = 0;
	}
	return drain(t, fd, fn, data)
		       ? lab_error_errno(err, LAB_FAILED, errno, "log of %s", t->name)
		       : 0;
}
