// SPDX-License-Identifier: GPL-2.0-only
/* Regions, VPCs, security groups, ECS instances. */
#include "parse/rows.h"

static const struct key_word areas[] = {
	{"China", 0}, {"North-America", 0}, {"Asia-Pacific", 0}, {"Europe", 0}, {"Australia", 0},
};
const struct key_words parse_areas = WORDS(areas);

static const struct key region_keys[] = {
	{"zones", KEY_TEXTS, KEY_NAME, ITEMS(region, zones),
	 .doc = "Zones by their last letter: h is cn-hangzhou-h."},
	{"area", KEY_TEXT, FIELD(region, area), .words = &parse_areas,
	 .doc = "Area of bandwidth plans that the region is in. Default: by the region's name."},
};
const struct table parse_table_region = {
	"a region", "region", sizeof(struct region), TABLE_NAMED, KEYS(region_keys),
};

static const struct key region_pair_keys[] = {
	{"regions", KEY_REFS, KEY_REQUIRED, ITEMS(region_pair, regions), .min = 2, .max = 2,
	 .doc = "The two regions."},
	{"rtt", KEY_DURATION, FIELD(region_pair, rtt), .def = "30ms",
	 .doc = "Round-trip time between the two regions."},
	{"jitter", KEY_DURATION, FIELD(region_pair, jitter), .def = "500us",
	 .doc = "How much a round trip deviates from rtt."},
};
const struct table parse_table_region_pair = {
	"a pair of regions", "region-pair",          sizeof(struct region_pair),
	TABLE_NAMED,         KEYS(region_pair_keys),
};

static const struct key vswitch_keys[] = {
	{"zone", KEY_TEXT, KEY_REQUIRED, FIELD(vswitch, zone),
	 .doc = "Zone of the VPC's region, short (h) or long (cn-hangzhou-h)."},
	{"cidr_block", KEY_CIDR, KEY_REQUIRED, FIELD(vswitch, cidr_block),
	 .doc = "Part of the VPC's cidr_block, /16 to /29."},
	{"route_table", KEY_REF, FIELD(vswitch, route_table),
	 .doc = "A custom route table of the VPC. Default: the system route table."},
};
static const struct table vswitch_table = {
	"a vSwitch", "vswitch", sizeof(struct vswitch), TABLE_NAMED, KEYS(vswitch_keys),
};

static const struct key_word nexthop_words[] = {
	{"Instance", NEXTHOP_INSTANCE},
	{"Attachment", NEXTHOP_ATTACHMENT},
	{"RouterInterface", NEXTHOP_ROUTER_INTERFACE},
};
static const struct key_words nexthops = WORDS(nexthop_words);

static const struct key route_entry_keys[] = {
	{"destination_cidrblock", KEY_CIDR, KEY_REQUIRED, FIELD(route_entry, destination_cidrblock),
	 .doc = "Where the traffic is going."},
	{"nexthop_type", KEY_ENUM, KEY_REQUIRED, FIELD(route_entry, nexthop_type),
	 EXTRA(route_entry, nexthop_type_at), .words = &nexthops,
	 .doc = "What the next hop is: an ECS instance, the attachment to a CEN, a router interface to a VBR."},
	{"nexthop_id", KEY_REF, KEY_REQUIRED, FIELD(route_entry, nexthop_id),
	 .doc = "Name of the next hop: an ECS instance, a CEN or a router interface, by nexthop_type."},
	{"published", KEY_BOOL, FIELD(route_entry, published), .def = "false",
	 .doc = "Advertised to the CEN that the VPC is attached to."},
};
static const struct table route_entry_table = {
	"a route entry", "route-entry",          sizeof(struct route_entry),
	TABLE_NAMED,     KEYS(route_entry_keys),
};

static const struct key route_table_keys[] = {
	{"system", KEY_BOOL, FIELD(route_table, system), EXTRA(route_table, system_at),
	 .def = "false", .doc = "The entries are those of the system route table of the VPC."},
	{"entries", KEY_MAP, ITEMS(route_table, entries), .table = &route_entry_table,
	 .doc = "Custom route entries by name."},
};
static const struct table route_table_table = {
	"a route table", "route-table",          sizeof(struct route_table),
	TABLE_NAMED,     KEYS(route_table_keys),
};

static const struct key vpc_keys[] = {
	{"region", KEY_REF, KEY_REQUIRED, FIELD(vpc, region), .doc = "Region of the VPC."},
	{"cidr_block", KEY_CIDR, KEY_REQUIRED, FIELD(vpc, cidr_block),
	 .doc = "Private address range of the VPC, /8 to /28."},
	{"vswitches", KEY_MAP, ITEMS(vpc, vswitches), .table = &vswitch_table,
	 .doc = "vSwitches by name; the names are unique in the lab."},
	{"route_tables", KEY_MAP, ITEMS(vpc, route_tables), .table = &route_table_table,
	 .doc = "Route tables by name; one of them may be the system route table."},
};
const struct table parse_table_vpc = {
	"a VPC", "vpc", sizeof(struct vpc), TABLE_NAMED, KEYS(vpc_keys),
};

static const struct key_word direction_words[] = {{"ingress", SG_INGRESS}, {"egress", SG_EGRESS}};
static const struct key_words directions = WORDS(direction_words);
static const struct key_word policy_words[] = {{"accept", SG_ACCEPT}, {"drop", SG_DROP}};
static const struct key_words policies = WORDS(policy_words);
static const struct key_word inner_words[] = {{"Accept", SG_ACCEPT}, {"Drop", SG_DROP}};
static const struct key_words inner_policies = WORDS(inner_words);
static const struct key_word sg_type_words[] = {{"normal", SG_NORMAL},
						{"enterprise", SG_ENTERPRISE}};
static const struct key_words sg_types = WORDS(sg_type_words);
static const struct key_word protocol_words[] = {
	{"all", SG_ALL}, {"tcp", SG_TCP}, {"udp", SG_UDP}, {"icmp", SG_ICMP}};
static const struct key_words protocols = WORDS(protocol_words);

static const struct key sg_rule_keys[] = {
	{"type", KEY_ENUM, KEY_REQUIRED, FIELD(sg_rule, type), .words = &directions,
	 .doc = "Direction of the traffic, seen from the instance."},
	{"policy", KEY_ENUM, FIELD(sg_rule, policy), .words = &policies, .def = "accept",
	 .doc = "What happens to traffic that the rule matches."},
	{"ip_protocol", KEY_ENUM, FIELD(sg_rule, ip_protocol), .words = &protocols, .def = "all",
	 .doc = "Protocol that the rule matches."},
	{"port_range", KEY_PORTS, FIELD(sg_rule, port_range), EXTRA(sg_rule, port_first),
	 .def = "-1/-1", .doc = "First and last port, \"80/80\"; \"-1/-1\" is every port."},
	{"priority", KEY_NUMBER, FIELD(sg_rule, priority), .def = "1", .min = 1, .max = 100,
	 .doc = "1 to 100; the lower wins, and of equal ones drop wins."},
	{"cidr_ip", KEY_CIDR, FIELD(sg_rule, cidr_ip), .doc = "The other side, as addresses."},
	{"source_security_group", KEY_REF, FIELD(sg_rule, source_security_group),
	 .doc = "The other side, as members of a security group of the same VPC."},
};
/* Of a host's own firewall: all but the last row, which speaks of security groups. */
static const char *const firewall_peer[] = {"cidr_ip", NULL};
const struct table parse_table_firewall_rule = {
	"a rule of a firewall",     "firewall-rule",
	sizeof(struct sg_rule),     TABLE_NAMED,
	.keys = sg_rule_keys,       .n = ARRAY_LEN(sg_rule_keys) - 1,
	.choices = {firewall_peer},
};

static const char *const sg_rule_peer[] = {"cidr_ip", "source_security_group", NULL};
static const struct table sg_rule_table = {
	"a rule of a security group", "security-group-rule",
	sizeof(struct sg_rule),       TABLE_NAMED,
	KEYS(sg_rule_keys),           .choices = {sg_rule_peer},
};
_Static_assert(offsetof(struct sg_rule, port_last) ==
		       offsetof(struct sg_rule, port_first) + sizeof(uint16_t),
	       "KEY_PORTS stores both with one offset");

static const struct key private_zone_keys[] = {
	{"zone_name", KEY_TEXT, KEY_REQUIRED, FIELD(private_zone, zone_name),
	 .doc = "Domain that all its names end with, such as example.com."},
	{"vpcs", KEY_REFS, ITEMS(private_zone, vpcs),
	 .doc = "VPCs that the zone is bound to: only their resolvers know it."},
	{"records", KEY_PAIRS, ITEMS(private_zone, records),
	 .doc = "Name in the zone, or \"@\" for the zone itself, to an address (A) or another name (CNAME)."},
};
const struct table parse_table_private_zone = {
	"a private zone", "private-zone",          sizeof(struct private_zone),
	TABLE_NAMED,      KEYS(private_zone_keys),
};

static const struct key security_group_keys[] = {
	{"vpc", KEY_REF, KEY_REQUIRED, FIELD(security_group, vpc), .doc = "VPC of the group."},
	{"security_group_type", KEY_ENUM, FIELD(security_group, security_group_type),
	 .words = &sg_types, .def = "normal",
	 .doc = "normal is a basic security group; members of an enterprise one do not reach each other."},
	{"inner_access_policy", KEY_ENUM, FIELD(security_group, inner_access_policy),
	 .words = &inner_policies, .def = "Accept",
	 .doc = "Whether members of a basic security group reach each other."},
	{"rules", KEY_MAP, ITEMS(security_group, rules), .table = &sg_rule_table,
	 .doc = "Rules by name."},
};
const struct table parse_table_security_group = {
	"a security group", "security-group",          sizeof(struct security_group),
	TABLE_NAMED,        KEYS(security_group_keys),
};

static const struct key ecs_keys[] = {
	{"vswitch", KEY_REF, KEY_REQUIRED, FIELD(ecs, vswitch), .doc = "vSwitch of the instance."},
	{"private_ip", KEY_ADDRESS, FIELD(ecs, private_ip),
	 .doc = "Address in the vSwitch. Default: the lowest free one."},
	{"security_groups", KEY_REFS, KEY_REQUIRED, ITEMS(ecs, security_groups), .min = 1,
	 .doc = "Security groups of the instance, at least one."},
	{"services", KEY_MAP, ITEMS(ecs, services), .table = &parse_table_service,
	 .doc = "Programs that run on the instance, by name."},
};
const struct table parse_table_ecs = {
	"an ECS instance", "ecs", sizeof(struct ecs), TABLE_NAMED, KEYS(ecs_keys),
};
