// SPDX-License-Identifier: GPL-2.0-only
/** An installation and a build tree have the same shape, so all is found from the program itself. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* The folder above bin/. Where /proc is not there, the usual prefix. */
static void find_prefix(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);

	if (n <= 0)
		n = snprintf(buf, size, "/usr/local/bin/labctl");
	buf[n] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(buf, '/');

		if (slash)
			*slash = '\0';
	}
}

static const char *below_prefix(char buf[static PATH_MAX], const char *rest)
{
	size_t n;

	if (*buf)
		return buf;
	find_prefix(buf, PATH_MAX / 2);
	n = strlen(buf);
	(void)snprintf(buf + n, PATH_MAX - n, "%s", rest); /* fits: half of it is free */
	return buf;
}

const char *cli_libexec(void)
{
	static char path[PATH_MAX];

	return below_prefix(path, "/libexec/labctl");
}

const char *cli_labs(void)
{
	static char path[PATH_MAX];

	return below_prefix(path, "/share/labctl/labs");
}
