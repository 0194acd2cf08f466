// SPDX-License-Identifier: GPL-2.0-only
#include "service/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static int make_folders(const char *path)
{
	auto_free char *way = strdup(path);

	if (!way)
		abort();
	for (char *slash = strchr(way + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(way, 0755) && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

static int write_file(const struct service_file *f)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	auto_close int fd = make_folders(f->path) ? -1 : open(f->path, flags, 0644);
	size_t done = 0, len = strlen(f->text);

	if (fd < 0)
		return -1;
	while (done < len) {
		ssize_t n = write(fd, f->text + done, len - done);

		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int service_files_write(const struct service_config *c, struct lab_error **err)
{
	for (size_t i = 0; i < c->n_files; i++)
		if (write_file(&c->files[i]))
			return lab_error_errno(err, LAB_FAILED, errno, "write %s",
					       c->files[i].path);
	return 0;
}
