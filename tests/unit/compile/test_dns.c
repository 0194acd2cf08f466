// SPDX-License-Identifier: GPL-2.0-only
/* DNS servers on hosts of data centres. */
#include "unit/compile/hybrid.h"

#define DNS                                                                          \
	"    hosts:\n"                                                               \
	"      ns1: {lan: lan, ip: 10.10.1.53, dns: {forward: {alicloudapi.com: "    \
	"100.100.2.136  100.100.2.138, \".\": 10.10.1.54}, records: {printer.corp: " \
	"10.10.1.77}}}\n"                                                            \
	"      pc-1: {lan: lan, ip: 10.10.1.9}\n"                                    \
	"      ns2: {lan: lan, ip: 10.10.1.54, dns: {records: {printer.corp: 10.10.1.77}}}\n"

static void a_server_listens_on_its_host(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""), DNS);
	const struct plan_worker *w = plan_find_worker(p, "dns-ns1");

	assert_non_null(w);
	assert_string_equal(w->program, "labctl-dns");
	assert_string_equal(w->ns, "ns1");
	assert_int_equal(w->privilege, PLAN_PRIVILEGE_NONE); /* its port is opened for it */
	assert_int_equal(w->n_sockets, 2);
	assert_string_equal(w->sockets[0].name, "ns1-53-udp");
	assert_int_equal(w->sockets[0].type, PLAN_UDP);
	assert_string_equal(w->sockets[1].name, "ns1-53-tcp");
	assert_int_equal(w->sockets[1].type, PLAN_TCP);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(w->sockets[i].ns, "ns1");
		assert_int_equal(w->sockets[i].addr, 0x0a0a0135);
		assert_int_equal(w->sockets[i].port, 53);
	}
}

static void what_it_knows_and_whom_it_asks(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""), DNS);

	assert_string_equal(config_of(p, "dns-ns1"),
			    "{\"views\":[{\"forward\":["
			    "{\"servers\":[\"100.100.2.136\",\"100.100.2.138\"],"
			    "\"zone\":\"alicloudapi.com\"},"
			    "{\"servers\":[\"10.10.1.54\"],\"zone\":\".\"}],"
			    "\"name\":\"ns1\","
			    "\"records\":[{\"data\":\"10.10.1.77\",\"name\":\"printer.corp\","
			    "\"ttl\":60,\"type\":\"A\"}],"
			    "\"sockets\":[\"ns1-53-udp\",\"ns1-53-tcp\"]}],\"zones\":[]}");
	assert_has(config_of(p, "dns-ns2"), "\"forward\":[],");
	assert_null(config_of(p, "dns-pc-1"));
}

/* The cloud's resolvers know nothing of it, and it is asked by those of its data centre, itself too. */
static void who_asks_it(void **state)
{
	static const char want[] = "nameserver 10.10.1.53\nnameserver 10.10.1.54\n"
				   "options timeout:5 attempts:1\n";
	static const char *const nodes[] = {"idc", "ns1", "pc-1"};
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""), DNS);

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
		assert_string_equal(plan_find_node(p, nodes[i])->resolv_conf, want);
	assert_lacks(config_of(p, "dns"), "printer.corp");
}

/* A name of a process is cut to what a name may have, and still differs from others. */
static void long_names(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""), IDC(""),
		     "    hosts:\n"
		     "      a-very-long-name-of-a-server-1: {lan: lan, dns: {}}\n"
		     "      a-very-long-name-of-a-server-2: {lan: lan, dns: {}}\n");
	size_t n = 0;

	for (size_t i = 0; i < p->n_workers; i++) {
		if (strncmp(p->workers[i].name, "dns-a-very-long-name-o-", 23) != 0)
			continue;
		assert_int_equal(strlen(p->workers[i].name), NAME_MAX_LEN);
		n++;
	}
	assert_int_equal(n, 2); /* plan_verify() has seen to it that they differ */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_listens_on_its_host),
		cmocka_unit_test(what_it_knows_and_whom_it_asks),
		cmocka_unit_test(who_asks_it),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
