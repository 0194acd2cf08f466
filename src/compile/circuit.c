// SPDX-License-Identifier: GPL-2.0-only
/*
 * Express Connect. A line is a namespace of its own, the carrier's: in it each VLAN is a bridge with two
 * ports, the VBR's and the customer router's. So a VLAN that only one end uses leads nowhere, and a
 * line that is cut in the middle leaves both ends with a carrier and without answers, as in life.
 * Neighbours on a circuit are found by ARP: a wrong peer address is one that nobody has.
 *
 * A VBR is a router with one table. It says nothing about what it cannot reach.
 */
#include "compile/context.h"

#include <string.h>

#include "base/number.h"

struct table *compile_vbr_table(struct compile *c, const struct vbr *vbr)
{
	return &c->vbrs[vbr - c->lab->vbrs];
}

static struct line written_line(const struct physical_connection *pc)
{
	return (struct line){
		.rate = port_type_speed(pc->port_type),
		.rtt_us = (uint32_t)pc->rtt.v,
		.jitter_us = (uint32_t)pc->jitter.v,
		.loss_ppm = (uint32_t)pc->loss.v,
		.duplicate_ppm = (uint32_t)pc->duplicate.v,
		.reorder_ppm = (uint32_t)pc->reorder.v,
	};
}

struct line compile_physical_line(const struct physical_connection *pc)
{
	struct line line = written_line(pc);

	compile_change(&line, pc->change);
	return line;
}

struct line compile_circuit_line(const struct physical_connection *pc)
{
	struct line line = written_line(pc);
	uint64_t fastest = 0;

	for (size_t i = 0; i < pc->n_vbrs; i++) {
		const struct number *bandwidth = &pc->vbrs[i]->bandwidth;

		if (bandwidth->set && bandwidth->v > fastest)
			fastest = bandwidth->v;
	}
	if (fastest)
		line.rate = fastest;
	return line;
}

struct line compile_vbr_line(const struct vbr *vbr)
{
	const struct physical_connection *pc = vbr->physical_connection.to;
	struct line line = written_line(pc);

	if (vbr->bandwidth.set)
		line.rate = vbr->bandwidth.v;
	compile_change(&line, pc->change);
	return line;
}

/* What is at a VLAN, by the name of the other end. A bridge is "vlan110", as a router may be called; no name has a dot. */
static const char *device_of(struct compile *c, const char *name, uint64_t vlan)
{
	char number[NUMBER_LEN];

	return compile_ifname(c,
			      arena_join(c->arena, name, ".", number_format(vlan, number), NULL));
}

const char *compile_circuit_dev(struct compile *c, const struct physical_connection *pc,
				uint64_t vlan)
{
	return device_of(c, pc->id.name, vlan);
}

/* --- lines --- */

/* Whether the line has no bridge for the VLAN yet; from now on it has. */
static bool is_new(struct compile *c, const struct physical_connection *pc, uint64_t vlan)
{
	struct vlans *known = &c->vlans[pc - c->lab->physical_connections];

	for (size_t i = 0; i < known->n; i++)
		if (known->v[i] == vlan)
			return false;
	*arena_push(c->arena, known->v, known->n) = vlan;
	return true;
}

void compile_bridge(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		    const char *alias, bool down)
{
	struct plan_bridge *b = plan_add_bridge(c->plan);

	*b = (struct plan_bridge){
		.origin = origin, .ns = ns, .dev = dev, .alias = alias, .down = down};
	name_mac(c->lab->id.name, ns, dev, b->mac);
}

/* The first port at a VLAN brings its bridge, the first at a line its namespace. */
static const char *vlan_of(struct compile *c, const struct circuit_port *p)
{
	char number[NUMBER_LEN];
	const char *vlan = number_format(p->vlan, number);
	const char *dev = arena_join(c->arena, "vlan", vlan, NULL);

	if (is_new(c, p->pc, p->vlan))
		compile_bridge(c, compile_origin(c, "physical_connections", &p->pc->id),
			       p->pc->id.name, dev, arena_join(c->arena, "VLAN ", vlan, NULL),
			       !physical_connection_passes(p->pc));
	return dev;
}

/* Where a line loses all by what is said of it, that is said of the line, not of the VBR. */
static struct plan_origin line_origin(struct compile *c, struct plan_origin vbr,
				      const struct physical_connection *pc)
{
	const struct plan_origin of = compile_origin(c, "physical_connections", &pc->id);
	const struct plan_origin link = compile_line_origin(c, of, pc->change);

	return link.resource == of.resource ? vbr : link;
}

void compile_circuit_port(struct compile *c, struct plan_origin origin,
			  const struct circuit_port *p)
{
	const char *dev = compile_circuit_dev(c, p->pc, p->vlan);
	char vlan[NUMBER_LEN];
	const struct plan_end router = {.ns = p->ns,
					.dev = dev,
					.alias = arena_join(c->arena, "VLAN ",
							    number_format(p->vlan, vlan), " of ",
							    p->pc->id.name, NULL)};
	const struct plan_end port = {.ns = p->pc->id.name,
				      .dev = device_of(c, p->ns, p->vlan),
				      .alias = arena_join(c->arena, "port of ", p->ns, NULL),
				      .master = vlan_of(c, p)};

	if (p->is_clouds)
		compile_line(c, origin, router, port, p->line);
	else
		(void)compile_link(c, origin, router, port); /* the plan owns it */
	compile_address(c, origin, p->ns, dev, p->address);
	compile_shaper(c, p->is_clouds ? line_origin(c, origin, p->pc) : origin, p->ns, dev,
		       p->line);
}

static void compile_lines(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_physical_connections; i++) {
		const struct physical_connection *pc = &c->lab->physical_connections[i];

		if (pc->n_vbrs || pc->n_circuits)
			compile_namespace(c, compile_origin(c, "physical_connections", &pc->id),
					  pc->id.name, "line");
	}
}

/* --- filters of routers --- */

void compile_router_filter(struct compile *c, struct plan_origin origin, const char *ns)
{
	*plan_add_filter(c->plan) = (struct plan_filter){
		.origin = origin,
		.ns = ns,
		.table = "labctl-router",
		.text = "table ip labctl-router {\n"
			"\tchain output {\n"
			"\t\ttype filter hook output priority filter; policy accept;\n"
			"\t\ticmp type redirect drop\n"
			"\t\ticmp type destination-unreachable icmp code { 0, 1 } drop\n"
			"\t}\n}\n",
	};
}

/* --- VBRs --- */

static struct hop entry_hop(struct compile *c, const struct vbr *vbr,
			    const struct vbr_route_entry *e)
{
	if (e->nexthop_type == VBR_ROUTER_INTERFACE)
		return compile_router_interface_hop(c, e->nexthop_id.to, vbr->id.name);
	return (struct hop){
		.dev = compile_circuit_dev(c, vbr->physical_connection.to, vbr->vlan_id.v),
		.via = vbr->peer_gateway_ip.ip,
		.on_subnet = true};
}

static void add_entries(struct compile *c, const struct vbr *vbr)
{
	struct table *t = compile_vbr_table(c, vbr);

	for (size_t i = 0; i < vbr->n_route_entries; i++) {
		const struct vbr_route_entry *e = &vbr->route_entries[i];

		(void)compile_table_route(c, t, /* destinations are unique, says validate/ */
					  compile_origin_in(c, "virtual_border_routers", &vbr->id,
							    "route_entries", &e->id),
					  e->destination_cidr_block.p, PLAN_PROTO_CIRCUIT,
					  entry_hop(c, vbr, e));
	}
}

static void compile_vbr(struct compile *c, const struct vbr *vbr)
{
	const struct physical_connection *pc = vbr->physical_connection.to;
	const char *ns = vbr->id.name;
	struct plan_origin origin = compile_origin(c, "virtual_border_routers", &vbr->id);
	const struct circuit_port port = {
		.ns = ns,
		.pc = pc,
		.vlan = vbr->vlan_id.v,
		.address = {vbr->local_gateway_ip.ip,
			    (uint8_t)mask_length(vbr->peering_subnet_mask.ip)},
		.line = compile_vbr_line(vbr),
		.is_clouds = true,
	};

	*compile_vbr_table(c, vbr) = (struct table){.ns = ns, .id = PLAN_TABLE_MAIN};
	compile_router(c, origin, ns, "vbr");
	compile_circuit_port(c, origin, &port);
	compile_router_filter(c, origin, ns);
	add_entries(c, vbr);
}

/* --- router interfaces --- */

struct hop compile_router_interface_hop(struct compile *c, const struct router_interface *ri,
					const char *ns)
{
	const char *far = strcmp(ns, ri->vbr.name) == 0 ? ri->vpc.name : ri->vbr.name;

	return (struct hop){.dev = compile_ifname(c, ri->id.name),
			    .via = compile_router_ip(c, far)};
}

static struct leg interface_leg(struct compile *c, const struct router_interface *ri,
				const char *ns, uint32_t gso_segs)
{
	return (struct leg){.ns = ns,
			    .dev = compile_ifname(c, ri->id.name),
			    .alias = arena_join(c->arena, "router interface ", ri->id.name, NULL),
			    .ip = compile_router_ip(c, ns),
			    .gso_segs = gso_segs};
}

static struct line interface_line(const struct router_interface *ri)
{
	struct line line = {.rate = router_interface_speed(ri->spec)};

	compile_change(&line, ri->change);
	return line;
}

static void compile_router_interface(struct compile *c, const struct router_interface *ri)
{
	struct plan_origin origin = compile_origin(c, "router_interfaces", &ri->id);
	const struct line circuit = compile_vbr_line(ri->vbr.to);
	const struct line line = interface_line(ri);
	const struct plan_origin link = compile_line_origin(c, origin, ri->change);
	const uint32_t gso_segs = compile_gso_segs(&line);
	const struct leg vbr = interface_leg(c, ri, ri->vbr.name, gso_segs);
	const struct leg vpc = interface_leg(c, ri, ri->vpc.name,
					     compile_spoils(&circuit) ? 1 : gso_segs);

	compile_far_leg_pair(c, origin, &vbr, &vpc, &line);
	compile_shaper(c, link, vbr.ns, vbr.dev, line);
	compile_shaper(c, link, vpc.ns, vpc.dev, line);
	if (link_is_down(ri->change))
		compile_cut(c, origin, ri->change, vbr.ns, vbr.dev);
}

void compile_circuits(struct compile *c)
{
	const struct lab *lab = c->lab;

	compile_lines(c);
	c->vbrs = arena_alloc(c->arena, (lab->n_vbrs + 1) * sizeof(*c->vbrs));
	c->vlans = arena_alloc(c->arena, (lab->n_physical_connections + 1) * sizeof(*c->vlans));
	for (size_t i = 0; i < lab->n_vbrs; i++)
		compile_vbr(c, &lab->vbrs[i]);
	for (size_t i = 0; i < lab->n_router_interfaces; i++)
		compile_router_interface(c, &lab->router_interfaces[i]);
}

void compile_circuits_finish(struct compile *c)
{
	static const struct ip_prefix everything = {0, 0};

	for (size_t i = 0; i < c->lab->n_vbrs; i++) {
		const struct vbr *vbr = &c->lab->vbrs[i];

		if (!compile_table_has(compile_vbr_table(c, vbr), everything))
			compile_last_route(c, compile_origin(c, "virtual_border_routers", &vbr->id),
					   vbr->id.name, PLAN_TABLE_MAIN);
	}
}
