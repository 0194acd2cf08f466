// SPDX-License-Identifier: GPL-2.0-only
/*
 * An API Gateway instance: a namespace with a leg in the cloud-service network, where it invokes
 * functions from its egress address. A dedicated instance that is bound has a port in one vSwitch,
 * with one private VIP, and answers through it; a serverless one has an address in the
 * cloud-service network, for all VPCs of its region. Where the lab has an Internet, each has a public
 * address there, and answers what came to it from that address by a table of its own.
 *
 * What it calls is in access.c.
 */
#include "compile/context.h"

static const struct ip_prefix everything = {0, 0};

uint32_t compile_gateway_vip(const struct lab *lab, const struct api_gateway *gw)
{
	if (gw->instance_type == GATEWAY_SERVERLESS)
		return lab_serverless_ip(lab, gw);
	return gw->bind.vpc.to ? gw->bind.ip.ip : 0;
}

uint32_t compile_gateway_egress(const struct api_gateway *gw)
{
	return ip_prefix_first(gw->egress.p) + 1;
}

static void add_services_leg(struct compile *c, struct plan_origin origin,
			     const struct api_gateway *gw)
{
	const char *ns = gw->id.name;
	const char *services = compile_services_ns(c, gw->region.to);
	const struct leg here = {.ns = ns,
				 .dev = "svc",
				 .alias = "cloud services",
				 .ip = compile_gateway_egress(gw)};
	const struct leg there = {.ns = services,
				  .dev = compile_ifname(c, ns),
				  .alias = compile_text(c, "api gateway %s", ns),
				  .ip = compile_router_ip(c, services)};

	compile_leg_pair(c, origin, &here, &there);
	compile_address(c, origin, ns, "svc", (struct ip_prefix){here.ip, 32});
	compile_route(c, origin, ns, PLAN_TABLE_MAIN, LAB_SERVICES, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = "svc", .via = there.ip, .src = here.ip});
	compile_route(c, origin, services, PLAN_TABLE_MAIN, gw->egress.p, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = there.dev, .via = here.ip});
}

static void add_serverless_address(struct compile *c, struct plan_origin origin,
				   const struct api_gateway *gw)
{
	const char *services = compile_services_ns(c, gw->region.to);
	const struct ip_prefix vip = {compile_gateway_vip(c->lab, gw), 32};

	compile_address(c, origin, gw->id.name, "svc", vip);
	compile_route(c, origin, services, PLAN_TABLE_MAIN, vip, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = compile_ifname(c, gw->id.name),
				   .via = compile_gateway_egress(gw)});
	compile_route(c, origin, gw->id.name, PLAN_TABLE_MAIN, everything, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = "svc", .via = compile_router_ip(c, services)});
}

uint32_t compile_gateway_copies(const struct api_gateway *gw)
{
	return gw->workers.set && gw->workers.v > 1 ? (uint32_t)gw->workers.v : 0;
}

static const struct vswitch *bound_vswitch(const struct api_gateway *gw)
{
	const struct vpc *vpc = gw->bind.vpc.to;

	return gw->bind.vswitch.to ? gw->bind.vswitch.to : &vpc->vswitches[0];
}

#define PUBLIC_TABLE 2000u /* of the gateway's namespace; those of access.c follow */
#define PUBLIC_RULE  1500u /* from the public address, and through the interface there */

static void add_public_leg(struct compile *c, struct plan_origin origin,
			   const struct api_gateway *gw)
{
	const char *ns = gw->id.name;
	const struct ip_prefix own = {gw->public_ip.ip, 32};
	const struct leg here = {
		.ns = ns, .dev = "inet", .alias = "the Internet", .ip = gw->public_ip.ip};
	const struct leg there = {.ns = INTERNET_NS,
				  .dev = compile_ifname(c, ns),
				  .alias = compile_text(c, "api gateway %s", ns),
				  .ip = INTERNET_DNS};

	compile_leg_pair(c, origin, &here, &there);
	compile_address(c, origin, ns, "inet", own);
	compile_route(c, origin, INTERNET_NS, PLAN_TABLE_MAIN, own, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = there.dev, .via = here.ip});
	compile_route(c, origin, ns, PUBLIC_TABLE, everything, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = "inet", .via = there.ip, .src = here.ip});
	*plan_add_rule(c->plan) = (struct plan_rule){.origin = origin,
						     .ns = ns,
						     .priority = PUBLIC_RULE,
						     .from = own,
						     .table = PUBLIC_TABLE};
	*plan_add_rule(c->plan) = (struct plan_rule){.origin = origin,
						     .ns = ns,
						     .priority = PUBLIC_RULE + 1,
						     .oif = "inet",
						     .table = PUBLIC_TABLE};
}

#define METRICS_PORT 9145

/* An instance without an address has nothing to listen on: no process until it is bound. */
static void add_worker(struct compile *c, struct plan_origin origin, const struct api_gateway *gw,
		       uint32_t vip)
{
	const char *ns = gw->id.name;
	const uint32_t copies = compile_gateway_copies(gw);
	struct plan_socket sockets[8];
	size_t n = 0;

	if (vip)
		sockets[n++] = (struct plan_socket){"vip-80", ns, PLAN_TCP, vip, 80};
	if (gw->public_ip.set)
		sockets[n++] = (struct plan_socket){"public-80", ns, PLAN_TCP, gw->public_ip.ip,
						    80};
	if (vip)
		sockets[n++] = (struct plan_socket){"vip-443", ns, PLAN_TCP, vip, 443};
	if (gw->public_ip.set)
		sockets[n++] = (struct plan_socket){"public-443", ns, PLAN_TCP, gw->public_ip.ip,
						    443};
	if (!n)
		return;
	if (vip)
		sockets[n++] = (struct plan_socket){"metrics", ns, PLAN_TCP, vip, METRICS_PORT};
	sockets[n++] = (struct plan_socket){"state", ns, PLAN_TABLE, 0, 0};
	sockets[n++] = (struct plan_socket){"certificates", ns, PLAN_SECRET, 0, 0};
	if (copies)
		sockets[n++] = (struct plan_socket){"counts", ns, PLAN_TABLE, 0, 0};
	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = origin,
		.name = gw->id.name,
		.program = "labctl-gateway",
		.ns = gw->id.name,
		.sockets = arena_memdup(c->arena, sockets, n * sizeof(*sockets)),
		.n_sockets = n,
		.copies = copies,
		.config = compile_gateway_config(c, gw),
	};
}

static void compile_gateway(struct compile *c, const struct api_gateway *gw)
{
	struct plan_origin origin = compile_origin(c, "api_gateways", &gw->id);
	const uint32_t vip = compile_gateway_vip(c->lab, gw);

	compile_namespace(c, origin, gw->id.name, "gateway");
	add_services_leg(c, origin, gw);
	if (gw->instance_type == GATEWAY_SERVERLESS)
		add_serverless_address(c, origin, gw);
	else if (gw->bind.vpc.to)
		compile_vpc_port(c, origin,
				 &(struct port){.vswitch = bound_vswitch(gw),
						.name = gw->id.name,
						.kind = "api gateway",
						.ns = gw->id.name,
						.dev = "vpc",
						.ip = vip});
	if (gw->public_ip.set)
		add_public_leg(c, origin, gw);
	compile_gateway_access(c, gw);
	add_worker(c, origin, gw, vip);
}

void compile_gateways(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_api_gateways; i++)
		compile_gateway(c, &c->lab->api_gateways[i]);
}
