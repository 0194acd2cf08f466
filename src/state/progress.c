// SPDX-License-Identifier: GPL-2.0-only
#include "state/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "state/internal.h"

static void folder_path(struct strbuf *path, const char *root)
{
	strbuf_printf(path, "%s-lessons", root);
}

/* The folder; -1 with *err, -2: not there. */
static int open_folder(const char *root, bool create, struct lab_error **err)
{
	auto_strbuf struct strbuf path = {0};
	auto_close int fd = -1;
	struct stat st;

	folder_path(&path, root);
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

char *state_progress_read(const char *root, const char *lab, struct lab_error **err)
{
	auto_close int folder = open_folder(root, false, err);
	char *text;
	size_t len;

	if (folder < 0)
		return NULL;
	text = file_read(folder, lab, O_NOFOLLOW, &len);
	if (!text && errno != ENOENT)
		(void)file_error(lab, err);
	return text;
}

int state_progress_write(const char *root, const char *lab, const char *text,
			 struct lab_error **err)
{
	auto_close int folder = open_folder(root, true, err);

	if (folder == -2)
		return lab_error_make(err, LAB_FAILED, "lesson: its folder keeps vanishing");
	if (folder < 0)
		return -1;
	return file_replace(folder, lab, 0644, text, strlen(text)) ? file_error(lab, err) : 0;
}

int state_progress_remove(const char *root, const char *lab, struct lab_error **err)
{
	auto_close int folder = open_folder(root, false, err);
	auto_strbuf struct strbuf path = {0};

	if (folder < 0)
		return folder == -2 ? 0 : -1;
	if (unlinkat(folder, lab, 0) && errno != ENOENT)
		return file_error(lab, err);
	folder_path(&path, root);
	(void)rmdir(path.s); /* where others are in it, it stays */
	return 0;
}
