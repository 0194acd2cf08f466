// SPDX-License-Identifier: GPL-2.0-only
#include "unit/compile/lab_plan.h"

#define HEAD                                                                             \
	"lab: t\n"                                                                       \
	"regions: {r1: {zones: [a]}}\n"                                                  \
	"security_groups: {g: {vpc: v}}\n"                                               \
	"ecs:\n"                                                                         \
	"  fw: {vswitch: s1, private_ip: 10.1.1.1, security_groups: [g]}\n"              \
	"  app: {vswitch: s2, private_ip: 10.1.2.2, security_groups: [g]}\n"             \
	"vpcs:\n"                                                                        \
	"  v:\n"                                                                         \
	"    region: r1\n"                                                               \
	"    cidr_block: 10.1.0.0/16\n"                                                  \
	"    vswitches:\n"                                                               \
	"      s1: {zone: a, cidr_block: 10.1.1.0/24}\n"                                 \
	"      s2: {zone: a, cidr_block: 10.1.2.0/28, route_table: rt}\n"                \
	"    route_tables:\n"                                                            \
	"      rt:\n"                                                                    \
	"        entries:\n"                                                             \
	"          default: {destination_cidrblock: 0.0.0.0/0, nexthop_type: Instance, " \
	"nexthop_id: fw}\n"

static void test_ports(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD);

	assert_true(has_address(p, "app", "eth0", "10.1.2.2/28"));
	assert_true(has_address(p, "v", "app", "10.1.2.13/32")); /* last but two of the /28 */
	assert_true(has_address(p, "v", "fw", "10.1.1.253/32"));
	assert_way(p, "v", MAIN, "10.1.2.2/32", "app");
	assert_way(p, "v", MAIN, "10.1.2.0/28", "blackhole");
	assert_way(p, "app", MAIN, "0.0.0.0/0", "eth0");
	assert_int_equal(route_of(p, "app", MAIN, "0.0.0.0/0")->via, 0x0a01020d);
	assert_false(route_of(p, "app", MAIN, "0.0.0.0/0")->onlink);
	for (size_t i = 0; i < p->n_links; i++)
		assert_int_equal(p->links[i].a.proxy_arp, strcmp(p->links[i].a.dev, "svc") != 0);
}

static void test_route_tables(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD);

	assert_way(p, "v", SYSTEM, "100.64.0.0/10", "svc");
	assert_way(p, "v", SYSTEM, "0.0.0.0/0", "blackhole");
	assert_way(p, "v", 1001, "100.64.0.0/10", "svc");
	assert_way(p, "v", 1001, "0.0.0.0/0", "fw"); /* no blackhole beside it */
	assert_int_equal(p->n_rules, 3);
	assert_int_equal(p->rules[0].priority, 1000);
	assert_int_equal(p->rules[0].table, MAIN);
	assert_int_equal(p->rules[1].priority, 2000);
	assert_string_equal(p->rules[1].iif, "app");
	assert_int_equal(p->rules[1].table, 1001);
	assert_int_equal(p->rules[2].table, SYSTEM);
}

static void test_next_hop_attachment(void **state)
{
	static const char entry[] = "          far: {destination_cidrblock: 10.77.0.0/16, "
				    "nexthop_type: Attachment, nexthop_id: c}\n";
	auto_plan struct plan *p = PLAN(
		HEAD, entry,
		"cen: {c: {edition: enterprise, attachments: {a: {vpc: v, zone_mappings: [s1]}}}}\n");

	assert_way(p, "v", 1001, "10.77.0.0/16", "c");
	assert_int_equal(route_of(p, "v", 1001, "10.77.0.0/16")->proto, PLAN_PROTO_CUSTOM);
}

static void test_node(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD);
	const struct plan_node *n = plan_find_node(p, "app");

	assert_non_null(n);
	assert_string_equal(n->hostname, "app");
	assert_string_equal(n->resolv_conf, "nameserver 100.100.2.136\nnameserver 100.100.2.138\n"
					    "options timeout:2 attempts:2\n");
	assert_string_equal(n->hosts, "127.0.0.1 localhost\n10.1.2.2 app.r1.ecs.internal app\n");
	assert_null(plan_find_node(p, "v"));
}

static void test_origins_name_resource_and_line(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD);
	const struct plan_namespace *n = plan_find_namespace(p, "app");

	assert_string_equal(n->origin.resource, "ecs.app");
	assert_string_equal(n->origin.at, "lab.yaml:6");
}

static void test_another_instance_changes_nothing_else(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD);
	auto_plan struct plan *q = PLAN(HEAD,
					"  w: {region: r1, cidr_block: 10.9.0.0/16, "
					"vswitches: {s9: {zone: a, cidr_block: 10.9.9.0/24}}}\n");
	size_t i = 0;

	/* every link of the small lab is in the big one, with the same MACs */
	for (size_t j = 0; i < p->n_links && j < q->n_links; j++)
		i += plan_key_cmp(PLAN_LINK, &p->links[i], &q->links[j]) == 0 &&
		     plan_same(PLAN_LINK, &p->links[i], &q->links[j]);
	assert_int_equal(i, p->n_links);
	for (i = 0; i < p->n_routes; i++) {
		const struct plan_route *r = &p->routes[i];
		char dst[IP_PREFIX_STRLEN];

		assert_true(plan_same(PLAN_ROUTE, r,
				      route_of(q, r->ns, r->table, ip_prefix_format(r->dst, dst))));
	}
}

static void test_the_least_lab(void **state)
{
	auto_plan struct plan *p = PLAN("lab: t\nregions: {r1: {zones: [a]}}\n");

	assert_int_equal(p->n_namespaces, 0);
	assert_int_equal(p->n_workers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_route_tables),
		cmocka_unit_test(test_next_hop_attachment),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_origins_name_resource_and_line),
		cmocka_unit_test(test_another_instance_changes_nothing_else),
		cmocka_unit_test(test_the_least_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
