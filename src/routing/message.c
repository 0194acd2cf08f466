// SPDX-License-Identifier: GPL-2.0-only
#include "routing/message.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/hash.h"

#define FOREIGN_HOP 1 /* seed for what we never write: a weight, a gateway of another family */

static uint64_t hop_print(uint64_t seed, const struct routing_nexthop *hop)
{
	const uint32_t parts[] = {(uint32_t)hop->index, hop->via, hop->onlink};

	return hash_bytes(seed, parts, sizeof(parts));
}

uint64_t routing_hops_print(const struct routing_nexthop *hops, size_t n)
{
	uint64_t print = 0;

	for (size_t i = 0; i < n; i++)
		print += hop_print(0, &hops[i]); /* a sum, so that their order does not matter */
	return print;
}

static struct nlmsghdr *header(void *buf, uint16_t type, int flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return h;
}

static void put_multipath(struct nlmsghdr *h, const struct routing_order *o)
{
	struct nlattr *nest = mnl_attr_nest_start(h, RTA_MULTIPATH);

	for (size_t i = 0; i < o->n; i++) {
		struct rtnexthop *hop = mnl_nlmsg_put_extra_header(h, sizeof(*hop));

		hop->rtnh_ifindex = o->hops[i].index;
		hop->rtnh_flags = o->hops[i].onlink ? RTNH_F_ONLINK : 0;
		if (o->hops[i].via)
			mnl_attr_put_u32(h, RTA_GATEWAY, htonl(o->hops[i].via));
		hop->rtnh_len =
			(unsigned short)((char *)mnl_nlmsg_get_payload_tail(h) - (char *)hop);
	}
	mnl_attr_nest_end(h, nest);
}

static void put_hops(struct nlmsghdr *h, struct rtmsg *m, const struct routing_order *o)
{
	m->rtm_type = RTN_UNICAST;
	/* the kernel asks for the narrowest scope that fits: link where nothing needs a gateway */
	m->rtm_scope = RT_SCOPE_LINK;
	for (size_t i = 0; i < o->n; i++) {
		if (o->hops[i].via)
			m->rtm_scope = RT_SCOPE_UNIVERSE;
	}
	if (o->n != 1) {
		put_multipath(h, o);
		return;
	}
	m->rtm_flags = o->hops[0].onlink ? RTNH_F_ONLINK : 0;
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)o->hops[0].index);
	if (o->hops[0].via)
		mnl_attr_put_u32(h, RTA_GATEWAY, htonl(o->hops[0].via));
}

struct nlmsghdr *routing_encode_order(void *buf, const struct routing_order *o)
{
	static const int flags[] = {[ROUTING_CREATE] = NLM_F_CREATE | NLM_F_EXCL,
				    [ROUTING_REPLACE] = NLM_F_CREATE | NLM_F_REPLACE,
				    [ROUTING_REMOVE] = 0};
	bool remove = o->act == ROUTING_REMOVE;
	struct nlmsghdr *h = header(buf, remove ? RTM_DELROUTE : RTM_NEWROUTE, flags[o->act]);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = AF_INET;
	m->rtm_dst_len = o->dst.len;
	m->rtm_table = (unsigned char)(o->table < 256 ? o->table : RT_TABLE_UNSPEC);
	m->rtm_protocol = o->protocol;
	m->rtm_scope = RT_SCOPE_NOWHERE; /* of one to be removed: any, as type 0 is */
	mnl_attr_put_u32(h, RTA_TABLE, o->table);
	mnl_attr_put_u32(h, RTA_DST, htonl(o->dst.addr));
	mnl_attr_put_u32(h, RTA_PRIORITY, ROUTING_METRIC);
	if (!remove)
		put_hops(h, m, o);
	return h;
}

struct nlmsghdr *routing_encode_dump(void *buf, uint16_t type)
{
	struct nlmsghdr *h = header(buf, type, NLM_F_DUMP);

	if (type == RTM_GETLINK) {
		(void)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg)); /* all zero */
		mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	} else {
		struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

		m->rtm_family = AF_INET;
	}
	return h;
}

static uint32_t u32(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) >= sizeof(uint32_t) ? mnl_attr_get_u32(a) : 0;
}

/* Of one next hop, whose gateway is among these attributes. */
static uint64_t parse_hop(int index, unsigned int flags, unsigned int weight,
			  const struct nlattr **tb)
{
	const struct routing_nexthop hop = {.index = index,
					    .via = ntohl(u32(tb[RTA_GATEWAY])),
					    .onlink = flags & RTNH_F_ONLINK};

	return hop_print(weight || tb[RTA_VIA] ? FOREIGN_HOP : 0, &hop);
}

static uint64_t parse_multipath(const struct nlattr *nest)
{
	const struct nlattr *tb[RTA_VIA + 1];
	const char *at = mnl_attr_get_payload(nest);
	size_t left = mnl_attr_get_payload_len(nest);
	uint64_t print = 0;

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *r = (const void *)at;
		size_t step = RTNH_ALIGN(r->rtnh_len);

		if (r->rtnh_len < sizeof(*r) || r->rtnh_len > left)
			break;
		attr_table(tb, RTA_VIA, r + 1, r->rtnh_len - sizeof(*r));
		print += parse_hop(r->rtnh_ifindex, r->rtnh_flags, r->rtnh_hops, tb);
		at += step;
		left -= step < left ? step : left;
	}
	return print;
}

bool routing_parse_route(const struct nlmsghdr *h, struct routing_told *t)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_VIA + 1];

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m) || m->rtm_family != AF_INET ||
	    m->rtm_dst_len > 32 || m->rtm_tos || m->rtm_flags & RTM_F_CLONED)
		return false;
	attr_of_message(tb, RTA_VIA, h, sizeof(*m));
	*t = (struct routing_told){.gone = h->nlmsg_type == RTM_DELROUTE,
				   .replaces = h->nlmsg_flags & NLM_F_REPLACE,
				   .dumped = h->nlmsg_flags & NLM_F_MULTI,
				   .unicast = m->rtm_type == RTN_UNICAST,
				   .protocol = m->rtm_protocol,
				   .table = tb[RTA_TABLE] ? u32(tb[RTA_TABLE]) : m->rtm_table,
				   .metric = u32(tb[RTA_PRIORITY]),
				   .dst = {ntohl(u32(tb[RTA_DST])), m->rtm_dst_len}};
	if (tb[RTA_MULTIPATH])
		t->print = parse_multipath(tb[RTA_MULTIPATH]);
	else
		t->print = parse_hop((int)u32(tb[RTA_OIF]), m->rtm_flags, 0, tb);
	if (!t->unicast)
		t->print = ~t->print;
	return true;
}

bool routing_parse_link(const struct nlmsghdr *h, struct routing_link *l)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_IFNAME + 1];

	/* bridges tell of their ports in messages of a family of their own */
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m) || m->ifi_family != AF_UNSPEC)
		return false;
	attr_of_message(tb, IFLA_IFNAME, h, sizeof(*m));
	if (!tb[IFLA_IFNAME] || mnl_attr_validate(tb[IFLA_IFNAME], MNL_TYPE_NUL_STRING) < 0)
		return false;
	*l = (struct routing_link){.gone = h->nlmsg_type == RTM_DELLINK,
				   .dumped = h->nlmsg_flags & NLM_F_MULTI,
				   .up = m->ifi_flags & IFF_UP,
				   .index = m->ifi_index,
				   .name = mnl_attr_get_str(tb[IFLA_IFNAME])};
	return true;
}
