// SPDX-License-Identifier: GPL-2.0-only
/*
 * How data centres reach what only VPCs reach: cloud services of 100.64.0.0/10, and the resolvers of a
 * VPC (PrivateZone). The CEN never learns such a route from a VPC. An entry puts it into the VBRs of
 * the access region and into their transit router, with a VPC of the region as next hop; that VPC knows
 * the rest of the way by its system routes. The way back is the VPC's ordinary route to the data centre.
 */
#include "compile/cen.h"

static struct hop to_member(struct compile *c, const char *name)
{
	return (struct hop){.dev = compile_ifname(c, name), .via = compile_router_ip(c, name)};
}

static bool known(const struct tr_table *t, struct ip_prefix dst)
{
	for (size_t i = 0; i < t->n; i++)
		if (ip_prefix_equal(t->routes[i].dst, dst))
			return true;
	return false;
}

/* From the VBRs of a region through its transit router to the VPC. */
static void add_access(struct compile *c, struct cen_state *s, struct plan_origin origin,
		       const struct region *region, const char *vpc, struct ip_prefix dst)
{
	struct tr *tr = &s->trs[compile_cen_tr(s, region)];

	if (!known(&tr->tables[0], dst)) {
		arena_push(c->arena, tr->tables[0].routes, tr->tables[0].n)->dst = dst;
		compile_route(c, origin, tr->ns, tr->tables[0].id, dst, PLAN_PROTO_CEN,
			      to_member(c, vpc));
	}
	for (size_t i = 0; i < s->cen->n_attachments; i++) {
		const struct cen_member m = compile_cen_member(&s->cen->attachments[i]);

		if (m.vbr && m.region == region)
			(void)compile_table_route(c, compile_vbr_table(c, m.vbr),
						  origin, /* a second entry changes nothing */
						  dst, PLAN_PROTO_CEN,
						  compile_cen_hop(c, s->cen, region));
	}
}

void compile_cen_services(struct compile *c, struct cen_state *s)
{
	static const struct ip_prefix resolvers[] = {{LAB_RESOLVER_1, 32}, {LAB_RESOLVER_2, 32}};
	const struct cen *cen = s->cen;
	struct ip_prefix dst;

	for (size_t i = 0; i < cen->n_route_services; i++) {
		const struct cen_route_service *e = &cen->route_services[i];

		if (lab_service_prefix(c->lab, e->host.s, &dst)) /* validate/ has seen to it */
			add_access(c, s,
				   compile_origin_in(c, "cen", &cen->id, "route_services", &e->id),
				   e->access_region.to, e->host_vpc.name, dst);
	}
	for (size_t i = 0; i < cen->n_private_zones; i++) {
		const struct cen_private_zone *z = &cen->private_zones[i];

		for (size_t j = 0; j < 2; j++)
			add_access(c, s,
				   compile_origin_in(c, "cen", &cen->id, "private_zones", &z->id),
				   z->access_region.to, z->host_vpc.name, resolvers[j]);
	}
}
