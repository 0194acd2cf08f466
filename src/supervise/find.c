// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "supervise/client.h"

/* The first two arguments of a process of ours, as they stand in /proc: "PATH\0LAB\0". */
static bool is_supervisor(int proc, const char *pid, const struct strbuf *wanted)
{
	auto_strbuf struct strbuf path = {0};
	auto_close int fd = -1;
	char text[512];
	struct stat st;
	ssize_t n;

	strbuf_printf(&path, "%s/cmdline", pid);
	fd = openat(proc, path.s, O_RDONLY | O_CLOEXEC);
	/* what another user calls itself proves nothing */
	if (fd < 0 || fstat(fd, &st) || st.st_uid != geteuid())
		return false;
	n = read(fd, text, sizeof(text));
	return n >= (ssize_t)wanted->len && memcmp(text, wanted->s, wanted->len) == 0;
}

bool supervise_find(const char *lab, const char *libexec, struct process_id *id)
{
	auto_strbuf struct strbuf wanted = {0};
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	strbuf_printf(&wanted, "%s/labctl-supervisor", libexec);
	strbuf_addn(&wanted, "", 1);
	strbuf_add(&wanted, lab);
	strbuf_addn(&wanted, "", 1);
	while (dir && !found && (e = readdir(dir)))
		found = isdigit((unsigned char)e->d_name[0]) &&
			is_supervisor(dirfd(dir), e->d_name, &wanted) &&
			process_id_of((pid_t)strtol(e->d_name, NULL, 10), id);
	if (dir)
		(void)closedir(dir); /* only read from */
	return found;
}
