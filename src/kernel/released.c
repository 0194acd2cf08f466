// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel frees namespaces in the background: cleanup_net() takes all whose last reference is gone,
 * in one batch, and a next batch only when that is done. A namespace that is dropped now is therefore
 * cleaned with those dropped before, or after them. It can be watched: its veth takes a peer along.
 */
#include "kernel/kernel.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "kernel/netlink.h"
#include "kernel/netns.h"

/* Names and index of the watched end; it is alone in its namespace. */
static const struct plan_link sentinel = {
	.a = {.dev = "watched", .mac = {2, 0, 0, 0, 0, 1}},
	.b = {.dev = "sentinel", .mac = {2, 0, 0, 0, 0, 2}},
};
#define WATCHED_INDEX 2

static int watch_links(int sock, struct lab_error **err)
{
	int group = RTNLGRP_LINK;

	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0)
		return 0;
	return lab_error_errno(err, LAB_FAILED, errno, "cannot watch a namespace's links");
}

static int make_sentinel(int sock, int ns, struct lab_error **err)
{
	char buf[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = kernel_encode_veth(buf, &sentinel, WATCHED_INDEX, WATCHED_INDEX, ns);
	struct kernel_refusal refusal;

	if (kernel_netlink_ask(sock, h, KERNEL_FINE_NEVER, &refusal) == 0)
		return 0;
	return kernel_refusal_error(&refusal, err);
}

/* Whether the messages that are there say that the watched end is gone. */
static bool read_gone(int sock)
{
	char buf[16 * 1024] __attribute__((aligned(8)));
	ssize_t n = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	int left = (int)n;
	bool gone = false;

	for (const struct nlmsghdr *h = (void *)buf; n > 0 && mnl_nlmsg_ok(h, left);
	     h = mnl_nlmsg_next(h, &left)) {
		const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);

		gone |= h->nlmsg_type == RTM_DELLINK && m->ifi_index == WATCHED_INDEX;
	}
	return gone;
}

static int await_gone(int sock, int timeout_ms, struct lab_error **err)
{
	int64_t deadline = (int64_t)clock_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = {.fd = sock, .events = POLLIN};
		int64_t left = deadline - (int64_t)clock_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0 && read_gone(sock))
			return 0;
		if (n < 0 && errno != EINTR)
			return lab_error_errno(err, LAB_FAILED, errno,
					       "cannot wait for the kernel");
		if (left <= 0)
			return lab_error_make(
				err, LAB_FAILED,
				"network namespaces: not released by the kernel after "
				"%d ms",
				timeout_ms);
	}
}

int kernel_wait_released(int timeout_ms, struct lab_error **err)
{
	auto_close int home = kernel_netns_current(err);
	auto_close int watch = -1, watch_sock = -1, ns = -1, ns_sock = -1;

	if (home < 0)
		return -1;
	watch = kernel_netns_new(home, &watch_sock, err);
	if (watch < 0)
		return -1;
	ns = kernel_netns_new(home, &ns_sock, err);
	if (ns < 0 || make_sentinel(watch_sock, ns, err) < 0 || watch_links(watch_sock, err) < 0)
		return -1;
	(void)close(steal_fd(&ns)); /* not the last reference: */
	/* a closed socket lets go of its namespace after an RCU grace period, as others before it */
	(void)close(steal_fd(&ns_sock));
	return await_gone(watch_sock, timeout_ms, err);
}
