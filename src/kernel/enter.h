// SPDX-License-Identifier: GPL-2.0-only
/** Entering a node: its network, host name, resolver files and, for commands, the lab's processes. */
#pragma once

#include "plan/plan.h"

enum enter_privilege {
	ENTER_ROOT, /* exec, shell: root with the capabilities of a container engine plus NET_ADMIN */
	ENTER_PROBE, /* checks: root only until the probe has opened its raw socket */
};

/**
 * In a process of its own (after fork): joins the network namespace /run/netns/LAB.NS, a private
 * mount namespace with the node's /etc/resolv.conf, hosts, hostname, nsswitch.conf (and, for
 * ENTER_ROOT, a read-only /sys of its network), and a UTS namespace with its host name. pid_ns: pidfd
 * of the supervisor, or -1; joined for the *children* of this process, with a /proc to match, so
 * fork once more; its IPC namespace is joined at once. Ends with the capabilities of priv_exec() and every descriptor above 2
 * close-on-exec. The working directory is kept. LAB_STATE where the lab or the node went down.
 */
int enter_node(const char *lab, const struct plan_node *node, int pid_ns,
	       enum enter_privilege privilege, struct lab_error **err);
