// SPDX-License-Identifier: GPL-2.0-only
/**
 * The table of rules. A new rule is a row here, a function of its name in one of the rules_*.c
 * files, and a lab in labs/broken/ for its id. Rows run in this order.
 */
#pragma once

#include "validate/rule.h"

/* clang-format off */
#define VALIDATE_RULES(X) \
	/* what completes the model comes first */ \
	X(ERROR, references, "unknown-reference", \
	  "A name refers to a resource of the right kind that exists in the present state of the lab.") \
	X(ERROR, addresses, "vswitch-full", \
	  "A vSwitch has a free address for each instance that leaves the choice open.") \
	X(ERROR, egress_choice, "egress-exhausted", \
	  "There is a free egress range for each API Gateway instance.") \
	X(ERROR, variables, "unknown-variable", \
	  "${...} in a check names a value that the lab has.") \
	X(ERROR, check_duplicate, "check-duplicate", \
	  "The ids of checks are unique in a lab.") \
	\
	X(ERROR, region_zones, "region-no-zone", \
	  "A region has at least one zone.") \
	X(ERROR, zone_duplicate, "zone-duplicate", \
	  "The zones of a region are different.") \
	X(ERROR, regions_distinct, "regions-same", \
	  "A pair of regions is of two different regions.") \
	X(ERROR, region_pair_duplicate, "region-pair-duplicate", \
	  "Two regions have one pair.") \
	X(ERROR, region_pair_rtt, "region-pair-rtt", \
	  "A round trip takes at most 2 s.") \
	X(ERROR, region_pair_jitter, "region-pair-jitter", \
	  "The jitter of a pair is no more than its round trip.") \
	X(ERROR, name_reserved, "name-reserved", \
	  "Names that labctl uses itself are not given to resources.") \
	X(ERROR, name_conflict, "name-conflict", \
	  "Regions, VPCs, ECS, CEN and API Gateway instances have different names.") \
	X(ERROR, ifname_conflict, "ifname-conflict", \
	  "The interface names derived from names are different.") \
	X(ERROR, name_worker, "name-worker", \
	  "No API Gateway instance is called function-NAME where there is a function NAME.") \
	\
	X(ERROR, vpc_mask, "vpc-mask", \
	  "A VPC has a CIDR block of /8 to /28.") \
	X(ERROR, vpc_range, "vpc-range", \
	  "A VPC stays out of ranges that have another meaning, such as 100.64.0.0/10.") \
	X(WARNING, vpc_public, "vpc-public", \
	  "A VPC should have private addresses.") \
	X(ERROR, vswitch_mask, "vswitch-mask", \
	  "A vSwitch has a CIDR block of /16 to /29.") \
	X(ERROR, vswitch_outside, "vswitch-outside", \
	  "A vSwitch is inside its VPC.") \
	X(ERROR, vswitch_overlap, "vswitch-overlap", \
	  "The vSwitches of a VPC do not overlap.") \
	X(ERROR, vswitch_zone, "vswitch-zone", \
	  "A vSwitch is in a zone of the region of its VPC.") \
	X(ERROR, vswitch_name, "vswitch-name", \
	  "The names of vSwitches are unique in a lab.") \
	\
	X(ERROR, route_table_quota, "route-table-quota", \
	  "A VPC has at most 9 custom route tables.") \
	X(ERROR, route_table_system, "route-table-system", \
	  "A VPC has one system route table.") \
	X(ERROR, route_entry_quota, "route-entry-quota", \
	  "A route table has at most 200 custom entries.") \
	X(ERROR, route_duplicate, "route-duplicate", \
	  "The destinations of a route table are different.") \
	X(ERROR, route_vswitch, "route-vswitch", \
	  "A destination is not that of a vSwitch of the VPC nor inside one.") \
	X(ERROR, route_services, "route-services", \
	  "100.64.0.0/10 is a system route and never a custom one.") \
	X(WARNING, route_services_part, "route-services-part", \
	  "A destination inside 100.64.0.0/10 hides cloud services.") \
	X(ERROR, route_instance, "route-instance", \
	  "A next hop of type Instance is an ECS instance of the same VPC.") \
	X(ERROR, route_attachment, "route-attachment", \
	  "A next hop of type Attachment is a CEN instance that the VPC is attached to.") \
	X(ERROR, route_router_interface, "route-router-interface", \
	  "Next hops of type RouterInterface are not in this release.") \
	X(ERROR, route_publish, "route-publish", \
	  "Only entries of the system route table that lead to an instance, none to cloud services, are published.") \
	\
	X(ERROR, address_outside, "address-outside", \
	  "An address is inside the vSwitch that it is of.") \
	X(ERROR, address_reserved, "address-reserved", \
	  "The first and the last three addresses of a vSwitch are not given to instances.") \
	X(ERROR, address_conflict, "address-conflict", \
	  "The addresses of a VPC are different.") \
	X(ERROR, ecs_group_vpc, "ecs-group-vpc", \
	  "An ECS instance is in security groups of its own VPC.") \
	X(ERROR, ecs_group_mixed, "ecs-group-mixed", \
	  "An ECS instance is in basic or in enterprise security groups, not in both.") \
	X(ERROR, ecs_group_twice, "ecs-group-twice", \
	  "An ECS instance names a security group once.") \
	X(ERROR, sg_ports, "sg-ports", \
	  "Only rules of tcp and udp have a port range.") \
	X(ERROR, sg_source_enterprise, "sg-source-enterprise", \
	  "A rule of an enterprise security group names no other group.") \
	X(ERROR, sg_source_vpc, "sg-source-vpc", \
	  "A rule names a security group of the same VPC.") \
	\
	X(ERROR, cen_edition, "cen-edition", \
	  "A CEN instance has only keys of its edition.") \
	X(ERROR, cen_vpc_twice, "cen-vpc-twice", \
	  "A VPC is attached to one CEN instance, once.") \
	X(ERROR, cen_cidr_identical, "cen-cidr-identical", \
	  "The VPCs of a CEN instance have different CIDR blocks.") \
	X(ERROR, cen_cidr_overlap, "cen-cidr-overlap", \
	  "The VPCs of a CEN instance of protection level FULL do not overlap.") \
	X(ERROR, bandwidth_plan_size, "bandwidth-plan-size", \
	  "A bandwidth plan has at least 2 Mbit/s, in whole Mbit/s.") \
	X(ERROR, bandwidth_limit_size, "bandwidth-limit-size", \
	  "A pair of regions gets at least 1 Mbit/s, in whole Mbit/s.") \
	X(ERROR, bandwidth_limit_duplicate, "bandwidth-limit-duplicate", \
	  "Two regions have one bandwidth limit in a CEN instance.") \
	X(ERROR, bandwidth_no_plan, "bandwidth-no-plan", \
	  "A bandwidth limit takes from a plan for the areas of its regions.") \
	X(ERROR, bandwidth_exceeded, "bandwidth-exceeded", \
	  "Limits and peer attachments that take from a plan add up to no more than it has.") \
	\
	X(ERROR, transit_zones, "transit-zones", \
	  "An attachment of the enterprise edition has vSwitches in two zones where the region has two.") \
	X(ERROR, transit_zone_vpc, "transit-zone-vpc", \
	  "The zone mappings of an attachment are vSwitches of its VPC.") \
	X(ERROR, transit_table_region, "transit-table-region", \
	  "An attachment uses route tables of the transit router of its region.") \
	X(ERROR, transit_entry_region, "transit-entry-region", \
	  "An entry of a transit router's route table leads to an attachment in its region.") \
	X(ERROR, transit_entry_duplicate, "transit-entry-duplicate", \
	  "The destinations of a transit router's route table are different.") \
	X(ERROR, transit_entry_target, "transit-entry-target", \
	  "An entry of a transit router's route table has an attachment or is a black hole.") \
	X(ERROR, peer_router, "peer-router", \
	  "A peer attachment has a transit router, so an attachment, at either end.") \
	X(ERROR, peer_duplicate, "peer-duplicate", \
	  "Two regions have one peer attachment in a CEN instance.") \
	X(ERROR, route_map_priority, "route-map-priority", \
	  "The priorities of the route maps of a region and direction are different.") \
	\
	X(ERROR, gateway_type, "gateway-type", \
	  "Instances of type vpc_connect are not in this release.") \
	X(ERROR, bind_serverless, "bind-serverless", \
	  "A serverless instance is not bound to a VPC.") \
	X(ERROR, bind_region, "bind-region", \
	  "An instance is bound to a VPC of its own region.") \
	X(ERROR, bind_vswitch, "bind-vswitch", \
	  "An instance is bound to a vSwitch of the VPC that it is bound to.") \
	X(ERROR, egress_range, "egress-range", \
	  "An egress range is a /26 of 100.64.0.0/10, outside of 100.64.0.0/16 and 100.100.0.0/16.") \
	X(ERROR, egress_overlap, "egress-overlap", \
	  "The egress ranges of instances do not overlap.") \
	X(ERROR, group_vpc_domain, "group-vpc-domain", \
	  "The VPC domain of a group needs an instance that is bound to a VPC.") \
	X(ERROR, group_sub_domain, "group-sub-domain", \
	  "The sub-domain ids of groups are different.") \
	X(ERROR, group_base_path, "group-base-path", \
	  "A base path starts with / and has no empty, . or .. segment.") \
	X(ERROR, api_path, "api-path", \
	  "A path starts with /, has no empty, . or .. segment, and parameters are whole segments.") \
	X(ERROR, api_duplicate, "api-duplicate", \
	  "The APIs of a group differ in method or path.") \
	X(ERROR, api_quota, "api-quota", \
	  "A group has at most 1000 APIs.") \
	X(ERROR, api_stage, "api-stage", \
	  "An API names a stage once.") \
	X(ERROR, backend_timeout, "backend-timeout", \
	  "A backend has 300 ms to 120 s, on a serverless instance to 30 s.") \
	X(ERROR, function_region, "function-region", \
	  "The function behind an API is in the region of the gateway.") \
	X(WARNING, backend_role, "backend-role", \
	  "Without a role the gateway may not invoke the function.") \
	X(ERROR, function_quota, "function-quota", \
	  "A lab has at most 4000 functions.") \
	X(ERROR, function_code, "function-code", \
	  "The code of a function is a file below the folder of the lab file.") \
	X(ERROR, function_timeout, "function-timeout", \
	  "A function has 1 ms to 86400 s.") \
	\
	X(ERROR, check_http, "check-http", \
	  "An http check has a method and a http:// URL.") \
	X(ERROR, check_host, "check-host", \
	  "A ping or dns check has an address or a name, a tcp check a port as well.") \
	X(ERROR, check_route, "check-route", \
	  "A route check has a CIDR block.") \
	X(ERROR, check_header, "check-header", \
	  "A header of a check is \"Name: value\".") \
	X(ERROR, expect_answer, "expect-answer", \
	  "A dns check expects an address, NXDOMAIN or NODATA.") \
	X(ERROR, expect_time, "expect-time", \
	  "max_time is no less than min_time.") \
	X(ERROR, expect_timeout, "expect-timeout", \
	  "A check that expects a timeout expects nothing of an answer.")
/* clang-format on */

#define VALIDATE_DECLARE(severity, name, id, doc) void validate_##name(struct validation *v);
VALIDATE_RULES(VALIDATE_DECLARE)
#undef VALIDATE_DECLARE

/** Gives the checks without id or title one; run once their ids are known to be different. */
void validate_complete_checks(struct validation *v);

/** Whether a zone, "h" or "cn-hangzhou-h", is `zone` of the region. */
bool validate_zone_is(const struct region *r, const char *written, const char *zone);

/** Whether two lists of two resolved regions name the same two, in any order. */
bool validate_same_regions(const struct ref *a, size_t n_a, const struct ref *b, size_t n_b);
