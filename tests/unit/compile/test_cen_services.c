// SPDX-License-Identifier: GPL-2.0-only
/* "Access to cloud services" and PrivateZone access: routes of VBRs that lead through a VPC. */
#include "unit/compile/hybrid.h"

#define BOTH CLOUD, TWO_LINES, VBR(""), VBR_2("")
#define CEN \
	"cen:\n  c:\n    attachments: {av: {vpc: v}, aw: {vpc: w}, ab: {vbr: b}, ab2: {vbr: b2}}\n"
#define IN_R1  "host_region: r1, access_region: r1, host_vpc: v"
#define EGRESS "100.104.254.0/26"

static void a_service_is_reached_through_a_vpc(void **state)
{
	auto_plan struct plan *p = PLAN(BOTH, CEN,
					"    route_services: {s: {host: " EGRESS ", " IN_R1 "}}\n");

	assert_route(p, "b", MAIN, EGRESS, "cen dev c via c.r1 onlink");
	assert_route(p, "b2", MAIN, EGRESS, "cen dev c via c.r1 onlink");
	assert_route(p, "c.r1", MAIN, EGRESS, "cen dev v via v onlink");
	assert_string_equal(route_of(p, "b", MAIN, EGRESS)->origin.resource,
			    "cen.c.route_services.s");
	/* the VPC's system route is the rest of the way; nobody else gets one */
	assert_route(p, "v", SYSTEM, "100.64.0.0/10", "system dev svc via svc.r1 onlink");
	assert_route(p, "v", SYSTEM, EGRESS, "none");
	assert_route(p, "w", SYSTEM, EGRESS, "none");
	assert_route(p, "c.r2", MAIN, EGRESS, "none");
}

static void vbrs_of_the_access_region_only(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, "physical_connections: {pc: {region: r1}, pc2: {region: r2}}\n",
		     VBR(""), VBR_2(""), CEN, "    private_zones: {z: {" IN_R1 "}}\n");

	assert_route(p, "b", MAIN, "100.100.2.136/32", "cen dev c via c.r1 onlink");
	assert_route(p, "b", MAIN, "100.100.2.138/32", "cen dev c via c.r1 onlink");
	assert_route(p, "c.r1", MAIN, "100.100.2.136/32", "cen dev v via v onlink");
	assert_route(p, "c.r1", MAIN, "100.100.2.138/32", "cen dev v via v onlink");
	assert_route(p, "b2", MAIN, "100.100.2.136/32", "none");
	assert_route(p, "c.r2", MAIN, "100.100.2.136/32", "none");
	assert_true(has_address(p, "v", "lo", "100.100.2.136/32")); /* where it ends */
}

static void a_host_is_an_address_or_the_name_of_a_serverless_group(void **state)
{
	static const char name[] = "0123456789abcdef0123456789abcdef-r1-vpc.alicloudapi.com";
	auto_plan struct plan *p =
		PLAN(BOTH,
		     "api_gateways: {gw: {region: r1, instance_type: serverless}}\n"
		     "api_groups: {grp: {instance: gw, vpc_domain: true, sub_domain_id: "
		     "0123456789abcdef0123456789abcdef}}\n",
		     CEN, "    route_services: {n: {host: ", name,
		     ", " IN_R1 "}, a: {host: 100.100.80.1, " IN_R1 "}}\n");

	assert_route(p, "b", MAIN, "100.100.96.1/32", "cen dev c via c.r1 onlink");
	assert_route(p, "c.r1", MAIN, "100.100.96.1/32", "cen dev v via v onlink");
	assert_route(p, "b", MAIN, "100.100.80.1/32", "cen dev c via c.r1 onlink");
}

static void without_an_entry_there_is_no_way(void **state)
{
	auto_plan struct plan *p = PLAN(BOTH, CEN);

	assert_route(p, "b", MAIN, "100.64.0.0/10", "none");
	assert_route(p, "b", MAIN, "100.100.2.136/32", "none");
	assert_route(p, "c.r1", MAIN, "100.64.0.0/10", "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_is_reached_through_a_vpc),
		cmocka_unit_test(vbrs_of_the_access_region_only),
		cmocka_unit_test(a_host_is_an_address_or_the_name_of_a_serverless_group),
		cmocka_unit_test(without_an_entry_there_is_no_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
