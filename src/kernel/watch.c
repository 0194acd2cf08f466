// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/watch.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/pins.h"
#include "kernel/netns.h"

struct followed {
	char *name;
	int route, nft; /* nft: -1 where the kernel has no nftables */
};

struct kernel_watch {
	char *lab;
	int home, epoll, names;
	struct followed **followed;
	size_t n;
};

/* Bound, because do_one_broadcast() passes over sockets of port 0 for what the kernel does by itself. */
static int subscribe(int protocol, const int *groups, size_t n)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])))
			return -1;
	return steal_fd(&fd);
}

static const int route_groups[] = {RTNLGRP_LINK,        RTNLGRP_NEIGH,      RTNLGRP_TC,
				   RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
				   RTNLGRP_IPV4_NETCONF};
static const int nft_groups[] = {NFNLGRP_NFTABLES};

static int add(struct kernel_watch *w, int fd, void *who)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = who};

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
}

struct kernel_watch *kernel_watch_new(const char *lab, struct lab_error **err)
{
	struct kernel_watch *w = calloc(1, sizeof(*w));

	if (!w || !(w->lab = strdup(lab)))
		abort();
	w->names = -1;
	w->home = kernel_netns_current(err);
	w->epoll = w->home < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll >= 0)
		w->names = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->names >= 0 && inotify_add_watch(w->names, PINS, IN_CREATE | IN_DELETE) >= 0 &&
	    add(w, w->names, NULL) == 0)
		return w;
	if (w->home >= 0)
		(void)lab_error_errno(err, LAB_FAILED, errno, "cannot watch " PINS);
	kernel_watch_free(w);
	return NULL;
}

static void followed_free(struct followed *f)
{
	cleanup_closep(&f->route); /* takes it out of the epoll set, too */
	cleanup_closep(&f->nft);
	free(f->name);
	free(f);
}

static void forget_all(struct kernel_watch *w)
{
	while (w->n)
		followed_free(w->followed[--w->n]);
}

void kernel_watch_free(struct kernel_watch *w)
{
	if (!w)
		return;
	forget_all(w);
	free(w->followed);
	cleanup_closep(&w->names);
	cleanup_closep(&w->epoll);
	cleanup_closep(&w->home);
	free(w->lab);
	free(w);
}

int kernel_watch_fd(const struct kernel_watch *w)
{
	return w->epoll;
}

static void forget(struct kernel_watch *w, const char *ns)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->followed[i]->name, ns) == 0) {
			followed_free(w->followed[i]);
			w->followed[i] = w->followed[--w->n];
			return;
		}
}

/* In the namespace. A kernel without nftables has nothing to tell of it. */
static int open_sockets(struct followed *f)
{
	f->route = subscribe(NETLINK_ROUTE, route_groups, ARRAY_LEN(route_groups));
	if (f->route < 0)
		return -1;
	f->nft = subscribe(NETLINK_NETFILTER, nft_groups, ARRAY_LEN(nft_groups));
	return f->nft < 0 && (errno == EMFILE || errno == ENFILE) ? -1 : 0;
}

static struct followed *follow(struct kernel_watch *w, int there, struct lab_error **err)
{
	struct followed *f;
	int res, why;

	if (kernel_netns_enter(there, err) < 0)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->route = f->nft = -1;
	res = open_sockets(f);
	why = errno;
	if (kernel_netns_enter(w->home, NULL) < 0)
		abort(); /* everything after this would look at the wrong network */
	if (res == 0 && add(w, f->route, f) == 0 && (f->nft < 0 || add(w, f->nft, f) == 0))
		return f;
	followed_free(f);
	(void)lab_error_errno(err, LAB_FAILED, res ? why : errno, "cannot follow the kernel");
	return NULL;
}

int kernel_watch_follow(struct kernel_watch *w, const char *ns, struct lab_error **err)
{
	struct lab_error *why = NULL;
	auto_close int there = kernel_pin_open(w->lab, ns, &why);
	struct followed *f;

	forget(w, ns);
	if (there < 0 && lab_error_status(why) == LAB_STATE) {
		lab_error_free(why);
		return 0;
	}
	f = there < 0 ? NULL : follow(w, there, &why);
	if (!f) {
		(void)lab_error_make(err, LAB_FAILED, "namespace %s: %s", ns,
				     lab_error_message(why));
		lab_error_free(why);
		return -1;
	}
	f->name = strdup(ns);
	w->followed = reallocarray(w->followed, w->n + 1, sizeof(struct followed *));
	if (!f->name || !w->followed)
		abort();
	w->followed[w->n++] = f;
	return 0;
}

/*
 * Neighbours that come by ARP are no news: those of a plan are permanent. That one goes is, as the kernel does not say
 * of which kind it was.
 */
static bool is_news(const struct nlmsghdr *h)
{
	const struct ndmsg *m = NLMSG_DATA(h);

	return h->nlmsg_type != RTM_NEWNEIGH || (m->ndm_state & NUD_PERMANENT);
}

/* Whether something worth a look came; what was lost for want of room may have been. */
static bool drain(int fd, bool route)
{
	char buf[32 * 1024] __attribute__((aligned(8)));
	bool news = false;
	ssize_t n;

	while (fd >= 0 && ((n = recv(fd, buf, sizeof(buf), 0)) > 0 || errno == ENOBUFS)) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)buf;

		if (n <= 0 || !route) {
			news = true;
			if (n <= 0)
				errno = 0;
			continue;
		}
		for (unsigned int left = (unsigned int)n; NLMSG_OK(h, left);
		     h = NLMSG_NEXT(h, left))
			news = news || is_news(h);
	}
	return news;
}

static void read_names(struct kernel_watch *w, void (*fn)(const char *ns, void *data), void *data)
{
	char events[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	size_t len = strlen(w->lab);
	ssize_t n;

	while ((n = read(w->names, events, sizeof(events))) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(events + at);

			if (e->len && strncmp(e->name, w->lab, len) == 0 && e->name[len] == '.')
				fn(e->name + len + 1, data);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
}

void kernel_watch_read(struct kernel_watch *w, void (*fn)(const char *ns, void *data), void *data)
{
	struct epoll_event events[64];
	int n;

	do {
		n = epoll_wait(w->epoll, events, ARRAY_LEN(events), 0);
		for (int i = 0; i < n; i++) {
			const struct followed *f = events[i].data.ptr;

			if (!f) {
				read_names(w, fn, data);
				continue;
			}
			/* both, whichever it was: the set does not tell them apart */
			if (drain(f->route, true) | drain(f->nft, false))
				fn(f->name, data);
		}
	} while (n == (int)ARRAY_LEN(events));
}
