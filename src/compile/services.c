// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cloud-service network of a region, 100.64.0.0/10: one router that every VPC of the region
 * reaches by a system route. The functions' addresses are on its lo, for gateways only; what else is
 * sent here meets a blackhole.
 */
#include "compile/context.h"

#include <string.h>

#include "base/strbuf.h"

static bool has_serverless(const struct lab *lab, const struct region *region)
{
	for (size_t i = 0; i < lab->n_api_gateways; i++)
		if (lab->api_gateways[i].region.to == region &&
		    lab->api_gateways[i].instance_type == GATEWAY_SERVERLESS)
			return true;
	return false;
}

bool compile_region_used(const struct lab *lab, const struct region *region)
{
	for (size_t i = 0; i < lab->n_vpcs; i++)
		if (lab->vpcs[i].region.to == region)
			return true;
	for (size_t i = 0; i < lab->n_api_gateways; i++)
		if (lab->api_gateways[i].region.to == region)
			return true;
	for (size_t i = 0; i < lab->n_functions; i++)
		if (lab->functions[i].region.to == region)
			return true;
	return false;
}

/*
 * Only a serverless gateway answers VPCs through this network. Where two VPCs of one region have a
 * vSwitch of the same CIDR, the first one of the lab file gets the answers of both: nothing in a
 * packet tells them apart here.
 */
static void add_ways_back(struct compile *c, const struct region *region, const char *ns)
{
	const size_t first = c->plan->n_routes;

	for (size_t i = 0; i < c->lab->n_vpcs; i++) {
		const struct vpc *vpc = &c->lab->vpcs[i];
		const struct hop hop = {.dev = compile_ifname(c, vpc->id.name),
					.via = compile_router_ip(c, vpc->id.name)};

		for (size_t j = 0; vpc->region.to == region && j < vpc->n_vswitches; j++) {
			const struct vswitch *s = &vpc->vswitches[j];
			bool taken = false;

			for (size_t k = first; k < c->plan->n_routes && !taken; k++)
				taken = ip_prefix_equal(c->plan->routes[k].dst, s->cidr_block.p);
			if (!taken)
				compile_route(
					c,
					compile_origin_in(c, "vpcs", &vpc->id, "vswitches", &s->id),
					ns, PLAN_TABLE_MAIN, s->cidr_block.p, PLAN_PROTO_SYSTEM,
					hop);
		}
	}
}

/* The interfaces of the region's gateways: "{ "apigw-1", "apigw-2" }"; empty where there is none. */
static void add_gateway_set(struct compile *c, const struct region *region, struct strbuf *b)
{
	const char *separator = "{ ";

	for (size_t i = 0; i < c->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &c->lab->api_gateways[i];

		if (gw->region.to != region)
			continue;
		strbuf_printf(b, "%s\"%s\"", separator, compile_ifname(c, gw->id.name));
		separator = ", ";
	}
	if (b->len)
		strbuf_add(b, " }");
}

/* Functions are invoked by gateways and by nobody else; others are not told that they exist. */
static void add_filter(struct compile *c, struct plan_origin origin, const struct region *region,
		       const char *ns)
{
	auto_strbuf struct strbuf gateways = {0};

	add_gateway_set(c, region, &gateways);
	*plan_add_filter(c->plan) = (struct plan_filter){
		.origin = origin,
		.ns = ns,
		.table = "labctl-svc",
		.text = compile_text(c,
				     "table ip labctl-svc {\n"
				     "\tchain input {\n"
				     "\t\ttype filter hook input priority filter; policy drop;\n"
				     "\t\tiifname \"lo\" accept\n"
				     "%s%s%s"
				     "\t}\n"
				     "}\n",
				     gateways.len ? "\t\tiifname " : "", strbuf_str(&gateways),
				     gateways.len ? " accept\n" : ""),
	};
}

static void compile_services_of(struct compile *c, const struct region *region)
{
	const char *ns = compile_services_ns(c, region);
	struct plan_origin origin = compile_origin(c, "regions", &region->id);

	compile_router(c, origin, ns, "services");
	compile_last_route(c, origin, ns, PLAN_TABLE_MAIN);
	if (has_serverless(c->lab, region))
		add_ways_back(c, region, ns);
	add_filter(c, origin, region, ns);
}

void compile_services(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_regions; i++)
		if (compile_region_used(c->lab, &c->lab->regions[i]))
			compile_services_of(c, &c->lab->regions[i]);
}
