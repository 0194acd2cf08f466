// SPDX-License-Identifier: GPL-2.0-only
/* The Internet: its hosts, public legs of gateways, and who knows which names. */
#include "unit/compile/lab_plan.h"

#define HEAD                                                     \
	"lab: t\n"                                               \
	"regions: {r1: {zones: [a]}}\n"                          \
	"vpcs: {v: {region: r1, cidr_block: 10.1.0.0/16, "       \
	"vswitches: {s: {zone: a, cidr_block: 10.1.1.0/24}}}}\n" \
	"security_groups: {g: {vpc: v}}\n"                       \
	"ecs: {e: {vswitch: s, private_ip: 10.1.1.1, security_groups: [g]}}\n"
#define GATEWAY                                                                                     \
	"api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}, public_ip: 198.51.100.9}}\n" \
	"api_groups: {grp: {instance: gw, vpc_domain: true, sub_domain_id: "                        \
	"0123456789abcdef0123456789abcdef}}\n"
#define ID "0123456789abcdef0123456789abcdef"
#define HOSTS \
	"internet: {hosts: {shop: {ip: 203.0.113.80, domains: [shop.example, www.shop.example]}}}\n"
#define A(name, ip) "{\"data\":\"" ip "\",\"name\":\"" name "\",\"ttl\":60,\"type\":\"A\"}"
#define PUBLIC_NAMES                                \
	A(ID "-r1.alicloudapi.com", "198.51.100.9") \
	"," A("shop.example", "203.0.113.80") "," A("www.shop.example", "203.0.113.80")

static void a_host_hangs_on_a_port_of_its_own(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD, HOSTS);

	assert_true(has_address(p, "shop", "eth0", "203.0.113.80/24"));
	assert_true(has_address(p, "internet", "shop", "203.0.113.1/32"));
	assert_true(has_address(p, "internet", "lo", "192.0.2.53/32"));
	assert_true(far_end(p, "shop", "eth0")->proxy_arp);
	assert_route(p, "internet", MAIN, "203.0.113.80/32", "system dev shop");
	assert_route(p, "internet", MAIN, "0.0.0.0/0", LAST);
	assert_route(p, "shop", MAIN, "0.0.0.0/0", "system dev eth0 via 203.0.113.1");
	assert_string_equal(plan_find_node(p, "shop")->resolv_conf, "nameserver 192.0.2.53\n");
	assert_has(filter_of(p, "internet"), "\t\ticmp type redirect drop\n");
}

/* Nobody else has an uplink. */
static void it_leads_to_nobody(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD, HOSTS);

	assert_route(p, "v", SYSTEM, "0.0.0.0/0", LAST);
	for (size_t i = 0; i < p->n_links; i++)
		if (strcmp(p->links[i].a.ns, "internet") == 0)
			assert_string_equal(p->links[i].b.ns, "shop");
}

/* Whoever has an address on the Internet is reached by it, the first and the last one of a /24, too. */
static void no_host_loses_its_address_to_the_router(void **state)
{
	static const char *const own[] = {"203.0.113.1/32", "203.0.113.254/32", "203.0.113.2/32"};
	auto_plan struct plan *p = PLAN(
		HEAD, "internet: {hosts: {a: {ip: 203.0.113.1}, b: {ip: 203.0.113.254}, c: {ip: "
		      "203.0.113.7}}}\n"
		      "api_gateways: {gw: {region: r1, public_ip: 203.0.113.2}}\n");

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		for (size_t j = 0; j < p->n_addresses; j++) {
			char text[IP_PREFIX_STRLEN];

			if (strcmp(p->addresses[j].ns, "internet") == 0)
				assert_string_not_equal(
					ip_prefix_format(p->addresses[j].prefix, text), own[i]);
		}
	assert_route(p, "a", MAIN, "0.0.0.0/0", "system dev eth0 via 203.0.113.3");
	assert_route(p, "c", MAIN, "0.0.0.0/0", "system dev eth0 via 203.0.113.3");
}

static void a_gateway_answers_from_its_public_address(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD, HOSTS, GATEWAY);
	const struct plan_worker *w = plan_find_worker(p, "gw");

	assert_true(has_address(p, "gw", "inet", "198.51.100.9/32"));
	assert_route(p, "internet", MAIN, "198.51.100.9/32",
		     "system dev gw via 198.51.100.9 onlink");
	assert_rule(p, "gw", 1500, "from 198.51.100.9/32 table 2000");
	assert_rule(p, "gw", 1501, "oif inet table 2000");
	assert_route(p, "gw", 2000, "0.0.0.0/0",
		     "system dev inet via internet onlink src 198.51.100.9");
	assert_string_equal(w->sockets[1].name, "public-80");
	assert_int_equal(w->sockets[1].addr, 0xc6336409);
	assert_int_equal(w->sockets[1].port, 80);
	assert_has(w->config, "{\"internet\":true,\"protocol\":\"HTTP\",\"socket\":\"public-80\"}");
}

/* --- names --- */

/* The records of a view of the worker "dns". */
static const char *records_of(const struct plan *p, const char *view)
{
	const char *config = config_of(p, "dns");
	const char *end = strstr(config, arena_printf(p->arena, "],\"sockets\":[\"%s-", view));
	const char *start = config, *next;

	assert_non_null(end);
	while ((next = strstr(start + 1, "\"records\":[")) && next < end)
		start = next;
	start += strlen("\"records\":[");
	return arena_strndup(p->arena, start, (size_t)(end - start));
}

static void the_internet_knows_public_names_only(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD, HOSTS, GATEWAY);
	const struct plan_worker *w = plan_find_worker(p, "dns");

	assert_string_equal(records_of(p, "internet"), PUBLIC_NAMES);
	assert_int_equal(w->n_sockets, 6);
	assert_string_equal(w->sockets[4].name, "internet-53-udp");
	assert_string_equal(w->sockets[4].ns, "internet");
	assert_int_equal(w->sockets[4].addr, 0xc0000235);
	assert_string_equal(w->sockets[5].name, "internet-53-tcp");
	assert_int_equal(w->sockets[5].type, PLAN_TCP);
	assert_int_equal(w->sockets[5].port, 53);
}

static void a_vpc_knows_both(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD, HOSTS, GATEWAY);

	assert_string_equal(
		records_of(p, "v"),
		A(ID "-r1-vpc.alicloudapi.com",
		  "10.1.1.9") ","
			      "{\"data\":\"" ID "-r1-vpc.alicloudapi.com\","
			      "\"name\":\"9.1.1.10.in-addr.arpa\",\"ttl\":60,\"type\":\"PTR\"}," A(
				      "e.r1.ecs.internal",
				      "10.1.1.1") ","
						  "{\"data\":\"e.r1.ecs.internal\",\"name\":\"1.1.1.10.in-addr.arpa\","
						  "\"ttl\":60,\"type\":\"PTR\"}," PUBLIC_NAMES);
}

/* The worker has to be somewhere: where there is no region, on the Internet. */
static void an_internet_alone(void **state)
{
	auto_plan struct plan *p = PLAN("lab: t\nregions: {r1: {zones: [a]}}\n", HOSTS);

	assert_string_equal(plan_find_worker(p, "dns")->ns, "internet");
	assert_string_equal(
		config_of(p, "dns"),
		"{\"views\":[{\"name\":\"internet\",\"records\":[" A("shop.example", "203.0.113.80") "," A(
			"www.shop.example",
			"203.0.113.80") "],\"sockets\":[\"internet-53-udp\",\"internet-53-tcp\"]}],"
					"\"zones\":[\"alicloudapi.com\"]}");
	assert_null(plan_find_namespace(p, "svc.r1"));
}

/* Without it nobody has a public address, and a group has a name in VPCs only if it wants one. */
static void no_internet(void **state)
{
	auto_plan struct plan *p = PLAN(
		HEAD, "api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}}}\n"
		      "api_groups:\n"
		      "  grp: {instance: gw, vpc_domain: true, sub_domain_id: " ID "}\n"
		      "  quiet: {instance: gw, sub_domain_id: fedcba9876543210fedcba9876543210}\n");

	assert_null(plan_find_namespace(p, "internet"));
	assert_int_equal(plan_find_worker(p, "dns")->n_sockets, 4);
	assert_has(config_of(p, "dns"), A(ID "-r1-vpc.alicloudapi.com", "10.1.1.9"));
	assert_lacks(config_of(p, "dns"), ID "-r1.alicloudapi.com");
	assert_lacks(config_of(p, "dns"), "fedcba9876543210fedcba9876543210");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_hangs_on_a_port_of_its_own),
		cmocka_unit_test(it_leads_to_nobody),
		cmocka_unit_test(no_host_loses_its_address_to_the_router),
		cmocka_unit_test(a_gateway_answers_from_its_public_address),
		cmocka_unit_test(the_internet_knows_public_names_only),
		cmocka_unit_test(a_vpc_knows_both),
		cmocka_unit_test(an_internet_alone),
		cmocka_unit_test(no_internet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
