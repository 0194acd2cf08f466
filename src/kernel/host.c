// SPDX-License-Identifier: GPL-2.0-only
/* What of the host, beside its kernel, matters to labs. Everything is only looked at. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "kernel/filter.h"
#include "kernel/kernel.h"

#define ROOMY_DESCRIPTORS 4096

/* The file's number, or -1 where there is no such file. */
static long read_number(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	return strtol(text, NULL, 10);
}

static bool check_run(char detail[static 200])
{
	if (access("/run", W_OK) == 0)
		return true;
	(void)snprintf(detail, 200, "/run is not writable");
	return false;
}

static bool check_descriptors(char detail[static 200])
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_max == RLIM_INFINITY)
		return true;
	(void)snprintf(detail, 200, "at most %llu, enough for about %llu nodes",
		       (unsigned long long)l.rlim_max, (unsigned long long)l.rlim_max / 2);
	return l.rlim_max >= ROOMY_DESCRIPTORS;
}

static bool check_forward(char detail[static 200])
{
	if (!kernel_filter_forward_drops())
		return true;
	(void)snprintf(detail, 200, "chain FORWARD drops by default (Docker sets it so)");
	return false;
}

static bool check_bridge_filter(char detail[static 200])
{
	if (read_number("/proc/sys/net/bridge/bridge-nf-call-iptables") <= 0)
		return true;
	(void)snprintf(detail, 200, "br_netfilter is loaded and bridge-nf-call-iptables is 1");
	return false;
}

static bool check_strict(char detail[static 200])
{
	long value = read_number("/proc/sys/net/ipv4/conf/all/rp_filter");

	if (value <= 0)
		return true;
	(void)snprintf(detail, 200, "net.ipv4.conf.all.rp_filter is %ld", value);
	return false;
}

static bool find_tool(const char *tool, char detail[static 200])
{
	auto_free char *path = program_find(tool, NULL);

	if (!path)
		(void)snprintf(detail, 200, "%s is not installed", tool);
	return path;
}

static bool check_ip(char detail[static 200])
{
	return find_tool("ip", detail);
}

static bool check_nft(char detail[static 200])
{
	return find_tool("nft", detail);
}

static bool check_bird(char detail[static 200])
{
	return find_tool("bird", detail);
}

static const struct {
	const char *name;
	bool required;
	bool (*fn)(char detail[static 200]);
	const char *cost, *remedy;
} checks[] = {
	{"/run writable", true, check_run, "no lab: its state and names of namespaces are there",
	 "mount a tmpfs over /run"},
	{"descriptors", false, check_descriptors, "large labs end with \"Too many open files\"",
	 "ulimit -Hn 65536, or LimitNOFILE= of the service"},
	{"host forwarding", false, check_forward,
	 "nothing: labs forward in namespaces of their own, where the host's rules do not apply",
	 "leave it; an uplink through the host would need a rule in DOCKER-USER"},
	{"bridge filtering", false, check_bridge_filter,
	 "next to nothing: the bridges of labs are in namespaces that have no rules of the host's",
	 "leave it, or sysctl net.bridge.bridge-nf-call-iptables=0"},
	{"reverse path filter", false, check_strict,
	 "some time: namespaces inherit it, so labctl writes 0 in each of its own",
	 "leave it, or sysctl net.ipv4.conf.all.rp_filter=0"},
	{"bird", false, check_bird, "labs with `routing: bgp` are refused",
	 "install bird2 (and stop the host's own: systemctl disable --now bird)"},
	{"ip", false, check_ip, "nothing: labctl does not call it; you may want to look around",
	 "install iproute2"},
	{"nft", false, check_nft, "nothing: labctl does not call it; you may want to look around",
	 "install nftables"},
};

struct kernel_feature *kernel_check_host(size_t *n)
{
	struct kernel_feature *list = calloc(ARRAY_LEN(checks), sizeof(*list));

	if (!list)
		abort();
	*n = ARRAY_LEN(checks);
	for (size_t i = 0; i < *n; i++) {
		list[i].name = checks[i].name;
		list[i].required = checks[i].required;
		list[i].cost = checks[i].cost;
		list[i].remedy = checks[i].remedy;
		list[i].ok = checks[i].fn(list[i].detail);
	}
	return list;
}
