// SPDX-License-Identifier: GPL-2.0-only
/* On-premises data centres, the Internet, and the services of nodes. */
#include "parse/rows.h"

static const struct key_word protocol_words[] = {{"tcp", SERVICE_TCP}, {"udp", SERVICE_UDP}};
static const struct key_words protocols = WORDS(protocol_words);

static const struct key service_keys[] = {
	{"command", KEY_TEXTS, ITEMS(service, command), .min = 1,
	 .doc = "Program and arguments; it runs in the lab's folder. Default: an HTTP echo, which answers with what it was asked."},
	{"port", KEY_NUMBER, FIELD(service, port), .min = 1, .max = 65535,
	 .doc = "Port that it listens on as soon as it is ready."},
	{"protocol", KEY_ENUM, FIELD(service, protocol), .words = &protocols, .def = "tcp",
	 .doc = "Protocol of the port."},
	{"tls", KEY_BOOL, FIELD(service, tls), EXTRA(service, tls_at), .def = "false",
	 .doc = "The HTTP echo speaks HTTPS only, with a certificate of the lab's authority."},
	{"environment", KEY_ENVIRONMENT, ITEMS(service, environment),
	 .doc = "Environment variables of the program."},
};
const struct table parse_table_service = {
	"a service", "service", sizeof(struct service), TABLE_NAMED, KEYS(service_keys),
};

static const struct key lan_keys[] = {
	{"cidr_block", KEY_CIDR, KEY_REQUIRED, FIELD(lan, cidr_block),
	 .doc = "Addresses of the LAN."},
	{"gateway_ip", KEY_ADDRESS, FIELD(lan, gateway_ip),
	 .doc = "The customer router's address in it. Default: the first one."},
};
static const struct table lan_table = {
	"a LAN", "lan", sizeof(struct lan), TABLE_NAMED, KEYS(lan_keys),
};

static const struct key circuit_keys[] = {
	{"physical_connection", KEY_REF, KEY_REQUIRED, FIELD(circuit, physical_connection),
	 .doc = "Line that the customer router ends."},
	{"vlan_id", KEY_NUMBER, KEY_REQUIRED, FIELD(circuit, vlan_id), .min = 0, .max = 2999,
	 .doc = "VLAN on the line, the same as that of the VBR."},
	{"ip", KEY_ADDRESS, KEY_REQUIRED, FIELD(circuit, ip),
	 .doc = "The customer router's address on the circuit."},
	{"peer_ip", KEY_ADDRESS, KEY_REQUIRED, FIELD(circuit, peer_ip),
	 .doc = "The VBR's address on the circuit."},
	{"subnet_mask", KEY_ADDRESS, FIELD(circuit, subnet_mask), .def = "255.255.255.252",
	 .doc = "Mask of the two addresses' subnet."},
	{"preference", KEY_NUMBER, FIELD(circuit, preference), .def = "100", .min = 1, .max = 255,
	 .doc = "bgp: of the same destination over several circuits, the one with the lower number is used."},
	ROUTING_KEYS(circuit),
};
static const struct table circuit_table = {
	"a circuit", "circuit", sizeof(struct circuit), TABLE_NAMED, KEYS(circuit_keys),
};

static const struct key route_keys[] = {
	{"destination_cidr_block", KEY_CIDR, KEY_REQUIRED, FIELD(cpe_route, destination_cidr_block),
	 .doc = "Where the traffic is going."},
	{"next_hop", KEY_ADDRESS, KEY_REQUIRED, FIELD(cpe_route, next_hop),
	 .doc = "The VBR's address on a circuit, or a host's in a LAN."},
	{"preference", KEY_NUMBER, FIELD(cpe_route, preference), .def = "60", .min = 1, .max = 255,
	 .doc = "Of several routes to one destination, the one with the lowest number is used."},
	{"track", KEY_BOOL, FIELD(cpe_route, track), .def = "false",
	 .doc = "The next hop is pinged every 2 s; without answers the route is not used."},
};
static const struct table route_table = {
	"a route of a customer router",
	"cpe-route",
	sizeof(struct cpe_route),
	TABLE_NAMED,
	KEYS(route_keys),
};

static const struct key dns_keys[] = {
	{"forward", KEY_PAIRS, ITEMS(dns_server, forward),
	 .doc = "Zones whose names other servers know: zone to address, or to several with spaces between; \".\" is every name."},
	{"records", KEY_PAIRS, ITEMS(dns_server, records),
	 .doc = "Names that it knows itself: name to address."},
};
static const struct table dns_table = {
	"a DNS server", "dns-server", sizeof(struct dns_server), TABLE_PLACE, KEYS(dns_keys),
};

static const struct key host_keys[] = {
	{"lan", KEY_REF, KEY_REQUIRED, FIELD(host, lan), .doc = "LAN of the host."},
	{"ip", KEY_ADDRESS, FIELD(host, ip),
	 .doc = "Address in the LAN. Default: the lowest free one."},
	{"firewall", KEY_MAP, ITEMS(host, firewall), .table = &parse_table_firewall_rule,
	 .doc = "Rules of the host's own firewall by name; what none matches is accepted."},
	{"services", KEY_MAP, ITEMS(host, services), .table = &parse_table_service,
	 .doc = "Programs that run on the host, by name."},
	{"dns", KEY_STRUCT, FIELD(host, dns), .table = &dns_table,
	 .doc = "The host is a DNS server of the data centre."},
};
static const struct table host_table = {
	"a host", "host", sizeof(struct host), TABLE_NAMED, KEYS(host_keys),
};

static const struct key data_center_keys[] = {
	{"lans", KEY_MAP, ITEMS(data_center, lans), .table = &lan_table, .doc = "LANs by name."},
	{"circuits", KEY_MAP, ITEMS(data_center, circuits), .table = &circuit_table,
	 .doc = "Ends of Express Connect circuits at the customer router, by name."},
	{"routes", KEY_MAP, ITEMS(data_center, routes), .table = &route_table,
	 .doc = "Static routes of the customer router by name."},
	{"asn", KEY_NUMBER, FIELD(data_center, asn), .min = 1, .max = 4294967295,
	 .doc = "bgp: autonomous system number of the data centre."},
	{"networks", KEY_CIDRS, ITEMS(data_center, networks),
	 .doc = "bgp: what the customer router announces. Default: its LANs."},
	{"hosts", KEY_MAP, ITEMS(data_center, hosts), .table = &host_table,
	 .doc = "Hosts by name."},
};
const struct table parse_table_data_center = {
	"a data centre", "data-center",          sizeof(struct data_center),
	TABLE_NAMED,     KEYS(data_center_keys),
};

static const struct key internet_host_keys[] = {
	{"ip", KEY_ADDRESS, FIELD(internet_host, ip),
	 .doc = "Public address. Default: a free one of 203.0.113.0/24."},
	{"domains", KEY_TEXTS, ITEMS(internet_host, domains),
	 .doc = "Public names that resolve to it."},
	{"services", KEY_MAP, ITEMS(internet_host, services), .table = &parse_table_service,
	 .doc = "Programs that run on the host, by name."},
};
static const struct table internet_host_table = {
	"an Internet host", "internet-host",          sizeof(struct internet_host),
	TABLE_NAMED,        KEYS(internet_host_keys),
};

static const struct key internet_keys[] = {
	{"hosts", KEY_MAP, ITEMS(internet, hosts), .table = &internet_host_table,
	 .doc = "Public hosts by name."},
};
const struct table parse_table_internet = {
	"the Internet", "internet", sizeof(struct internet), TABLE_PLACE, KEYS(internet_keys),
};
