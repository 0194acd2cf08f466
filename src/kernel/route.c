// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/route.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "kernel/netlink.h"

struct walk {
	void (*fn)(const struct kernel_route *r, void *data);
	void *data;
	struct {
		uint32_t index;
		char name[IF_NAMESIZE];
	} * devs;
	size_t n_devs;
};

static uint32_t u32_of(const struct nlattr *a)
{
	return a ? mnl_attr_get_u32(a) : 0;
}

static int note_device(const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_IFNAME + 1];
	struct walk *w = data;

	attr_of_message(tb, IFLA_IFNAME, h, sizeof(*m));
	if (h->nlmsg_type != RTM_NEWLINK || !tb[IFLA_IFNAME])
		return MNL_CB_OK;
	w->devs = reallocarray(w->devs, w->n_devs + 1, sizeof(*w->devs));
	if (!w->devs)
		abort();
	w->devs[w->n_devs].index = (uint32_t)m->ifi_index;
	(void)snprintf(w->devs[w->n_devs++].name, IF_NAMESIZE, "%s", /* the kernel's own limit */
		       mnl_attr_get_str(tb[IFLA_IFNAME]));
	return MNL_CB_OK;
}

static const char *dev_name(const struct walk *w, uint32_t index)
{
	for (size_t i = 0; index && i < w->n_devs; i++)
		if (w->devs[i].index == index)
			return w->devs[i].name;
	return "";
}

static int tell_route(const struct nlmsghdr *h, void *data)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_MAX + 1];
	const struct walk *w = data;
	struct kernel_route r;

	if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_family != AF_INET)
		return MNL_CB_OK;
	attr_of_message(tb, RTA_MAX, h, sizeof(*m));
	r = (struct kernel_route){
		.table = tb[RTA_TABLE] ? u32_of(tb[RTA_TABLE]) : m->rtm_table,
		.dst = {.addr = ntohl(u32_of(tb[RTA_DST])), .len = m->rtm_dst_len},
		.via = ntohl(u32_of(tb[RTA_GATEWAY])),
		.metric = u32_of(tb[RTA_PRIORITY]),
		.protocol = m->rtm_protocol,
		.type = m->rtm_type,
	};
	(void)snprintf(r.dev, sizeof(r.dev), "%s", dev_name(w, u32_of(tb[RTA_OIF])));
	if (r.table != RT_TABLE_LOCAL)
		w->fn(&r, w->data);
	return MNL_CB_OK;
}

int kernel_each_route(const char *lab, const char *ns,
		      void (*fn)(const struct kernel_route *r, void *data), void *data,
		      struct lab_error **err)
{
	auto_close int fd = kernel_netlink_open_in(lab, ns, err);
	struct walk w = {.fn = fn, .data = data};
	int res = -1;

	if (fd >= 0 && kernel_netlink_list(fd, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC,
					   note_device, &w, err) == 0)
		res = kernel_netlink_list(fd, RTM_GETROUTE, sizeof(struct rtmsg), AF_INET,
					  tell_route, &w, err);
	free(w.devs);
	return res;
}
