// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel says EPERM or ENOSPC and no more. What the usual distributions and container engines
 * use to forbid it is known, so it is looked up, each with the value that forbids.
 */
#include "rootless/why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static const struct setting {
	const char *path; /* below /proc/sys */
	long bad;
	const char *remedy;
} settings[] = {
	/* Debian until 11 */
	{"kernel/unprivileged_userns_clone", 0, "sudo sysctl kernel.unprivileged_userns_clone=1"},
	{"user/max_user_namespaces", 0, "sudo sysctl user.max_user_namespaces=10000"},
	{"user/max_mnt_namespaces", 0, "sudo sysctl user.max_mnt_namespaces=10000"},
	{"user/max_pid_namespaces", 0, "sudo sysctl user.max_pid_namespaces=10000"},
	{"user/max_net_namespaces", 0, "sudo sysctl user.max_net_namespaces=10000"},
	{"user/max_ipc_namespaces", 0, "sudo sysctl user.max_ipc_namespaces=10000"},
	{"user/max_uts_namespaces", 0, "sudo sysctl user.max_uts_namespaces=10000"},
	/* Ubuntu since 23.10; last, as it is no obstacle to a program with a profile */
	{"kernel/apparmor_restrict_unprivileged_userns", 1,
	 "load labctl's AppArmor profile (sudo apparmor_parser -r /etc/apparmor.d/labctl; README, "
	 "\"Without root\"), or sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
};

static bool read_text(const char *path, char *text, size_t room)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	return true;
}

static bool forbids(const char *proc, const struct setting *s)
{
	char path[256], text[32], *end;
	long value;

	(void)snprintf(path, sizeof(path), "%s/sys/%s", proc, s->path); /* cut only in tests */
	if (!read_text(path, text, sizeof(text)))
		return false; /* a kernel without it */
	value = strtol(text, &end, 10);
	return end != text && value == s->bad;
}

/* "user/max_user_namespaces" as sysctl(8) calls it. */
static int name_setting(const struct setting *s, struct lab_error **err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", s->path); /* always fits */
	*strchr(name, '/') = '.';
	(void)lab_error_make(err, LAB_DENIED, "%s: %s is %ld", lab_error_message(*err), name,
			     s->bad);
	return lab_error_hint(err, "%s; or with root: sudo labctl ...", s->remedy);
}

/* "Seccomp: 2" in its status: some filter stands before every call of this process. */
static bool is_filtered(const char *proc)
{
	char path[256], text[4096];

	(void)snprintf(path, sizeof(path), "%s/self/status", proc); /* as above */
	return read_text(path, text, sizeof(text)) && strstr(text, "\nSeccomp:\t2");
}

int rootless_explain(const char *proc, struct lab_error **err)
{
	int errnum = lab_error_errnum(*err);

	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (forbids(proc, &settings[i]))
			return name_setting(&settings[i], err);
	(void)lab_error_set_status(err, LAB_DENIED);
	if (is_filtered(proc)) {
		(void)lab_error_make(err, LAB_DENIED,
				     "%s: a system call filter (Seccomp is 2) is in force",
				     lab_error_message(*err));
		return lab_error_hint(err, "in a container: podman run or docker run with "
					   "--security-opt seccomp=unconfined and "
					   "--security-opt systempaths=unconfined");
	}
	if (errnum == ENOSPC || errnum == EUSERS)
		return lab_error_hint(err, "there are as many namespaces as user.max_*_namespaces "
					   "allow; `sysctl -a | grep ^user.max` shows the limits");
	if (errnum == ENOSYS || errnum == EINVAL)
		return lab_error_hint(err, "the kernel needs CONFIG_USER_NS, and to be Linux 5.8 "
					   "or newer; or with root: sudo labctl ...");
	return lab_error_hint(err, "`labctl doctor` tries it; or with root: sudo labctl ...");
}
