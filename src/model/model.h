// SPDX-License-Identifier: GPL-2.0-only
/**
 * The cloud as the lab file describes it: plain structs, one per resource, each with the place it
 * came from. parse/ fills in what was written; validate/ resolves every `ref` to its `to` pointer
 * and checks the rules; const from then on. All memory lives in lab->arena.
 *
 * Argument names are those of the provider's Terraform resources where it has them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/ip.h"

/** Every resource of a map begins with this: its key and where the key stands. */
struct named {
	const char *name;
	struct span at;
};

/** A name that must be that of another resource. Absent: name is NULL. */
struct ref {
	const char *name;
	struct span at;
	const void
		*to; /* set by validate/: the struct of the kind that the field's comment names */
};

/** A value with its place. `at.line` is 0 where the user did not write it (the default stands). */
struct text {
	const char *s; /* NULL: absent and no default */
	struct span at;
};

struct cidr {
	struct ip_prefix p;
	bool set;
	struct span at;
};

struct address {
	uint32_t ip;
	bool set;
	struct span at;
};

struct number {
	uint64_t v; /* bit/s, microseconds, bytes, or plain: the field's comment says */
	bool set;   /* written, not the default */
	struct span at;
};

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

enum nexthop_type {
	NEXTHOP_INSTANCE,   /* nexthop_id: an ECS instance */
	NEXTHOP_ATTACHMENT, /* nexthop_id: the CEN whose transit router the VPC is attached to */
	NEXTHOP_ROUTER_INTERFACE, /* nexthop_id: a VBR (legacy peering); from a later release on */
};

struct route_entry {
	struct named id;
	struct cidr destination_cidrblock;
	enum nexthop_type nexthop_type;
	struct span nexthop_type_at;
	struct ref nexthop_id; /* struct ecs or struct cen, by type */
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
};

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

/** A VPC (later also a VBR) attached to the transit router of its region. */
struct cen_attachment {
	struct named id;
	struct ref vpc; /* struct vpc */
	/* enterprise only: */
	struct ref *zone_mappings; /* struct vswitch: one per zone for the router's ENIs */
	size_t n_zone_mappings;
	struct ref association;  /* struct tr_route_table; absent: the router's default table */
	struct ref *propagation; /* struct tr_route_table; absent: the default table */
	size_t n_propagation;
	bool propagation_set;            /* written, possibly empty: learn into no table */
	bool auto_publish_route_enabled; /* route synchronization to the VPC; default false */
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
	struct ref *source_instance_ids; /* struct vpc */
	size_t n_source_instance_ids;
	struct cidr *destination_cidr_blocks;
	size_t n_destination_cidr_blocks;
	bool cidr_include; /* cidr_match_mode: Include; default Complete */
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
	size_t n_attachments, n_bandwidth_packages, n_bandwidth_limits, n_route_tables,
		n_peer_attachments, n_route_maps;
};

enum gateway_type { GATEWAY_NORMAL, GATEWAY_VPC_CONNECT, GATEWAY_SERVERLESS };

/** The one VPC whose members reach a dedicated instance ("Bind to VPC"). */
struct gateway_binding {
	struct span at; /* line 0: not bound */
	struct ref vpc;
	struct ref vswitch; /* absent: the first vSwitch of the VPC */
	struct address ip;  /* absent: validate/ chooses the lowest free one and sets it */
};

struct api_gateway {
	struct named id;
	struct ref region;
	enum gateway_type instance_type; /* default normal (dedicated) */
	struct gateway_binding bind;
	struct cidr egress; /* default 100.104.254.0/26, next /26 for the next instance */
};

struct api_group {
	struct named id;
	struct ref instance;       /* struct api_gateway */
	struct text base_path;     /* default "/" */
	struct text sub_domain_id; /* 32 hex digits; default derived from lab and group */
	bool vpc_domain;           /* "Enable VPC Second-level Domain"; default false */
	struct span vpc_domain_at;
};

struct function {
	struct named id;
	struct ref region;
	struct text code;          /* path of an executable, relative to the lab file */
	struct number timeout;     /* us; default 60 s */
	struct number memory_size; /* bytes; default 128 MiB; told to the handler */
	struct text *environment;  /* "KEY=value" */
	size_t n_environment;
};

enum api_method {
	API_GET,
	API_POST,
	API_PUT,
	API_DELETE,
	API_PATCH,
	API_HEAD,
	API_OPTIONS,
	API_ANY
};
enum api_protocol { API_HTTP = 1, API_HTTPS = 2, API_HTTP_HTTPS = 3 };
enum backend_kind { BACKEND_FUNCTION, BACKEND_MOCK };

struct api_backend {
	struct span at;
	enum backend_kind kind;    /* set by parse/ from the one of these that is written */
	struct ref function;       /* struct function */
	struct text mock;          /* body of a MOCK backend */
	struct text arn_role;      /* RAM role that lets the gateway invoke the function */
	struct number timeout;     /* us; 300 ms .. 120 s, default 10 s */
	struct number mock_status; /* default 200 */
};

struct api {
	struct named id;
	struct ref group;           /* struct api_group */
	enum api_method method;     /* default GET */
	struct text path;           /* "/hello" or "/users/[id]" */
	enum api_protocol protocol; /* default HTTP,HTTPS = both */
	struct text *stages;        /* published to; absent or empty: not published */
	size_t n_stages;
	struct api_backend backend;
};

/* --- checks: what must be true, at the end or after a step --- */

enum check_kind { CHECK_HTTP, CHECK_PING, CHECK_DNS, CHECK_TCP, CHECK_ROUTE };

/** What a check looks for; which fields apply depends on its kind. set/NULL tell what was written. */
struct check_expect {
	struct span at;
	struct number status;             /* http: status code */
	struct text error_code;           /* http: X-Ca-Error-Code, "" for none */
	struct text body;                 /* http: a substring of the body */
	struct text header;               /* http: "Name: value" or "Name" */
	struct number bytes;              /* http: body size */
	struct number min_time, max_time; /* http: us from start to last byte */
	struct number rate;               /* http: at most this many bit/s of body */
	struct number rtt;  /* ping: us, within 20 % or 1 ms; skipped where delay is not emulated */
	struct text answer; /* dns: an address, NXDOMAIN, NODATA */
	struct text connect; /* tcp: open, refused, timeout */
	bool timeout;        /* http, ping: nothing answers within `for` */
	bool timeout_set;
	struct text origin; /* route: system, custom, cen, none */
};

struct check {
	struct span at;
	struct text id;    /* default "http-1" ... by kind and place */
	struct text title; /* default made from the check */
	struct ref from;   /* struct ecs; for a route check: struct vpc (key `in`) */
	enum check_kind kind;
	struct text
		target; /* http: "GET URL"; ping, dns: address or name; tcp: "ip:port"; route: CIDR */
	struct text *headers; /* http: request headers, "Name: value" */
	size_t n_headers;
	struct number body_size; /* http: bytes of request body */
	struct number
		wait; /* us: how long a failing probe is repeated; default 5 s (key `within`) */
	struct number
		duration; /* us: how long silence must last for `timeout`; default 3 s (key `for`) */
	struct check_expect expect;
};

struct step {
	struct named id;   /* key `id` of the list item */
	struct text title; /* the document's words */
	struct text text;  /* Markdown */
	struct check *checks;
	size_t n_checks;
};

struct lab {
	struct arena *arena;
	const struct source *source;
	const char *dir; /* folder of the lab file, for `code:`; "." for none */
	struct named id; /* key `lab`: the name */
	struct text title, description;
	const char *step; /* stopped after this step; NULL: all were merged */
	struct region *regions;
	struct region_pair *region_pairs;
	struct vpc *vpcs;
	struct security_group *security_groups;
	struct ecs *ecs;
	struct cen *cens;
	struct api_gateway *api_gateways;
	struct api_group *api_groups;
	struct api *apis;
	struct function *functions;
	struct step *steps;
	struct check *checks; /* of the whole lab: hold when all steps are done */
	size_t n_regions, n_region_pairs, n_vpcs, n_security_groups, n_ecs, n_cens, n_api_gateways,
		n_api_groups, n_apis, n_functions, n_steps, n_checks;
};

struct lab *lab_new(void) __attribute__((returns_nonnull));
void lab_free(struct lab *lab); /* NULL is fine */

const struct vswitch *lab_find_vswitch(const struct lab *lab, const char *name);
const struct step *lab_find_step(const struct lab *lab, const char *id);
/** The pair in either order, NULL where the lab file does not name it. */
const struct region_pair *lab_find_region_pair(const struct lab *lab, const struct region *a,
					       const struct region *b);

/** "HASH-cn-hangzhou.alicloudapi.com", allocated from the lab's arena; group resolved. */
const char *lab_public_domain(const struct lab *lab, const struct api_group *group);
/** "HASH-cn-hangzhou-vpc.alicloudapi.com". */
const char *lab_vpc_domain(const struct lab *lab, const struct api_group *group);

static inline void cleanup_lab(struct lab **lab)
{
	lab_free(*lab);
}
#define auto_lab __attribute__((cleanup(cleanup_lab)))
