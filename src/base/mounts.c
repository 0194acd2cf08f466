// SPDX-License-Identifier: GPL-2.0-only
#include "base/mounts.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/pins.h"

/* Decodes the octal escapes of proc_pid_mountinfo(5) in place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The mount point of a pinned namespace, cut out of a line of mountinfo; NULL for other mounts. */
static char *pinned_namespace(char *line)
{
	char *type = strstr(line, " - nsfs ");
	char *point = NULL;

	if (!type)
		return NULL;
	*type = '\0';
	for (int field = 0; field < 5; field++)
		point = strsep(&line, " ");
	if (point)
		unescape(point);
	return point;
}

/* As a rule all pins are below a mount of their own, and go with it; else one by one. */
static int drop_pinned_namespaces(struct lab_error **err)
{
	auto_fclose FILE *f = NULL;
	auto_free char *line = NULL;
	size_t room = 0;

	if (!umount2(PINS, MNT_DETACH | UMOUNT_NOFOLLOW))
		return 0;
	f = fopen("/proc/self/mountinfo", "re");
	if (!f)
		return lab_error_errno(err, LAB_DENIED, errno, "/proc/self/mountinfo");
	while (getline(&line, &room, f) > 0) {
		char *point = pinned_namespace(line);

		/* One that a parent user namespace locked cannot be dropped: it is not of a lab of
		 * ours. One that the host dropped meanwhile is gone already. */
		if (point && umount2(point, MNT_DETACH) && errno != EINVAL && errno != ENOENT)
			return lab_error_errno(err, LAB_DENIED, errno, "unmount %s", point);
	}
	return 0;
}

int mounts_unshare(struct lab_error **err)
{
	if (unshare(CLONE_NEWNS))
		return lab_error_errno(err, LAB_DENIED, errno, "make a mount namespace");
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL))
		return lab_error_errno(err, LAB_DENIED, errno, "make mounts private");
	return drop_pinned_namespaces(err);
}

int mounts_proc(struct lab_error **err)
{
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return lab_error_errno(err, LAB_DENIED, errno, "mount /proc");
	return 0;
}

int mounts_sys(struct lab_error **err)
{
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL))
		return lab_error_errno(err, LAB_DENIED, errno, "mount /sys");
	return 0;
}
