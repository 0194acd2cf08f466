// SPDX-License-Identifier: GPL-2.0-only
/**
 * A small hybrid network for labctl-routing, and the program itself, started as the supervisor would:
 *
 *	             100.64.1.0/30   vbr1   10.0.1.0/30
 *	        v1 -----------------      ----------------- v1
 *	  cen                                                  idc   10.10.0.1, 10.20.0.1 on lo
 *	        v2 -----------------      ----------------- v2
 *	             100.64.2.0/30   vbr2   10.0.2.0/30
 *
 * The cloud is .1 of each network on the left, the data centre .2 of each on the right. All routes
 * are there but those of cen.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include <linux/netlink.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/sandbox.h"
#include "lib/test.h"
#include "lib/wait.h"
#include "lib/worker.h"

enum routing_ns { CEN, VBR1, VBR2, IDC, N_NS };
static const char *const routing_ns_names[N_NS] = {"cen", "vbr1", "vbr2", "idc"};

/* In the order of ROUTING_SOCKETS. */
enum routing_socket { STATE, ROUTES_CEN, ROUTES_VBR1, ROUTES_VBR2, PING_1, PING_2, N_SOCKETS };
#define ROUTING_SOCKETS                                                                      \
	"\"state\":\"state\",\"sockets\":[{\"name\":\"state\"},{\"name\":\"routes-cen\"},"   \
	"{\"name\":\"routes-vbr1\"},{\"name\":\"routes-vbr2\"},{\"name\":\"ping-1\"},"       \
	"{\"name\":\"ping-2\"}],\"tables\":[{\"ns\":\"cen\",\"socket\":\"routes-cen\"},"     \
	"{\"ns\":\"vbr1\",\"socket\":\"routes-vbr1\"},{\"ns\":\"vbr2\",\"socket\":\"routes-" \
	"vbr2\"}]"

struct routing_lab {
	int home;
	int ns[N_NS];
	int sockets[N_SOCKETS];
	char program[4096];
};

/* --- namespaces --- */

static inline void must_be(bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s: %s", what, strerror(errno));
}

/* Runs a shell command in a namespace; its output, to be freed. */
static inline char *output_in(const struct routing_lab *lab, enum routing_ns ns,
			      const char *command)
{
	struct strbuf out = {0};
	char buf[4096];
	int p[2];
	ssize_t n;
	pid_t pid;

	must_be(pipe2(p, O_CLOEXEC) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		if (setns(lab->ns[ns], CLONE_NEWNET) < 0 || dup2(p[1], 1) < 0)
			_exit(126);
		execl("/bin/sh", "sh", "-ec", command, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		strbuf_addn(&out, buf, (size_t)n);
	close(p[0]);
	must_be(waitpid(pid, NULL, 0) == pid, "wait");
	strbuf_addn(&out, "", 0);
	return strbuf_take(&out);
}

static inline void run_in(const struct routing_lab *lab, enum routing_ns ns, const char *command)
{
	auto_strbuf struct strbuf text = {0};
	auto_free char *out = NULL;

	strbuf_printf(&text, "{ %s; } 2>&1 && echo done", command);
	out = output_in(lab, ns, text.s);
	if (!strstr(out, "done\n"))
		fail_msg("%s: %s: %s", routing_ns_names[ns], command, out);
}

static inline int new_ns(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	must_be(unshare(CLONE_NEWNET) == 0, "unshare");
	must_be(close(open(path, O_CREAT | O_RDONLY | O_CLOEXEC, 0600)) == 0, path);
	must_be(mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) == 0, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must_be(fd >= 0, path);
	return fd;
}

static inline void drop_ns(const struct routing_lab *lab, enum routing_ns ns)
{
	char path[64];

	snprintf(path, sizeof(path), "/run/netns/%s", routing_ns_names[ns]);
	must_be(umount2(path, MNT_DETACH) == 0 && unlink(path) == 0, path);
	close(lab->ns[ns]);
}

#define LINK(dev, name, peer, ns)                                                         \
	"ip link add " dev " type veth peer name " name " netns " ns "; ip link set " dev \
	" up; ip -n " ns " link set " name " up; ip addr add " peer ".1/30 dev " dev "; " \
	"ip -n " ns " addr add " peer ".2/30 dev " name

static inline void build_network(const struct routing_lab *lab)
{
	for (enum routing_ns ns = 0; ns < N_NS; ns++)
		run_in(lab, ns, "ip link set lo up; sysctl -qw net.ipv4.ip_forward=1");
	run_in(lab, CEN, LINK("v1", "cen", "100.64.1", "vbr1"));
	run_in(lab, CEN, LINK("v2", "cen", "100.64.2", "vbr2"));
	run_in(lab, VBR1, LINK("idc", "v1", "10.0.1", "idc"));
	run_in(lab, VBR2, LINK("idc", "v2", "10.0.2", "idc"));
	run_in(lab, VBR1, "ip route add 10.0.0.0/8 via 10.0.1.2");
	run_in(lab, VBR2, "ip route add 10.0.0.0/8 via 10.0.2.2");
	run_in(lab, IDC,
	       "ip addr add 10.10.0.1/32 dev lo; ip addr add 10.20.0.1/32 dev lo; "
	       "ip route add 100.64.1.0/30 via 10.0.1.1; ip route add 100.64.2.0/30 via 10.0.2.1");
}

static inline int open_in(const struct routing_lab *lab, enum routing_ns ns, int family,
			  int protocol)
{
	int fd;

	must_be(setns(lab->ns[ns], CLONE_NEWNET) == 0, "setns");
	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	must_be(fd >= 0 && setns(lab->home, CLONE_NEWNET) == 0, "socket");
	return fd;
}

static inline int open_ping(const struct routing_lab *lab, enum routing_ns ns, uint32_t from)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from)};
	int fd = open_in(lab, ns, AF_INET, IPPROTO_ICMP);

	must_be(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "bind");
	return fd;
}

static inline int routing_lab_up(void **state)
{
	struct routing_lab *lab = calloc(1, sizeof(*lab));
	const char *build = getenv("LABCTL_BUILD_DIR");

	assert_non_null(lab);
	snprintf(lab->program, sizeof(lab->program), "%s/libexec/labctl/labctl-routing",
		 build ? build : ".");
	must_be(access(lab->program, X_OK) == 0, lab->program);
	lab->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	must_be(lab->home >= 0, "/proc/self/ns/net");
	for (enum routing_ns ns = 0; ns < N_NS; ns++)
		lab->ns[ns] = new_ns(routing_ns_names[ns]);
	must_be(setns(lab->home, CLONE_NEWNET) == 0, "setns");
	build_network(lab);
	lab->sockets[STATE] = memfd_create("state", MFD_CLOEXEC);
	must_be(ftruncate(lab->sockets[STATE], WORKER_MEMORY) == 0, "memory");
	for (enum routing_ns ns = CEN; ns <= VBR2; ns++)
		lab->sockets[ROUTES_CEN + (int)ns] = open_in(lab, ns, AF_NETLINK, NETLINK_ROUTE);
	lab->sockets[PING_1] = open_ping(lab, VBR1, 0x0a000101);
	lab->sockets[PING_2] = open_ping(lab, VBR2, 0x0a000201);
	*state = lab;
	return 0;
}

static inline int routing_lab_down(void **state)
{
	struct routing_lab *lab = *state;

	for (int i = 0; i < N_SOCKETS; i++)
		close(lab->sockets[i]);
	for (enum routing_ns ns = 0; ns < N_NS; ns++)
		drop_ns(lab, ns);
	close(lab->home);
	free(lab);
	return 0;
}

/* --- the program --- */

/* As the supervisor leaves it: CAP_NET_ADMIN and no way to more. */
static inline void keep_net_admin(void)
{
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (cap != CAP_NET_ADMIN)
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* unknown to older kernels */
	}
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static inline struct test_worker launch(const struct routing_lab *lab, const char *config)
{
	struct test_worker w = {
		.sockets = lab->sockets, .n_sockets = N_SOCKETS, .prepare = keep_net_admin};

	test_worker_launch(&w, lab->program, config);
	return w;
}

/* Milliseconds until it was ready; fails after ten seconds. */
static inline long await_ready(struct test_worker *w)
{
	struct pollfd p = {.fd = w->ready, .events = POLLIN};
	struct timespec begin, end;
	char byte = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	if (poll(&p, 1, 10000) != 1 || read(w->ready, &byte, 1) != 1 || byte != 'R')
		fail_msg("not ready: %s", test_worker_log(w));
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
}

static inline struct test_worker start(const struct routing_lab *lab, const char *config)
{
	struct test_worker w = launch(lab, config);

	(void)await_ready(&w); /* how long it took is of no matter */
	return w;
}

static inline void signal_and_wait(struct test_worker *w, int signal, int status)
{
	assert_int_equal(kill(w->pid, signal), 0);
	if (test_worker_wait(w) != status)
		fail_msg("%s", test_worker_log(w));
	close(w->ready);
}

/* Whether its log has this text. */
static inline bool logged(struct test_worker *w, const char *text)
{
	auto_free char *log = test_worker_log(w);

	return strstr(log, text) != NULL;
}

/* Whether this is in the last line that it told people. */
static inline bool noted(struct test_worker *w, const char *text)
{
	struct pollfd p = {.fd = w->ready, .events = POLLIN};
	char buf[8192];

	while (poll(&p, 1, 0) > 0) {
		ssize_t n = read(w->ready, buf, sizeof(buf) - 1);
		const char *last;

		if (n <= 0)
			break;
		buf[n - 1] = '\0'; /* the newline: lines are written whole */
		last = strrchr(buf, '\n');
		snprintf(w->note, sizeof(w->note), "%.500s", last ? last + 1 : buf);
	}
	return strstr(w->note, text) != NULL;
}

/* --- what is there --- */

/* Whether the routes of a prefix with metric 1000 are this, as ip(8) shows them; "" is none. */
static inline bool has_route(const struct routing_lab *lab, enum routing_ns ns, const char *prefix,
			     const char *text)
{
	auto_strbuf struct strbuf command = {0};
	auto_free char *out = NULL;

	strbuf_printf(&command, "ip -4 -o route show table all metric 1000 exact %s", prefix);
	out = output_in(lab, ns, command.s);
	return text[0] ? strstr(out, text) != NULL : !out[0];
}

#define VIA_1 "via 100.64.1.2 dev v1 proto 204 onlink"
#define VIA_2 "via 100.64.2.2 dev v2 proto 204 onlink"

/** A process in cen that never stops to look for a route to 10.10.0.1. */
struct traffic {
	pid_t pid;
	int stop;
};

static inline void look_for_routes(const struct routing_lab *lab, int stop)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a0a0001)};
	struct pollfd p = {.fd = stop, .events = POLLIN};
	int fd, failed = 0;

	if (setns(lab->ns[CEN], CLONE_NEWNET) < 0)
		_exit(126);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	while (poll(&p, 1, 0) == 0) {
		/* finds a route, or ENETUNREACH: nothing is sent */
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
			failed = 1;
		(void)sched_yield();
	}
	_exit(failed);
}

static inline struct traffic traffic_start(const struct routing_lab *lab)
{
	struct traffic t;
	int p[2];

	must_be(pipe2(p, O_CLOEXEC) == 0, "pipe");
	t.pid = fork();
	if (t.pid == 0) {
		close(p[1]);
		look_for_routes(lab, p[0]);
	}
	close(p[0]);
	t.stop = p[1];
	return t;
}

/* Whether there was a route all the time. */
static inline bool traffic_flowed(struct traffic *t)
{
	int status = 0;

	close(t->stop);
	must_be(waitpid(t->pid, &status, 0) == t->pid, "wait");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
