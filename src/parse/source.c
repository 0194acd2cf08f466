// SPDX-License-Identifier: GPL-2.0-only
/* Lab files from disk: whatever the path leads to, this neither waits nor reads without bound. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
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

struct source *parse_source_read(struct arena *arena, const char *path, struct lab_error **err)
{
	struct source *src;
	const char *text;
	struct stat st;
	size_t len;

	/* before it is opened, because to open a device may do something; file_read_into() asks again */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)refuse_special(path, st.st_mode, err); /* always -1 */
		return NULL;
	}
	text = file_read_into(arena, AT_FDCWD, path, O_NOCTTY, &len);
	if (!text && errno != EFBIG) {
		(void)lab_error_errno(err, LAB_USAGE, errno, "read the lab file: %s", path);
		return NULL;
	}
	if (!text || len > PARSE_MAX_BYTES) {
		(void)too_big(path, err); /* always -1 */
		return NULL;
	}
	src = arena_alloc(arena, sizeof(*src));
	*src = (struct source){.path = arena_strdup(arena, path), .text = text, .len = len};
	return src;
}
