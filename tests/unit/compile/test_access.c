// SPDX-License-Identifier: GPL-2.0-only
/* How gateways reach HTTP services: legs into VPCs, the interface of vpc_connect, public addresses. */
#include "unit/compile/lab_plan.h"

/* Two VPCs with the same addresses, and an instance of the same address in each. */
#define TWINS                                                                    \
	"lab: t\n"                                                               \
	"regions: {r1: {zones: [a]}}\n"                                          \
	"vpcs:\n"                                                                \
	"  u: {region: r1, cidr_block: 10.1.0.0/16, "                            \
	"vswitches: {su: {zone: a, cidr_block: 10.1.1.0/24}}}\n"                 \
	"  v: {region: r1, cidr_block: 10.1.0.0/16, "                            \
	"vswitches: {sv: {zone: a, cidr_block: 10.1.1.0/24}}}\n"                 \
	"security_groups: {gu: {vpc: u}, gv: {vpc: v}}\n"                        \
	"ecs: {eu: {vswitch: su, private_ip: 10.1.1.1, security_groups: [gu]}, " \
	"ev: {vswitch: sv, private_ip: 10.1.1.1, security_groups: [gv]}}\n"
#define NORMAL "api_gateways: {gw: {region: r1}}\napi_groups: {grp: {instance: gw}}\n"
#define ACCESSES                                                                              \
	"vpc_accesses: {one: {vpc: u, instance_id: eu, port: 80}, "                           \
	"two: {vpc: v, instance_id: ev, port: 8080}, "                                        \
	"far: {vpc: v, instance_id: 10.77.0.9, port: 443, vpc_target_host_name: x.example}, " \
	"again: {vpc: v, instance_id: 10.1.1.1, port: 8080}, "                                \
	"idle: {vpc: v, instance_id: ev, port: 22}}\n"
#define USE(name, access) \
	"  " name ": {group: grp, path: /" name ", backend: {vpc_access: " access "}}\n"
#define APIS \
	"apis:\n" USE("a", "one") USE("b", "two") USE("c", "far") USE("d", "two") USE("e", "again")

static void a_leg_into_each_vpc(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, NORMAL, ACCESSES, APIS);

	assert_string_equal(far_end(p, "gw", "u")->ns, "u");
	assert_string_equal(far_end(p, "gw", "u")->dev, "access.gw");
	assert_string_equal(far_end(p, "gw", "v")->ns, "v");
	/* the device says which of both is meant */
	assert_rule(p, "gw", 2000, "oif u table 2001");
	assert_rule(p, "gw", 2001, "oif v table 2002");
	assert_rule(p, "gw", 2002, "none");
	assert_route(p, "gw", 2001, "0.0.0.0/0", "system dev u via u onlink src 100.104.254.1");
	assert_route(p, "gw", 2002, "0.0.0.0/0", "system dev v via v onlink src 100.104.254.1");
	/* answers come back by the same leg */
	assert_route(p, "u", MAIN, "100.104.254.0/26",
		     "system dev access.gw via 100.104.254.1 onlink");
	assert_route(p, "v", MAIN, "100.104.254.0/26",
		     "system dev access.gw via 100.104.254.1 onlink");
}

static void no_more_than_what_is_authorized(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, NORMAL, ACCESSES, APIS);

	assert_string_equal(filter_of(p, "gw"),
			    "table ip labctl-access {\n"
			    "\tchain output {\n"
			    "\t\ttype filter hook output priority filter; policy accept;\n"
			    "\t\toifname \"u\" ip daddr 10.1.1.1 tcp dport 80 accept\n"
			    "\t\toifname \"v\" ip daddr 10.1.1.1 tcp dport 8080 accept\n"
			    "\t\toifname \"v\" ip daddr 10.77.0.9 tcp dport 443 accept\n"
			    "\t\toifname \"u\" drop\n"
			    "\t\toifname \"v\" drop\n"
			    "\t}\n"
			    "\tchain input {\n"
			    "\t\ttype filter hook input priority filter; policy accept;\n"
			    "\t\tiifname \"u\" tcp flags & (syn | ack) == syn drop\n"
			    "\t\tiifname \"u\" icmp type echo-request drop\n"
			    "\t\tiifname \"u\" meta l4proto udp drop\n"
			    "\t\tiifname \"v\" tcp flags & (syn | ack) == syn drop\n"
			    "\t\tiifname \"v\" icmp type echo-request drop\n"
			    "\t\tiifname \"v\" meta l4proto udp drop\n"
			    "\t}\n}\n");
}

/* An authorization that no API uses opens nothing. */
static void nobody_calls(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, NORMAL, ACCESSES);

	assert_null(far_end(p, "gw", "u"));
	assert_null(filter_of(p, "gw"));
	assert_rule(p, "gw", 2000, "none");
	assert_route(p, "u", MAIN, "100.104.254.0/26", "none");
}

static const char *backend_of(const struct plan *p, const char *api)
{
	const char *config = config_of(p, "gw"), *name, *start, *end;

	assert_non_null(config);
	name = strstr(config, arena_printf(p->arena, "\"name\":\"%s\",\"path\"", api));
	assert_non_null(name);
	for (start = end = config; end && end < name; end = strstr(end + 1, "{\"backend\":"))
		start = end;
	start += strlen("{\"backend\":");
	return arena_strndup(p->arena, start, strcspn(start, "}") + 1);
}

#define BOUND "api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}"
#define GROUP "}}\napi_groups: {grp: {instance: gw}}\n"

static void what_the_gateway_is_told(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, BOUND GROUP, ACCESSES, APIS);

	assert_string_equal(backend_of(p, "a"),
			    "{\"access\":\"one\",\"address\":\"10.1.1.1\",\"device\":\"u\","
			    "\"host\":\"10.1.1.1:80\",\"kind\":\"http-vpc\",\"port\":80,"
			    "\"source\":\"100.104.254.1\",\"timeout_ms\":10000}");
	assert_string_equal(backend_of(p, "c"),
			    "{\"access\":\"far\",\"address\":\"10.77.0.9\",\"device\":\"v\","
			    "\"host\":\"x.example\",\"kind\":\"http-vpc\",\"port\":443,"
			    "\"source\":\"100.104.254.1\",\"timeout_ms\":10000}");
}

/* A step deleted what an API still uses: it stays, has no target, and opens nothing. */
static void a_deleted_authorization(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, BOUND GROUP, ACCESSES, APIS,
					"steps: [{id: s, apply: {vpc_accesses: {one: null}}}]\n");

	assert_string_equal(backend_of(p, "a"),
			    "{\"access\":\"one\",\"host\":\"one\",\"kind\":\"http-vpc\","
			    "\"port\":0,\"timeout_ms\":10000}");
	assert_null(far_end(p, "gw", "u"));
	assert_rule(p, "gw", 2000, "oif v table 2001");
	assert_lacks(filter_of(p, "gw"), "\"u\"");
}

/* --- vpc_connect --- */

#define CONNECT(blocks)                                                                  \
	"api_gateways: {gw: {region: r1, instance_type: vpc_connect, "                   \
	"zone_vswitch_security_group: {vswitch: sv, security_group: gc, ip: 10.1.1.7}, " \
	"to_connect_vpc_ip_block: [" blocks "], "                                        \
	"bind: {vpc: v, ip: 10.1.1.9}" GROUP
#define CONNECT_LAB                                                                \
	"lab: t\n"                                                                 \
	"regions: {r1: {zones: [a]}}\n"                                            \
	"vpcs:\n"                                                                  \
	"  v: {region: r1, cidr_block: 10.1.0.0/16, "                              \
	"vswitches: {sv: {zone: a, cidr_block: 10.1.1.0/24}}}\n"                   \
	"security_groups: {gv: {vpc: v}, gc: {vpc: v, rules: {no: {type: egress, " \
	"policy: drop, ip_protocol: udp, cidr_ip: 0.0.0.0/0}}}}\n"                 \
	"ecs: {ev: {vswitch: sv, private_ip: 10.1.1.1, security_groups: [gv]}}\n"  \
	"vpc_accesses: {two: {vpc: v, instance_id: ev, port: 8080}}\n"

static void an_interface_in_a_vswitch(void **state)
{
	auto_plan struct plan *p = PLAN(CONNECT_LAB, CONNECT("10.77.0.0/16, 10.1.0.0/16"));

	assert_string_equal(far_end(p, "gw", "eni")->ns, "v");
	assert_string_equal(far_end(p, "gw", "eni")->dev, "gw.eni");
	assert_true(has_address(p, "gw", "eni", "10.1.1.7/24"));
	assert_true(has_address(p, "v", "gw.eni", "10.1.1.253/32"));
	assert_route(p, "v", MAIN, "10.1.1.7/32", "system dev gw.eni");
	assert_rule(p, "gw", 2000, "oif eni table 2001");
	assert_route(p, "gw", 2001, "10.1.0.0/16", "system dev eni via 10.1.1.253 onlink");
	assert_route(p, "gw", 2001, "10.77.0.0/16", "system dev eni via 10.1.1.253 onlink");
	assert_route(p, "gw", 2001, "0.0.0.0/0", LAST);
	for (size_t i = 0; i < p->n_addresses; i++) /* its own VPC is not connected in table main */
		if (strcmp(p->addresses[i].dev, "eni") == 0)
			assert_true(p->addresses[i].noprefixroute);
	/* no leg, as a normal instance would have it */
	assert_route(p, "v", MAIN, "100.104.254.0/26", "none");
}

static void what_the_interface_lets_out(void **state)
{
	auto_plan struct plan *p = PLAN(CONNECT_LAB, CONNECT("10.77.0.0/16, 10.1.0.0/16"));

	assert_string_equal(filter_of(p, "gw"),
			    "table ip labctl-access {\n"
			    "\tchain output {\n"
			    "\t\ttype filter hook output priority filter; policy accept;\n"
			    "\t\toifname \"eni\" ip daddr 10.1.0.0/16 accept\n"
			    "\t\toifname \"eni\" ip daddr 10.77.0.0/16 accept\n"
			    "\t\toifname \"eni\" drop\n"
			    "\t}\n}\n");
}

/* A block that is named twice is one block, and all of them may be everything. */
static void blocks_of_all_kinds(void **state)
{
	auto_plan struct plan *p = PLAN(CONNECT_LAB,
					CONNECT("10.77.0.0/16, 0.0.0.0/0, 10.77.0.0/16"));

	assert_route(p, "gw", 2001, "10.77.0.0/16", "system dev eni via 10.1.1.253 onlink");
	assert_route(p, "gw", 2001, "0.0.0.0/0", "system dev eni via 10.1.1.253 onlink");
	assert_has(filter_of(p, "gw"), "accept\n\t\toifname \"eni\" ip daddr 10.77.0.0/16 accept\n"
				       "\t\toifname \"eni\" ip daddr 0.0.0.0/0 accept\n"
				       "\t\toifname \"eni\" drop\n");
}

static void the_interface_is_under_its_security_group(void **state)
{
	auto_plan struct plan *p = PLAN(CONNECT_LAB, CONNECT("10.77.0.0/16, 10.1.0.0/16"));
	const char *text = filter_of(p, "v");

	assert_has(text, "\tset members-gc {\n\t\ttype ipv4_addr\n\t\telements = { 10.1.1.7 }\n");
	assert_has(text, "iifname vmap { \"ev\" : jump egress-gv, \"gw.eni\" : jump egress-gc }");
	assert_has(text, "oifname vmap { \"ev\" : jump ingress-gv, \"gw.eni\" : jump ingress-gc }");
	assert_has(text, "\tchain egress-gc {\n\t\tip protocol udp drop\n\t}\n");
	assert_lacks(text, "\"gw\" : jump"); /* the VIP is under none */
}

static void services_through_the_interface(void **state)
{
	auto_plan struct plan *p =
		PLAN(CONNECT_LAB, CONNECT("10.77.0.0/16, 10.1.0.0/16"), "apis:\n" USE("a", "two"),
		     "  b: {group: grp, path: /b, backend: {http: \"http://10.77.1.1:81\"}}\n");

	assert_has(backend_of(p, "a"), "\"device\":\"eni\"");
	assert_has(backend_of(p, "a"), "\"source\":\"10.1.1.7\"");
	assert_has(backend_of(p, "b"), "\"device\":\"eni\"");
}

/* --- HTTP services by address or name --- */

#define INTERNET "internet: {hosts: {shop: {ip: 203.0.113.80, domains: [api.example.com]}}}\n"
#define HTTP(name, url) \
	"  " name ": {group: grp, path: /" name ", backend: {http: \"http://" url "\"}}\n"

static void public_services(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, INTERNET, BOUND ", public_ip: 198.51.100.9" GROUP,
					"apis:\n" HTTP("a", "API.example.com:8080")
						HTTP("b", "10.1.1.1") HTTP("c", "no.example"));

	assert_string_equal(backend_of(p, "a"),
			    "{\"address\":\"203.0.113.80\",\"device\":\"inet\","
			    "\"host\":\"API.example.com:8080\",\"kind\":\"http\",\"port\":8080,"
			    "\"scheme\":\"http\",\"source\":\"198.51.100.9\","
			    "\"timeout_ms\":10000}");
	/* a private address is not reached over the Internet, and not without authorization */
	assert_has(backend_of(p, "b"), "\"device\":\"svc\"");
	assert_string_equal(backend_of(p, "c"), "{\"host\":\"no.example\",\"kind\":\"http\","
						"\"port\":80,\"scheme\":\"http\","
						"\"timeout_ms\":10000}");
}

/* The names of groups are public as well, and a name may end in a dot. */
static void public_names_of_all_kinds(void **state)
{
	static const char group[] = "0123456789abcdef0123456789abcdef-r1.alicloudapi.com";
	auto_plan struct plan *p = PLAN(TWINS, INTERNET,
					BOUND ", public_ip: 198.51.100.9}}\n"
					      "api_groups: {grp: {instance: gw, sub_domain_id: "
					      "0123456789abcdef0123456789abcdef}}\n",
					"apis:\n", HTTP("a", "api.example.com."),
					"  b: {group: grp, path: /b, backend: "
					"{http: \"http://",
					group, "\"}}\n");

	assert_has(backend_of(p, "a"), "\"address\":\"203.0.113.80\",\"device\":\"inet\"");
	assert_has(backend_of(p, "b"), "\"address\":\"198.51.100.9\",\"device\":\"inet\"");
}

/* What is sent to a private address is dropped, and what a serverless instance answers is not. */
static void private_addresses_are_nobodys(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, BOUND GROUP, "apis:\n" HTTP("a", "10.1.1.1"));
	auto_plan struct plan *q = PLAN(TWINS, INTERNET, BOUND GROUP,
					"apis:\n" HTTP("a", "203.0.113.80"));

	assert_string_equal(filter_of(p, "gw"),
			    "table ip labctl-access {\n"
			    "\tchain output {\n"
			    "\t\ttype filter hook output priority filter; policy accept;\n"
			    "\t\toifname \"svc\" ip saddr 100.104.254.1 ip daddr != 100.64.0.0/10 "
			    "drop\n"
			    "\t}\n"
			    "\tchain input {\n"
			    "\t\ttype filter hook input priority filter; policy accept;\n"
			    "\t}\n}\n");
	assert_null(filter_of(q, "gw"));
}

static void no_internet_no_way(void **state)
{
	auto_plan struct plan *p = PLAN(TWINS, BOUND GROUP, "apis:\n" HTTP("a", "203.0.113.80"));

	assert_has(backend_of(p, "a"), "\"device\":\"svc\"");
	assert_null(far_end(p, "gw", "inet"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leg_into_each_vpc),
		cmocka_unit_test(no_more_than_what_is_authorized),
		cmocka_unit_test(nobody_calls),
		cmocka_unit_test(what_the_gateway_is_told),
		cmocka_unit_test(a_deleted_authorization),
		cmocka_unit_test(an_interface_in_a_vswitch),
		cmocka_unit_test(what_the_interface_lets_out),
		cmocka_unit_test(blocks_of_all_kinds),
		cmocka_unit_test(the_interface_is_under_its_security_group),
		cmocka_unit_test(services_through_the_interface),
		cmocka_unit_test(public_services),
		cmocka_unit_test(public_names_of_all_kinds),
		cmocka_unit_test(private_addresses_are_nobodys),
		cmocka_unit_test(no_internet_no_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
