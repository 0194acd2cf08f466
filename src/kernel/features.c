// SPDX-License-Identifier: GPL-2.0-only
/* One row per feature: how it is tried, what its absence costs, how to get it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/filter.h"
#include "kernel/kernel.h"
#include "kernel/netlink.h"
#include "kernel/netns.h"
#include "kernel/shaper.h"
#include "priv/priv.h"

/* Where a probe may do what it likes: two namespaces that vanish with it. */
struct ground {
	int home;
	int ns, sock;
	int other, other_sock;
};

#define MESSAGE(name) char name[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)))

static int ask(int sock, struct nlmsghdr *h, struct lab_error **err)
{
	struct kernel_refusal r;

	if (kernel_netlink_ask(sock, h, KERNEL_FINE_NEVER, &r) == 0)
		return 0;
	return kernel_refusal_error(&r, err);
}

static const struct plan_link pair = {
	.a = {.dev = "a", .mac = {2, 0, 0, 0, 0, 1}, .proxy_arp = true, .gso_segs = 1},
	.b = {.dev = "b", .mac = {2, 0, 0, 0, 0, 2}},
};
#define A 10
#define B 11

static int try_namespace(const struct ground *g, struct lab_error **err)
{
	return 0; /* the ground itself */
}

static int try_veth(const struct ground *g, struct lab_error **err)
{
	MESSAGE(buf);

	return ask(g->sock, kernel_encode_veth(buf, &pair, A, B, g->ns), err);
}

static int try_veth_across(const struct ground *g, struct lab_error **err)
{
	MESSAGE(buf);

	if (ask(g->sock, kernel_encode_veth(buf, &pair, A, B, g->other), err) < 0)
		return -1;
	/* answers only where the peer was really born over there */
	return ask(g->other_sock, kernel_encode_up(buf, B), err);
}

static int try_conduct(const struct ground *g, struct lab_error **err)
{
	struct plan_end plain = pair.a;
	MESSAGE(buf);

	plain.gso_segs = 0;
	if (try_veth(g, err) < 0 ||
	    ask(g->sock,
		kernel_encode_conduct(buf, &plain, A, (struct kernel_conduct){.router = true}),
		err) < 0)
		return -1;
	return ask(g->sock, kernel_encode_proxy_delay(buf, A), err);
}

static int try_gso(const struct ground *g, struct lab_error **err)
{
	MESSAGE(buf);

	if (try_veth(g, err) < 0)
		return -1;
	return ask(g->sock, kernel_encode_conduct(buf, &pair.a, A, (struct kernel_conduct){0}),
		   err);
}

static int try_rule(const struct ground *g, struct lab_error **err)
{
	struct plan_rule rule = {.priority = 2000, .iif = "a", .table = 1001};
	struct plan_route route = {
		.table = 1001, .type = PLAN_BLACKHOLE, .proto = PLAN_PROTO_SYSTEM};
	MESSAGE(buf);

	if (ask(g->sock, kernel_encode_rule(buf, true, &rule), err) < 0)
		return -1;
	return ask(g->sock, kernel_encode_route(buf, true, &route, 0), err);
}

static int try_tbf(const struct ground *g, struct lab_error **err)
{
	struct plan_shaper s = {.rate = 2000000, .burst = 1600, .limit = 30000};
	MESSAGE(buf);

	return ask(g->sock, kernel_encode_tbf(buf, &s, 1, false), err);
}

static int try_netem(const struct ground *g, struct lab_error **err)
{
	struct plan_shaper s = {.ns = "probe", .dev = "lo", .delay_us = 1000};
	MESSAGE(buf);

	return ask(g->sock, kernel_encode_netem(buf, &s, 1), err);
}

static int try_htb(const struct ground *g, struct lab_error **err)
{
	struct tc_htb_glob opt = {.version = 3, .rate2quantum = 10};
	MESSAGE(buf);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct tcmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *nest;

	h->nlmsg_type = RTM_NEWQDISC;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE;
	m->tcm_ifindex = 1;
	m->tcm_parent = TC_H_ROOT;
	m->tcm_handle = KERNEL_QDISC_ROOT;
	mnl_attr_put_strz(h, TCA_KIND, "htb");
	nest = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_HTB_INIT, sizeof(opt), &opt);
	mnl_attr_nest_end(h, nest);
	return ask(g->sock, h, err);
}

static int try_device(const struct ground *g, const char *kind, struct lab_error **err)
{
	MESSAGE(buf);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nlattr *info, *data;

	h->nlmsg_type = RTM_NEWLINK;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE;
	(void)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, "probe");
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, kind);
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	if (strcmp(kind, "vxlan") == 0)
		mnl_attr_put_u32(h, IFLA_VXLAN_ID, 1);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return ask(g->sock, h, err);
}

static int try_bridge(const struct ground *g, struct lab_error **err)
{
	return try_device(g, "bridge", err);
}

static int try_vxlan(const struct ground *g, struct lab_error **err)
{
	return try_device(g, "vxlan", err);
}

static int try_filter(const struct ground *g, struct lab_error **err)
{
	/* what security groups are made of */
	static const struct plan_filter f = {
		.table = "probe",
		.text = "table ip probe {\n"
			" set members { type ipv4_addr; elements = { 10.0.0.1 }; }\n"
			" chain port { ip saddr @members accept; }\n"
			" map ports { type ifname : verdict; elements = { \"a\" : jump port }; }\n"
			" chain forward { type filter hook forward priority 0; policy accept;\n"
			"  ct state established,related accept; oifname vmap @ports; }\n"
			"}",
	};
	int res = kernel_netns_enter(g->ns, err);

	if (res == 0)
		res = kernel_filter_set(&f, NULL, err);
	if (kernel_netns_enter(g->home, res < 0 ? NULL : err) < 0)
		res = -1;
	return res;
}

/* A message that must be refused, to see whether the kernel says why. */
static int try_extended_ack(const struct ground *g, struct lab_error **err)
{
	struct plan_route r = {.table = 254, .dst = {0x0a000000, 8}, .via = 0x0a000001};
	struct kernel_refusal refusal;
	MESSAGE(buf);

	(void)kernel_netlink_ask(g->sock, kernel_encode_route(buf, true, &r, 1), KERNEL_FINE_NEVER,
				 &refusal); /* refused: that is the point */
	if (refusal.text[0])
		return 0;
	return lab_error_make(err, LAB_FAILED, "the kernel gives no reasons");
}

/* In a process of its own, since it changes the process. */
static int try_unshare(int flags, struct lab_error **err)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(flags) == 0 ? 0 : errno & 0xff);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "cannot start a process");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return lab_error_errno(err, LAB_DENIED, WEXITSTATUS(status), "unshare");
}

static int try_pid_namespace(const struct ground *g, struct lab_error **err)
{
	return try_unshare(CLONE_NEWPID, err);
}

static int try_node_namespaces(const struct ground *g, struct lab_error **err)
{
	return try_unshare(CLONE_NEWNS | CLONE_NEWUTS, err);
}

static int try_user_namespace(const struct ground *g, struct lab_error **err)
{
	return try_unshare(CLONE_NEWUSER, err);
}

static int try_seccomp(const struct ground *g, struct lab_error **err)
{
	/* without a filter: EFAULT says that it was looked for, EINVAL that there is no seccomp */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT)
		return 0;
	return lab_error_errno(err, LAB_DENIED, errno, "seccomp");
}

static int try_pidfd(const struct ground *g, struct lab_error **err)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	return fd >= 0 ? 0 : lab_error_errno(err, LAB_DENIED, errno, "pidfd_open");
}

static int try_clone3(const struct ground *g, struct lab_error **err)
{
	/* a size that never was: EINVAL says that it was looked at */
	if (syscall(SYS_clone3, NULL, 0) < 0 && errno == EINVAL)
		return 0;
	return lab_error_errno(err, LAB_DENIED, errno, "clone3");
}

static int try_mount_root(const struct ground *g, struct lab_error **err)
{
	struct statx x;

	if (statx(AT_FDCWD, "/", 0, 0, &x) == 0 && (x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return 0;
	return lab_error_make(err, LAB_DENIED, "statx does not tell");
}

#define MODULE(m)                                            \
	"load or build the kernel module " m " (modprobe " m \
	"; cloud kernels often keep it in a linux-modules-extra package)"
#define BUILTIN(option) "a kernel built with " option "; every distribution's is"
#define NEWER(version)  "Linux " version " or newer"

static const struct {
	const char *name;
	bool required;
	int (*fn)(const struct ground *g, struct lab_error **err);
	const char *cost, *remedy;
} probes[] = {
	{"network namespaces", true, try_namespace, "no lab: every node is one",
	 BUILTIN("CONFIG_NET_NS")},
	{"veth", true, try_veth, "no lab: every link is a veth pair", MODULE("veth")},
	{"veth across namespaces", true, try_veth_across,
	 "no lab: both ends of a link are born where they belong", NEWER("3.0")},
	{"device settings by netlink", true, try_conduct,
	 "no lab: routers must forward and answer ARP for others", NEWER("3.9")},
	{"policy routing", true, try_rule, "no lab: route tables of a VPC are chosen by rules",
	 BUILTIN("CONFIG_IP_MULTIPLE_TABLES")},
	{"nftables", true, try_filter, "no security groups (conntrack, sets, verdict maps)",
	 MODULE("nf_tables") " and nf_conntrack"},
	{"tbf", true, try_tbf, "no bandwidth limits", MODULE("sch_tbf")},
	{"PID namespace", true, try_pid_namespace, "no lab: its processes must end with it",
	 BUILTIN("CONFIG_PID_NS")},
	{"mount and UTS namespaces", true, try_node_namespaces,
	 "no exec and no checks: a node has its own resolv.conf and host name",
	 "a container: give it CAP_SYS_ADMIN; else a kernel with CONFIG_UTS_NS"},
	{"seccomp", true, try_seccomp, "no workers: they refuse to run unconfined",
	 BUILTIN("CONFIG_SECCOMP_FILTER")},
	{"pidfd", true, try_pidfd, "no down: processes could be mistaken", NEWER("5.3")},
	{"clone3", true, try_clone3, "no lab: its supervisor, and what exec runs, are made by it",
	 NEWER("5.3") "; a container: a system call filter that knows it"},
	{"mount points by statx", true, try_mount_root, "no lab: names of namespaces need it",
	 NEWER("5.8")},
	{"netem", false, try_netem,
	 "delay, jitter and loss of lines are made by labctl-wire, in user space: that takes CPU time, and "
	 "some Gbit/s are the most",
	 MODULE("sch_netem")},
	{"gso_max_segs", false, try_gso,
	 "links of at most 200 Mbit/s are less exact for TCP (a burst may be a 64 kB segment)",
	 NEWER("4.16")},
	{"extended acks", false, try_extended_ack, "errors come without the kernel's reason",
	 NEWER("4.12")},
	{"bridge", false, try_bridge, "no LAN in a data centre", MODULE("bridge")},
	{"htb", false, try_htb,
	 "labs with links below 400 kbit/s do not come up, as between regions without bandwidth",
	 MODULE("sch_htb")},
	{"vxlan", false, try_vxlan, "nothing yet: all of a lab is on one host", MODULE("vxlan")},
	{"user namespaces", false, try_user_namespace,
	 "no labs without root; the kernel tests do not run, not even as root",
	 "sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile with `userns,`"},
};

static int make_ground(struct ground *g, struct lab_error **err)
{
	g->ns = kernel_netns_new(g->home, &g->sock, err);
	g->other = g->ns < 0 ? -1 : kernel_netns_new(g->home, &g->other_sock, err);
	return g->other < 0 ? -1 : 0;
}

static void leave_ground(struct ground *g)
{
	cleanup_closep(&g->ns);
	cleanup_closep(&g->sock);
	cleanup_closep(&g->other);
	cleanup_closep(&g->other_sock);
}

static void probe(size_t i, int home, struct kernel_feature *f)
{
	struct ground g = {home, -1, -1, -1, -1};
	auto_error struct lab_error *err = NULL;

	f->name = probes[i].name;
	f->required = probes[i].required;
	f->cost = probes[i].cost;
	f->remedy = probes[i].remedy;
	f->ok = make_ground(&g, &err) == 0 && probes[i].fn(&g, &err) == 0;
	if (!f->ok)
		(void)snprintf(f->detail, sizeof(f->detail), "%s", lab_error_message(err));
	leave_ground(&g);
}

struct kernel_feature *kernel_probe_features(size_t *n, struct lab_error **err)
{
	auto_close int home = kernel_netns_current(err);
	struct kernel_feature *list;

	/* as kernel_backend_new(): proves the privilege, changes nothing */
	if (home < 0 || kernel_netns_enter(home, err) < 0) {
		(void)lab_error_set_status(err, LAB_DENIED);
		(void)lab_error_hint(err, "run it as root (sudo labctl doctor)");
		return NULL;
	}
	list = calloc(ARRAY_LEN(probes), sizeof(*list));
	if (!list)
		abort();
	*n = ARRAY_LEN(probes);
	for (size_t i = 0; i < *n; i++)
		probe(i, home, &list[i]);
	return list;
}

/*
 * Without options netem refuses to be made (netem_init()); a kernel that has none looks for it by name first,
 * loading its module (qdisc_create()), and refuses in other words. Where the device has one already, there
 * is nothing to make and nothing to change.
 */
int kernel_has_netem(struct lab_error **err)
{
	auto_close int sock = kernel_netlink_open(err);
	struct kernel_refusal refusal;
	MESSAGE(buf);

	if (sock < 0)
		return -1;
	if (kernel_netlink_ask(sock, kernel_encode_netem_probe(buf), KERNEL_FINE_NEVER, &refusal) ==
		    0 ||
	    refusal.errnum == EINVAL)
		return 1;
	return refusal.errnum == ENOENT ? 0 : kernel_refusal_error(&refusal, err);
}

bool kernel_find_missing(struct kernel_feature *missing)
{
	auto_free struct kernel_feature *list = NULL;
	size_t n = 0;

	list = kernel_probe_features(&n, NULL);
	for (size_t i = 0; list && i < n; i++) {
		if (!list[i].required || list[i].ok)
			continue;
		*missing = list[i];
		return true;
	}
	return false;
}

int kernel_check_privileges(struct lab_error **err)
{
	return priv_suffices(err);
}
