// SPDX-License-Identifier: GPL-2.0-only
#include "base/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* The file `name` in the first of these folders that has an executable one; NULL: none has. */
static char *search(const char *name, const char *folders, bool *closed)
{
	for (const char *at = folders; *at; at += strcspn(at, ":")) {
		auto_free char *path = NULL;

		at += *at == ':';
		if (asprintf(&path, "%.*s/%s", (int)strcspn(at, ":"), at, name) < 0)
			abort();
		if (!is_file(path))
			continue;
		if (!access(path, X_OK))
			return steal_ptr(path);
		*closed = true;
	}
	return NULL;
}

char *program_find(const char *name, struct lab_error **err)
{
	bool closed = false;
	char *path = strchr(name, '/') ? strdup(name) : search(name, PROGRAM_PATH, &closed);

	if (!path && strchr(name, '/'))
		abort(); /* out of memory */
	if (!path && closed)
		(void)lab_error_make(err, LAB_FAILED, "command %s: is not executable", name);
	else if (!path)
		(void)lab_error_make(err, LAB_FAILED, "command %s: not found in " PROGRAM_PATH,
				     name);
	return path;
}

int program_refused(const char *path, int errnum, struct lab_error **err)
{
	/* of a script whose first line names a program that is not there, the kernel says the same */
	if (errnum == ENOENT && is_file(path))
		return lab_error_make(err, LAB_FAILED,
				      "command %s: the program that it is for is not there: %s",
				      path, strerror(errnum));
	return lab_error_errno(err, LAB_FAILED, errnum, "command %s", path);
}
