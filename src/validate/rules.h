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
	X(ERROR, link_unknown, "link-unknown", \
	  "What is said of links is said of links that the lab has.") \
	X(ERROR, stage_variables, "stage-variable", \
	  "A #VARIABLE# of a backend has a value in each stage that the API is published to.") \
	X(ERROR, addresses, "vswitch-full", \
	  "A vSwitch has a free address for each instance that leaves the choice open.") \
	X(ERROR, lan_addresses, "lan-full", \
	  "A LAN has a free address for each host that leaves the choice open.") \
	X(ERROR, public_addresses, "internet-full", \
	  "There is a free public address for each that leaves the choice open.") \
	X(ERROR, egress_choice, "egress-exhausted", \
	  "There is a free egress range for each API Gateway instance.") \
	X(ERROR, variables, "unknown-variable", \
	  "${...} in a check names a value that the lab has.") \
	X(ERROR, check_duplicate, "check-duplicate", \
	  "The ids of checks are unique in a lab.") \
	X(ERROR, exercise_proof, "exercise-proof", \
	  "An exercise has checks, or is refused, and not both.") \
	X(ERROR, exercise_rule, "exercise-rule", \
	  "What an exercise is refused by is a rule of labctl.") \
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
	  "Names that labctl or Linux uses itself are not given to resources.") \
	X(ERROR, name_conflict, "name-conflict", \
	  "All that becomes a namespace or an interface has a name of its own.") \
	X(ERROR, ifname_conflict, "ifname-conflict", \
	  "The interface names derived from names are different.") \
	X(ERROR, name_worker, "name-worker", \
	  "The processes of a lab have different names.") \
	X(ERROR, service_port, "service-port", \
	  "A service has a command or a port, and the ports of a node are different.") \
	X(ERROR, service_tls, "service-tls", \
	  "The built-in echo alone has TLS of the lab's.") \
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
	  "A next hop of type RouterInterface is a router interface of the same VPC.") \
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
	  "A VPC or VBR is attached to one CEN instance, once.") \
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
	X(ERROR, cen_service_region, "cen-service-region", \
	  "Cloud services are accessed from VBRs of their own region only.") \
	X(ERROR, cen_service_vpc, "cen-service-vpc", \
	  "The VPC that leads to a cloud service is in its region and attached to the CEN.") \
	X(ERROR, cen_service_vbr, "cen-service-vbr", \
	  "A VBR of the access region is attached to the CEN.") \
	X(ERROR, cen_service_host, "cen-service-host", \
	  "The host of a cloud service is in 100.64.0.0/10.") \
	X(ERROR, cen_service_twice, "cen-service-twice", \
	  "A host has one access entry for a region.") \
	X(ERROR, health_vbr, "health-vbr", \
	  "A health check is of a VBR that is attached to the CEN, and the only one of it.") \
	X(ERROR, health_target, "health-target", \
	  "A health check probes the customer's end of the circuit.") \
	X(ERROR, health_source, "health-source", \
	  "A health check probes from a private address that nobody else has.") \
	X(ERROR, health_interval, "health-interval", \
	  "A health check probes every 2 s or 3 s.") \
	\
	X(ERROR, line_rtt, "line-rtt", \
	  "A round trip on a line takes at most 2 s, and its jitter no more than itself.") \
	X(ERROR, link_twice, "link-twice", \
	  "What is said of a link is said in one place.") \
	X(ERROR, link_rate, "link-rate", \
	  "A link that is not down lets 1 kbit/s pass, or more.") \
	X(ERROR, link_rtt, "link-rtt", \
	  "A round trip on a link takes at most 2 s, and its jitter no more than itself.") \
	X(ERROR, event_link, "event-link", \
	  "An event is of a link that the lab has when all its steps are done.") \
	X(ERROR, event_values, "event-values", \
	  "An event changes something, to what a link can be.") \
	X(ERROR, line_reorder, "line-reorder", \
	  "Packets overtake others only where there is a delay to be spared.") \
	X(ERROR, circuit_mask, "circuit-mask", \
	  "The subnet of a circuit is a /24 to /30.") \
	X(ERROR, circuit_addresses, "circuit-addresses", \
	  "The two addresses of a circuit are two hosts of one subnet.") \
	X(ERROR, circuit_range, "circuit-range", \
	  "A circuit has no address of 100.64.0.0/10.") \
	X(ERROR, circuit_overlap, "circuit-overlap", \
	  "The subnet of a circuit is nobody else's: no VPC's, no LAN's, no other circuit's.") \
	X(ERROR, circuit_vlan, "circuit-vlan", \
	  "The VLANs of a line are different.") \
	X(ERROR, circuit_customer, "circuit-customer", \
	  "A line ends in one data centre.") \
	X(WARNING, circuit_mismatch, "circuit-mismatch", \
	  "Both ends of a circuit should agree on VLAN and addresses.") \
	X(ERROR, vbr_bandwidth, "vbr-bandwidth", \
	  "The VBRs of a line have 50 Mbit/s or more, and together no more than its port.") \
	X(ERROR, vbr_route_duplicate, "vbr-route-duplicate", \
	  "The destinations of a VBR are different.") \
	X(ERROR, vbr_route_connected, "vbr-route-connected", \
	  "No route of a VBR leads to the subnet that it is in.") \
	X(ERROR, vbr_route_target, "vbr-route-target", \
	  "A route of a VBR leads over its circuit or through a router interface of its own.") \
	X(ERROR, router_interface_cen, "router-interface-cen", \
	  "A VBR with a router interface is not attached to a CEN.") \
	X(ERROR, router_interface_region, "router-interface-region", \
	  "A router interface connects a VBR and a VPC of one region.") \
	X(ERROR, router_interface_twice, "router-interface-twice", \
	  "A VBR and a VPC have one router interface.") \
	X(ERROR, bgp_asn, "bgp-asn", \
	  "Who speaks BGP has an autonomous system number, and knows that of the other end.") \
	X(ERROR, bgp_keys, "bgp-keys", \
	  "Keys of BGP are written where routing is bgp.") \
	X(ERROR, bfd_interval, "bfd-interval", \
	  "BFD sends and receives every 200 ms to 1 s.") \
	X(WARNING, bgp_mismatch, "bgp-mismatch", \
	  "Both ends of a circuit should agree on BGP.") \
	\
	X(ERROR, lan_mask, "lan-mask", \
	  "A LAN has addresses of a /16 to /30.") \
	X(ERROR, lan_overlap, "lan-overlap", \
	  "The LANs of a data centre do not overlap.") \
	X(ERROR, lan_cloud, "lan-cloud", \
	  "The LANs of a data centre overlap neither a VPC nor 100.64.0.0/10.") \
	X(ERROR, lan_gateway, "lan-gateway", \
	  "The gateway of a LAN is one of its addresses.") \
	X(ERROR, lan_ports, "lan-ports", \
	  "A LAN has at most 1023 hosts.") \
	X(ERROR, lan_name, "lan-name", \
	  "LANs and hosts of a data centre have different names.") \
	X(ERROR, host_address, "host-address", \
	  "The address of a host is of its LAN and nobody else's.") \
	X(ERROR, host_firewall, "host-firewall", \
	  "Only rules of tcp and udp have a port range.") \
	X(ERROR, cpe_next_hop, "cpe-next-hop", \
	  "A next hop of a customer router is on one of its circuits or LANs.") \
	X(ERROR, cpe_route_connected, "cpe-route-connected", \
	  "No route of a customer router leads to a subnet that it is in.") \
	X(ERROR, cpe_route_duplicate, "cpe-route-duplicate", \
	  "Routes of a customer router to one destination differ in next hop and preference.") \
	X(ERROR, dns_forward, "dns-forward", \
	  "A DNS server forwards zones to addresses.") \
	X(ERROR, dns_record, "dns-record", \
	  "A record of a DNS server is a host name with an address.") \
	\
	X(ERROR, public_absent, "internet-absent", \
	  "Public addresses need an Internet.") \
	X(ERROR, public_address, "internet-address", \
	  "Addresses on the Internet are public ones.") \
	X(ERROR, public_conflict, "internet-conflict", \
	  "Addresses on the Internet are different.") \
	X(ERROR, public_domain, "internet-domain", \
	  "A public name is a host name, and of one host.") \
	\
	X(ERROR, gateway_interface, "gateway-interface", \
	  "An instance has a network interface in a VPC if and only if it is of type vpc_connect.") \
	X(ERROR, interface_vpc, "interface-vpc", \
	  "The interface of an instance is in its region, and its security group of the same VPC.") \
	X(ERROR, bind_serverless, "bind-serverless", \
	  "A serverless instance is not bound to a VPC.") \
	X(ERROR, bind_region, "bind-region", \
	  "An instance is bound to a VPC of its own region.") \
	X(ERROR, bind_vswitch, "bind-vswitch", \
	  "An instance is bound to a vSwitch of the VPC that it is bound to.") \
	X(ERROR, gateway_spec, "gateway-spec", \
	  "A serverless instance has no specification, and no limit on calls of its own.") \
	X(ERROR, egress_range, "egress-range", \
	  "An egress range is a /26 of 100.64.0.0/10, outside of 100.64.0.0/16 and 100.100.0.0/16.") \
	X(ERROR, egress_overlap, "egress-overlap", \
	  "The egress ranges of instances do not overlap.") \
	X(ERROR, group_vpc_domain, "group-vpc-domain", \
	  "The VPC domain of a group needs an instance that is bound to a VPC.") \
	X(ERROR, group_sub_domain, "group-sub-domain", \
	  "The sub-domain ids of groups are different.") \
	X(ERROR, group_domain, "group-domain", \
	  "A group has at most 5 domains of its own, none of the cloud's or of another group.") \
	X(ERROR, private_zone, "private-zone", \
	  "A private zone has a domain, and records of it that lead to an address or a name.") \
	X(ERROR, private_zone_twice, "private-zone-twice", \
	  "A VPC has one private zone of a domain.") \
	X(ERROR, group_base_path, "group-base-path", \
	  "A base path starts with / and has no empty, . or .. segment.") \
	X(ERROR, api_path, "api-path", \
	  "A path starts with /, has no empty, . or .. segment; parameters are whole segments, each once.") \
	X(ERROR, api_duplicate, "api-duplicate", \
	  "The APIs of a group differ in method or path.") \
	X(ERROR, api_quota, "api-quota", \
	  "A group has at most 1000 APIs.") \
	X(ERROR, api_stage, "api-stage", \
	  "An API names a stage once.") \
	X(ERROR, group_stage, "group-stage", \
	  "A stage of a group's own has 2 to 10 capital letters and digits, the first one a letter.") \
	X(ERROR, stage_unknown, "stage-unknown", \
	  "A stage is RELEASE, PRE, TEST, or one of the group's own.") \
	X(ERROR, parameter_source, "parameter-source", \
	  "A parameter in PATH is one of the API's path, one in BODY one of a form.") \
	X(ERROR, parameter_target, "parameter-target", \
	  "A backend gets a parameter once, one of its path always, and none that only the gateway says.") \
	X(ERROR, parameter_range, "parameter-range", \
	  "A parameter can have a value.") \
	X(ERROR, parameter_expression, "parameter-expression", \
	  "A regular expression is one, of at most 1000 bytes, and of a STRING.") \
	X(ERROR, system_parameter, "system-parameter", \
	  "A system parameter is one that API Gateway has.") \
	X(WARNING, parameter_unseen, "parameter-unseen", \
	  "An API of mode PASSTHROUGH looks at parameters of the path only.") \
	X(ERROR, gateway_limits, "gateway-limits", \
	  "The limits of an instance are in the ranges that it can keep.") \
	X(ERROR, mock_headers, "mock-headers", \
	  "A header of a fixed answer is one that a backend can set.") \
	X(ERROR, app_credentials, "app-credentials", \
	  "The key, secret and code of an app have 1 to 256 printable characters and no space.") \
	X(ERROR, app_duplicate, "app-duplicate", \
	  "No two apps have the same AppKey or the same AppCode.") \
	X(WARNING, attachment_anonymous, "attachment-anonymous", \
	  "An authorization of an app matters only to APIs of auth_type APP.") \
	X(ERROR, plugin_limits, "plugin-limits", \
	  "The limit of an app is at most that of its owner, and this at most that of the API.") \
	X(ERROR, special_user, "special-user", \
	  "A special limit is one of an app: all apps of a lab have one owner.") \
	X(WARNING, ip_control_app, "ip-control-app", \
	  "An item of ipControl is for an app where it allows, and apps call.") \
	X(ERROR, basic_user, "basic-user", \
	  "A user of basicAuth has a name without a colon, and one password.") \
	X(ERROR, jwt_key, "jwt-key", \
	  "A key of jwtAuth has what its kind needs, in base64url.") \
	X(ERROR, jwt_parameter, "jwt-parameter", \
	  "A parameter of jwtAuth has a name that can be had, a claim a header that can be set.") \
	X(ERROR, cors_list, "cors-list", \
	  "The lists of cors are printable ASCII characters.") \
	X(ERROR, plugin_condition, "plugin-condition", \
	  "A condition of a plug-in is one, and an error threshold has one.") \
	X(ERROR, plugin_route, "plugin-route", \
	  "The routes of a plug-in have different names of letters and digits.") \
	X(ERROR, plugin_backend, "plugin-backend", \
	  "The backend of a plug-in is one that its APIs could have, without parameters in its path.") \
	X(WARNING, breaker_serverless, "breaker-serverless", \
	  "A circuitBreaker acts on dedicated instances only; elsewhere the default holds.") \
	X(ERROR, backend_key, "backend-key", \
	  "The key and secret of backendSignature have 1 to 256 printable characters and no space.") \
	X(ERROR, plugin_twice, "plugin-twice", \
	  "An API has one plug-in of a kind in a stage.") \
	X(ERROR, backend_timeout, "backend-timeout", \
	  "A backend has 300 ms to 120 s, on a serverless instance to 30 s.") \
	X(ERROR, access_instance, "access-instance", \
	  "The instance of a VPC access authorization is in its VPC.") \
	X(ERROR, access_region, "access-region", \
	  "An API uses an authorization of a VPC in the region of its instance.") \
	X(ERROR, access_host, "access-host", \
	  "The Host header of a VPC access authorization is a name or an address.") \
	X(WARNING, access_deleted, "access-deleted", \
	  "An API whose VPC access authorization was deleted fails when it is called.") \
	X(ERROR, backend_http, "backend-http", \
	  "An HTTP service is http://HOST or http://HOST:PORT.") \
	X(ERROR, backend_keys, "backend-keys", \
	  "Only HTTP services have a path and a method.") \
	X(ERROR, backend_path, "backend-path", \
	  "The path of a service has only parameters that it gets there.") \
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
	X(ERROR, function_trigger, "function-trigger", \
	  "Only a custom runtime gets requests as they are, and listens on a port.") \
	X(ERROR, function_concurrency, "function-concurrency", \
	  "Only an instance of a custom runtime has more than one invocation at a time.") \
	\
	X(ERROR, check_http, "check-http", \
	  "An http check has a method and a http:// or https:// URL.") \
	X(ERROR, check_host, "check-host", \
	  "A ping or dns check has an address or a name, a tcp check a port as well.") \
	X(ERROR, check_outage, "check-outage", \
	  "An outage check says what is cut.") \
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

/** The rule "only tcp and udp have ports", for rules of whatever kind of owner. */
void validate_rule_ports(struct validation *v, const struct sg_rule *r, const char *kind,
			 const char *owner);

/** Whether two lists of two resolved regions name the same two, in any order. */
bool validate_same_regions(const struct ref *a, size_t n_a, const struct ref *b, size_t n_b);
