// SPDX-License-Identifier: GPL-2.0-only
/* Lab files from disk: whatever the path leads to, this neither waits nor reads without bound. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "parse/parse.h"

static int refuse_special(const char *path, mode_t mode, struct lab_error **err)
{
	const char *what = S_ISDIR(mode)    ? "it is a directory"
			   : S_ISFIFO(mode) ? "it is a FIFO"
			   : S_ISSOCK(mode) ? "it is a socket"
					    : "it is a device";

	(void)lab_error_make(err, LAB_USAGE, "read the lab file: %s: %s", path, what);
	return lab_error_hint(err, "%s",
			      S_ISDIR(mode) ? "name the lab.yaml in it" : "name a regular file");
}

static int too_big(const char *path, struct lab_error **err)
{
	(void)lab_error_make(err, LAB_USAGE, "read the lab file: %s: it is larger than %d bytes",
			     path, PARSE_MAX_BYTES);
	return lab_error_hint(err, "a lab file is text in YAML; is this another file?");
}

/*
 * All of a file, and a zero byte; of one that is too big, enough to say so. It should have `size` bytes, but may grow
 * while it is read. Gives its length, -1 with errno.
 */
static ssize_t read_all(int fd, struct arena *arena, size_t size, char **text)
{
	size_t room = size + 1, len = 0; /* the end is seen where a byte more was asked for */
	ssize_t n;

	*text = arena_alloc(arena, room + 1);
	while (len <= PARSE_MAX_BYTES && (n = read(fd, *text + len, room - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		len += (size_t)n;
		if (len < room)
			continue;
		room *= 2;
		*text = memcpy(arena_alloc(arena, room + 1), *text, len);
	}
	(*text)[len] = '\0';
	return (ssize_t)len;
}

struct source *parse_source_read(struct arena *arena, const char *path, struct lab_error **err)
{
	auto_close int fd = -1;
	struct source *src;
	struct stat st;
	ssize_t len;
	char *text;

	/*
	 * Asked before opening, because to open a device may do something; and after, because the
	 * path may lead elsewhere by then. O_NONBLOCK: a FIFO without a writer would be waited for.
	 */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)refuse_special(path, st.st_mode, err); /* always -1 */
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)lab_error_errno(err, LAB_USAGE, errno, "read the lab file: %s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)refuse_special(path, st.st_mode, err); /* always -1 */
		return NULL;
	}
	if (st.st_size > PARSE_MAX_BYTES) {
		(void)too_big(path, err); /* always -1 */
		return NULL;
	}
	len = read_all(fd, arena, (size_t)st.st_size, &text);
	if (len < 0) {
		(void)lab_error_errno(err, LAB_USAGE, errno, "read the lab file: %s", path);
		return NULL;
	}
	if (len > PARSE_MAX_BYTES) {
		(void)too_big(path, err); /* always -1 */
		return NULL;
	}
	src = arena_alloc(arena, sizeof(*src));
	*src = (struct source){.path = arena_strdup(arena, path), .text = text, .len = (size_t)len};
	return src;
}
