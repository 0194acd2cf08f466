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
#include "state/state.h"

/* As they stand in /proc: "PROGRAM\0ARGUMENT\0". */
static bool has_arguments(int proc, const char *pid, const struct strbuf *wanted)
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

bool process_id_find(const char *program, const char *argument, struct process_id *id)
{
	auto_strbuf struct strbuf wanted = {0};
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	strbuf_add(&wanted, program);
	strbuf_addn(&wanted, "", 1);
	strbuf_add(&wanted, argument);
	strbuf_addn(&wanted, "", 1);
	while (dir && !found && (e = readdir(dir)))
		found = isdigit((unsigned char)e->d_name[0]) &&
			has_arguments(dirfd(dir), e->d_name, &wanted) &&
			process_id_of((pid_t)strtol(e->d_name, NULL, 10), id);
	if (dir)
		(void)closedir(dir); /* only read from */
	return found;
}
