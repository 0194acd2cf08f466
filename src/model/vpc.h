// SPDX-License-Identifier: GPL-2.0-only
/** Regions, VPCs, security groups and what has an address in a vSwitch. */
#pragma once

#include "model/service.h"
#include "model/types.h"

struct zone {
	const char *name; /* "h" of cn-hangzhou-h */
	struct span at;
};

struct region {
	struct named id; /* "cn-hangzhou" */
	struct text
		area; /* China, North-America, Asia-Pacific, Europe, Australia; default by name */
	struct zone *zones;
	size_t n_zones;
};

/** Round trip between two regions. Key of the map: any name, e.g. hangzhou-beijing. */
struct region_pair {
	struct named id;
	struct ref *regions; /* exactly two: struct region */
	size_t n_regions;
	struct number rtt;    /* us; default 30 ms */
	struct number jitter; /* us; default 500 */
};

/** PrivateZone: names that the resolvers of some VPCs know, and that hide public ones below them. */
struct private_zone {
	struct named id;
	struct text zone_name; /* "example.com" */
	struct ref *vpcs;      /* struct vpc */
	size_t n_vpcs;
	struct pair *records; /* "api" or "@" to an address (A) or a name (CNAME) */
	size_t n_records;
};

enum nexthop_type {
	NEXTHOP_INSTANCE,   /* nexthop_id: an ECS instance */
	NEXTHOP_ATTACHMENT, /* nexthop_id: the CEN whose transit router the VPC is attached to */
	NEXTHOP_ROUTER_INTERFACE, /* nexthop_id: a router interface to a VBR */
};

struct route_entry {
	struct named id;
	struct cidr destination_cidrblock;
	enum nexthop_type nexthop_type;
	struct span nexthop_type_at;
	struct ref nexthop_id; /* struct ecs, cen or router_interface, by type */
	bool published;        /* advertised to the CEN (PublishRouteEntries); default false */
};

struct route_table {
	struct named id;
	bool system; /* key "system": entries of the system route table */
	struct span system_at;
	struct route_entry *entries;
	size_t n_entries;
};

struct vpc;

struct vswitch {
	struct named id;
	struct text zone; /* "h" or "cn-hangzhou-h" */
	struct cidr cidr_block;
	struct ref route_table; /* struct route_table of the same VPC; absent: system */
	const struct vpc *vpc;  /* set by validate/ */
};

struct vpc {
	struct named id;
	struct ref region;
	struct cidr cidr_block;
	struct vswitch *vswitches;
	size_t n_vswitches;
	struct route_table *route_tables;
	size_t n_route_tables;
};

enum sg_type { SG_NORMAL, SG_ENTERPRISE };
enum sg_direction { SG_INGRESS, SG_EGRESS };
enum sg_policy { SG_ACCEPT, SG_DROP };
enum sg_protocol { SG_ALL, SG_TCP, SG_UDP, SG_ICMP };

struct sg_rule {
	struct named id;
	enum sg_direction type;
	enum sg_policy policy;            /* default accept */
	enum sg_protocol ip_protocol;     /* default all */
	struct text port_range;           /* "80/80"; "-1/-1" (all) by default */
	uint16_t port_first, port_last;   /* set by parse/ from port_range; 0..65535 for all */
	struct number priority;           /* 1..100, default 1; lower wins; tie: drop wins */
	struct cidr cidr_ip;              /* exactly one of cidr_ip and source_security_group */
	struct ref source_security_group; /* struct security_group of the same VPC */
};

struct security_group {
	struct named id;
	struct ref vpc;
	enum sg_type security_group_type;   /* default normal (basic) */
	enum sg_policy inner_access_policy; /* basic only; default accept */
	struct sg_rule *rules;
	size_t n_rules;
};

struct ecs {
	struct named id;
	struct ref vswitch;        /* struct vswitch; vswitch names are unique in the lab */
	struct address private_ip; /* absent: validate/ chooses the lowest free one and sets it */
	struct ref *security_groups;
	size_t n_security_groups; /* at least one */
	struct service *services;
	size_t n_services;
};
