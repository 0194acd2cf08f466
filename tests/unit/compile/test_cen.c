// SPDX-License-Identifier: GPL-2.0-only
#include "unit/compile/lab_plan.h"

/* v1 and v2 in r1, v3 in r2. */
#define THREE_VPCS                                                                \
	"lab: t\n"                                                                \
	"regions: {r1: {zones: [a]}, r2: {zones: [a]}, r3: {zones: [a]}}\n"       \
	"region_pairs: {p: {regions: [r1, r2], rtt: 50ms, jitter: 2ms}}\n"        \
	"security_groups: {g1: {vpc: v1}}\n"                                      \
	"ecs: {e1: {vswitch: s1, private_ip: 10.1.1.1, security_groups: [g1]}}\n" \
	"vpcs:\n"                                                                 \
	"  v2: {region: r1, cidr_block: 10.2.0.0/16, vswitches: {s2: {zone: a, "  \
	"cidr_block: 10.2.1.0/24}}}\n"                                            \
	"  v3: {region: r2, cidr_block: 10.3.0.0/16, vswitches: {s3: {zone: a, "  \
	"cidr_block: 10.3.1.0/24}}}\n"
#define PLAIN_V1                                                                 \
	"  v1: {region: r1, cidr_block: 10.1.0.0/16, vswitches: {s1: {zone: a, " \
	"cidr_block: 10.1.1.0/24}}}\n"
#define BASIC    \
	"cen:\n" \
	"  c:\n" \
	"    attachments: {a1: {vpc: v1}, a2: {vpc: v2}, a3: {vpc: v3}}\n"

static void test_basic_routes_go_everywhere(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PLAIN_V1, BASIC);

	assert_way(p, "v1", SYSTEM, "10.2.1.0/24", "c");
	assert_way(p, "v1", SYSTEM, "10.3.1.0/24", "c");
	assert_way(p, "v1", SYSTEM, "10.1.1.0/24", "none");
	assert_way(p, "v3", SYSTEM, "10.1.1.0/24", "c");
	assert_way(p, "c.r1", MAIN, "10.1.1.0/24", "v1");
	assert_way(p, "c.r1", MAIN, "10.3.1.0/24", "r2");
	assert_way(p, "c.r2", MAIN, "10.1.1.0/24", "r1");
	assert_way(p, "c.r1", MAIN, "0.0.0.0/0", "blackhole");
	assert_int_equal(route_of(p, "v1", SYSTEM, "10.3.1.0/24")->proto, PLAN_PROTO_CEN);
	assert_null(plan_find_namespace(p, "c.r3"));
}

static void test_next_hops_are_the_routers_with_neighbours(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PLAIN_V1, BASIC);
	const struct plan_route *r = route_of(p, "v1", SYSTEM, "10.3.1.0/24");
	size_t found = 0;

	assert_true(r->onlink);
	for (size_t i = 0; i < p->n_neighbours; i++)
		found += strcmp(p->neighbours[i].ns, "v1") == 0 &&
			 strcmp(p->neighbours[i].dev, "c") == 0 && p->neighbours[i].ip == r->via;
	assert_int_equal(found, 1);
	for (size_t i = 0; i < p->n_addresses; i++)
		if (p->addresses[i].prefix.addr == r->via)
			assert_string_equal(p->addresses[i].ns, "c.r1");
}

static void test_unallocated_pair(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PLAIN_V1, BASIC);
	const struct plan_shaper *a = shaper_of(p, "c.r1", "r2"), *b = shaper_of(p, "c.r2", "r1");

	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->rate, 1000);
	assert_int_equal(a->burst, 200);
	assert_int_equal(a->limit, 30000);
	assert_int_equal(a->delay_us, 25000);
	assert_int_equal(a->jitter_us, 1000);
	assert_int_equal(b->rate, 1000);
	assert_int_equal(p->n_shapers, 2); /* nothing is shaped inside a region */
	assert_has(p->summary, "\"allocated\":false");
}

static void test_allocated_pair(void **state)
{
	auto_plan struct plan *p =
		PLAN(THREE_VPCS, PLAIN_V1, BASIC,
		     "    bandwidth_packages: {b: {bandwidth: 400Mbit}}\n"
		     "    bandwidth_limits: {l: {regions: [r2, r1], bandwidth_limit: 400Mbit}}\n");
	const struct plan_shaper *a = shaper_of(p, "c.r1", "r2");

	assert_int_equal(a->rate, 400000000);
	assert_int_equal(a->burst, 250000);
	assert_int_equal(a->limit, 5000000);
	assert_string_equal(a->origin.resource, "cen.c.bandwidth_limits.l");
	for (size_t i = 0; i < p->n_links; i++)
		assert_int_equal(p->links[i].a.gso_segs, 0); /* fast enough for batches */
}

static void test_slow_pair_forbids_batches_towards_the_cen(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PLAIN_V1, BASIC);

	for (size_t i = 0; i < p->n_links; i++) {
		const struct plan_end *e = &p->links[i].a;

		assert_int_equal(e->gso_segs, strcmp(e->dev, "c") == 0 ? 1 : 0);
	}
}

#define PUBLISHING_V1                                                                    \
	"  v1:\n"                                                                        \
	"    region: r1\n"                                                               \
	"    cidr_block: 10.1.0.0/16\n"                                                  \
	"    vswitches: {s1: {zone: a, cidr_block: 10.1.1.0/24}}\n"                      \
	"    route_tables:\n"                                                            \
	"      sys:\n"                                                                   \
	"        system: true\n"                                                         \
	"        entries:\n"                                                             \
	"          pub: {destination_cidrblock: 10.50.0.0/16, nexthop_type: Instance, "  \
	"nexthop_id: e1, published: true}\n"                                             \
	"          own: {destination_cidrblock: 10.51.0.0/16, nexthop_type: Instance, "  \
	"nexthop_id: e1}\n"                                                              \
	"          sub: {destination_cidrblock: 10.3.1.128/25, nexthop_type: Instance, " \
	"nexthop_id: e1, published: true}\n"                                             \
	"          dup: {destination_cidrblock: 10.2.1.0/24, nexthop_type: Instance, "   \
	"nexthop_id: e1, published: true}\n"

static void test_published_entries(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PUBLISHING_V1, BASIC);

	assert_way(p, "v1", SYSTEM, "10.50.0.0/16", "e1");
	assert_int_equal(route_of(p, "v1", SYSTEM, "10.50.0.0/16")->proto, PLAN_PROTO_CUSTOM);
	assert_int_equal(route_of(p, "v1", SYSTEM, "10.50.0.0/16")->via, 0x0a010101);
	assert_way(p, "v2", SYSTEM, "10.50.0.0/16", "c");
	assert_way(p, "v3", SYSTEM, "10.50.0.0/16", "c");
	assert_way(p, "v3", SYSTEM, "10.51.0.0/16", "none"); /* not published */
}

static void test_conflicts(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PUBLISHING_V1, BASIC);

	/* inside a vSwitch of the receiver: rejected there, fine elsewhere */
	assert_way(p, "v3", SYSTEM, "10.3.1.128/25", "none");
	assert_way(p, "v2", SYSTEM, "10.3.1.128/25", "c");
	/* one destination of two VPCs: the earlier attachment keeps it everywhere */
	assert_way(p, "c.r1", MAIN, "10.2.1.0/24", "v1");
	assert_way(p, "c.r2", MAIN, "10.2.1.0/24", "r1");
	assert_way(p, "v3", SYSTEM, "10.2.1.0/24", "c");
	assert_way(p, "v2", SYSTEM, "10.2.1.0/24", "none");
	/* the loser's attachment stays */
	assert_way(p, "v2", SYSTEM, "10.1.1.0/24", "c");
	assert_has(p->summary, "{\"destination\":\"10.2.1.0/24\",\"from\":\"v2\"}");
	assert_has(p->summary, "{\"at\":\"v3\",\"destination\":\"10.3.1.128/25\",\"from\":\"v1\"}");
}

static void test_route_maps(void **state)
{
	auto_plan struct plan *p = PLAN(
		THREE_VPCS, PLAIN_V1, BASIC,
		"    route_maps:\n"
		"      in: {cen_region: r2, transmit_direction: RegionIn, map_result: Deny, "
		"priority: 20, destination_cidr_blocks: [10.0.0.0/8], cidr_match_mode: Include}\n"
		"      keep: {cen_region: r2, transmit_direction: RegionIn, map_result: Permit, "
		"priority: 10, source_instance_ids: [v2, v3]}\n"
		"      out: {cen_region: r1, transmit_direction: RegionOut, map_result: Deny, "
		"priority: 5, source_instance_ids: [v3], destination_cidr_blocks: [10.3.1.0/24]}\n"
		"      miss: {cen_region: r1, transmit_direction: RegionOut, map_result: Deny, "
		"priority: 6, destination_cidr_blocks: [10.0.0.0/8]}\n");

	assert_way(p, "c.r2", MAIN, "10.1.1.0/24", "none"); /* denied by `in` */
	assert_way(p, "c.r2", MAIN, "10.2.1.0/24", "r1");   /* `keep` is asked first */
	assert_way(p, "v3", SYSTEM, "10.1.1.0/24", "none");
	assert_way(p, "v3", SYSTEM, "10.2.1.0/24", "c");
	assert_way(p, "c.r1", MAIN, "10.3.1.0/24", "r2"); /* known, but `out`: not told */
	assert_way(p, "v1", SYSTEM, "10.3.1.0/24", "none");
	assert_way(p, "v1", SYSTEM, "10.2.1.0/24", "c"); /* Complete: 10/8 is not 10.2.1/24 */
}

/* A custom entry is in the way of a learned route in its own table, and in no other. */
static void test_conflict_in_one_table(void **state)
{
	auto_plan struct plan *p =
		PLAN(THREE_VPCS,
		     "  v1:\n    region: r1\n    cidr_block: 10.1.0.0/16\n"
		     "    vswitches: {s1: {zone: a, cidr_block: 10.1.1.0/24, route_table: rt}}\n"
		     "    route_tables:\n"
		     "      sys: {system: true, entries: {a: {destination_cidrblock: 10.2.1.0/24, "
		     "nexthop_type: Instance, nexthop_id: e1}}}\n"
		     "      rt: {entries: {b: {destination_cidrblock: 10.3.1.0/24, "
		     "nexthop_type: Instance, nexthop_id: e1}}}\n",
		     BASIC);

	assert_way(p, "v1", SYSTEM, "10.2.1.0/24", "e1");
	assert_way(p, "v1", SYSTEM + 1, "10.2.1.0/24", "c");
	assert_way(p, "v1", SYSTEM, "10.3.1.0/24", "c");
	assert_way(p, "v1", SYSTEM + 1, "10.3.1.0/24", "e1");
	assert_has(p->summary, "{\"at\":\"v1\",\"destination\":\"10.2.1.0/24\",\"from\":\"v2\"}");
	assert_has(p->summary, "{\"at\":\"v1\",\"destination\":\"10.3.1.0/24\",\"from\":\"v3\"}");
}

#define ENTERPRISE "cen:\n  c:\n    edition: enterprise\n"

static void test_enterprise_learns_but_does_not_push(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PLAIN_V1, ENTERPRISE,
					"    attachments: {a1: {vpc: v1, zone_mappings: [s1]}, "
					"a3: {vpc: v3, zone_mappings: [s3]}}\n");

	assert_way(p, "c.r1", MAIN, "10.1.1.0/24", "v1");
	assert_way(p, "c.r1", MAIN, "10.3.1.0/24", "none");
	assert_way(p, "v1", SYSTEM, "10.3.1.0/24", "none");
	assert_int_equal(p->n_shapers, 0); /* no inter-region connection, no link */
}

static void test_enterprise_peer(void **state)
{
	static const char attachments[] =
		"    attachments: {a1: {vpc: v1, zone_mappings: [s1], auto_publish_route_enabled: "
		"true}, a3: {vpc: v3, zone_mappings: [s3]}}\n";
	auto_plan struct plan *with =
		PLAN(THREE_VPCS, PLAIN_V1, ENTERPRISE, attachments,
		     "    peer_attachments: {x: {regions: [r1, r2], bandwidth: "
		     "5Mbit, auto_publish_route_enabled: true}}\n");
	auto_plan struct plan *without =
		PLAN(THREE_VPCS, PLAIN_V1, ENTERPRISE, attachments,
		     "    peer_attachments: {x: {regions: [r1, r2], bandwidth: 5Mbit}}\n");

	assert_way(with, "c.r1", MAIN, "10.3.1.0/24", "r2");
	assert_way(with, "c.r2", MAIN, "10.1.1.0/24", "r1");
	assert_way(with, "v1", SYSTEM, "10.3.1.0/24", "c");
	assert_way(with, "v3", SYSTEM, "10.1.1.0/24", "none"); /* route synchronization is off */
	assert_int_equal(shaper_of(with, "c.r1", "r2")->rate, 5000000);
	assert_way(without, "c.r1", MAIN, "10.3.1.0/24", "none");
	assert_int_equal(shaper_of(without, "c.r1", "r2")->rate, 5000000);
}

static void test_enterprise_tables(void **state)
{
	auto_plan struct plan *p = PLAN(
		THREE_VPCS, PLAIN_V1, ENTERPRISE,
		"    route_tables:\n"
		"      t1: {region: r1, entries: {e: {destination_cidr_block: 10.9.0.0/16, "
		"attachment: a2}, h: {destination_cidr_block: 10.8.0.0/16, blackhole: true}}}\n"
		"    attachments:\n"
		"      a1: {vpc: v1, zone_mappings: [s1], association: t1, propagation: [], "
		"auto_publish_route_enabled: true}\n"
		"      a2: {vpc: v2, zone_mappings: [s2], propagation: [t1]}\n");

	assert_way(p, "c.r1", 1001, "10.2.1.0/24", "v2");
	assert_way(p, "c.r1", 1001, "10.9.0.0/16", "v2");
	assert_way(p, "c.r1", 1001, "10.8.0.0/16", "blackhole");
	assert_way(p, "c.r1", 1001, "0.0.0.0/0", "blackhole");
	assert_way(p, "c.r1", 1001, "10.1.1.0/24", "none"); /* a1 propagates nowhere */
	assert_way(p, "c.r1", MAIN, "10.1.1.0/24", "none");
	assert_way(p, "c.r1", MAIN, "10.2.1.0/24", "none");
	assert_int_equal(route_of(p, "c.r1", 1001, "10.9.0.0/16")->proto, PLAN_PROTO_CUSTOM);
	assert_way(p, "v1", SYSTEM, "10.9.0.0/16", "c");
	assert_way(p, "v1", SYSTEM, "10.2.1.0/24", "c");
	assert_way(p, "v1", SYSTEM, "10.8.0.0/16", "none");
	for (size_t i = 0; i < p->n_rules; i++)
		if (strcmp(p->rules[i].ns, "c.r1") == 0) {
			assert_string_equal(p->rules[i].iif, "v1");
			assert_int_equal(p->rules[i].table, 1001);
		}
}

static void test_nothing_attached(void **state)
{
	auto_plan struct plan *p = PLAN(THREE_VPCS, PLAIN_V1, "cen: {c: {}}\n");

	assert_null(plan_find_namespace(p, "c.r1"));
	assert_has(p->summary, "nothing attached");
	assert_way(p, "v1", SYSTEM, "10.3.1.0/24", "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic_routes_go_everywhere),
		cmocka_unit_test(test_next_hops_are_the_routers_with_neighbours),
		cmocka_unit_test(test_unallocated_pair),
		cmocka_unit_test(test_allocated_pair),
		cmocka_unit_test(test_slow_pair_forbids_batches_towards_the_cen),
		cmocka_unit_test(test_published_entries),
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_conflict_in_one_table),
		cmocka_unit_test(test_route_maps),
		cmocka_unit_test(test_enterprise_learns_but_does_not_push),
		cmocka_unit_test(test_enterprise_peer),
		cmocka_unit_test(test_enterprise_tables),
		cmocka_unit_test(test_nothing_attached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
