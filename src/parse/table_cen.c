// SPDX-License-Identifier: GPL-2.0-only
/* Cloud Enterprise Network: attachments, bandwidth, transit-router tables, route maps. */
#include "parse/rows.h"

static const struct key attachment_keys[] = {
	{"vpc", KEY_REF, FIELD(cen_attachment, vpc),
	 .doc = "VPC that is attached to the transit router of its region."},
	{"vbr", KEY_REF, FIELD(cen_attachment, vbr),
	 .doc = "Virtual border router that is attached to the transit router of its region."},
	{"zone_mappings", KEY_REFS, ITEMS(cen_attachment, zone_mappings),
	 .doc = "Enterprise edition: one vSwitch per zone for the router's interfaces."},
	{"association", KEY_REF, FIELD(cen_attachment, association),
	 .doc = "Enterprise edition: table that forwards the VPC's traffic. Default: the router's default table."},
	{"propagation", KEY_REFS, KEY_MARK, ITEMS(cen_attachment, propagation),
	 EXTRA(cen_attachment, propagation_set),
	 .doc = "Enterprise edition: tables that learn the VPC's routes. Default: the default table; []: none."},
	{"auto_publish_route_enabled", KEY_BOOL, FIELD(cen_attachment, auto_publish_route_enabled),
	 .def = "false", .doc = "Enterprise edition: route synchronization to the VPC or VBR."},
};
static const char *const attachment_child[] = {"vpc", "vbr", NULL};
static const struct table attachment_table = {
	"a CEN attachment", "cen-attachment",      sizeof(struct cen_attachment),
	TABLE_NAMED,        KEYS(attachment_keys), .choices = {attachment_child},
};

static const struct key package_keys[] = {
	{"bandwidth", KEY_RATE, KEY_REQUIRED, FIELD(cen_bandwidth_package, bandwidth),
	 .doc = "Bandwidth of the plan, at least 2Mbit, whole Mbit."},
	{"geographic_region_ids", KEY_TEXTS, ITEMS(cen_bandwidth_package, geographic_region_ids),
	 .words = &parse_areas, .min = 1, .max = 2,
	 .doc = "The two areas that the plan connects. Default: China and China."},
};
static const struct table package_table = {
	"a bandwidth plan", "cen-bandwidth-package", sizeof(struct cen_bandwidth_package),
	TABLE_NAMED,        KEYS(package_keys),
};

static const struct key limit_keys[] = {
	{"regions", KEY_REFS, KEY_REQUIRED, ITEMS(cen_bandwidth_limit, regions), .min = 2, .max = 2,
	 .doc = "The two regions."},
	{"bandwidth_limit", KEY_RATE, KEY_REQUIRED, FIELD(cen_bandwidth_limit, bandwidth_limit),
	 .doc = "Share of a plan that the two regions get, at least 1Mbit, whole Mbit."},
};
static const struct table limit_table = {
	"a bandwidth limit", "cen-bandwidth-limit", sizeof(struct cen_bandwidth_limit),
	TABLE_NAMED,         KEYS(limit_keys),
};

static const struct key tr_route_entry_keys[] = {
	{"destination_cidr_block", KEY_CIDR, KEY_REQUIRED,
	 FIELD(tr_route_entry, destination_cidr_block), .doc = "Where the traffic is going."},
	{"attachment", KEY_REF, FIELD(tr_route_entry, attachment),
	 .doc = "Attachment that the traffic leaves by."},
	{"blackhole", KEY_BOOL, FIELD(tr_route_entry, blackhole), .def = "false",
	 .doc = "The traffic is dropped."},
};
static const char *const tr_route_target[] = {"attachment", "blackhole", NULL};
static const struct table tr_route_entry_table = {
	"a route entry of a transit router", "tr-route-entry",
	sizeof(struct tr_route_entry),       TABLE_NAMED,
	KEYS(tr_route_entry_keys),           .choices = {tr_route_target},
};

static const struct key tr_route_table_keys[] = {
	{"region", KEY_REF, KEY_REQUIRED, FIELD(tr_route_table, region),
	 .doc = "Region of the transit router."},
	{"entries", KEY_MAP, ITEMS(tr_route_table, entries), .table = &tr_route_entry_table,
	 .doc = "Static route entries by name."},
};
static const struct table tr_route_table_table = {
	"a route table of a transit router", "tr-route-table",
	sizeof(struct tr_route_table),       TABLE_NAMED,
	KEYS(tr_route_table_keys),
};

static const struct key peer_keys[] = {
	{"regions", KEY_REFS, KEY_REQUIRED, ITEMS(cen_peer_attachment, regions), .min = 2, .max = 2,
	 .doc = "The two regions."},
	{"bandwidth", KEY_RATE, KEY_REQUIRED, FIELD(cen_peer_attachment, bandwidth),
	 .doc = "Bandwidth of the connection."},
	{"auto_publish_route_enabled", KEY_BOOL,
	 FIELD(cen_peer_attachment, auto_publish_route_enabled), .def = "false",
	 .doc = "Whether routes go from router to router."},
};
static const struct table peer_table = {
	"an inter-region connection",
	"cen-peer-attachment",
	sizeof(struct cen_peer_attachment),
	TABLE_NAMED,
	KEYS(peer_keys),
};

static const struct key_word direction_words[] = {{"RegionIn", REGION_IN},
						  {"RegionOut", REGION_OUT}};
static const struct key_words directions = WORDS(direction_words);
static const struct key_word result_words[] = {{"Permit", false}, {"Deny", true}};
static const struct key_words results = WORDS(result_words);
static const struct key_word match_words[] = {{"Complete", false}, {"Include", true}};
static const struct key_words match_modes = WORDS(match_words);

static const struct key route_map_keys[] = {
	{"cen_region", KEY_REF, KEY_REQUIRED, FIELD(cen_route_map, cen_region),
	 .doc = "Region of the transit router."},
	{"transmit_direction", KEY_ENUM, KEY_REQUIRED, FIELD(cen_route_map, transmit_direction),
	 .words = &directions, .doc = "Routes that come into the router, or leave it."},
	{"map_result", KEY_WORD_BOOL, FIELD(cen_route_map, deny), .words = &results,
	 .def = "Permit", .doc = "What happens to routes that the map matches."},
	{"priority", KEY_NUMBER, KEY_REQUIRED, FIELD(cen_route_map, priority), .min = 1, .max = 100,
	 .doc = "1 to 100; the lower comes first."},
	{"preference", KEY_NUMBER, FIELD(cen_route_map, preference), .def = "50", .min = 1,
	 .max = 100, .doc = "Preference of the routes that the map permits; the lower wins."},
	{"source_instance_ids", KEY_REFS, ITEMS(cen_route_map, source_instance_ids),
	 .doc = "VPCs and VBRs that the route comes from. Default: any."},
	{"destination_cidr_blocks", KEY_CIDRS, ITEMS(cen_route_map, destination_cidr_blocks),
	 .doc = "Destinations of the route. Default: any."},
	{"cidr_match_mode", KEY_WORD_BOOL, FIELD(cen_route_map, cidr_include),
	 .words = &match_modes, .def = "Complete",
	 .doc = "Complete: the same prefix; Include: also what is inside of it."},
};
static const struct table route_map_table = {
	"a route map", "cen-route-map",      sizeof(struct cen_route_map),
	TABLE_NAMED,   KEYS(route_map_keys),
};

static const struct key route_service_keys[] = {
	{"host", KEY_TEXT, KEY_REQUIRED, FIELD(cen_route_service, host),
	 .doc = "The cloud service: a CIDR block or address of 100.64.0.0/10, or a name that the VPC resolves to one."},
	{"host_region", KEY_REF, KEY_REQUIRED, FIELD(cen_route_service, host_region),
	 .doc = "Region of the service."},
	{"access_region", KEY_REF, KEY_REQUIRED, FIELD(cen_route_service, access_region),
	 .doc = "Region of the VBRs that reach it: the same one."},
	{"host_vpc", KEY_REF, KEY_REQUIRED, FIELD(cen_route_service, host_vpc),
	 .doc = "VPC of that region, attached to the CEN, through which it is reached."},
};
static const struct table route_service_table = {
	"access to a cloud service",      "cen-route-service",
	sizeof(struct cen_route_service), TABLE_NAMED,
	KEYS(route_service_keys),
};

static const struct key private_zone_keys[] = {
	{"host_region", KEY_REF, KEY_REQUIRED, FIELD(cen_private_zone, host_region),
	 .doc = "Region of the resolvers."},
	{"access_region", KEY_REF, KEY_REQUIRED, FIELD(cen_private_zone, access_region),
	 .doc = "Region of the VBRs that reach them: the same one."},
	{"host_vpc", KEY_REF, KEY_REQUIRED, FIELD(cen_private_zone, host_vpc),
	 .doc = "VPC of that region, attached to the CEN, whose resolvers they are."},
};
static const struct table private_zone_table = {
	"PrivateZone access", "cen-private-zone",      sizeof(struct cen_private_zone),
	TABLE_NAMED,          KEYS(private_zone_keys),
};

static const struct key health_check_keys[] = {
	{"vbr", KEY_REF, KEY_REQUIRED, FIELD(cen_vbr_health_check, vbr),
	 .doc = "Virtual border router, attached to the CEN, that is watched."},
	{"health_check_source_ip", KEY_ADDRESS, FIELD(cen_vbr_health_check, health_check_source_ip),
	 .doc = "Address that the probes come from; the customer router needs a route back to it. Default: the VBR's own address on the circuit."},
	{"health_check_target_ip", KEY_ADDRESS, FIELD(cen_vbr_health_check, health_check_target_ip),
	 .doc = "Address that is probed: the VBR's peer_gateway_ip. Default: just that."},
	{"health_check_interval", KEY_DURATION, FIELD(cen_vbr_health_check, health_check_interval),
	 .def = "2s", .doc = "Time between two probes, 2s or 3s."},
	{"healthy_threshold", KEY_NUMBER, FIELD(cen_vbr_health_check, healthy_threshold),
	 .def = "8", .min = 3, .max = 8,
	 .doc = "Intervals without an answer before the routes go; the last probe is not waited for."},
};
static const struct table health_check_table = {
	"a health check", "cen-vbr-health-check",  sizeof(struct cen_vbr_health_check),
	TABLE_NAMED,      KEYS(health_check_keys),
};

static const struct key_word edition_words[] = {{"basic", CEN_BASIC},
						{"enterprise", CEN_ENTERPRISE}};
static const struct key_words editions = WORDS(edition_words);
static const struct key_word protection_words[] = {{"REDUCED", 0}, {"FULL", 0}};
static const struct key_words protection_levels = WORDS(protection_words);

static const struct key cen_keys[] = {
	{"edition", KEY_ENUM, FIELD(cen, edition), .words = &editions, .def = "basic",
	 .doc = "Edition of the transit routers."},
	{"protection_level", KEY_TEXT, FIELD(cen, protection_level), .words = &protection_levels,
	 .def = "REDUCED",
	 .doc = "REDUCED: CIDR blocks may overlap but not be the same; FULL: neither."},
	{"attachments", KEY_MAP, ITEMS(cen, attachments), .table = &attachment_table,
	 .doc = "Attached VPCs and VBRs by name of the attachment."},
	{"bandwidth_packages", KEY_MAP, ITEMS(cen, bandwidth_packages), .table = &package_table,
	 .doc = "Bandwidth plans by name."},
	{"bandwidth_limits", KEY_MAP, ITEMS(cen, bandwidth_limits), .table = &limit_table,
	 .doc = "Basic edition: bandwidth of pairs of regions, by name."},
	{"route_tables", KEY_MAP, ITEMS(cen, route_tables), .table = &tr_route_table_table,
	 .doc = "Enterprise edition: custom route tables by name."},
	{"peer_attachments", KEY_MAP, ITEMS(cen, peer_attachments), .table = &peer_table,
	 .doc = "Enterprise edition: inter-region connections by name."},
	{"route_maps", KEY_MAP, ITEMS(cen, route_maps), .table = &route_map_table,
	 .doc = "Route maps by name."},
	{"route_services", KEY_MAP, ITEMS(cen, route_services), .table = &route_service_table,
	 .doc = "Basic edition: \"Access to cloud services\" from VBRs, by name."},
	{"private_zones", KEY_MAP, ITEMS(cen, private_zones), .table = &private_zone_table,
	 .doc = "Basic edition: access to a VPC's resolvers from VBRs, by name."},
	{"vbr_health_checks", KEY_MAP, ITEMS(cen, vbr_health_checks), .table = &health_check_table,
	 .doc = "Health checks of attached VBRs by name."},
};
const struct table parse_table_cen = {
	"a CEN instance", "cen", sizeof(struct cen), TABLE_NAMED, KEYS(cen_keys),
};
