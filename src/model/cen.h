// SPDX-License-Identifier: GPL-2.0-only
/** Cloud Enterprise Network. */
#pragma once

#include "model/link.h"
#include "model/vpc.h"

enum cen_edition { CEN_BASIC, CEN_ENTERPRISE };

/** Bandwidth bought for pairs of regions of two areas. */
struct cen_bandwidth_package {
	struct named id;
	struct number bandwidth;            /* bit/s, at least 2 Mbit/s, whole Mbit/s */
	struct text *geographic_region_ids; /* one or two areas; default China, China */
	size_t n_geographic_region_ids;
};

/** Share of a package for one pair of regions (basic edition). */
struct cen_bandwidth_limit {
	struct named id;
	struct ref *regions; /* exactly two: struct region */
	size_t n_regions;
	struct number bandwidth_limit; /* bit/s, at least 1 Mbit/s, whole Mbit/s */
};

struct tr_route_entry {
	struct named id;
	struct cidr destination_cidr_block;
	struct ref attachment; /* struct cen_attachment; absent: blackhole */
	bool blackhole;
};

/** A custom route table of an enterprise transit router. */
struct tr_route_table {
	struct named id;
	struct ref region;
	struct tr_route_entry *entries;
	size_t n_entries;
};

/** A VPC or a VBR, attached to the transit router of its region. */
struct cen_attachment {
	struct named id;
	struct ref vpc; /* struct vpc; exactly one of vpc and vbr */
	struct ref vbr; /* struct vbr */
	/* enterprise only: */
	struct ref
		*zone_mappings; /* struct vswitch: one per zone for the router's ENIs; of a VPC */
	size_t n_zone_mappings;
	struct ref association;  /* struct tr_route_table; absent: the router's default table */
	struct ref *propagation; /* struct tr_route_table; absent: the default table */
	size_t n_propagation;
	bool propagation_set;             /* written, possibly empty: learn into no table */
	bool auto_publish_route_enabled;  /* route synchronization to VPC or VBR; default false */
	const struct link_change *change; /* set by validate/; NULL: nothing is said of the link */
};

/** Inter-region connection of two enterprise transit routers. */
struct cen_peer_attachment {
	struct named id;
	struct ref *regions; /* exactly two: struct region */
	size_t n_regions;
	struct number bandwidth; /* bit/s; from a package, or pay-by-traffic where there is none */
	bool auto_publish_route_enabled; /* routes go from router to router; default false */
};

/**
 * Route map of a transit router. Conditions left out match everything.
 */
enum route_map_direction { REGION_IN, REGION_OUT };
struct cen_route_map {
	struct named id;
	struct ref cen_region; /* struct region */
	enum route_map_direction transmit_direction;
	bool deny;                       /* map_result: Deny; default Permit */
	struct number priority;          /* 1..100, low first */
	struct number preference;        /* of permitted routes: 1..100, low wins; default 50 */
	struct ref *source_instance_ids; /* struct vpc or struct vbr */
	size_t n_source_instance_ids;
	struct cidr *destination_cidr_blocks;
	size_t n_destination_cidr_blocks;
	bool cidr_include; /* cidr_match_mode: Include; default Complete */
};

/** "Access to cloud services": a service of 100.64.0.0/10, reached from VBRs through a VPC. */
struct cen_route_service {
	struct named id;
	struct text host;         /* a CIDR block, an address or a name that the VPC resolves */
	struct ref host_region;   /* struct region, of the service and the VPC */
	struct ref access_region; /* struct region, of the VBRs: the same one */
	struct ref host_vpc;      /* struct vpc */
};

/** PrivateZone: the resolvers of a VPC, reached from VBRs. */
struct cen_private_zone {
	struct named id;
	struct ref host_region, access_region; /* as above */
	struct ref host_vpc;
};

/** The pings that decide whether a VBR's routes are used. */
struct cen_vbr_health_check {
	struct named id;
	struct ref vbr;
	struct address health_check_source_ip; /* absent: the VBR's local gateway address */
	struct address health_check_target_ip; /* the VBR's peer gateway address; default */
	struct number health_check_interval;   /* us; 2 s or 3 s */
	struct number healthy_threshold;       /* 3..8 probes lost in a row; default 8 */
};

struct cen {
	struct named id;
	enum cen_edition edition; /* default basic */
	struct text
		protection_level; /* REDUCED: CIDRs may overlap, never be identical; FULL: neither */
	struct cen_attachment *attachments;
	struct cen_bandwidth_package *bandwidth_packages;
	struct cen_bandwidth_limit *bandwidth_limits;
	struct tr_route_table *route_tables;
	struct cen_peer_attachment *peer_attachments;
	struct cen_route_map *route_maps;
	struct cen_route_service *route_services;
	struct cen_private_zone *private_zones;
	struct cen_vbr_health_check *vbr_health_checks;
	size_t n_attachments, n_bandwidth_packages, n_bandwidth_limits, n_route_tables,
		n_peer_attachments, n_route_maps, n_route_services, n_private_zones,
		n_vbr_health_checks;
};
