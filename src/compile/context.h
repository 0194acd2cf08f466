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
#include "model/ranges.h"

#define RULE_MAIN   1000u  /* of a VPC: its ECS instances and vSwitches come first */
#define RULE_TABLE  2000u  /* and up: `iif` chooses a custom table */
#define RULE_SYSTEM 30000u /* all others: the system route table */

/** A route table of a VPC or VBR, with the destinations that it holds so far. */
struct table {
	const char *ns;
	const struct route_table
		*model; /* NULL: of a VBR, or the system table where nothing is written for it */
	uint32_t id;
	struct ip_prefix *dst;
	size_t n_dst;
};

struct vpc_state {
	const struct vpc *vpc;
	struct table *tables; /* the system table first */
	size_t n_tables;
	uint32_t n_rules; /* `iif` rules so far */
};

struct json_t;
struct router;
struct strbuf;
struct cen_state;
struct wire;

/** VLANs of a physical connection that have their bridge already. */
struct vlans {
	uint64_t *v;
	size_t n;
};

struct compile {
	const struct lab *lab;
	struct plan *plan;
	struct arena *arena;    /* the plan's */
	struct vpc_state *vpcs; /* one per VPC of the lab, same order */
	struct table *vbrs;     /* one per VBR of the lab, same order */
	struct vlans *vlans;    /* one per physical connection of the lab, same order */
	struct cen_state *cens; /* one per CEN of the lab, same order */
	struct router *routers;
	size_t n_routers;
	bool no_netem;
	bool view;          /* nobody asks for more of the summary than explain/ does */
	struct wire *wires; /* lines that labctl-wire carries */
	size_t n_wires;
};

/* --- context.c: names, origins, links --- */

/** "lab.yaml:12". */
const char *compile_place(struct compile *c, struct span at);
/** Origin "kind.name" at the place of `id`. */
struct plan_origin compile_origin(struct compile *c, const char *kind, const struct named *id);
/** Origin "kind.name.sub.subname" at the place of `sub`. */
struct plan_origin compile_origin_in(struct compile *c, const char *kind, const struct named *id,
				     const char *sub_kind, const struct named *sub);

const char *compile_text(struct compile *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** The interface name of a cloud name: it itself where it is short enough. */
const char *compile_ifname(struct compile *c, const char *name);
const char *compile_services_ns(struct compile *c, const struct region *region);
const char *compile_transit_router_ns(struct compile *c, const struct cen *cen,
				      const struct region *region);

void compile_namespace(struct compile *c, struct plan_origin origin, const char *name,
		       const char *role);
/** A namespace that forwards, with its own address on lo. */
void compile_router(struct compile *c, struct plan_origin origin, const char *name,
		    const char *role);
/** A namespace that forwards and is none of the cloud's routers: it has no address on lo. */
void compile_foreign_router(struct compile *c, struct plan_origin origin, const char *name,
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
struct line;
/** The same over a distance. */
void compile_far_leg_pair(struct compile *c, struct plan_origin origin, const struct leg *a,
			  const struct leg *b, const struct line *line);

void compile_address(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		     struct ip_prefix prefix);

/** A link where hosts live: neighbours are found by ARP, and nothing comes with it. */
struct plan_link *compile_link(struct compile *c, struct plan_origin origin, struct plan_end a,
			       struct plan_end b);

/* --- shaper.c, wire.c --- */

/** What a line does to what is sent into it. Each end shapes its own direction. */
struct line {
	uint64_t rate;                                 /* bit/s */
	uint32_t rtt_us, jitter_us;                    /* of both directions together */
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm; /* of each direction */
};
/** The queue of one end; where labctl-wire carries the line, it only limits the rate. */
void compile_shaper(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		    struct line line);
/**
 * GSO cap of a device that sends towards that line: below 200 Mbit/s, a frame bigger than the
 * shaper's burst would stall it, and of a lossy line it would be lost as one, so that senders must not batch.
 */
uint32_t compile_gso_segs(const struct line *line);

/* --- link.c --- */

/** What `links:` says of the line; NULL: nothing. */
void compile_change(struct line *line, const struct link_change *c);
/** A line that is nothing but what is said of it: of what is no distance otherwise. */
struct line compile_change_of(const struct link_change *c);
/** Breaks the link that ends at a router's device. of: the link's object. */
void compile_cut(struct compile *c, struct plan_origin of, const struct link_change *change,
		 const char *ns, const char *dev);
/** A shaper's: `of`, the link's object; but the link itself where it loses all because of what is said of it. */
struct plan_origin compile_line_origin(struct compile *c, struct plan_origin of,
				       const struct link_change *change);
/** The fastest of the circuit's VBRs, as the lab file has it without what is said of it. */
struct line compile_circuit_line(const struct physical_connection *pc);
/** As allocated in the first CEN that connects them. */
uint64_t compile_regions_rate(const struct lab *lab, const struct region *a,
			      const struct region *b);

/** Whether packets are lost, doubled or overtaken on it. */
bool compile_spoils(const struct line *line);
/** Whether labctl-wire carries the line. */
bool compile_by_wire(const struct compile *c, const struct line *line);
/** A link whose ends are a line apart, by one of both ways; the shapers of its ends are the caller's. */
void compile_line(struct compile *c, struct plan_origin origin, struct plan_end a,
		  struct plan_end b, struct line line);
/** The worker of the lines that it shall carry; after all of them. */
void compile_wires(struct compile *c);
/** Their names in a JSON array "wire"; nothing where there are none. */
void compile_put_wire_names(const struct compile *c, struct strbuf *b);
#define WIRE_NS "wire"

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

/** Adds a route unless the table has one to that destination; whether it did. */
bool compile_table_route(struct compile *c, struct table *t, struct plan_origin origin,
			 struct ip_prefix dst, enum plan_route_proto proto, struct hop hop);
bool compile_table_has(const struct table *t, struct ip_prefix dst);

/* --- vpc.c --- */

void compile_vpcs(struct compile *c);
/** What no route of a table matches is dropped without a word; after all routes are there. */
void compile_vpcs_finish(struct compile *c);
struct vpc_state *compile_vpc_state(struct compile *c, const struct vpc *vpc);

/** Something with a private address in a vSwitch: an ECS instance or the VIP of a gateway. */
struct port {
	const struct vswitch *vswitch;
	const char *name; /* in the cloud: names the router's interface */
	const char *kind; /* "ecs" */
	const char *ns, *dev;
	uint32_t ip;
	bool no_routes; /* its namespace has tables for what leaves through it */
};
uint32_t compile_vswitch_gateway(const struct vswitch *s);
void compile_vpc_port(struct compile *c, struct plan_origin origin, const struct port *port);

/* --- cen.c --- */

/** From what is attached in a region to the transit router there. */
struct hop compile_cen_hop(struct compile *c, const struct cen *cen, const struct region *region);
/** Transit routers, attachments, links; what is learned and pushed. */
void compile_cens(struct compile *c);

/* --- circuit.c --- */

/** Lines, VBRs and router interfaces; the VBRs' static routes. */
void compile_circuits(struct compile *c);
/** What no route of a VBR matches is dropped; after all routes are there. */
void compile_circuits_finish(struct compile *c);
struct table *compile_vbr_table(struct compile *c, const struct vbr *vbr);
struct line compile_vbr_line(const struct vbr *vbr);
/** As fast as its ports. */
struct line compile_physical_line(const struct physical_connection *pc);
/** From one end of a router interface to the other; ns: the VPC's or the VBR's. */
struct hop compile_router_interface_hop(struct compile *c, const struct router_interface *ri,
					const char *ns);
/** The device of either router that ends a VLAN of a line: "pc-1.110". */
const char *compile_circuit_dev(struct compile *c, const struct physical_connection *pc,
				uint64_t vlan);
/** A bridge of a namespace; down: nothing passes. */
void compile_bridge(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		    const char *alias, bool down);
/** One router's port at a VLAN of a line, with its shaper. The distance lies before the cloud's. */
struct circuit_port {
	const char *ns; /* the router's */
	const struct physical_connection *pc;
	uint64_t vlan;
	struct ip_prefix address; /* with host bits */
	struct line line;
	bool is_clouds;
};
void compile_circuit_port(struct compile *c, struct plan_origin origin,
			  const struct circuit_port *p);
/** A router that does not answer for what it cannot reach, and does not tell hosts of better ways. */
void compile_router_filter(struct compile *c, struct plan_origin origin, const char *ns);

/* --- data_center.c, internet.c, node.c --- */

void compile_data_centers(struct compile *c);
void compile_internet(struct compile *c);
#define INTERNET_NS  "internet"
#define INTERNET_DNS 0xc0000235u /* 192.0.2.53 */

/** A namespace that commands are run in; hosts: lines beside that of localhost. */
void compile_node(struct compile *c, struct plan_origin origin, const char *ns,
		  const char *resolv_conf, const char *hosts);
/** The programs of all nodes; after the nodes. */
void compile_node_services(struct compile *c);

/* --- bgp.c, routing.c --- */

#define VBR_ROUTE_LIMIT 110 /* routes that a VBR takes of its peer; the vendor's quota */

/** The routing daemons of VBRs and customer routers with `routing: bgp`. */
void compile_bgp(struct compile *c);
/** What writes the routes that come and go while a lab runs; last of all routes. */
void compile_routing(struct compile *c);
/** Whether the customer router has other routes to that destination, or watches this one. */
bool compile_cpe_route_is_live(const struct data_center *dc, const struct cpe_route *r);
struct line compile_cpe_line(const struct circuit *circuit);
struct hop compile_cpe_hop(struct compile *c, const struct data_center *dc, uint32_t next_hop);

/* --- services.c, ecs.c, security_group.c, gateway.c, function.c, dns.c, summary.c --- */

/** Whether the region's cloud-service network is there: a VPC, gateway or function needs it. */
bool compile_region_used(const struct lab *lab, const struct region *region);
void compile_services(struct compile *c);
void compile_ecs(struct compile *c);
void compile_security_groups(struct compile *c);
/** What a rule matches, in nftables' words, with a space behind them; indented. */
void compile_rule_match(const struct sg_rule *r, struct strbuf *b);
void compile_gateways(struct compile *c);
/** The address that clients use; 0: a dedicated instance that is not bound. */
uint32_t compile_gateway_vip(const struct lab *lab, const struct api_gateway *gw);
/** Of its worker (struct plan_worker). */
uint32_t compile_gateway_copies(const struct api_gateway *gw);
/** The address that backends see, of a dedicated instance of type normal and a serverless one. */
uint32_t compile_gateway_egress(const struct api_gateway *gw);
/** How an instance calls an HTTP service (access.c). */
struct way {
	const char *device; /* that the connection is bound to; NULL: it cannot be called */
	uint32_t source;
};
struct way compile_way_through(struct compile *c, const struct api_gateway *gw,
			       const struct vpc *vpc);
struct way compile_way_to(const struct api_gateway *gw, uint32_t ip);
/** The cloud's name of the interface of an instance of type vpc_connect. */
const char *compile_interface_name(struct compile *c, const struct api_gateway *gw);
/** What becomes of an API's parameters, for labctl-gateway; NULL: all goes on as it came (gateway_mapping.c). */
struct json_t *compile_gateway_mapping(const struct api *api);
/** The address of an HTTP backend's host; 0: the name does not resolve. */
uint32_t compile_backend_ip(const struct lab *lab, const struct api_backend *b);
/** Legs, routes and filters of what the instance calls. */
void compile_gateway_access(struct compile *c, const struct api_gateway *gw);
/** JSON for labctl-gateway (gateway_config.c). */
const char *compile_gateway_config(struct compile *c, const struct api_gateway *gw);
/** A backend in the form of gateway/config.h. */
struct json_t *compile_backend(struct compile *c, const struct api_gateway *gw,
			       const struct api_backend *b);
/**
 * The next backend that the gateway may call: of its APIs, then of plug-ins that are bound to them; NULL: no more. *i: 0
 * at first.
 */
const struct api_backend *compile_next_backend(const struct lab *lab, const struct api_gateway *gw,
					       size_t *i);
/** plugin.c: the plug-ins that are bound to APIs of the gateway, and those of one API; NULL where there are none. */
struct json_t *compile_plugins(struct compile *c, const struct api_gateway *gw);
struct json_t *compile_plugins_of_api(const struct lab *lab, const struct api *api);
void compile_functions(struct compile *c);
/** Address in the cloud-service network, port FUNCTION_PORT. */
uint32_t compile_function_address(const struct lab *lab, const struct function *f);
#define FUNCTION_PORT 9000
void compile_dns(struct compile *c);
const char *compile_ecs_domain(struct compile *c, const struct ecs *ecs);
/** The whole name of a private zone's record. */
const char *compile_zone_name(struct compile *c, const struct private_zone *z, const char *key);
/** What others call a node, with spaces between: its address first. */
const char *compile_node_names(struct compile *c, const struct lab_node *node);
void compile_summary(struct compile *c);

/* --- json.c --- */

/** The text of a JSON value, compact, keys sorted, in the plan's arena. Takes the value. */
const char *compile_json(struct compile *c, struct json_t *value);

/*
 * Where there are hundreds of a kind they are written at once, without values in between: keys in sorted order,
 * as compile_json() has them. NULL for a value: the key is left out. NULL for a key: in a list.
 */
void compile_put_open(struct strbuf *b, const char *key, const char *bracket);
void compile_put_text(struct strbuf *b, const char *key, const char *text);
void compile_put_number(struct strbuf *b, const char *key, uint64_t n);
/** Takes the value. */
void compile_put_json(struct strbuf *b, const char *key, struct json_t *value);

/** {"KEY": "value"} of texts "KEY=value". */
struct json_t *compile_environment(const struct text *variables, size_t n);
/** Appends a value, and takes it. */
void compile_json_append(struct json_t *list, struct json_t *value);
