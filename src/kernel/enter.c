// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order matters. The network namespace is joined before /sys is mounted (it shows the devices of the
 * namespace that mounts it); everything that needs CAP_SYS_ADMIN comes before it is given away; and
 * nothing that could load code or read the node's files in this process (NSS, locales) comes after.
 */
#include "kernel/enter.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/etc.h"
#include "base/mounts.h"
#include "kernel/netns.h"
#include "priv/priv.h"

#define LABS "/run/labctl"

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
	struct etc_view view = {node->hostname, node->resolv_conf, node->hosts, NULL};
	char trust[128];

	if (netns < 0)
		return -1;
	/* processes of the lab must not look into this one while it is still the host's */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "become undumpable");
	if (etc_take_hostname(node->hostname, err) || mounts_unshare(err))
		return -1;
	if (setns(netns, CLONE_NEWNET))
		return lab_error_errno(err, LAB_DENIED, errno, "join the network namespace");
	/* never cut: names of labs are short */
	(void)snprintf(trust, sizeof(trust), LABS "/%s/secrets/trust.pem", lab);
	view.trust = trust;
	if (etc_cover(&view, err))
		return -1;
	/* checks do not look at devices, and each costs time */
	if (privilege == ENTER_ROOT && mounts_sys(err))
		return -1;
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
