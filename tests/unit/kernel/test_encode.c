// SPDX-License-Identifier: GPL-2.0-only
/* Each encoder's message is read back attribute by attribute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

#include "base/attr.h"
#include "kernel/encode.h"

static char buf[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)));

static uint32_t u32(const struct nlattr *a)
{
	assert_non_null(a);
	assert_int_equal(mnl_attr_get_payload_len(a), 4);
	return mnl_attr_get_u32(a);
}

static const char *str(const struct nlattr *a)
{
	assert_non_null(a);
	return mnl_attr_get_str(a);
}

static struct plan_link a_link(void)
{
	return (struct plan_link){
		.a = {.ns = "r",
		      .dev = "h1",
		      .mac = {2, 1, 1, 1, 1, 1},
		      .proxy_arp = true,
		      .gso_segs = 1,
		      .alias = "vpcs.r"},
		.b = {.ns = "h1", .dev = "eth0", .mac = {2, 2, 2, 2, 2, 2}},
	};
}

static void check_birth(const struct nlattr **tb, const struct plan_end *e)
{
	assert_string_equal(str(tb[IFLA_IFNAME]), e->dev);
	assert_non_null(tb[IFLA_ADDRESS]);
	assert_memory_equal(mnl_attr_get_payload(tb[IFLA_ADDRESS]), e->mac, 6);
	assert_int_equal(u32(tb[IFLA_NUM_TX_QUEUES]), 1);
	assert_int_equal(u32(tb[IFLA_NUM_RX_QUEUES]), 1);
}

static void veth_is_born_in_two_namespaces(void **state)
{
	struct plan_link l = a_link();
	struct nlmsghdr *h = kernel_encode_veth(buf, &l, 7, 9, 42);
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h), *pm;
	const struct nlattr *tb[IFLA_NUM_RX_QUEUES + 1], *info[IFLA_INFO_DATA + 1];
	const struct nlattr *data[VETH_INFO_PEER + 1];
	const char *peer;

	assert_int_equal(h->nlmsg_type, RTM_NEWLINK);
	assert_true(h->nlmsg_flags & NLM_F_EXCL);
	assert_int_equal(m->ifi_index, 7);
	assert_int_equal(m->ifi_flags, 0);
	attr_of_message(tb, IFLA_NUM_RX_QUEUES, h, sizeof(*m));
	check_birth(tb, &l.a);
	assert_null(tb[IFLA_NET_NS_FD]); /* its own is the socket's */
	attr_nested(info, IFLA_INFO_DATA, tb[IFLA_LINKINFO]);
	assert_string_equal(str(info[IFLA_INFO_KIND]), "veth");
	attr_nested(data, VETH_INFO_PEER, info[IFLA_INFO_DATA]);
	assert_non_null(data[VETH_INFO_PEER]);
	peer = mnl_attr_get_payload(data[VETH_INFO_PEER]);
	pm = (const void *)peer;
	assert_int_equal(pm->ifi_index, 9);
	attr_table(tb, IFLA_NUM_RX_QUEUES, peer + sizeof(*pm),
		   mnl_attr_get_payload_len(data[VETH_INFO_PEER]) - sizeof(*pm));
	check_birth(tb, &l.b);
	assert_int_equal(u32(tb[IFLA_NET_NS_FD]), 42);
}

/* Settings by IPV4_DEVCONF number; 0 where absent, and *seen counts them. */
static uint32_t setting(const struct nlmsghdr *h, uint16_t which)
{
	const struct nlattr *tb[IFLA_GSO_MAX_SEGS + 1], *family[AF_INET6 + 1];
	const struct nlattr *inet[IFLA_INET_CONF + 1], *conf[IPV4_DEVCONF_MAX + 1];

	attr_of_message(tb, IFLA_GSO_MAX_SEGS, h, sizeof(struct ifinfomsg));
	attr_nested(family, AF_INET6, tb[IFLA_AF_SPEC]);
	attr_nested(inet, IFLA_INET_CONF, family[AF_INET]);
	attr_nested(conf, IPV4_DEVCONF_MAX, inet[IFLA_INET_CONF]);
	return u32(conf[which]);
}

static bool has_inet6(const struct nlmsghdr *h)
{
	const struct nlattr *tb[IFLA_AF_SPEC + 1], *family[AF_INET6 + 1];
	const struct nlattr *inet6[IFLA_INET6_ADDR_GEN_MODE + 1];

	attr_of_message(tb, IFLA_AF_SPEC, h, sizeof(struct ifinfomsg));
	attr_nested(family, AF_INET6, tb[IFLA_AF_SPEC]);
	if (!family[AF_INET6])
		return false;
	attr_nested(inet6, IFLA_INET6_ADDR_GEN_MODE, family[AF_INET6]);
	assert_non_null(inet6[IFLA_INET6_ADDR_GEN_MODE]);
	assert_int_equal(mnl_attr_get_u8(inet6[IFLA_INET6_ADDR_GEN_MODE]), IN6_ADDR_GEN_MODE_NONE);
	return true;
}

static void conduct_of_a_router_and_of_a_host(void **state)
{
	struct plan_link l = a_link();
	const struct nlattr *tb[IFLA_GSO_MAX_SEGS + 1];
	struct nlmsghdr *h = kernel_encode_conduct(
		buf, &l.a, 7, (struct kernel_conduct){.router = true, .ipv6 = true});

	assert_int_equal(h->nlmsg_type, RTM_SETLINK);
	attr_of_message(tb, IFLA_GSO_MAX_SEGS, h, sizeof(struct ifinfomsg));
	assert_string_equal(str(tb[IFLA_IFALIAS]), "vpcs.r");
	assert_int_equal(u32(tb[IFLA_GSO_MAX_SEGS]), 1);
	assert_int_equal(u32(tb[IFLA_MTU]), KERNEL_MTU);
	assert_int_equal(setting(h, IPV4_DEVCONF_FORWARDING), 1);
	assert_int_equal(setting(h, IPV4_DEVCONF_PROXY_ARP), 1);
	assert_int_equal(setting(h, IPV4_DEVCONF_RP_FILTER), 0);
	assert_int_equal(setting(h, IPV4_DEVCONF_SEND_REDIRECTS), 0);
	assert_int_equal(setting(h, IPV4_DEVCONF_ACCEPT_REDIRECTS), 0);
	assert_int_equal(setting(h, IPV4_DEVCONF_ARP_IGNORE), 1);
	assert_true(has_inet6(h));

	assert_int_equal(u32(tb[IFLA_MASTER]), 0); /* it leaves the bridge that it was a port of */

	h = kernel_encode_conduct(buf, &l.b, 9, (struct kernel_conduct){.master = -1});
	attr_of_message(tb, IFLA_GSO_MAX_SEGS, h, sizeof(struct ifinfomsg));
	assert_null(tb[IFLA_IFALIAS]);
	assert_null(tb[IFLA_GSO_MAX_SEGS]);
	assert_null(tb[IFLA_MASTER]);
	assert_int_equal(setting(h, IPV4_DEVCONF_FORWARDING), 0);
	assert_int_equal(setting(h, IPV4_DEVCONF_PROXY_ARP), 0);
	assert_false(has_inet6(h));

	h = kernel_encode_conduct(buf, NULL, 1,
				  (struct kernel_conduct){.router = true, .ipv6 = true});
	assert_int_equal(setting(h, IPV4_DEVCONF_FORWARDING), 1);
	assert_false(has_inet6(h)); /* lo keeps ::1 */
}

static void a_bridge(void **state)
{
	const struct plan_bridge b = {.ns = "r", .dev = "lan", .mac = {2, 0, 0, 0, 0, 7}};
	struct nlmsghdr *h = kernel_encode_bridge(buf, &b, 5);
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_LINKINFO + 1], *info[IFLA_INFO_DATA + 1];
	const struct nlattr *data[IFLA_BR_MCAST_SNOOPING + 1];

	assert_int_equal(h->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(m->ifi_index, 5);
	assert_int_equal(m->ifi_flags, 0);
	attr_of_message(tb, IFLA_LINKINFO, h, sizeof(*m));
	assert_string_equal(str(tb[IFLA_IFNAME]), "lan");
	assert_memory_equal(mnl_attr_get_payload(tb[IFLA_ADDRESS]), b.mac, 6);
	attr_nested(info, IFLA_INFO_DATA, tb[IFLA_LINKINFO]);
	assert_string_equal(str(info[IFLA_INFO_KIND]), "bridge");
	attr_nested(data, IFLA_BR_MCAST_SNOOPING, info[IFLA_INFO_DATA]);
	assert_int_equal(u32(data[IFLA_BR_STP_STATE]), 0);
	assert_int_equal(mnl_attr_get_u8(data[IFLA_BR_MCAST_SNOOPING]), 0);

	h = kernel_encode_down(buf, 5);
	m = mnl_nlmsg_get_payload(h);
	assert_int_equal(m->ifi_flags, 0);
	assert_int_equal(m->ifi_change, IFF_UP);
}

static void up_and_removal(void **state)
{
	struct nlmsghdr *h = kernel_encode_up(buf, 7);
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);

	assert_int_equal(h->nlmsg_type, RTM_SETLINK);
	assert_int_equal(m->ifi_index, 7);
	assert_int_equal(m->ifi_flags, IFF_UP);
	assert_int_equal(m->ifi_change, IFF_UP);
	h = kernel_encode_link_remove(buf, 8);
	m = mnl_nlmsg_get_payload(h);
	assert_int_equal(h->nlmsg_type, RTM_DELLINK);
	assert_int_equal(m->ifi_index, 8);
}

static void proxy_delay_is_zero(void **state)
{
	struct nlmsghdr *h = kernel_encode_proxy_delay(buf, 7);
	const struct nlattr *tb[NDTA_MAX + 1], *parms[NDTPA_MAX + 1];

	assert_int_equal(h->nlmsg_type, RTM_SETNEIGHTBL);
	attr_of_message(tb, NDTA_MAX, h, sizeof(struct ndtmsg));
	assert_string_equal(str(tb[NDTA_NAME]), "arp_cache");
	attr_nested(parms, NDTPA_MAX, tb[NDTA_PARMS]);
	assert_int_equal(u32(parms[NDTPA_IFINDEX]), 7);
	assert_non_null(parms[NDTPA_PROXY_DELAY]);
	assert_int_equal(mnl_attr_get_u64(parms[NDTPA_PROXY_DELAY]), 0);
}

static void address(void **state)
{
	struct plan_address a = {.prefix = {0x0a000105, 24}, .noprefixroute = true};
	const struct nlattr *tb[IFA_MAX + 1];
	struct nlmsghdr *h = kernel_encode_address(buf, true, &a, 3);
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);

	assert_int_equal(h->nlmsg_type, RTM_NEWADDR);
	assert_int_equal(m->ifa_family, AF_INET);
	assert_int_equal(m->ifa_prefixlen, 24);
	assert_int_equal(m->ifa_index, 3);
	attr_of_message(tb, IFA_MAX, h, sizeof(*m));
	assert_int_equal(ntohl(u32(tb[IFA_LOCAL])), 0x0a000105);
	assert_int_equal(u32(tb[IFA_FLAGS]), IFA_F_NOPREFIXROUTE);
	assert_int_equal(kernel_encode_address(buf, false, &a, 3)->nlmsg_type, RTM_DELADDR);
}

static void neighbour(void **state)
{
	struct plan_neighbour n = {.ip = 0xa9fe0001, .mac = {2, 3, 4, 5, 6, 7}};
	const struct nlattr *tb[NDA_MAX + 1];
	struct nlmsghdr *h = kernel_encode_neighbour(buf, true, &n, 3);
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);

	assert_int_equal(h->nlmsg_type, RTM_NEWNEIGH);
	assert_int_equal(m->ndm_state, NUD_PERMANENT);
	assert_int_equal(m->ndm_ifindex, 3);
	attr_of_message(tb, NDA_MAX, h, sizeof(*m));
	assert_int_equal(ntohl(u32(tb[NDA_DST])), 0xa9fe0001);
	assert_memory_equal(mnl_attr_get_payload(tb[NDA_LLADDR]), n.mac, 6);
	assert_int_equal(kernel_encode_neighbour(buf, false, &n, 3)->nlmsg_type, RTM_DELNEIGH);
}

struct route_case {
	const char *name;
	struct plan_route route;
	int type, scope, table, flags;
	bool dst, via, oif, src;
};

static const struct route_case routes[] = {
	{"via",
	 {.table = 1000, .dst = {0xac100000, 12}, .proto = PLAN_PROTO_CEN, .dev = "d", .via = 1},
	 RTN_UNICAST,
	 RT_SCOPE_UNIVERSE,
	 0,
	 0,
	 true,
	 true,
	 true,
	 false},
	{"on link",
	 {.table = 254, .dst = {0xac100001, 32}, .proto = PLAN_PROTO_SYSTEM, .dev = "d"},
	 RTN_UNICAST,
	 RT_SCOPE_LINK,
	 254,
	 0,
	 true,
	 false,
	 true,
	 false},
	{"blackhole default",
	 {.table = 1000, .type = PLAN_BLACKHOLE, .proto = PLAN_PROTO_SYSTEM},
	 RTN_BLACKHOLE,
	 RT_SCOPE_UNIVERSE,
	 0,
	 0,
	 false,
	 false,
	 false,
	 false},
	{"onlink with source",
	 {.table = 254,
	  .dst = {0x64400000, 10},
	  .proto = PLAN_PROTO_CUSTOM,
	  .dev = "d",
	  .via = 1,
	  .src = 2,
	  .onlink = true},
	 RTN_UNICAST,
	 RT_SCOPE_UNIVERSE,
	 254,
	 RTNH_F_ONLINK,
	 true,
	 true,
	 true,
	 true},
};

static void check_route(const struct route_case *c)
{
	const struct nlattr *tb[RTA_TABLE + 1];
	struct nlmsghdr *h = kernel_encode_route(buf, true, &c->route, 5);
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);

	print_message("%s\n", c->name);
	assert_int_equal(h->nlmsg_type, RTM_NEWROUTE);
	assert_true(h->nlmsg_flags & NLM_F_REPLACE);
	assert_int_equal(m->rtm_type, c->type);
	assert_int_equal(m->rtm_scope, c->scope);
	assert_int_equal(m->rtm_table, c->table);
	assert_int_equal(m->rtm_protocol, c->route.proto);
	assert_int_equal(m->rtm_dst_len, c->route.dst.len);
	assert_int_equal(m->rtm_flags, c->flags);
	attr_of_message(tb, RTA_TABLE, h, sizeof(*m));
	assert_int_equal(u32(tb[RTA_TABLE]), c->route.table);
	assert_int_equal(tb[RTA_DST] != NULL, c->dst);
	assert_int_equal(tb[RTA_GATEWAY] != NULL, c->via);
	assert_int_equal(tb[RTA_OIF] != NULL, c->oif);
	assert_int_equal(tb[RTA_PREFSRC] != NULL, c->src);
	if (c->dst)
		assert_int_equal(ntohl(u32(tb[RTA_DST])), c->route.dst.addr);
	if (c->oif)
		assert_int_equal(u32(tb[RTA_OIF]), 5);
	h = kernel_encode_route(buf, false, &c->route, 5);
	assert_int_equal(h->nlmsg_type, RTM_DELROUTE);
}

static void all_routes(void **state)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		check_route(&routes[i]);
}

static void rule(void **state)
{
	struct plan_rule r = {.priority = 2000,
			      .iif = "ecs-3",
			      .oif = "svc",
			      .from = {0x0a090000, 16},
			      .table = 1001};
	const struct nlattr *tb[FRA_MAX + 1];
	struct nlmsghdr *h = kernel_encode_rule(buf, true, &r);
	const struct fib_rule_hdr *m = mnl_nlmsg_get_payload(h);

	assert_int_equal(h->nlmsg_type, RTM_NEWRULE);
	assert_int_equal(m->family, AF_INET);
	assert_int_equal(m->action, FR_ACT_TO_TBL);
	attr_of_message(tb, FRA_MAX, h, sizeof(*m));
	assert_int_equal(u32(tb[FRA_PRIORITY]), 2000);
	assert_int_equal(u32(tb[FRA_TABLE]), 1001);
	assert_string_equal(str(tb[FRA_IIFNAME]), "ecs-3");
	assert_string_equal(str(tb[FRA_OIFNAME]), "svc");
	assert_int_equal(m->src_len, 16);
	assert_int_equal(u32(tb[FRA_SRC]), htonl(0x0a090000));
	r.iif = r.oif = NULL;
	r.from.len = 0;
	h = kernel_encode_rule(buf, false, &r);
	assert_int_equal(h->nlmsg_type, RTM_DELRULE);
	attr_of_message(tb, FRA_MAX, h, sizeof(*m));
	assert_null(tb[FRA_IIFNAME]);
	assert_null(tb[FRA_OIFNAME]);
	assert_null(tb[FRA_SRC]);
}

/* An attribute that claims more than there is must end the walk, not be read. */
static void broken_attributes_are_not_read(void **state)
{
	struct nlattr bad[2] = {{.nla_len = 400, .nla_type = 1}, {.nla_len = 2, .nla_type = 2}};
	const struct nlattr *tb[4];

	attr_table(tb, 3, bad, sizeof(bad));
	for (int i = 0; i < 4; i++)
		assert_null(tb[i]);
	attr_table(tb, 3, &bad[1], sizeof(bad[1]));
	for (int i = 0; i < 4; i++)
		assert_null(tb[i]);
	attr_nested(tb, 3, NULL);
	assert_null(tb[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(veth_is_born_in_two_namespaces),
		cmocka_unit_test(conduct_of_a_router_and_of_a_host),
		cmocka_unit_test(a_bridge),
		cmocka_unit_test(up_and_removal),
		cmocka_unit_test(proxy_delay_is_zero),
		cmocka_unit_test(address),
		cmocka_unit_test(neighbour),
		cmocka_unit_test(all_routes),
		cmocka_unit_test(rule),
		cmocka_unit_test(broken_attributes_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
