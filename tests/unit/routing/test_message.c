// SPDX-License-Identifier: GPL-2.0-only
/* Each message is read back attribute by attribute, and by the parser. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "routing/message.h"

static char buf[ROUTING_MESSAGE_MAX] __attribute__((aligned(8)));

static uint32_t u32(const struct nlattr *a)
{
	assert_non_null(a);
	assert_int_equal(mnl_attr_get_payload_len(a), 4);
	return mnl_attr_get_u32(a);
}

static struct routing_order order(enum routing_act act, size_t n)
{
	struct routing_order o = {
		.act = act, .table = 1000, .dst = {0x0a0a0000, 16}, .protocol = 204, .n = n};

	for (size_t i = 0; i < n; i++)
		o.hops[i] = (struct routing_nexthop){
			.index = 7 + (int)i, .via = 0x64400102 + (uint32_t)i, .onlink = true};
	return o;
}

static void an_order_says_all_of_a_route(void **state)
{
	const struct {
		enum routing_act act;
		uint16_t type;
		int flags;
	} rows[] = {
		{ROUTING_CREATE, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL},
		{ROUTING_REPLACE, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE},
		{ROUTING_REMOVE, RTM_DELROUTE, NLM_F_REQUEST},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct routing_order o = order(rows[i].act, 1);
		const struct nlmsghdr *h = routing_encode_order(buf, &o);
		const struct rtmsg *m = mnl_nlmsg_get_payload(h);
		const struct nlattr *tb[RTA_MAX + 1];
		bool remove = rows[i].act == ROUTING_REMOVE;

		attr_of_message(tb, RTA_MAX, h, sizeof(*m));
		assert_int_equal(h->nlmsg_type, rows[i].type);
		assert_int_equal(h->nlmsg_flags, rows[i].flags);
		assert_int_equal(m->rtm_family, AF_INET);
		assert_int_equal(m->rtm_dst_len, 16);
		assert_int_equal(m->rtm_table, 0); /* does not fit */
		assert_int_equal(m->rtm_protocol, 204);
		assert_int_equal(m->rtm_tos, 0);
		assert_int_equal(m->rtm_type, remove ? RTN_UNSPEC : RTN_UNICAST);
		assert_int_equal(m->rtm_scope, remove ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE);
		assert_int_equal(m->rtm_flags, remove ? 0 : RTNH_F_ONLINK);
		assert_int_equal(u32(tb[RTA_TABLE]), 1000);
		assert_int_equal(u32(tb[RTA_DST]), htonl(0x0a0a0000));
		assert_int_equal(u32(tb[RTA_PRIORITY]), 1000);
		assert_null(tb[RTA_MULTIPATH]);
		if (remove) { /* whatever its next hops */
			assert_null(tb[RTA_OIF]);
			assert_null(tb[RTA_GATEWAY]);
		} else {
			assert_int_equal(u32(tb[RTA_OIF]), 7);
			assert_int_equal(u32(tb[RTA_GATEWAY]), htonl(0x64400102));
		}
	}
}

static void what_needs_no_gateway_has_the_scope_of_a_link(void **state)
{
	struct routing_order o = order(ROUTING_CREATE, 1);
	const struct nlattr *tb[RTA_MAX + 1];
	const struct nlmsghdr *h;
	const struct rtmsg *m;

	o.table = 254;
	o.hops[0] = (struct routing_nexthop){.index = 7};
	h = routing_encode_order(buf, &o);
	m = mnl_nlmsg_get_payload(h);
	attr_of_message(tb, RTA_MAX, h, sizeof(*m));
	assert_int_equal(m->rtm_table, 254);
	assert_int_equal(m->rtm_scope, RT_SCOPE_LINK);
	assert_int_equal(m->rtm_flags, 0);
	assert_null(tb[RTA_GATEWAY]);
}

static void several_hops_are_one_route(void **state)
{
	struct routing_order o = order(ROUTING_REPLACE, ROUTING_HOPS_MAX);
	const struct nlmsghdr *h = routing_encode_order(buf, &o);
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_MAX + 1], *hop[RTA_MAX + 1];
	const struct rtnexthop *r;
	int left;

	assert_true(h->nlmsg_len <= ROUTING_MESSAGE_MAX);
	attr_of_message(tb, RTA_MAX, h, sizeof(*m));
	assert_null(tb[RTA_OIF]);
	assert_non_null(tb[RTA_MULTIPATH]);
	r = mnl_attr_get_payload(tb[RTA_MULTIPATH]);
	left = mnl_attr_get_payload_len(tb[RTA_MULTIPATH]);
	for (size_t i = 0; i < o.n; i++) {
		assert_true(RTNH_OK(r, left));
		assert_int_equal(r->rtnh_ifindex, 7 + i);
		assert_int_equal(r->rtnh_flags, RTNH_F_ONLINK);
		assert_int_equal(r->rtnh_hops, 0);
		attr_table(hop, RTA_MAX, r + 1, r->rtnh_len - sizeof(*r));
		assert_int_equal(u32(hop[RTA_GATEWAY]), htonl(0x64400102 + (uint32_t)i));
		left -= RTNH_ALIGN(r->rtnh_len);
		r = RTNH_NEXT(r);
	}
	assert_int_equal(left, 0);
}

static void what_was_written_reads_back(void **state)
{
	for (size_t n = 1; n <= ROUTING_HOPS_MAX; n++) {
		struct routing_order o = order(ROUTING_REPLACE, n);
		struct nlmsghdr *h = routing_encode_order(buf, &o);
		struct routing_told t;

		assert_true(routing_parse_route(h, &t));
		assert_false(t.gone || t.dumped);
		assert_true(t.replaces && t.unicast);
		assert_int_equal(t.table, 1000);
		assert_int_equal(t.metric, 1000);
		assert_int_equal(t.protocol, 204);
		assert_int_equal(t.dst.addr, 0x0a0a0000);
		assert_int_equal(t.dst.len, 16);
		assert_true(t.print == routing_hops_print(o.hops, n));
	}
}

static void a_print_tells_sets_of_hops_apart(void **state)
{
	const struct routing_nexthop a = {7, 1, false}, b = {8, 2, true};
	const struct routing_nexthop sets[][2] = {
		{a}, {b}, {a, b}, {a, a}, {{7, 1, true}}, {{7, 2, false}}, {{8, 1, false}},
	};
	const struct routing_nexthop turned[] = {b, a};
	static const size_t sizes[] = {1, 1, 2, 2, 1, 1, 1};

	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		for (size_t k = 0; k < i; k++)
			assert_true(routing_hops_print(sets[i], sizes[i]) !=
				    routing_hops_print(sets[k], sizes[k]));
	}
	assert_true(routing_hops_print(turned, 2) == routing_hops_print(sets[2], 2));
}

static void what_we_never_write_has_no_print_of_ours(void **state)
{
	struct routing_order o = order(ROUTING_CREATE, 1), two = order(ROUTING_CREATE, 2);
	struct nlmsghdr *h = routing_encode_order(buf, &o);
	struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_MAX + 1];
	struct routing_told t;

	m->rtm_type = RTN_BLACKHOLE;
	assert_true(routing_parse_route(h, &t));
	assert_false(t.unicast);
	assert_true(t.print != routing_hops_print(o.hops, 1));
	h = routing_encode_order(buf, &two);
	attr_of_message(tb, RTA_MAX, h, sizeof(*m));
	((struct rtnexthop *)mnl_attr_get_payload(tb[RTA_MULTIPATH]))->rtnh_hops = 3; /* a weight */
	assert_true(routing_parse_route(h, &t));
	assert_true(t.print != routing_hops_print(two.hops, 2));
}

static void what_is_none_of_our_business_is_passed_over(void **state)
{
	struct routing_order o = order(ROUTING_CREATE, 1);
	struct nlmsghdr *h = routing_encode_order(buf, &o);
	struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct rtmsg good = *m;
	struct routing_told t;

	m->rtm_family = AF_INET6;
	assert_false(routing_parse_route(h, &t));
	*m = good;
	m->rtm_tos = 16;
	assert_false(routing_parse_route(h, &t));
	*m = good;
	m->rtm_flags |= RTM_F_CLONED;
	assert_false(routing_parse_route(h, &t));
	*m = good;
	m->rtm_dst_len = 33;
	assert_false(routing_parse_route(h, &t));
	*m = good;
	h->nlmsg_len = sizeof(*h) + sizeof(*m) - 1;
	assert_false(routing_parse_route(h, &t));
}

/* Every shorter length, as a truncated message would have it: ASan looks on. */
static void cut_messages_are_read_within_their_bounds(void **state)
{
	struct routing_order o = order(ROUTING_CREATE, 3);
	const struct nlmsghdr *whole = routing_encode_order(buf, &o);

	for (uint32_t len = sizeof(*whole); len < whole->nlmsg_len; len++) {
		struct nlmsghdr *cut = malloc(len);
		struct routing_told t;
		struct routing_link l;

		assert_non_null(cut);
		memcpy(cut, whole, len);
		cut->nlmsg_len = len;
		(void)routing_parse_route(cut, &t); /* either is fine */
		(void)routing_parse_link(cut, &l);
		free(cut);
	}
}

static struct nlmsghdr *link_message(uint16_t type, unsigned char family, unsigned int flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = type;
	m->ifi_family = family;
	m->ifi_index = 7;
	m->ifi_flags = flags;
	mnl_attr_put_strz(h, IFLA_IFNAME, "vbr-1");
	return h;
}

static void links_are_read(void **state)
{
	struct routing_link l;

	assert_true(routing_parse_link(link_message(RTM_NEWLINK, AF_UNSPEC, IFF_UP), &l));
	assert_true(l.up && !l.gone && !l.dumped);
	assert_int_equal(l.index, 7);
	assert_string_equal(l.name, "vbr-1");
	assert_true(routing_parse_link(link_message(RTM_NEWLINK, AF_UNSPEC, IFF_RUNNING), &l));
	assert_false(l.up);
	assert_true(routing_parse_link(link_message(RTM_DELLINK, AF_UNSPEC, 0), &l));
	assert_true(l.gone);
	/* a bridge loses a port: the device is still there */
	assert_false(routing_parse_link(link_message(RTM_DELLINK, AF_BRIDGE, 0), &l));
}

static void dumps_ask_for_all(void **state)
{
	const struct nlmsghdr *h = routing_encode_dump(buf, RTM_GETROUTE);
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	static const struct rtmsg all = {.rtm_family = AF_INET};

	assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_memory_equal(m, &all, sizeof(all));
	h = routing_encode_dump(buf, RTM_GETLINK);
	assert_int_equal(h->nlmsg_type, RTM_GETLINK);
	assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_says_all_of_a_route),
		cmocka_unit_test(what_needs_no_gateway_has_the_scope_of_a_link),
		cmocka_unit_test(several_hops_are_one_route),
		cmocka_unit_test(what_was_written_reads_back),
		cmocka_unit_test(a_print_tells_sets_of_hops_apart),
		cmocka_unit_test(what_we_never_write_has_no_print_of_ours),
		cmocka_unit_test(what_is_none_of_our_business_is_passed_over),
		cmocka_unit_test(cut_messages_are_read_within_their_bounds),
		cmocka_unit_test(links_are_read),
		cmocka_unit_test(dumps_ask_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
