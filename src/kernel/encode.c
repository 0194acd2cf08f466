// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/encode.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

static struct nlmsghdr *header(void *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return h;
}

static struct nlmsghdr *link_header(void *buf, uint16_t type, uint16_t flags, int index)
{
	struct nlmsghdr *h = header(buf, type, flags);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_family = AF_UNSPEC;
	m->ifi_index = index;
	return h;
}

/* One queue each way: every further one costs 130 us at birth and is of no use to a veth. */
static void put_birth(struct nlmsghdr *h, const struct plan_end *e)
{
	mnl_attr_put_strz(h, IFLA_IFNAME, e->dev);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(e->mac), e->mac);
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
}

struct nlmsghdr *kernel_encode_veth(void *buf, const struct plan_link *l, int index_a, int index_b,
				    int ns_b)
{
	struct nlmsghdr *h = link_header(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index_a);
	struct nlattr *info, *data, *peer;
	struct ifinfomsg *m;

	put_birth(h, &l->a);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	/* the peer's attributes follow a header of their own */
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_index = index_b;
	put_birth(h, &l->b);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)ns_b);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return h;
}

static void put_bridge(struct nlmsghdr *h)
{
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u8(h, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
}

struct nlmsghdr *kernel_encode_bridge(void *buf, const struct plan_bridge *b, int index)
{
	struct nlmsghdr *h = link_header(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index);

	mnl_attr_put_strz(h, IFLA_IFNAME, b->dev);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(b->mac), b->mac);
	put_bridge(h);
	return h;
}

struct nlmsghdr *kernel_encode_bridge_reset(void *buf, int index)
{
	struct nlmsghdr *h = link_header(buf, RTM_NEWLINK, 0, index);

	put_bridge(h);
	return h;
}

static void put_inet_conf(struct nlmsghdr *h, const struct plan_end *end, bool router)
{
	struct nlattr *inet = mnl_attr_nest_start(h, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(h, IFLA_INET_CONF);

	mnl_attr_put_u32(h, IPV4_DEVCONF_FORWARDING, router);
	mnl_attr_put_u32(h, IPV4_DEVCONF_PROXY_ARP, end && end->proxy_arp);
	/* paths of a cloud are asymmetric, and replies may leave by another leg */
	mnl_attr_put_u32(h, IPV4_DEVCONF_RP_FILTER, 0);
	mnl_attr_put_u32(h, IPV4_DEVCONF_SEND_REDIRECTS, 0);
	mnl_attr_put_u32(h, IPV4_DEVCONF_ACCEPT_REDIRECTS, 0);
	/* a router's port speaks ARP for its own address only, and with that address */
	mnl_attr_put_u32(h, IPV4_DEVCONF_ARP_IGNORE, router);
	mnl_attr_put_u32(h, IPV4_DEVCONF_ARP_ANNOUNCE, router ? 2 : 0);
	mnl_attr_nest_end(h, conf);
	mnl_attr_nest_end(h, inet);
}

struct nlmsghdr *kernel_encode_conduct(void *buf, const struct plan_end *end, int index,
				       struct kernel_conduct c)
{
	struct nlmsghdr *h = link_header(buf, RTM_SETLINK, 0, index);
	struct nlattr *spec, *inet6;

	if (end)
		mnl_attr_put_u32(h, IFLA_MTU, KERNEL_MTU); /* one that was changed comes back */
	if (end && (end->alias || c.reset))
		mnl_attr_put_strz(h, IFLA_IFALIAS, end->alias ? end->alias : "");
	if (end && (end->gso_segs || c.reset))
		mnl_attr_put_u32(h, IFLA_GSO_MAX_SEGS,
				 end->gso_segs ? end->gso_segs : KERNEL_GSO_SEGS);
	if (c.master >= 0)
		mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)c.master);
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	put_inet_conf(h, end, c.router);
	if (c.ipv6 && end) {
		/* no fe80::/64: its routes make every further device of a hub slower */
		inet6 = mnl_attr_nest_start(h, AF_INET6);
		mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(h, inet6);
	}
	mnl_attr_nest_end(h, spec);
	return h;
}

struct nlmsghdr *kernel_encode_mac(void *buf, const unsigned char mac[6], int index)
{
	struct nlmsghdr *h = link_header(buf, RTM_SETLINK, 0, index);

	mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
	return h;
}

static struct nlmsghdr *encode_flags(void *buf, int index, unsigned int flags)
{
	struct nlmsghdr *h = link_header(buf, RTM_SETLINK, 0, index);
	struct ifinfomsg *m = mnl_nlmsg_get_payload(h);

	m->ifi_flags = flags;
	m->ifi_change = IFF_UP;
	return h;
}

struct nlmsghdr *kernel_encode_up(void *buf, int index)
{
	return encode_flags(buf, index, IFF_UP);
}

struct nlmsghdr *kernel_encode_down(void *buf, int index)
{
	return encode_flags(buf, index, 0);
}

struct nlmsghdr *kernel_encode_proxy_delay(void *buf, int index)
{
	struct nlmsghdr *h = header(buf, RTM_SETNEIGHTBL, NLM_F_REPLACE);
	struct ndtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *parms;

	m->ndtm_family = AF_INET;
	mnl_attr_put_strz(h, NDTA_NAME, "arp_cache");
	parms = mnl_attr_nest_start(h, NDTA_PARMS);
	mnl_attr_put_u32(h, NDTPA_IFINDEX, (uint32_t)index);
	mnl_attr_put_u64(h, NDTPA_PROXY_DELAY, 0);
	mnl_attr_nest_end(h, parms);
	return h;
}

struct nlmsghdr *kernel_encode_link_remove(void *buf, int index)
{
	return link_header(buf, RTM_DELLINK, 0, index);
}

struct nlmsghdr *kernel_encode_address(void *buf, bool add, const struct plan_address *a, int index)
{
	struct nlmsghdr *h = header(buf, add ? RTM_NEWADDR : RTM_DELADDR,
				    add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifa_family = AF_INET;
	m->ifa_prefixlen = a->prefix.len;
	m->ifa_scope = RT_SCOPE_UNIVERSE;
	m->ifa_index = (uint32_t)index;
	mnl_attr_put_u32(h, IFA_LOCAL, htonl(a->prefix.addr));
	mnl_attr_put_u32(h, IFA_ADDRESS, htonl(a->prefix.addr));
	if (add && a->noprefixroute)
		mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
	return h;
}

struct nlmsghdr *kernel_encode_neighbour(void *buf, bool add, const struct plan_neighbour *n,
					 int index)
{
	struct nlmsghdr *h = header(buf, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
				    add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	struct ndmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ndm_family = AF_INET;
	m->ndm_ifindex = index;
	m->ndm_state = NUD_PERMANENT;
	mnl_attr_put_u32(h, NDA_DST, htonl(n->ip));
	if (add)
		mnl_attr_put(h, NDA_LLADDR, sizeof(n->mac), n->mac);
	return h;
}

/* The kernel asks for the narrowest scope that fits: link for what needs no gateway. */
static unsigned char route_scope(const struct plan_route *r)
{
	return r->type == PLAN_UNICAST && !r->via ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

static unsigned char route_type(enum plan_route_type type)
{
	switch (type) {
	case PLAN_UNICAST: return RTN_UNICAST;
	case PLAN_BLACKHOLE: return RTN_BLACKHOLE;
	case PLAN_OTHER: break;
	}
	return RTN_UNSPEC; /* for a removal: any */
}

static void put_nexthop(struct nlmsghdr *h, const struct plan_route *r, int index)
{
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)index);
	if (r->via)
		mnl_attr_put_u32(h, RTA_GATEWAY, htonl(r->via));
}

struct nlmsghdr *kernel_encode_route(void *buf, bool add, const struct plan_route *r, int index)
{
	struct nlmsghdr *h = header(buf, add ? RTM_NEWROUTE : RTM_DELROUTE,
				    add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = AF_INET;
	m->rtm_dst_len = r->dst.len;
	m->rtm_table = (unsigned char)(r->table < 256 ? r->table : RT_TABLE_UNSPEC);
	m->rtm_protocol = (unsigned char)r->proto;
	m->rtm_type = route_type(r->type);
	m->rtm_scope = add ? route_scope(r) : RT_SCOPE_NOWHERE;
	if (add && r->onlink)
		m->rtm_flags = RTNH_F_ONLINK;
	mnl_attr_put_u32(h, RTA_TABLE, r->table);
	if (r->dst.len)
		mnl_attr_put_u32(h, RTA_DST, htonl(r->dst.addr));
	if (r->type == PLAN_UNICAST)
		put_nexthop(h, r, index);
	if (add && r->src)
		mnl_attr_put_u32(h, RTA_PREFSRC, htonl(r->src));
	if (r->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	return h;
}

struct nlmsghdr *kernel_encode_rule(void *buf, bool add, const struct plan_rule *r)
{
	struct nlmsghdr *h = header(buf, add ? RTM_NEWRULE : RTM_DELRULE,
				    add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct fib_rule_hdr *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->family = AF_INET;
	m->src_len = r->from.len;
	m->action = r->table ? FR_ACT_TO_TBL : FR_ACT_UNSPEC; /* see plan.extra */
	m->table = (uint8_t)(r->table < 256 ? r->table : RT_TABLE_UNSPEC);
	if (r->table)
		mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	if (r->from.len)
		mnl_attr_put_u32(h, FRA_SRC, htonl(r->from.addr));
	if (r->iif)
		mnl_attr_put_strz(h, FRA_IIFNAME, r->iif);
	if (r->oif)
		mnl_attr_put_strz(h, FRA_OIFNAME, r->oif);
	return h;
}
