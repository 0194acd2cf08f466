// SPDX-License-Identifier: GPL-2.0-only
/* Filters, rule by rule: what compile/ writes is understood, and what it does not write is not guessed. */
#include "analyse/nft.h"
#include "base/cleanup.h"
#include "lib/test.h"
#include "tables.h"

static const struct nft_packet syn = {.iif = "eth0",
				      .oif = "eth1",
				      .saddr = 0x0a000001,
				      .daddr = 0x0a000102,
				      .protocol = NFT_TCP,
				      .dport = 80,
				      .syn = true};
static const struct nft_packet ping = {.iif = "eth0",
				       .oif = "eth1",
				       .saddr = 0x0a000001,
				       .daddr = 0x0a000102,
				       .protocol = NFT_ICMP,
				       .icmp_type = NFT_ECHO_REQUEST};

static enum nft_verdict judge_at(const char *text, enum nft_hook hook, const struct nft_packet *p)
{
	auto_arena struct arena *a = arena_new(0);

	return analyse_nft_judge(analyse_nft_read(a, text), hook, p).verdict;
}

static enum nft_verdict judge(const char *text, const struct nft_packet *p)
{
	return judge_at(text, NFT_FORWARD, p);
}

/* Whether the verdict follows from what is the same for all protocols and ports. */
static void test_what_services_have_in_common(void **state)
{
	static const struct {
		const char *text;
		bool by_service;
	} rows[] = {
		{NET_FORWARD("drop"), false},
		{NET_FORWARD("ip saddr 10.0.0.0/24 ip daddr 10.0.1.2 drop"), false},
		{NET_FORWARD("iifname \"eth0\" ct state established,related accept"), false},
		{NET_FORWARD("this is not understood"), false},
		{NET_FORWARD("tcp dport 80 drop"), true},
		{NET_FORWARD("tcp dport 81 drop"), true}, /* it asks, even if the answer is no */
		{NET_FORWARD("ip protocol tcp drop"), true},
		{NET_FORWARD("meta l4proto { tcp, udp } drop"), true},
		{NET_FORWARD("tcp flags & (syn | ack) == syn drop"), true},
		{NET_FORWARD("icmp type echo-request drop"), true},
		{NET_FORWARD("icmp type { echo-reply, redirect } drop"), true},
		/* what is no part of any conversation */
		{NET_FORWARD("icmp type redirect drop"), false},
		{NET_FORWARD("icmp type destination-unreachable icmp code { 0, 1 } drop"), false},
		{NET_FORWARD("icmp type redirect this is not understood"), true},
		{NET_FORWARD("ip saddr 10.9.0.0/16 tcp dport 80 drop"),
		 false}, /* it does not get to ask */
		{NET_FORWARD("accept\n\t\ttcp dport 80 drop"), false},
		{NET_FORWARD("tcp dport 80 accept\n\t\tdrop"), true},
		{NET_TABLE("\tchain x {\n\t\ttcp dport 80 drop\n\t}\n" NET_HOOK(
			 "forward", "iifname vmap { \"eth0\" : jump x }")),
		 true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		const struct nft_table *t = analyse_nft_read(a, rows[i].text);

		if (analyse_nft_judge(t, NFT_FORWARD, &syn).by_service != rows[i].by_service)
			fail_msg("%s", rows[i].text);
	}
}

static void test_matches(void **state)
{
	static const struct {
		const char *text;
		enum nft_verdict tcp, icmp;
	} rows[] = {
		{NET_FORWARD("drop"), NFT_DROP, NFT_DROP},
		{NET_FORWARD("accept"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("tcp dport 80 drop"), NFT_DROP, NFT_ACCEPT},
		{NET_FORWARD("tcp dport 81 drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("tcp dport 70-90 drop"), NFT_DROP, NFT_ACCEPT},
		{NET_FORWARD("tcp dport 81-90 drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("udp dport 80 drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("ip protocol icmp drop"), NFT_ACCEPT, NFT_DROP},
		{NET_FORWARD("ip protocol tcp drop"), NFT_DROP, NFT_ACCEPT},
		{NET_FORWARD("meta l4proto { tcp, udp } th dport 80 drop"), NFT_DROP, NFT_ACCEPT},
		{NET_FORWARD("meta l4proto udp drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("icmp type echo-request drop"), NFT_ACCEPT, NFT_DROP},
		{NET_FORWARD("icmp type redirect drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("icmp type destination-unreachable icmp code { 0, 1 } drop"),
		 NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("tcp flags & (syn | ack) == syn drop"), NFT_DROP, NFT_ACCEPT},
		{NET_FORWARD("ip saddr 10.0.0.0/24 drop"), NFT_DROP, NFT_DROP},
		{NET_FORWARD("ip saddr 10.0.1.0/24 drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("ip daddr 10.0.1.2 drop"), NFT_DROP, NFT_DROP},
		{NET_FORWARD("ip daddr != 10.0.1.0/24 drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("ip daddr != 10.0.2.0/24 drop"), NFT_DROP, NFT_DROP},
		{NET_FORWARD("ip daddr { 10.0.1.1, 10.0.1.2 } tcp dport 80 drop"), NFT_DROP,
		 NFT_ACCEPT},
		{NET_FORWARD("iifname \"eth0\" drop"), NFT_DROP, NFT_DROP},
		{NET_FORWARD("iifname \"eth1\" drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("oifname { \"eth1\", \"eth2\" } drop"), NFT_DROP, NFT_DROP},
		{NET_FORWARD("ct state established,related drop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("iifname \"eth0\" numgen random mod 1000000 < 5000 drop"), NFT_ACCEPT,
		 NFT_ACCEPT},
		{NET_FORWARD("iifname \"eth0\" numgen random mod 1000000 < 1000000 drop"), NFT_DROP,
		 NFT_DROP},
		{NET_FORWARD("return\n\t\tdrop"), NFT_ACCEPT, NFT_ACCEPT},
		{NET_FORWARD("tcp dport 80 accept\n\t\tdrop"), NFT_ACCEPT, NFT_DROP},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (judge(rows[i].text, &syn) != rows[i].tcp)
			fail_msg("a SYN, and %s", rows[i].text);
		if (judge(rows[i].text, &ping) != rows[i].icmp)
			fail_msg("a ping, and %s", rows[i].text);
	}
}

static void test_established(void **state)
{
	struct nft_packet answer = syn;

	answer.established = true;
	answer.syn = false;
	assert_int_equal(
		judge(NET_FORWARD("ct state established,related accept\n\t\tdrop"), &answer),
		NFT_ACCEPT);
	assert_int_equal(judge(NET_FORWARD("ct state established,related accept\n\t\tdrop"), &syn),
			 NFT_DROP);
	assert_int_equal(judge(NET_FORWARD("tcp flags & (syn | ack) == syn drop"), &answer),
			 NFT_ACCEPT);
}

/* What is not understood decides only where what stands before it lets a packet through. */
static void test_not_known(void **state)
{
	static const struct {
		const char *text;
		enum nft_verdict verdict;
	} rows[] = {
		{NET_FORWARD("meta mark 7 drop"), NFT_UNKNOWN},
		{NET_FORWARD("tcp dport 80 meta mark 7 drop"), NFT_UNKNOWN},
		{NET_FORWARD("tcp dport 81 meta mark 7 drop"), NFT_ACCEPT},
		{NET_FORWARD("udp dport 80 masquerade"), NFT_ACCEPT},
		{NET_FORWARD("masquerade"), NFT_UNKNOWN},
		{NET_FORWARD("ct state new drop"), NFT_UNKNOWN},
		{NET_FORWARD("ip saddr @nobody drop"), NFT_UNKNOWN},
		{NET_FORWARD("jump nowhere"), NFT_UNKNOWN},
		{NET_FORWARD("drop accept"), NFT_UNKNOWN},
		{NET_FORWARD("iifname vmap { \"eth0\" : accept }"), NFT_UNKNOWN},
		{NET_FORWARD("tcp dport { 80, http } drop"), NFT_UNKNOWN},
		{NET_TABLE(
			 "\tchain c {\n\t\ttype nat hook forward priority filter; policy accept;\n\t}\n"),
		 NFT_UNKNOWN},
		{NET_TABLE("\tmap m {\n\t}\n"), NFT_UNKNOWN},
		{"table inet t {\n}\n", NFT_UNKNOWN},
		{"changed", NFT_UNKNOWN},
		{"", NFT_UNKNOWN},
		{"table ip t {", NFT_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (judge(rows[i].text, &syn) != rows[i].verdict)
			fail_msg("%s", rows[i].text);
}

static void test_sets_and_maps(void **state)
{
	static const char text[] = NET_TABLE(
		"\tset members {\n\t\ttype ipv4_addr\n"
		"\t\telements = { 10.0.0.9, 10.0.0.1 }\n\t}\n"
		"\tset empty {\n\t\ttype ipv4_addr\n\t}\n"
		"\tchain in-x {\n\t\tip saddr @members return\n"
		"\t\tip saddr @empty return\n\t\tdrop\n\t}\n" NET_HOOK(
			"forward", "oifname vmap { \"eth1\" : jump in-x, \"z.9\" : jump in-x }"));
	auto_arena struct arena *a = arena_new(0);
	const struct nft_table *t = analyse_nft_read(a, text);
	struct nft_packet p = syn;
	struct nft_judgement j;

	assert_false(t->unknown);
	assert_int_equal(analyse_nft_judge(t, NFT_FORWARD, &p).verdict, NFT_ACCEPT);
	p.saddr = 0x0a000002;
	j = analyse_nft_judge(t, NFT_FORWARD, &p);
	assert_int_equal(j.verdict, NFT_DROP);
	assert_string_equal(j.chain->name, "in-x");
	assert_string_equal(j.rule->text, "drop");
	p.oif = "eth2";
	assert_int_equal(analyse_nft_judge(t, NFT_FORWARD, &p).verdict, NFT_ACCEPT);
}

static void test_hooks_and_policies(void **state)
{
	static const char text[] = NET_TABLE(
		"\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
		"\t\tiifname \"lo\" accept\n\t}\n"
		"\tchain early {\n\t\ttype filter hook forward priority raw; policy accept;\n"
		"\t\ttcp dport 80 accept\n\t}\n"
		"\tchain late {\n\t\ttype filter hook forward priority filter; policy accept;\n"
		"\t\tdrop\n\t}\n");
	auto_arena struct arena *a = arena_new(0);
	const struct nft_table *t = analyse_nft_read(a, text);
	struct nft_judgement j = analyse_nft_judge(t, NFT_INPUT, &syn);
	struct nft_packet inside = syn;

	assert_int_equal(j.verdict, NFT_DROP);
	assert_null(j.rule);
	inside.iif = "lo";
	assert_int_equal(analyse_nft_judge(t, NFT_INPUT, &inside).verdict, NFT_ACCEPT);
	assert_int_equal(analyse_nft_judge(t, NFT_OUTPUT, &syn).verdict, NFT_ACCEPT);
	/* accepted by one chain of a hook is not accepted by the next */
	assert_int_equal(analyse_nft_judge(t, NFT_FORWARD, &syn).verdict, NFT_DROP);
}

static void test_ports_that_are_named(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct nft_table *t = analyse_nft_read(
		a,
		NET_FORWARD("tcp dport 80-90 drop\n\t\tudp dport 53 accept\n\t\tth dport 99 drop"));

	assert_int_equal(t->n_tcp_ports, 1);
	assert_int_equal(t->tcp_ports[0], 80);
	assert_int_equal(t->n_udp_ports, 1);
	assert_int_equal(t->udp_ports[0], 53);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_what_services_have_in_common),
		cmocka_unit_test(test_established),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_sets_and_maps),
		cmocka_unit_test(test_hooks_and_policies),
		cmocka_unit_test(test_ports_that_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
