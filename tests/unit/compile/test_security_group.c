// SPDX-License-Identifier: GPL-2.0-only
#include "unit/compile/lab_plan.h"

#define HEAD                                               \
	"lab: t\n"                                         \
	"regions: {r1: {zones: [a]}}\n"                    \
	"vpcs: {v: {region: r1, cidr_block: 10.1.0.0/16, " \
	"vswitches: {s: {zone: a, cidr_block: 10.1.1.0/24}}}}\n"

static void test_no_instance_no_table(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD);

	assert_null(filter_of(p, "v"));
}

static void test_order_of_rules(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD,
		     "ecs: {e: {vswitch: s, private_ip: 10.1.1.1, security_groups: [b, a]}}\n"
		     "security_groups:\n"
		     "  b:\n"
		     "    vpc: v\n"
		     "    inner_access_policy: Drop\n"
		     "    rules:\n"
		     "      r1: {type: ingress, ip_protocol: tcp, port_range: 443/443, "
		     "cidr_ip: 0.0.0.0/0, priority: 50}\n"
		     "      r2: {type: ingress, ip_protocol: tcp, port_range: 80/90, "
		     "cidr_ip: 10.0.0.0/8, priority: 2}\n"
		     "  a:\n"
		     "    vpc: v\n"
		     "    rules:\n"
		     "      r3: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 80/90, "
		     "cidr_ip: 10.0.0.0/8, priority: 2}\n"
		     "      r4: {type: ingress, ip_protocol: udp, cidr_ip: 0.0.0.0/0}\n"
		     "      r5: {type: egress, policy: drop, ip_protocol: icmp, "
		     "source_security_group: b}\n");

	assert_has(filter_of(p, "v"), "\tchain ingress-a.b {\n"
				      "\t\tip protocol udp return\n"
				      "\t\tip saddr 10.0.0.0/8 tcp dport 80-90 drop\n"
				      "\t\tip saddr 10.0.0.0/8 tcp dport 80-90 return\n"
				      "\t\ttcp dport 443 return\n"
				      "\t\tip saddr @members-a return\n"
				      "\t\tdrop\n"
				      "\t}\n"
				      "\tchain egress-a.b {\n"
				      "\t\tip daddr @members-b ip protocol icmp drop\n"
				      "\t}\n");
}

static void test_defaults(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "ecs:\n"
			   "  basic: {vswitch: s, private_ip: 10.1.1.1, security_groups: [n]}\n"
			   "  other: {vswitch: s, private_ip: 10.1.1.2, security_groups: [n]}\n"
			   "  strict: {vswitch: s, private_ip: 10.1.1.3, security_groups: [e]}\n"
			   "security_groups:\n"
			   "  n: {vpc: v}\n"
			   "  e: {vpc: v, security_group_type: enterprise}\n"
			   "  unused: {vpc: v}\n");
	const char *text = filter_of(p, "v");

	assert_has(text, "elements = { 10.1.1.1, 10.1.1.2 }");
	assert_has(text, "\tchain ingress-n {\n\t\tip saddr @members-n return\n\t\tdrop\n\t}\n");
	assert_has(text, "\tchain egress-n {\n\t}\n");
	assert_has(text, "\tchain ingress-e {\n\t\tdrop\n\t}\n\tchain egress-e {\n\t\tdrop\n\t}\n");
	assert_has(text, "oifname vmap { \"basic\" : jump ingress-n, \"other\" : jump ingress-n, "
			 "\"strict\" : jump ingress-e }");
	assert_lacks(text, "unused");
	assert_lacks(text, "members-e");
}

static void test_rule_about_a_group_without_members(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "ecs: {e: {vswitch: s, private_ip: 10.1.1.1, security_groups: [a]}}\n"
			   "security_groups:\n"
			   "  a: {vpc: v, inner_access_policy: Drop, rules: {r: {type: ingress, "
			   "source_security_group: empty}}}\n"
			   "  empty: {vpc: v}\n");

	assert_has(filter_of(p, "v"), "\tset members-empty {\n\t\ttype ipv4_addr\n\t}\n");
	assert_has(filter_of(p, "v"), "\t\tip saddr @members-empty return\n\t\tdrop\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_instance_no_table),
		cmocka_unit_test(test_order_of_rules),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_rule_about_a_group_without_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
