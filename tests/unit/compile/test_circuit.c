// SPDX-License-Identifier: GPL-2.0-only
/* Lines, the VBRs at their ends, router interfaces. */
#include "unit/compile/hybrid.h"

static void assert_port(const struct plan *p, const char *ns, const char *dev, const char *port,
			const char *bridge)
{
	const struct plan_end *far = far_end(p, ns, dev);

	assert_non_null(far);
	assert_string_equal(far->ns, "pc");
	assert_string_equal(far->dev, port);
	assert_string_equal(far->master, bridge);
}

static void a_vlan_is_a_bridge_with_two_ports(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(""), IDC(""));
	const struct plan_bridge *vlan = bridge_of(p, "pc", "vlan10");

	assert_non_null(vlan);
	assert_false(vlan->down);
	assert_string_equal(vlan->alias, "VLAN 10");
	assert_string_equal(plan_find_namespace(p, "pc")->role, "line");
	assert_false(plan_find_namespace(p, "pc")->router);
	assert_port(p, "b", "pc.10", "b.10", "vlan10");
	assert_port(p, "idc", "pc.10", "idc.10", "vlan10");
	assert_true(has_address(p, "b", "pc.10", "10.0.0.1/30"));
	assert_true(has_address(p, "idc", "pc.10", "10.0.0.2/30"));
	for (size_t i = 0; i < p->n_neighbours; i++) /* ARP finds them */
		assert_string_not_equal(p->neighbours[i].dev, "pc.10");
}

static void two_vlans_do_not_meet(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""), VBR(""),
		     "data_centers: {idc: {circuits: {c: {physical_connection: pc, vlan_id: 11, "
		     "ip: 10.0.0.2, peer_ip: 10.0.0.1}}}}\n");

	assert_port(p, "b", "pc.10", "b.10", "vlan10");
	assert_port(p, "idc", "pc.11", "idc.11", "vlan11");
	assert_int_equal(p->n_bridges, 2);
	assert_has(p->summary, "\"fault\":\"it has VLAN 10, the customer router VLAN 11\"");
}

static void a_line_that_is_not_enabled_passes_nothing(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(", enabled: false"), VBR(""), IDC(""));

	assert_true(bridge_of(p, "pc", "vlan10")->down);
	assert_false(bridge_of(p, "idc", "lan")->down);
	assert_has(p->summary, "\"fault\":\"physical connection 'pc' is not enabled\"");
}

static void nobody_uses_the_line(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""));

	assert_null(plan_find_namespace(p, "pc"));
	assert_int_equal(p->n_bridges, 0);
}

/* A router's name does not get in the way of a bridge's. */
static void a_vbr_called_as_a_vlan(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""),
		     "virtual_border_routers: {vlan10: {physical_connection: pc, vlan_id: 10, "
		     "local_gateway_ip: 10.0.0.1, peer_gateway_ip: 10.0.0.2}}\n");

	assert_port(p, "vlan10", "pc.10", "vlan10.10", "vlan10");
}

struct shape {
	const char *line, *vbr;
	uint64_t rate;
	uint32_t burst, limit, delay_us, jitter_us;
};

/* The bandwidth of the VBR, which is no more than its port has, in both directions. */
static void both_ends_shape(void **state)
{
	static const struct shape rows[] = {
		{LINE(""), VBR(""), 1000000000, 625000, 12500000, 2000, 0},
		{LINE(", jitter: 1ms"), VBR(", bandwidth: 50Mbit"), 50000000, 31250, 625000, 2000,
		 500},
		{LINE(""), VBR(", bandwidth: 1Gbit"), 1000000000, 625000, 12500000, 2000, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = PLAN(CLOUD, rows[i].line, rows[i].vbr, IDC(""));
		const struct plan_shaper *ends[] = {shaper_of(p, "b", "pc.10"),
						    shaper_of(p, "idc", "pc.10")};

		assert_int_equal(p->n_shapers, 2);
		for (size_t j = 0; j < ARRAY_LEN(ends); j++) {
			assert_non_null(ends[j]);
			assert_int_equal(ends[j]->rate, rows[i].rate);
			assert_int_equal(ends[j]->burst, rows[i].burst);
			assert_int_equal(ends[j]->limit, rows[i].limit);
			assert_int_equal(ends[j]->delay_us, rows[i].delay_us);
			assert_int_equal(ends[j]->jitter_us, rows[i].jitter_us);
		}
	}
}

/* Where no VBR says how much was bought, a customer router sends as fast as its port. */
static void a_customer_router_alone(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""));

	assert_int_equal(shaper_of(p, "idc", "pc.10")->rate, 1000000000);
	assert_port(p, "idc", "pc.10", "idc.10", "vlan10");
}

#define SILENT                                                          \
	"\tchain output {\n"                                            \
	"\t\ttype filter hook output priority filter; policy accept;\n" \
	"\t\ticmp type redirect drop\n"                                 \
	"\t\ticmp type destination-unreachable icmp code { 0, 1 } drop\n\t}\n}\n"

static void a_lossy_line_loses_each_way(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(", loss: 0.1%, duplicate: 2%, reorder: 30%"),
					VBR(""), IDC(""));
	const struct plan_shaper *ends[] = {shaper_of(p, "b", "pc.10"),
					    shaper_of(p, "idc", "pc.10")};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		assert_int_equal(ends[i]->loss_ppm, 1000);
		assert_int_equal(ends[i]->duplicate_ppm, 20000);
		assert_int_equal(ends[i]->reorder_ppm, 300000);
	}
	assert_string_equal(filter_of(p, "b"), "table ip labctl-router {\n" SILENT);
	assert_string_equal(filter_of(p, "idc"), "table ip labctl-router {\n" SILENT);
	assert_null(filter_of(p, "pc"));
}

#define HOST "    hosts: {h: {lan: lan, ip: 10.10.1.2}}\n"

/* What is lost is a packet, not 64 kB of them: hosts behind the line do not batch, fast as it is. */
static void who_sends_into_a_lossy_line_does_not_batch(void **state)
{
	static const char *const spoilt[] = {", loss: 1%", ", duplicate: 1%", ", reorder: 1%"};
	auto_plan struct plan *sound = PLAN(CLOUD, LINE(""), VBR(""), IDC("") HOST);

	assert_int_equal(near_end(sound, "h", "eth0")->gso_segs, 0);
	for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
		auto_plan struct plan *p = PLAN(
			CLOUD,
			"physical_connections: {pc: {region: r1, port_type: 1000Base-T, rtt: 4ms",
			spoilt[i], "}}\n", VBR(""), IDC("") HOST);

		assert_int_equal(near_end(p, "h", "eth0")->gso_segs, 1);
	}
}

/* --- router interfaces --- */

#define INTERFACE(more) "router_interfaces: {ri: {vbr: b, vpc: v" more "}}\n"
#define BACK                                                                             \
	"    route_tables: {sys: {system: true, entries: {idc: {destination_cidrblock: " \
	"10.10.0.0/16, nexthop_type: RouterInterface, nexthop_id: ri}}}}\n"
#define THERE                                                                 \
	VBR(ENTRIES("v: {destination_cidr_block: 10.1.0.0/16, nexthop_type: " \
		    "RouterInterface, nexthop_id: ri}, " TO("idc", "10.10.0.0/16")))

static void a_router_interface_leads_both_ways(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, BACK, LINE(""), THERE, INTERFACE(""));

	assert_route(p, "b", MAIN, "10.1.0.0/16", "circuit dev ri via v onlink");
	assert_route(p, "b", MAIN, "10.10.0.0/16", "circuit dev pc.10 via 10.0.0.2");
	assert_route(p, "b", MAIN, "0.0.0.0/0", LAST);
	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "custom dev ri via b onlink");
	assert_string_equal(far_end(p, "b", "ri")->ns, "v");
	assert_string_equal(far_end(p, "b", "ri")->dev, "ri");
	assert_int_equal(shaper_of(p, "b", "ri")->rate, 1000000000);
	assert_int_equal(shaper_of(p, "v", "ri")->delay_us, 0); /* inside of a region */
}

static void a_slow_router_interface_forbids_batches(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(""), INTERFACE(", spec: Mini.2"));

	assert_int_equal(shaper_of(p, "b", "ri")->rate, 2000000);
	assert_int_equal(shaper_of(p, "v", "ri")->rate, 2000000);
	assert_int_equal(far_end(p, "b", "ri")->gso_segs, 1);
	assert_int_equal(far_end(p, "v", "ri")->gso_segs, 1);
}

/* What a VPC has by a router interface is nobody else's. */
static void nothing_of_it_goes_into_the_cen(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, BACK, LINE(""), THERE, INTERFACE(""),
					"cen: {c: {attachments: {a1: {vpc: v}, a2: {vpc: w}}}}\n");

	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "custom dev ri via b onlink");
	assert_route(p, "v", SYSTEM, "10.2.1.0/24", "cen dev c via c.r1 onlink");
	assert_route(p, "c.r1", MAIN, "10.10.0.0/16", "none");
	assert_route(p, "w", SYSTEM, "10.10.0.0/16", "none");
	assert_route(p, "b", MAIN, "10.2.1.0/24", "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_is_a_bridge_with_two_ports),
		cmocka_unit_test(two_vlans_do_not_meet),
		cmocka_unit_test(a_line_that_is_not_enabled_passes_nothing),
		cmocka_unit_test(nobody_uses_the_line),
		cmocka_unit_test(a_vbr_called_as_a_vlan),
		cmocka_unit_test(both_ends_shape),
		cmocka_unit_test(a_customer_router_alone),
		cmocka_unit_test(a_lossy_line_loses_each_way),
		cmocka_unit_test(who_sends_into_a_lossy_line_does_not_batch),
		cmocka_unit_test(a_router_interface_leads_both_ways),
		cmocka_unit_test(a_slow_router_interface_forbids_batches),
		cmocka_unit_test(nothing_of_it_goes_into_the_cen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
