// SPDX-License-Identifier: GPL-2.0-only
#include "state/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "state/state.h"

#define MAX_BYTES 65536

static void folder_path(struct strbuf *path)
{
	strbuf_printf(path, "%s-lessons", state_root());
}

/* The folder; -1 with *err, -2: not there. */
static int open_folder(bool create, struct lab_error **err)
{
	auto_strbuf struct strbuf path = {0};
	auto_close int fd = -1;
	struct stat st;

	folder_path(&path);
	if (create && mkdir(path.s, 0700) && errno != EEXIST)
		return lab_error_errno(err, LAB_FAILED, errno, "lesson: %s", path.s);
	fd = open(path.s, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -2;
	if (fd < 0 || fstat(fd, &st))
		return lab_error_errno(err, errno == EACCES ? LAB_DENIED : LAB_FAILED, errno,
				       "lesson: %s", path.s);
	if (st.st_uid != geteuid() || (st.st_mode & 077))
		return lab_error_make(
			err, LAB_DENIED,
			"lesson: %s: is not one's own 0700; nothing was read or written", path.s);
	return steal_fd(&fd);
}

static int file_error(const char *lab, struct lab_error **err)
{
	return lab_error_errno(err, LAB_FAILED, errno, "lesson: what is kept of %s", lab);
}

char *state_progress_read(const char *lab, struct lab_error **err)
{
	auto_close int folder = open_folder(false, err);
	auto_close int fd = -1;
	struct strbuf text = {0};
	char buf[4096];
	ssize_t n;

	if (folder < 0)
		return NULL;
	fd = openat(folder, lab, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return NULL;
	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0 && text.len < MAX_BYTES)
		strbuf_addn(&text, buf, (size_t)n);
	if (fd >= 0 && n >= 0)
		return strbuf_take(&text);
	(void)file_error(lab, err);
	strbuf_done(&text);
	return NULL;
}

static int write_temporary(int folder, const char *name, const char *text)
{
	auto_close int fd = openat(folder, name,
				   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(text);

	return fd < 0 || write(fd, text, len) != (ssize_t)len ? -1 : 0;
}

int state_progress_write(const char *lab, const char *text, struct lab_error **err)
{
	auto_close int folder = open_folder(true, err);
	auto_strbuf struct strbuf temporary = {0};

	if (folder == -2)
		return lab_error_make(err, LAB_FAILED, "lesson: its folder keeps vanishing");
	if (folder < 0)
		return -1;
	strbuf_printf(&temporary, ".%s.new", lab);
	if (write_temporary(folder, temporary.s, text) ||
	    renameat(folder, temporary.s, folder, lab))
		return file_error(lab, err);
	return 0;
}

int state_progress_remove(const char *lab, struct lab_error **err)
{
	auto_close int folder = open_folder(false, err);
	auto_strbuf struct strbuf path = {0};

	if (folder < 0)
		return folder == -2 ? 0 : -1;
	if (unlinkat(folder, lab, 0) && errno != ENOENT)
		return file_error(lab, err);
	folder_path(&path);
	(void)rmdir(path.s); /* where others are in it, it stays */
	return 0;
}
