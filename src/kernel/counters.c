// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/counters.h"

#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "kernel/netlink.h"

struct place {
	char *ns;
	int fd; /* -1: it is not there */
};

struct device {
	int index;
	char name[IFNAMSIZ];
	struct plan_counters k;
};

struct kernel_counters {
	struct place *places;
	size_t n;
	/* of the namespace that is being read; by index, as the kernel gives them */
	struct device *devices;
	size_t n_devices, room;
};

static int open_place(struct place *p, const char *lab, const char *ns, struct lab_error **err)
{
	struct lab_error *why = NULL;

	p->ns = strdup(ns);
	if (!p->ns)
		abort();
	p->fd = kernel_netlink_open_in(lab, ns, &why);
	if (p->fd >= 0 || lab_error_status(why) == LAB_STATE) {
		lab_error_free(why); /* not there: told by telling nothing about it */
		return 0;
	}
	(void)lab_error_make(err, lab_error_status(why), "namespace %s: %s", ns,
			     lab_error_message(why));
	lab_error_free(why);
	return -1;
}

struct kernel_counters *kernel_counters_new(const char *lab, const char *const *namespaces,
					    size_t n, struct lab_error **err)
{
	struct kernel_counters *c = calloc(1, sizeof(*c));

	if (!c || !(c->places = calloc(n + 1, sizeof(*c->places))))
		abort();
	for (size_t i = 0; i < n; i++) {
		if (open_place(&c->places[c->n++], lab, namespaces[i], err)) {
			kernel_counters_free(c);
			return NULL;
		}
	}
	return c;
}

void kernel_counters_free(struct kernel_counters *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		cleanup_closep(&c->places[i].fd);
		free(c->places[i].ns);
	}
	free(c->places);
	free(c->devices);
	free(c);
}

/* Attributes may be longer than what we know of them, and are not aligned for 64 bits. */
static bool copy_attribute(const struct nlattr *a, void *to, size_t size)
{
	if (!a || mnl_attr_get_payload_len(a) < size)
		return false;
	memcpy(to, mnl_attr_get_payload(a), size);
	return true;
}

static void count_link(struct device *d, const struct nlattr *stats)
{
	struct {
		uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors,
			rx_dropped, tx_dropped;
	} s; /* as struct rtnl_link_stats64 begins */

	if (!copy_attribute(stats, &s, sizeof(s)))
		return;
	d->k.rx_packets = s.rx_packets;
	d->k.tx_packets = s.tx_packets;
	d->k.rx_bytes = s.rx_bytes;
	d->k.tx_bytes = s.tx_bytes;
	d->k.drops = s.rx_dropped + s.tx_dropped;
}

static struct device *add_device(struct kernel_counters *c)
{
	if (c->n_devices == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->devices = reallocarray(c->devices, c->room, sizeof(*c->devices));
		if (!c->devices)
			abort();
	}
	c->devices[c->n_devices] = (struct device){0};
	return &c->devices[c->n_devices++];
}

static int see_link(const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_STATS64 + 1];
	struct kernel_counters *c = data;
	struct device *d;

	attr_of_message(tb, IFLA_STATS64, h, sizeof(*m));
	if (h->nlmsg_type != RTM_NEWLINK || !tb[IFLA_IFNAME])
		return MNL_CB_OK;
	d = add_device(c);
	d->index = m->ifi_index;
	(void)snprintf(d->name, sizeof(d->name), "%s", /* the kernel's own limit */
		       mnl_attr_get_str(tb[IFLA_IFNAME]));
	d->k.up = m->ifi_flags & IFF_UP;
	d->k.carrier = m->ifi_flags & IFF_LOWER_UP;
	count_link(d, tb[IFLA_STATS64]);
	return MNL_CB_OK;
}

static struct device *find(const struct kernel_counters *c, int index)
{
	for (size_t i = 0; i < c->n_devices; i++)
		if (c->devices[i].index == index)
			return &c->devices[i];
	return NULL;
}

/*
 * What a queueing discipline drops it tells to the one above it (qdisc_tree_reduce_backlog() in
 * net/sched/sch_api.c), so only that at the root is asked. Those that every device is born with (handle
 * 0) count nothing that the device does not.
 */
static int see_queue(const struct nlmsghdr *h, void *data)
{
	const struct tcmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[TCA_MAX + 1], *stats[TCA_STATS_MAX + 1];
	struct gnet_stats_queue q;
	struct device *d;

	if (h->nlmsg_type != RTM_NEWQDISC || m->tcm_parent != TC_H_ROOT || !m->tcm_handle)
		return MNL_CB_OK;
	attr_of_message(tb, TCA_MAX, h, sizeof(*m));
	attr_nested(stats, TCA_STATS_MAX, tb[TCA_STATS2]);
	d = find(data, m->tcm_ifindex);
	if (d && copy_attribute(stats[TCA_STATS_QUEUE], &q, sizeof(q))) {
		d->k.drops += q.drops;
		d->k.queued = q.backlog;
	}
	return MNL_CB_OK;
}

int kernel_counters_read(struct kernel_counters *c,
			 void (*fn)(const char *ns, const char *dev, const struct plan_counters *k,
				    void *data),
			 void *data, struct lab_error **err)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct place *p = &c->places[i];

		c->n_devices = 0;
		if (p->fd < 0)
			continue;
		if (kernel_netlink_list(p->fd, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC,
					see_link, c, err) ||
		    kernel_netlink_list(p->fd, RTM_GETQDISC, sizeof(struct tcmsg), AF_UNSPEC,
					see_queue, c, err))
			return lab_error_prefix(err, "counters of %s", p->ns);
		for (size_t k = 0; k < c->n_devices; k++)
			fn(p->ns, c->devices[k].name, &c->devices[k].k, data);
	}
	return 0;
}
