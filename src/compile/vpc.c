// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VPC is one router. It has no broadcast domain: every instance hangs on a port of its own, where
 * the router answers ARP for all addresses (proxy ARP) and has the vSwitch's gateway address.
 *
 * Routing, in order: table main holds a /32 for every instance and ends each vSwitch with a
 * blackhole, so that no other table can lead a vSwitch's address elsewhere (the system routes of the
 * cloud). Then the route table of the vSwitch that a packet came from, then the system table for all
 * else: packets from the transit router and from the cloud services. Each table ends in a
 * blackhole: what has no route is dropped without ICMP, and the client sees a timeout.
 */
#include "compile/context.h"

#include <string.h>

static const struct ip_prefix everything = {0, 0};

struct vpc_state *compile_vpc_state(struct compile *c, const struct vpc *vpc)
{
	return &c->vpcs[vpc - c->lab->vpcs];
}

static void add_table(struct compile *c, struct vpc_state *v, const struct route_table *model,
		      uint32_t id)
{
	struct table *t = arena_push(c->arena, v->tables, v->n_tables);

	*t = (struct table){.ns = v->vpc->id.name, .model = model, .id = id};
}

static void collect_tables(struct compile *c, struct vpc_state *v)
{
	const struct vpc *vpc = v->vpc;
	uint32_t next = PLAN_TABLE_SYSTEM + 1;

	add_table(c, v, NULL, PLAN_TABLE_SYSTEM);
	for (size_t i = 0; i < vpc->n_route_tables; i++) {
		const struct route_table *t = &vpc->route_tables[i];

		if (t->system)
			v->tables[0].model = t;
		else
			add_table(c, v, t, next++);
	}
}

/* Whether the VPC has a leg to that CEN. */
static bool attached(const struct vpc *vpc, const struct cen *cen)
{
	for (size_t i = 0; i < cen->n_attachments; i++)
		if (cen->attachments[i].vpc.to == vpc)
			return true;
	return false;
}

/* A next hop that is not there (yet) swallows what is sent to it, as it does in the cloud. */
static struct hop next_hop(struct compile *c, const struct vpc *vpc, const struct route_entry *e)
{
	const struct ecs *ecs;
	const struct cen *cen;

	switch (e->nexthop_type) {
	case NEXTHOP_INSTANCE:
		ecs = e->nexthop_id.to;
		return (struct hop){.dev = compile_ifname(c, ecs->id.name),
				    .via = ecs->private_ip.ip};
	case NEXTHOP_ATTACHMENT:
		cen = e->nexthop_id.to;
		if (attached(vpc, cen))
			return compile_cen_hop(c, cen, vpc->region.to);
		break;
	case NEXTHOP_ROUTER_INTERFACE:
		return compile_router_interface_hop(c, e->nexthop_id.to, vpc->id.name);
	}
	return (struct hop){0};
}

static void add_entries(struct compile *c, struct vpc_state *v, struct table *t)
{
	for (size_t i = 0; t->model && i < t->model->n_entries; i++) {
		const struct route_entry *e = &t->model->entries[i];

		(void)compile_table_route(
			c, t, /* destinations are unique, says validate/ */
			compile_origin_in(c, "vpcs", &v->vpc->id, "route_tables", &e->id),
			e->destination_cidrblock.p, PLAN_PROTO_CUSTOM, next_hop(c, v->vpc, e));
	}
}

static void add_tables(struct compile *c, struct vpc_state *v, struct plan_origin origin)
{
	const char *ns = compile_services_ns(c, v->vpc->region.to);
	const struct hop services = {.dev = "svc", .via = compile_router_ip(c, ns)};

	for (size_t i = 0; i < v->n_tables; i++) {
		(void)compile_table_route(c, &v->tables[i], origin, LAB_SERVICES, PLAN_PROTO_SYSTEM,
					  services);
		add_entries(c, v, &v->tables[i]);
	}
}

static void add_services_leg(struct compile *c, struct plan_origin origin, const struct vpc *vpc)
{
	const char *ns = vpc->id.name;
	const char *services = compile_services_ns(c, vpc->region.to);

	compile_leg_pair(c, origin,
			 &(struct leg){.ns = ns,
				       .dev = "svc",
				       .alias = "cloud services 100.64.0.0/10",
				       .ip = compile_router_ip(c, ns)},
			 &(struct leg){.ns = services,
				       .dev = compile_ifname(c, ns),
				       .alias = arena_join(c->arena, "vpc ", ns, NULL),
				       .ip = compile_router_ip(c, services)});
}

static void add_rule(struct compile *c, struct plan_origin origin, const char *ns,
		     uint32_t priority, const char *iif, uint32_t table)
{
	*plan_add_rule(c->plan) = (struct plan_rule){
		.origin = origin, .ns = ns, .priority = priority, .iif = iif, .table = table};
}

static void compile_vpc(struct compile *c, struct vpc_state *v)
{
	const struct vpc *vpc = v->vpc;
	const char *ns = vpc->id.name;
	struct plan_origin origin = compile_origin(c, "vpcs", &vpc->id);

	compile_router(c, origin, ns, "vpc");
	compile_address(c, origin, ns, "lo", (struct ip_prefix){LAB_RESOLVER_1, 32});
	compile_address(c, origin, ns, "lo", (struct ip_prefix){LAB_RESOLVER_2, 32});
	for (size_t i = 0; i < vpc->n_vswitches; i++) {
		const struct vswitch *s = &vpc->vswitches[i];

		compile_route(c, compile_origin_in(c, "vpcs", &vpc->id, "vswitches", &s->id), ns,
			      PLAN_TABLE_MAIN, s->cidr_block.p, PLAN_PROTO_SYSTEM, (struct hop){0});
	}
	add_services_leg(c, origin, vpc);
	collect_tables(c, v);
	add_tables(c, v, origin);
	add_rule(c, origin, ns, RULE_MAIN, NULL, PLAN_TABLE_MAIN);
	add_rule(c, origin, ns, RULE_SYSTEM, NULL, PLAN_TABLE_SYSTEM);
}

void compile_vpcs(struct compile *c)
{
	const struct lab *lab = c->lab;

	c->vpcs = arena_alloc(c->arena, (lab->n_vpcs + 1) * sizeof(*c->vpcs));
	for (size_t i = 0; i < lab->n_vpcs; i++) {
		c->vpcs[i].vpc = &lab->vpcs[i];
		compile_vpc(c, &c->vpcs[i]);
	}
}

void compile_vpcs_finish(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_vpcs; i++) {
		struct vpc_state *v = &c->vpcs[i];
		struct plan_origin origin = compile_origin(c, "vpcs", &v->vpc->id);

		for (size_t j = 0; j < v->n_tables; j++)
			if (!compile_table_has(&v->tables[j], everything))
				compile_last_route(c, origin, v->vpc->id.name, v->tables[j].id);
	}
}

/* --- ports --- */

uint32_t compile_vswitch_gateway(const struct vswitch *s)
{
	return ip_prefix_last(s->cidr_block.p) - 2; /* .253 of a /24 */
}

static void add_port_link(struct compile *c, struct plan_origin origin, const struct port *port)
{
	(void)compile_link(
		c, origin, /* the plan owns it */
		(struct plan_end){.ns = port->vswitch->vpc->id.name,
				  .dev = compile_ifname(c, port->name),
				  .proxy_arp = true,
				  .alias = arena_join(c->arena, port->kind, " ", port->name, NULL)},
		(struct plan_end){
			.ns = port->ns,
			.dev = port->dev,
			.alias = arena_join(c->arena, "vswitch ", port->vswitch->id.name, NULL)});
}

/* Packets from a vSwitch with a custom route table are routed by that table. */
static void add_port_rule(struct compile *c, struct plan_origin origin, const struct port *port)
{
	const struct route_table *table = port->vswitch->route_table.to;
	struct vpc_state *v = compile_vpc_state(c, port->vswitch->vpc);

	for (size_t i = 1; i < v->n_tables; i++)
		if (v->tables[i].model == table)
			add_rule(c, origin, v->vpc->id.name, RULE_TABLE + v->n_rules++,
				 compile_ifname(c, port->name), v->tables[i].id);
}

void compile_vpc_port(struct compile *c, struct plan_origin origin, const struct port *port)
{
	const char *vpc = port->vswitch->vpc->id.name;
	const char *dev = compile_ifname(c, port->name);
	const uint32_t gateway = compile_vswitch_gateway(port->vswitch);
	const uint8_t len = port->vswitch->cidr_block.p.len;

	add_port_link(c, origin, port);
	compile_address(c, origin, vpc, dev, (struct ip_prefix){gateway, 32});
	*plan_add_address(c->plan) = (struct plan_address){.origin = origin,
							   .ns = port->ns,
							   .dev = port->dev,
							   .prefix = {port->ip, len},
							   .noprefixroute = port->no_routes};
	compile_route(c, origin, vpc, PLAN_TABLE_MAIN, (struct ip_prefix){port->ip, 32},
		      PLAN_PROTO_SYSTEM, (struct hop){.dev = dev});
	if (!port->no_routes)
		compile_route(c, origin, port->ns, PLAN_TABLE_MAIN, everything, PLAN_PROTO_SYSTEM,
			      (struct hop){.dev = port->dev, .via = gateway, .on_subnet = true});
	add_port_rule(c, origin, port);
}
