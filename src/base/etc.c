// SPDX-License-Identifier: GPL-2.0-only
#include "base/etc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* Files are written here before they are mounted over those of /etc. */
#define SCRATCH "/sys"

int etc_take_hostname(const char *name, struct lab_error **err)
{
	if (unshare(CLONE_NEWUTS) || sethostname(name, strlen(name)))
		return lab_error_errno(err, LAB_DENIED, errno, "host name %s", name);
	return 0;
}

static int write_file(const char *path, const char *text, struct lab_error **err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	size_t done = 0, len = strlen(text);

	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
		done += (size_t)n;
	}
	return 0;
}

/*
 * Mounts over the entry itself, be it a link: /etc/resolv.conf often leads into /run, which a
 * sheltered worker does not have. mount(2) would follow it, move_mount(2) does not.
 */
static int mount_over(const char *from, const char *to, uint64_t attributes)
{
	auto_close int tree = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = {.attr_set = attributes};

	if (tree < 0 || (attributes && mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr))))
		return -1;
	return move_mount(tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH);
}

/*
 * Puts `text` over /etc/NAME. A file that the host does not have cannot be covered, and is not made:
 * the host stays as it is. Only resolv.conf is worth failing for.
 */
static int cover(const char *name, const char *text, bool needed, struct lab_error **err)
{
	char from[64], to[64];
	struct stat st;

	/* both always fit: names are literals of this file */
	(void)snprintf(from, sizeof(from), SCRATCH "/%s", name);
	(void)snprintf(to, sizeof(to), "/etc/%s", name);
	if (lstat(to, &st)) {
		if (!needed)
			return 0;
		(void)lab_error_errno(err, LAB_DENIED, errno, "%s", to);
		return lab_error_hint(err, "an empty file is enough: touch %s", to);
	}
	if (write_file(from, text, err))
		return -1;
	if (mount_over(from, to, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "mount over %s", to);
	return 0;
}

/* The host's file, but with names looked up in the node's own hosts and resolv.conf only: modules
 * such as "resolve" and "mymachines" would ask daemons of the host. */
static char *nsswitch(void)
{
	auto_fclose FILE *f = fopen("/etc/nsswitch.conf", "re");
	auto_free char *line = NULL;
	struct strbuf text = {0};
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0)
		if (strncmp(line, "hosts:", 6) != 0)
			strbuf_add(&text, line);
	strbuf_add(&text, "hosts: files dns\n");
	return strbuf_take(&text);
}

/* A lab without HTTPS has no such file. */
static int cover_trust(const char *trust, struct lab_error **err)
{
	if (!trust || access(trust, F_OK) || access(ETC_BUNDLE, F_OK))
		return 0;
	if (mount_over(trust, ETC_BUNDLE, MOUNT_ATTR_RDONLY))
		return lab_error_errno(err, LAB_FAILED, errno, "mount over " ETC_BUNDLE);
	return 0;
}

int etc_cover(const struct etc_view *v, struct lab_error **err)
{
	auto_free char *names = nsswitch();
	auto_strbuf struct strbuf hostname = {0};

	strbuf_printf(&hostname, "%s\n", v->hostname);
	if (mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"))
		return lab_error_errno(err, LAB_DENIED, errno, "mount a scratch file system");
	if (cover("resolv.conf", v->resolv_conf, true, err) ||
	    cover("hosts", v->hosts, false, err) || cover("hostname", hostname.s, false, err) ||
	    cover("nsswitch.conf", names, false, err) || cover_trust(v->trust, err))
		return -1;
	/* a cache daemon of the host would answer for the node: its socket goes out of sight */
	if (!access("/run/nscd", F_OK) &&
	    mount("tmpfs", "/run/nscd", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4k"))
		return lab_error_errno(err, LAB_DENIED, errno, "hide /run/nscd");
	return 0;
}
