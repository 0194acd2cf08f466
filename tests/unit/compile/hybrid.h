// SPDX-License-Identifier: GPL-2.0-only
/** Pieces of labs in which the cloud meets a data centre; `more` goes into the piece's own map. */
#pragma once

#include "unit/compile/lab_plan.h"

/* VPC v in r1, w in r2. */
#define CLOUD                                                    \
	"lab: t\n"                                               \
	"regions: {r1: {zones: [a]}, r2: {zones: [a]}}\n"        \
	"vpcs:\n"                                                \
	"  w: {region: r2, cidr_block: 10.2.0.0/16, "            \
	"vswitches: {sw: {zone: a, cidr_block: 10.2.1.0/24}}}\n" \
	"  v:\n"                                                 \
	"    region: r1\n"                                       \
	"    cidr_block: 10.1.0.0/16\n"                          \
	"    vswitches: {sv: {zone: a, cidr_block: 10.1.1.0/24}}\n"

#define LINE(more) \
	"physical_connections: {pc: {region: r1, port_type: 1000Base-T, rtt: 4ms" more "}}\n"

/* One line more, so that b and b2 are of two lines. */
#define TWO_LINES LINE("}, pc2: {region: r1, port_type: 100Base-T")

/* VBR b, at VLAN 10 of pc: 10.0.0.1, and the customer router 10.0.0.2. */
#define VBR(more)                                      \
	"virtual_border_routers:\n"                    \
	"  b: {physical_connection: pc, vlan_id: 10, " \
	"local_gateway_ip: 10.0.0.1, peer_gateway_ip: 10.0.0.2" more "}\n"
/* VBR b2, at VLAN 20 of pc2: 10.0.0.5 and 10.0.0.6. */
#define VBR_2(more)                                      \
	"  b2: {physical_connection: pc2, vlan_id: 20, " \
	"local_gateway_ip: 10.0.0.5, peer_gateway_ip: 10.0.0.6" more "}\n"
#define TO(name, dst) name ": {destination_cidr_block: " dst "}"
#define ENTRIES(list) ", route_entries: {" list "}"

/* LAN 10.10.1.0/24 with host h, 10.10.1.2. */
#define IDC(more)                                       \
	"data_centers:\n"                               \
	"  idc:\n"                                      \
	"    lans: {lan: {cidr_block: 10.10.1.0/24}}\n" \
	"    circuits: {c: " CIRCUIT more "}\n"
#define CIRCUIT   "{physical_connection: pc, vlan_id: 10, ip: 10.0.0.2, peer_ip: 10.0.0.1}"
#define CIRCUIT_2 "{physical_connection: pc2, vlan_id: 20, ip: 10.0.0.6, peer_ip: 10.0.0.5}"
