// SPDX-License-Identifier: GPL-2.0-only
/* What the supervisor believes of a worker's description, and what it passes on. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "supervise/spec.h"

#define SOCKET(ns, type, addr, port) \
	"{'name':'s','ns':'" ns "','type':'" type "','addr':'" addr "','port':" #port "}"
#define BARE(ns, type) "{'name':'s','ns':'" ns "','type':'" type "'}"
#define WORKER(name, program, ns, sockets, config)                                     \
	"{'name':'" name "','program':'" program "','ns':'" ns "','sockets':[" sockets \
	"],'config':" config "}"

/* Single quotes stand for double ones. */
static struct spec *parse_copy(const char *text, unsigned int copy, struct lab_error **err)
{
	auto_free char *json = strdup(text);
	struct spec *s;
	json_t *item;

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	item = json_loads(json, 0, NULL);
	assert_non_null(item);
	if (copy > supervise_spec_copies(item))
		fail_msg("%u copies", supervise_spec_copies(item));
	s = supervise_spec_parse(item, copy, err);
	json_decref(item);
	return s;
}

static struct spec *parse(const char *text, struct lab_error **err)
{
	return parse_copy(text, 1, err);
}

static void a_description_is_read(void **state)
{
	struct lab_error *err = NULL;
	struct spec *s = parse(WORKER("dns", "labctl-dns", "svc.cn-1",
				      SOCKET("vpc-1", "udp", "100.100.2.136", 53),
				      "{'b':1,'a':2,'handler':'/x/y'}"),
			       &err);
	auto_free char *config = NULL;

	assert_non_null(s);
	assert_int_equal(s->n_sockets, 1);
	assert_int_equal(s->sockets[0].type, SPEC_UDP);
	assert_int_equal(s->sockets[0].addr, 0x64640288);
	assert_int_equal(s->sockets[0].port, 53);
	assert_string_equal(s->reach, "/x");
	assert_true(s->sheltered);
	assert_false(s->alone);
	assert_int_equal(s->privilege, PRIV_GRANT_NONE);
	assert_int_equal(s->ready_ms, 10000);
	config = supervise_spec_config(s);
	assert_string_equal(
		config, "{\"a\":2,\"b\":1,\"handler\":\"/x/y\",\"sockets\":[{\"name\":\"s\"}]}");
	supervise_spec_free(s);
}

/* The plan document leaves out what is zero. */
static void types_have_what_they_need(void **state)
{
	static const struct {
		const char *socket;
		enum spec_socket_type type;
		uint32_t addr;
		uint16_t port;
	} rows[] = {
		{SOCKET("a", "tcp", "1.2.3.4", 80), SPEC_TCP, 0x01020304, 80},
		{"{'name':'s','ns':'a','type':'tcp','port':80}", SPEC_TCP, 0, 80},
		{"{'name':'s','ns':'a','type':'icmp','addr':'1.2.3.4'}", SPEC_ICMP, 0x01020304, 0},
		{BARE("a", "icmp"), SPEC_ICMP, 0, 0},
		{BARE("a", "netlink"), SPEC_NETLINK, 0, 0},
		{SOCKET("a", "netlink", "0.0.0.0", 0), SPEC_NETLINK, 0, 0},
		{BARE("a", "packet"), SPEC_PACKET, 0, 0},
		{BARE("a", "memory"), SPEC_MEMORY, 0, 0},
		{BARE("a", "table"), SPEC_TABLE, 0, 0},
		{BARE("a", "secret"), SPEC_SECRET, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *text = NULL;
		struct spec *s;

		assert_true(asprintf(&text, WORKER("x", "p", "a", "%s", "{}"), rows[i].socket) > 0);
		s = parse(text, NULL);
		assert_non_null(s);
		assert_int_equal(s->sockets[0].type, rows[i].type);
		assert_int_equal(s->sockets[0].addr, rows[i].addr);
		assert_int_equal(s->sockets[0].port, rows[i].port);
		supervise_spec_free(s);
	}
}

static void privileges_have_names(void **state)
{
	static const char *const names[] = {"none", "service", "routes", "router"};
	struct spec *none = parse(WORKER("x", "p", "a", "", "{}"), NULL);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		auto_free char *text = NULL;
		struct spec *s;

		assert_true(asprintf(&text, WORKER("x", "p", "a", "", "{},'privilege':'%s'"),
				     names[i]) > 0);
		s = parse(text, NULL);
		assert_non_null(s);
		assert_int_equal(s->privilege, i);
		assert_int_equal(supervise_spec_same(none, s), i == 0);
		supervise_spec_free(s);
	}
	supervise_spec_free(none);
}

/* Each copy has its name and its own TCP sockets; all else is the first one's. */
static void there_may_be_copies(void **state)
{
	static const char sockets[] = SOCKET("a", "tcp", "1.2.3.4", 80) "," SOCKET("a", "udp",
										   "1.2.3.4", 80);
	auto_free char *two = NULL, *three = NULL, *one = NULL;
	struct spec *s, *other;

	assert_true(asprintf(&one, WORKER("x", "p", "a", "%s", "{}"), sockets) > 0);
	assert_true(asprintf(&two, WORKER("x", "p", "a", "%s", "{},'copies':2"), sockets) > 0);
	assert_true(asprintf(&three, WORKER("x", "p", "a", "%s", "{},'copies':3"), sockets) > 0);
	s = parse_copy(two, 2, NULL);
	assert_non_null(s);
	assert_string_equal(s->name, "x.2");
	assert_string_equal(s->family, "x");
	assert_int_equal(s->sockets[0].copy, 2);
	assert_true(s->sockets[0].spread);
	assert_int_equal(s->sockets[1].copy, 1);
	assert_false(s->sockets[1].spread);
	other = parse_copy(three, 2, NULL);
	assert_true(supervise_spec_same(s, other)); /* one more is nothing to it */
	supervise_spec_free(s);
	supervise_spec_free(other);

	s = parse(two, NULL);
	other = parse(one, NULL);
	assert_string_equal(s->name, "x");
	assert_int_equal(s->sockets[0].copy, 1);
	assert_true(s->sockets[0].spread);
	assert_false(other->sockets[0].spread);
	assert_false(supervise_spec_same(s, other)); /* now it shares its port */
	supervise_spec_free(s);
	supervise_spec_free(other);
}

/* Nothing but the files may be others, and it has to know how. */
static void some_take_other_files_while_they_run(void **state)
{
	static const struct {
		const char *before, *after;
		bool can;
	} rows[] = {
		{"{'reload':['x'],'files':{'/tmp/f':'1'}}",
		 "{'reload':['x'],'files':{'/tmp/f':'2'}}", true},
		{"{'reload':['x'],'files':{'/tmp/f':'1'}}",
		 "{'reload':['x'],'files':{'/tmp/g':'1'}}", true},
		{"{'reload':['x']}", "{'reload':['x'],'files':{'/tmp/g':'1'}}", true},
		{"{'reload':['x'],'files':{'/tmp/f':'1'}}", "{'files':{'/tmp/f':'2'}}", false},
		{"{'files':{'/tmp/f':'1'}}", "{'files':{'/tmp/f':'2'}}", false},
		{"{'reload':['x'],'a':1}", "{'reload':['x'],'a':2}", false},
		{"{'reload':['x']}", "{'reload':['y']}", false},
		{"{'reload':['x']}", "{'reload':['x']},'privilege':'router'", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *before = NULL, *after = NULL;
		struct spec *a, *b;

		assert_true(asprintf(&before, WORKER("x", "p", "a", "", "%s"), rows[i].before) > 0);
		assert_true(asprintf(&after, WORKER("x", "p", "a", "", "%s"), rows[i].after) > 0);
		a = parse(before, NULL);
		b = parse(after, NULL);
		assert_non_null(a);
		assert_non_null(b);
		if (supervise_spec_reloads(a, b) != rows[i].can)
			fail_msg("row %zu", i);
		supervise_spec_free(a);
		supervise_spec_free(b);
	}
}

static void those_with_a_place_of_their_own_are_alone(void **state)
{
	static const struct {
		const char *config, *reach;
		bool in_node;
		unsigned int ready_ms;
	} rows[] = {
		{"{'folder':'/x'}", "/x", false, 10000},
		{"{'node':{'hostname':'h','resolv_conf':'r','hosts':''},'ready_ms':300}", NULL,
		 true, 2300},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *text = NULL;
		struct spec *s;

		assert_true(asprintf(&text, WORKER("x", "p", "a", "", "%s"), rows[i].config) > 0);
		s = parse(text, NULL);
		assert_non_null(s);
		assert_true(s->sheltered && s->alone);
		assert_int_equal(s->in_node, rows[i].in_node);
		assert_int_equal(s->ready_ms, rows[i].ready_ms);
		if (rows[i].reach)
			assert_string_equal(s->reach, rows[i].reach);
		else
			assert_null(s->reach);
		if (s->in_node)
			assert_string_equal(s->node.hostname, "h");
		supervise_spec_free(s);
	}
}

static void malformed_ones_are_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{'name':'x'}",
		WORKER("../x", "p", "a", "", "{}"),
		WORKER("x", "../p", "a", "", "{}"),
		WORKER("x", "p", "../a", "", "{}"),
		WORKER("x", "p", "a/b", "", "{}"),
		WORKER("x", "p", "", "", "{}"),
		WORKER("x", "p", "a", "", "[]"),
		WORKER("x", "p", "a", "{}", "{}"),
		WORKER("x", "p", "a", SOCKET("a", "sctp", "1.2.3.4", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3.4", 0), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3.4", 65536), "{}"),
		WORKER("x", "p", "a", SOCKET("..", "tcp", "1.2.3.4", 80), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3.4", -1), "{}"),
		WORKER("x", "p", "a", BARE("a", "udp"), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "icmp", "1.2.3.4", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "netlink", "0.0.0.0", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "netlink", "1.2.3.4", 0), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "packet", "0.0.0.0", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "packet", "1.2.3.4", 0), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "memory", "0.0.0.0", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "memory", "1.2.3.4", 0), "{}"),
		WORKER("x", "p", "a", "{'name':'s','ns':'a','type':'tcp','port':'80'}", "{}"),
		WORKER("x", "p", "a", "", "{},'privilege':'root'"),
		WORKER("x", "p", "a", "", "{},'privilege':1"),
		WORKER("x", "p", "a", "", "{},'copies':0"),
		WORKER("x", "p", "a", "", "{},'copies':17"),
		WORKER("x", "p", "a", "", "{},'copies':'2'"),
		WORKER("x", "p", "a", "", "{'folder':'/y'},'copies':2"),
		WORKER("x", "p", "a", "", "{'handler':'y'}"),
		WORKER("x", "p", "a", "", "{'handler':1}"),
		WORKER("x", "p", "a", "", "{'folder':'y'}"),
		WORKER("x", "p", "a", "", "{'folder':'/x','handler':'/x/y'}"),
		WORKER("x", "p", "a", "", "{'node':'x'}"),
		WORKER("x", "p", "a", "", "{'node':{'hostname':'x','hosts':''}}"),
		WORKER("x", "p", "a", "", "{'ready_ms':0}"),
		WORKER("x", "p", "a", "", "{'ready_ms':60001}"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lab_error *err = NULL;
		struct spec *s = parse(bad[i], &err);

		if (s || !strstr(lab_error_message(err), "malformed"))
			fail_msg("taken for good: %s", bad[i]);
		lab_error_free(err);
	}
}

static void origins_and_key_order_do_not_count(void **state)
{
	struct spec *a = parse(WORKER("x", "p", "a", "", "{'k':1,'l':2}"), NULL);
	struct spec *b = parse("{'config':{'l':2,'k':1},'sockets':[],'ns':'a','program':'p',"
			       "'name':'x','origin':{'at':'lab.yaml:7'}}",
			       NULL);
	struct spec *c = parse(WORKER("x", "p", "a", "", "{'k':1,'l':3}"), NULL);

	assert_true(supervise_spec_same(a, b));
	assert_false(supervise_spec_same(a, c));
	supervise_spec_free(a);
	supervise_spec_free(b);
	supervise_spec_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_is_read),
		cmocka_unit_test(types_have_what_they_need),
		cmocka_unit_test(privileges_have_names),
		cmocka_unit_test(there_may_be_copies),
		cmocka_unit_test(some_take_other_files_while_they_run),
		cmocka_unit_test(those_with_a_place_of_their_own_are_alone),
		cmocka_unit_test(malformed_ones_are_refused),
		cmocka_unit_test(origins_and_key_order_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
