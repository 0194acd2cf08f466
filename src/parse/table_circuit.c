// SPDX-License-Identifier: GPL-2.0-only
/* Express Connect: physical connections, virtual border routers, router interfaces. */
#include "parse/rows.h"

static const struct key_word routing_words[] = {{"static", false}, {"bgp", true}};
const struct key_words parse_routings = WORDS(routing_words);

static const struct key_word port_words[] = {
	{"100Base-T", PORT_100BASE_T},     {"1000Base-T", PORT_1000BASE_T},
	{"1000Base-LX", PORT_1000BASE_LX}, {"10GBase-T", PORT_10GBASE_T},
	{"10GBase-LR", PORT_10GBASE_LR},   {"40GBase-LR", PORT_40GBASE_LR},
	{"100GBase-LR", PORT_100GBASE_LR},
};
static const struct key_words ports = WORDS(port_words);

static const struct key physical_connection_keys[] = {
	{"region", KEY_REF, KEY_REQUIRED, FIELD(physical_connection, region),
	 .doc = "Region of the access point that the line ends at."},
	{"port_type", KEY_ENUM, FIELD(physical_connection, port_type), .words = &ports,
	 .def = "1000Base-LX", .doc = "Port at the access point: says how fast the line is."},
	{"rtt", KEY_DURATION, FIELD(physical_connection, rtt), .def = "2ms",
	 .doc = "Round-trip time of the line."},
	{"jitter", KEY_DURATION, FIELD(physical_connection, jitter), .def = "0us",
	 .doc = "How much a round trip deviates from rtt."},
	{"loss", KEY_SHARE, FIELD(physical_connection, loss), .def = "0%",
	 .doc = "Share of the packets that are lost, each way."},
	{"duplicate", KEY_SHARE, FIELD(physical_connection, duplicate), .def = "0%",
	 .doc = "Share of the packets that arrive twice, each way."},
	{"reorder", KEY_SHARE, FIELD(physical_connection, reorder), .def = "0%",
	 .doc = "Share of the packets that overtake those before them, each way."},
	{"enabled", KEY_BOOL, FIELD(physical_connection, enabled), .def = "true",
	 .doc = "Whether the carrier has connected the line."},
};
const struct table parse_table_physical_connection = {
	"a physical connection",
	"physical-connection",
	sizeof(struct physical_connection),
	TABLE_NAMED,
	KEYS(physical_connection_keys),
};

static const struct key_word vbr_nexthop_words[] = {{"PhysicalConnection", VBR_PHYSICAL_CONNECTION},
						    {"RouterInterface", VBR_ROUTER_INTERFACE}};
static const struct key_words vbr_nexthops = WORDS(vbr_nexthop_words);

static const struct key vbr_route_keys[] = {
	{"destination_cidr_block", KEY_CIDR, KEY_REQUIRED,
	 FIELD(vbr_route_entry, destination_cidr_block), .doc = "Where the traffic is going."},
	{"nexthop_type", KEY_ENUM, FIELD(vbr_route_entry, nexthop_type), .words = &vbr_nexthops,
	 .def = "PhysicalConnection",
	 .doc = "Whether it goes over the VBR's circuit or to the VPC behind a router interface."},
	{"nexthop_id", KEY_REF, FIELD(vbr_route_entry, nexthop_id),
	 .doc = "Name of the router interface."},
};
static const struct table vbr_route_table = {
	"a route entry of a VBR", "vbr-route-entry", sizeof(struct vbr_route_entry), TABLE_NAMED,
	KEYS(vbr_route_keys),
};

static const struct key vbr_keys[] = {
	{"physical_connection", KEY_REF, KEY_REQUIRED, FIELD(vbr, physical_connection),
	 .doc = "Line that the router ends."},
	{"vlan_id", KEY_NUMBER, KEY_REQUIRED, FIELD(vbr, vlan_id), .min = 0, .max = 2999,
	 .doc = "VLAN on the line, 0 to 2999; the customer router must use the same one."},
	{"local_gateway_ip", KEY_ADDRESS, KEY_REQUIRED, FIELD(vbr, local_gateway_ip),
	 .doc = "The router's address on the circuit."},
	{"peer_gateway_ip", KEY_ADDRESS, KEY_REQUIRED, FIELD(vbr, peer_gateway_ip),
	 .doc = "The customer router's address on the circuit."},
	{"peering_subnet_mask", KEY_ADDRESS, FIELD(vbr, peering_subnet_mask),
	 .def = "255.255.255.252", .doc = "Mask of the two addresses' subnet, /24 to /30."},
	{"bandwidth", KEY_RATE, FIELD(vbr, bandwidth),
	 .doc = "Bandwidth of the router on the line, 50Mbit or more. Default: the port's."},
	{"local_asn", KEY_NUMBER, FIELD(vbr, routing.local_asn), .def = "45104", .min = 1,
	 .max = 4294967295, .doc = "bgp: autonomous system number of the cloud's side."},
	ROUTING_KEYS(vbr),
	{"route_entries", KEY_MAP, ITEMS(vbr, route_entries), .table = &vbr_route_table,
	 .doc = "Static routes by name."},
};
const struct table parse_table_vbr = {
	"a virtual border router", "vbr", sizeof(struct vbr), TABLE_NAMED, KEYS(vbr_keys),
};

static const struct key_word spec_words[] = {
	{"Mini.2", SPEC_MINI_2},     {"Mini.5", SPEC_MINI_5},     {"Small.1", SPEC_SMALL_1},
	{"Small.2", SPEC_SMALL_2},   {"Small.5", SPEC_SMALL_5},   {"Middle.1", SPEC_MIDDLE_1},
	{"Middle.2", SPEC_MIDDLE_2}, {"Middle.5", SPEC_MIDDLE_5}, {"Large.1", SPEC_LARGE_1},
	{"Large.2", SPEC_LARGE_2},   {"Large.5", SPEC_LARGE_5},   {"Xlarge.1", SPEC_XLARGE_1},
};
static const struct key_words specs = WORDS(spec_words);

static const struct key router_interface_keys[] = {
	{"vbr", KEY_REF, KEY_REQUIRED, FIELD(router_interface, vbr),
	 .doc = "Virtual border router at one end; it is not attached to a CEN."},
	{"vpc", KEY_REF, KEY_REQUIRED, FIELD(router_interface, vpc),
	 .doc = "VPC of the same region at the other end."},
	{"spec", KEY_ENUM, FIELD(router_interface, spec), .words = &specs, .def = "Large.1",
	 .doc = "Specification, which says how fast it is: Large.1 is 1 Gbit/s."},
};
const struct table parse_table_router_interface = {
	"a router interface", "router-interface",          sizeof(struct router_interface),
	TABLE_NAMED,          KEYS(router_interface_keys),
};
