// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel frees namespaces in the background: cleanup_net() takes all whose last reference is gone,
 * in one batch, and a next batch only when that is done. A namespace that is dropped now is therefore
 * cleaned with those dropped before, or after them. It can be watched: its veth takes a peer along.
 *
 * In a batch the newest comes first, and all devices are told of before most of the work is done: a sentinel
 * that goes says that its batch has begun. So there are two: what is dropped when the first one has gone is of
 * a later batch, which begins when that of the first, and of all before it, is done.
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

#define SENTINELS     2
#define FIRST_WATCHED 2 /* index of the first one's watched end; that namespace has nothing else */

struct sentinel {
	int ns, sock;
};

static int watch_links(int sock, struct lab_error **err)
{
	int group = RTNLGRP_LINK;

	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0)
		return 0;
	return lab_error_errno(err, LAB_FAILED, errno, "cannot watch a namespace's links");
}

static int link_sentinel(int watch, int index, int ns, struct lab_error **err)
{
	static const struct plan_link links[SENTINELS] = {
		{.a = {.dev = "watched0", .mac = {2, 0, 0, 0, 0, 1}},
		 .b = {.dev = "sentinel", .mac = {2, 0, 0, 0, 0, 2}}},
		{.a = {.dev = "watched1", .mac = {2, 0, 0, 0, 0, 3}},
		 .b = {.dev = "sentinel", .mac = {2, 0, 0, 0, 0, 4}}},
	};
	char buf[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)));
	const struct plan_link *link = &links[index - FIRST_WATCHED];
	struct nlmsghdr *h = kernel_encode_veth(buf, link, index, index, ns);
	struct kernel_refusal refusal;

	if (kernel_netlink_ask(watch, h, KERNEL_FINE_NEVER, &refusal) == 0)
		return 0;
	return kernel_refusal_error(&refusal, err);
}

static int make_sentinel(struct sentinel *s, int home, int watch, int index, struct lab_error **err)
{
	s->ns = kernel_netns_new(home, &s->sock, err);
	return s->ns < 0 ? -1 : link_sentinel(watch, index, s->ns, err);
}

static void drop_sentinel(struct sentinel *s)
{
	if (s->ns >= 0)
		(void)close(steal_fd(&s->ns)); /* not the last reference: */
	/* a closed socket lets go of its namespace after an RCU grace period, as others before it */
	if (s->sock >= 0)
		(void)close(steal_fd(&s->sock));
}

/* Whether the messages that are there say that the watched end is gone. */
static bool read_gone(int sock, int index)
{
	char buf[16 * 1024] __attribute__((aligned(8)));
	ssize_t n = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	int left = (int)n;
	bool gone = false;

	for (const struct nlmsghdr *h = (void *)buf; n > 0 && mnl_nlmsg_ok(h, left);
	     h = mnl_nlmsg_next(h, &left)) {
		const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);

		gone |= h->nlmsg_type == RTM_DELLINK && m->ifi_index == index;
	}
	return gone;
}

static int await_gone(int sock, int index, int timeout_ms, struct lab_error **err)
{
	int64_t deadline = (int64_t)clock_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = {.fd = sock, .events = POLLIN};
		int64_t left = deadline - (int64_t)clock_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0 && read_gone(sock, index))
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

static int wait_for_sentinels(int home, int watch, struct sentinel *s, int timeout_ms,
			      struct lab_error **err)
{
	for (int i = 0; i < SENTINELS; i++)
		if (make_sentinel(&s[i], home, watch, FIRST_WATCHED + i, err) < 0)
			return -1;
	if (watch_links(watch, err) < 0)
		return -1;
	for (int i = 0; i < SENTINELS; i++) {
		drop_sentinel(&s[i]);
		if (await_gone(watch, FIRST_WATCHED + i, timeout_ms, err) < 0)
			return -1;
	}
	return 0;
}

int kernel_wait_released(int timeout_ms, struct lab_error **err)
{
	struct sentinel sentinels[SENTINELS] = {{-1, -1}, {-1, -1}};
	auto_close int home = kernel_netns_current(err);
	auto_close int ns = -1, watch = -1;
	int res;

	if (home < 0)
		return -1;
	ns = kernel_netns_new(home, &watch, err);
	if (ns < 0)
		return -1;
	res = wait_for_sentinels(home, watch, sentinels, timeout_ms, err);
	for (int i = 0; i < SENTINELS; i++)
		drop_sentinel(&sentinels[i]);
	return res;
}
