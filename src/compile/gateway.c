// SPDX-License-Identifier: GPL-2.0-only
/*
 * An API Gateway instance: a namespace with a leg in the cloud-service network, where it invokes
 * functions from its egress address. A dedicated instance that is bound has a port in one vSwitch,
 * with one private VIP, and answers through it; a serverless one has an address in the
 * cloud-service network, for all VPCs of its region.
 */
#include "compile/context.h"

#define SERVERLESS_BASE 0x64646001u /* 100.100.96.1 */

uint32_t compile_gateway_vip(const struct lab *lab, const struct api_gateway *gw)
{
	if (gw->instance_type == GATEWAY_SERVERLESS)
		return SERVERLESS_BASE + (uint32_t)(gw - lab->api_gateways);
	return gw->bind.vpc.to ? gw->bind.ip.ip : 0;
}

static uint32_t egress_address(const struct api_gateway *gw)
{
	return ip_prefix_first(gw->egress.p) + 1;
}

static void add_services_leg(struct compile *c, struct plan_origin origin,
			     const struct api_gateway *gw)
{
	const char *ns = gw->id.name;
	const char *services = compile_services_ns(c, gw->region.to);
	const struct leg here = {
		.ns = ns, .dev = "svc", .alias = "cloud services", .ip = egress_address(gw)};
	const struct leg there = {.ns = services,
				  .dev = compile_ifname(c, ns),
				  .alias = compile_text(c, "api gateway %s", ns),
				  .ip = compile_router_ip(c, services)};

	compile_leg_pair(c, origin, &here, &there);
	compile_address(c, origin, ns, "svc", (struct ip_prefix){here.ip, 32});
	compile_route(c, origin, ns, PLAN_TABLE_MAIN, SERVICES_PREFIX, PLAN_PROTO_SYSTEM,
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
	compile_route(
		c, origin, services, PLAN_TABLE_MAIN, vip, PLAN_PROTO_SYSTEM,
		(struct hop){.dev = compile_ifname(c, gw->id.name), .via = egress_address(gw)});
	compile_route(c, origin, gw->id.name, PLAN_TABLE_MAIN, (struct ip_prefix){0, 0},
		      PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = "svc", .via = compile_router_ip(c, services)});
}

static const struct vswitch *bound_vswitch(const struct api_gateway *gw)
{
	const struct vpc *vpc = gw->bind.vpc.to;

	return gw->bind.vswitch.to ? gw->bind.vswitch.to : &vpc->vswitches[0];
}

/* An instance without an address has nothing to listen on: no process until it is bound. */
static void add_worker(struct compile *c, struct plan_origin origin, const struct api_gateway *gw,
		       uint32_t vip)
{
	const struct plan_socket http = {"vip-80", gw->id.name, PLAN_TCP, vip, 80};

	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = origin,
		.name = gw->id.name,
		.program = "labctl-gateway",
		.ns = gw->id.name,
		.sockets = arena_memdup(c->arena, &http, sizeof(http)),
		.n_sockets = 1,
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
	if (vip)
		add_worker(c, origin, gw, vip);
}

void compile_gateways(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_api_gateways; i++)
		compile_gateway(c, &c->lab->api_gateways[i]);
}
