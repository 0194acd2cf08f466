// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order matters. The network namespace is joined before /sys is mounted (it shows the devices of the
 * namespace that mounts it); everything that needs CAP_SYS_ADMIN comes before it is given away; and
 * nothing that could load code or read the node's files in this process (NSS, locales) comes after.
 */
#include "kernel/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mounts.h"
#include "base/strbuf.h"
#include "kernel/netns.h"
#include "priv/priv.h"

/* Files are written here before they are mounted over those of /etc; sysfs covers it afterwards. */
#define SCRATCH "/sys"

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
 * Puts `text` over /etc/NAME. A file that the host does not have cannot be covered, and is not made:
 * the host stays as it is. Only resolv.conf is worth failing for.
 */
static int cover(const char *name, const char *text, bool needed, struct lab_error **err)
{
	char from[64], to[64];

	/* both always fit: names are literals of this file */
	(void)snprintf(from, sizeof(from), SCRATCH "/%s", name);
	(void)snprintf(to, sizeof(to), "/etc/%s", name);
	if (access(to, F_OK)) {
		if (!needed)
			return 0;
		(void)lab_error_errno(err, LAB_DENIED, errno, "%s", to);
		return lab_error_hint(err, "an empty file is enough: touch %s", to);
	}
	if (write_file(from, text, err))
		return -1;
	if (mount(from, to, NULL, MS_BIND, NULL))
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

static int cover_etc(const struct plan_node *node, struct lab_error **err)
{
	auto_free char *names = nsswitch();
	auto_strbuf struct strbuf hostname = {0};

	strbuf_printf(&hostname, "%s\n", node->hostname);
	if (mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"))
		return lab_error_errno(err, LAB_DENIED, errno, "mount a scratch file system");
	if (cover("resolv.conf", node->resolv_conf, true, err) ||
	    cover("hosts", node->hosts, false, err) || cover("hostname", hostname.s, false, err) ||
	    cover("nsswitch.conf", names, false, err))
		return -1;
	/* a cache daemon of the host would answer for the node: its socket goes out of sight */
	if (!access("/run/nscd", F_OK) &&
	    mount("tmpfs", "/run/nscd", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4k"))
		return lab_error_errno(err, LAB_DENIED, errno, "hide /run/nscd");
	return 0;
}

static int take_hostname(const char *name, struct lab_error **err)
{
	if (unshare(CLONE_NEWUTS) || sethostname(name, strlen(name)))
		return lab_error_errno(err, LAB_DENIED, errno, "host name %s", name);
	return 0;
}

/*
 * setns() on a PID namespace is for children only, and /proc shows the namespace of the process that
 * mounts it: so a child does, in the mount namespace that it shares with this process.
 */
static int join_processes(int pid_ns, struct lab_error **err)
{
	int status;
	pid_t pid;

	/* and its shared memory and queues: what a command leaves there goes with the lab */
	if (setns(pid_ns, CLONE_NEWPID | CLONE_NEWIPC))
		return errno == ESRCH
			       ? lab_error_make(err, LAB_STATE, "the lab went down meanwhile")
			       : lab_error_errno(err, LAB_DENIED, errno,
						 "join the lab's processes");
	pid = fork();
	if (pid < 0) /* alloc_pid() in kernel/pid.c: ENOMEM where the namespace's init has ended */
		return errno == ENOMEM
			       ? lab_error_make(err, LAB_STATE, "the lab went down meanwhile")
			       : lab_error_errno(err, LAB_FAILED, errno,
						 "join the lab's processes");
	if (!pid)
		_exit(mounts_proc(NULL) ? errno & 0x7f : 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return lab_error_errno(err, LAB_FAILED, errno, "mount /proc");
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return lab_error_errno(err, LAB_DENIED, WEXITSTATUS(status), "mount /proc");
	/* killed: the supervisor ended, and with it all processes of its namespace */
	return WIFEXITED(status) ? 0
				 : lab_error_make(err, LAB_STATE, "the lab went down meanwhile");
}

static int join(const char *lab, const struct plan_node *node, int pid_ns,
		enum enter_privilege privilege, struct lab_error **err)
{
	auto_close int netns = kernel_pin_open(lab, node->ns, err);

	if (netns < 0)
		return -1;
	/* processes of the lab must not look into this one while it is still the host's */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "become undumpable");
	if (take_hostname(node->hostname, err) || mounts_unshare(err))
		return -1;
	if (setns(netns, CLONE_NEWNET))
		return lab_error_errno(err, LAB_DENIED, errno, "join the network namespace");
	if (cover_etc(node, err))
		return -1;
	/* checks do not look at devices, and each costs time */
	if (privilege == ENTER_ROOT &&
	    mount("sysfs", SCRATCH, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL))
		return lab_error_errno(err, LAB_DENIED, errno, "mount /sys");
	return pid_ns < 0 ? 0 : join_processes(pid_ns, err);
}

int enter_node(const char *lab, const struct plan_node *node, int pid_ns,
	       enum enter_privilege privilege, struct lab_error **err)
{
	if (join(lab, node, pid_ns, privilege, err))
		return lab_error_prefix(err, "node %s", node->ns);
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "node %s: descriptors", node->ns);
	/* a probe gives away the rest itself, once it has its raw socket */
	return priv_exec(err);
}
