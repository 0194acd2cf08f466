// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the files of this layer share while one lab is compiled: the plan that grows, the routers'
 * own addresses, the route tables of the VPCs.
 *
 * Links between routers carry no addresses. Every router has one address of its own, on lo, out of
 * 100.64.0.0/16 and derived from its name: it is the next hop of its neighbours (onlink, with a
 * permanent neighbour entry, so that no link needs ARP or a subnet) and the source of its ICMP, and
 * traceroute shows hops in 100.64.0.0/10 as it does in the cloud. It sorts before 100.100.2.136 on
 * purpose: the kernel takes the first address of lo as source on a link that has none.
 */
#pragma once

#include "compile/compile.h"

#define RULE_MAIN   1000u  /* of a VPC: its ECS instances and vSwitches come first */
#define RULE_TABLE  2000u  /* and up: `iif` chooses a custom table */
#define RULE_SYSTEM 30000u /* all others: the system route table */

/** A route table of a VPC, with the destinations that it holds so far. */
struct vpc_table {
	const struct route_table
		*model; /* NULL: the system table where nothing is written for it */
	uint32_t id;
	struct ip_prefix *dst;
	size_t n_dst;
};

struct vpc_state {
	const struct vpc *vpc;
	struct vpc_table *tables; /* the system table first */
	size_t n_tables;
	uint32_t n_rules; /* `iif` rules so far */
};

struct router;
struct cen_state;

struct compile {
	const struct lab *lab;
	struct plan *plan;
	struct arena *arena;    /* the plan's */
	struct vpc_state *vpcs; /* one per VPC of the lab, same order */
	struct cen_state *cens; /* one per CEN of the lab, same order */
	struct router *routers;
	size_t n_routers;
};

/* --- context.c: names, origins, links --- */

/** Origin "kind.name" at the place of `id`. */
struct plan_origin compile_origin(struct compile *c, const char *kind, const struct named *id);
/** Origin "kind.name.sub.subname" at the place of `sub`. */
struct plan_origin compile_origin_in(struct compile *c, const char *kind, const struct named *id,
				     const char *sub_kind, const struct named *sub);

const char *compile_text(struct compile *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** The interface name of a cloud name, in the plan's arena. */
const char *compile_ifname(struct compile *c, const char *name);
const char *compile_services_ns(struct compile *c, const struct region *region);
const char *compile_transit_router_ns(struct compile *c, const struct cen *cen,
				      const struct region *region);

void compile_namespace(struct compile *c, struct plan_origin origin, const char *name,
		       const char *role);
/** A namespace that forwards, with its own address on lo. */
void compile_router(struct compile *c, struct plan_origin origin, const char *name,
		    const char *role);
/** The own address of a router that compile_routers() knows. */
uint32_t compile_router_ip(const struct compile *c, const char *ns);
/** Gives every router of the lab its address; before anything else. */
void compile_routers(struct compile *c);

/** One end of a link without ARP: `ip` is what the other end uses as its next hop. */
struct leg {
	const char *ns, *dev, *alias;
	uint32_t ip;
	uint32_t gso_segs;
};
void compile_leg_pair(struct compile *c, struct plan_origin origin, const struct leg *a,
		      const struct leg *b);

void compile_address(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		     struct ip_prefix prefix);

/** Drops, without a word, what nothing else in the table matches. */
void compile_last_route(struct compile *c, struct plan_origin origin, const char *ns,
			uint32_t table);

struct hop {
	const char *dev; /* NULL: blackhole */
	uint32_t via;    /* 0: the destination itself is on the link */
	uint32_t src;
	bool on_subnet; /* via is covered by an address of dev */
};
/** The route to `dst` in a table of a namespace, through `hop`. */
void compile_route(struct compile *c, struct plan_origin origin, const char *ns, uint32_t table,
		   struct ip_prefix dst, enum plan_route_proto proto, struct hop hop);

/* --- vpc.c --- */

void compile_vpcs(struct compile *c);
/** What no route of a table matches is dropped without a word; after all routes are there. */
void compile_vpcs_finish(struct compile *c);
struct vpc_state *compile_vpc_state(struct compile *c, const struct vpc *vpc);
/** Adds a route unless the table has one to that destination; whether it did. */
bool compile_vpc_route(struct compile *c, struct vpc_state *v, struct vpc_table *t,
		       struct plan_origin origin, struct ip_prefix dst, enum plan_route_proto proto,
		       struct hop hop);

/** Something with a private address in a vSwitch: an ECS instance or the VIP of a gateway. */
struct port {
	const struct vswitch *vswitch;
	const char *name; /* in the cloud: names the router's interface */
	const char *kind; /* "ecs" */
	const char *ns, *dev;
	uint32_t ip;
};
void compile_vpc_port(struct compile *c, struct plan_origin origin, const struct port *port);

/* --- cen.c --- */

/** From an attached VPC to the transit router of its region. */
struct hop compile_cen_hop(struct compile *c, const struct cen *cen, const struct vpc *vpc);
/** Transit routers, attachments, links; what is learned and pushed. */
void compile_cens(struct compile *c);

/* --- services.c, ecs.c, security_group.c, gateway.c, function.c, dns.c, summary.c --- */

#define SERVICES_PREFIX ((struct ip_prefix){0x64400000, 10}) /* 100.64.0.0/10 */
#define DNS_ADDRESS_1   0x64640288u                          /* 100.100.2.136 */
#define DNS_ADDRESS_2   0x6464028au                          /* 100.100.2.138 */

/** Whether the region's cloud-service network is there: a VPC, gateway or function needs it. */
bool compile_region_used(const struct lab *lab, const struct region *region);
void compile_services(struct compile *c);
void compile_ecs(struct compile *c);
void compile_security_groups(struct compile *c);
void compile_gateways(struct compile *c);
/** The address that clients use; 0: a dedicated instance that is not bound. */
uint32_t compile_gateway_vip(const struct lab *lab, const struct api_gateway *gw);
/** JSON for labctl-gateway (gateway_config.c). */
const char *compile_gateway_config(struct compile *c, const struct api_gateway *gw);
void compile_functions(struct compile *c);
/** Address in the cloud-service network, port FUNCTION_PORT. */
uint32_t compile_function_address(const struct lab *lab, const struct function *f);
#define FUNCTION_PORT 9000
void compile_dns(struct compile *c);
const char *compile_ecs_domain(struct compile *c, const struct ecs *ecs);
void compile_summary(struct compile *c);

/* --- json.c --- */

struct json_t;
/** The text of a JSON value, compact, keys sorted, in the plan's arena. Takes the value. */
const char *compile_json(struct compile *c, struct json_t *value);
/** Appends a value, and takes it. */
void compile_json_append(struct json_t *list, struct json_t *value);
