// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "rootless/rootless.h"

/* A folder that nobody else can put anything into; after `sudo -u` the variable may be of another. */
static bool is_own(const char *dir)
{
	struct stat st;

	return dir[0] == '/' && !lstat(dir, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

static char *format(const char *before, const char *after)
{
	char *path;

	if (asprintf(&path, "%s%s", before, after) < 0)
		abort();
	return path;
}

char *rootless_folder(const char *runtime_dir)
{
	auto_free char *usual = NULL;
	char id[16];

	(void)snprintf(id, sizeof(id), "%u", geteuid()); /* always fits */
	if (runtime_dir && is_own(runtime_dir))
		return format(runtime_dir, "/labctl");
	usual = format("/run/user/", id);
	return is_own(usual) ? format(usual, "/labctl") : format("/tmp/labctl-", id);
}
