// SPDX-License-Identifier: GPL-2.0-only
/* VPCs, vSwitches and ECS instances; many of them are one box. */
#include <string.h>

#include "graph/build.h"

static bool in_vswitch(const struct ecs *e, const struct vswitch *s)
{
	return e->vswitch.to == s;
}

static size_t count_ecs(const struct lab *lab, const struct vswitch *s)
{
	size_t n = 0;

	for (size_t i = 0; i < lab->n_ecs; i++)
		n += in_vswitch(&lab->ecs[i], s);
	return n;
}

static size_t count_all(const struct lab *lab, const struct vpc *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_vswitches; i++)
		n += count_ecs(lab, &v->vswitches[i]);
	return n;
}

/* From the first address to the last one. */
static void add_range(struct graph_builder *b, struct graph_box *box, const struct vswitch *s)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (size_t i = 0; i < b->lab->n_ecs; i++) {
		const struct ecs *e = &b->lab->ecs[i];

		if (!in_vswitch(e, s) || !e->private_ip.set)
			continue;
		low = e->private_ip.ip < low ? e->private_ip.ip : low;
		high = e->private_ip.ip > high ? e->private_ip.ip : high;
	}
	if (high)
		graph_line(b->g, box, "%s to %s", graph_ip(b->g, low), graph_ip(b->g, high));
}

static void add_members(struct graph_builder *b, struct graph_box *box, const struct vswitch *s)
{
	for (size_t i = 0; i < b->lab->n_ecs; i++)
		if (in_vswitch(&b->lab->ecs[i], s))
			graph_member(b->g, box, b->lab->ecs[i].id.name);
}

static void add_ecs(struct graph_builder *b, struct graph_box *parent, const struct ecs *e)
{
	struct graph_box *box = graph_box_add(b->g, parent, GRAPH_ECS, e->id.name, NULL);

	if (e->private_ip.set)
		graph_line(b->g, box, "%s", graph_ip(b->g, e->private_ip.ip));
	graph_services(b, box, e->services, e->n_services);
}

static void add_vswitch(struct graph_builder *b, struct graph_box *vpc, const struct vswitch *s)
{
	struct graph_box *box = graph_box_add(b->g, vpc, GRAPH_VSWITCH, s->id.name,
					      graph_cidr(b->g, s->cidr_block.p));
	size_t n = count_ecs(b->lab, s);

	if (n > GRAPH_MANY && !b->o->all) {
		box = graph_box_many(b->g, box, GRAPH_ECS, n, "instances");
		add_range(b, box, s);
		add_members(b, box, s);
		return;
	}
	for (size_t i = 0; i < b->lab->n_ecs; i++)
		if (in_vswitch(&b->lab->ecs[i], s))
			add_ecs(b, box, &b->lab->ecs[i]);
}

static void add_routes(struct graph_builder *b, struct graph_box *box, const struct vpc *v)
{
	for (size_t i = 0; i < v->n_route_tables; i++)
		for (size_t j = 0; j < v->route_tables[i].n_entries; j++) {
			const struct route_entry *e = &v->route_tables[i].entries[j];

			graph_line(b->g, box, "%s → %s",
				   graph_cidr(b->g, e->destination_cidrblock.p),
				   e->nexthop_id.name ? e->nexthop_id.name : "?");
		}
}

static void add_vpc(struct graph_builder *b, const struct vpc *v)
{
	struct graph_box *region = graph_find(b->g, GRAPH_REGION, v->region.name);
	struct graph_box *box = graph_box_add(b->g, region, GRAPH_VPC, v->id.name,
					      graph_cidr(b->g, v->cidr_block.p));

	add_routes(b, box, v);
	if (v->n_vswitches > GRAPH_MANY && !b->o->all) {
		box = graph_box_many(b->g, box, GRAPH_VSWITCH, v->n_vswitches, "vSwitches");
		graph_line(b->g, box, "%zu instances", count_all(b->lab, v));
		for (size_t i = 0; i < v->n_vswitches; i++)
			add_members(b, box, &v->vswitches[i]);
		return;
	}
	for (size_t i = 0; i < v->n_vswitches; i++)
		add_vswitch(b, box, &v->vswitches[i]);
}

/* Whether something else than an attachment leads to the VPC: then it is always drawn. */
static bool is_special(const struct lab *lab, const struct vpc *v)
{
	for (size_t i = 0; i < lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &lab->api_gateways[i];
		const struct vswitch *s = gw->interface.vswitch.to;

		if (gw->bind.vpc.to == v || (s && s->vpc == v))
			return true;
	}
	for (size_t i = 0; i < lab->n_vpc_accesses; i++)
		if (lab->vpc_accesses[i].vpc.to == v)
			return true;
	for (size_t i = 0; i < lab->n_router_interfaces; i++)
		if (lab->router_interfaces[i].vpc.to == v)
			return true;
	return false;
}

static const char *cen_of(const struct lab *lab, const struct vpc *v)
{
	for (size_t i = 0; i < lab->n_cens; i++)
		for (size_t j = 0; j < lab->cens[i].n_attachments; j++)
			if (lab->cens[i].attachments[j].vpc.to == v)
				return lab->cens[i].id.name;
	return "";
}

static bool is_of_crowd(const struct lab *lab, const struct vpc *v, const struct region *r,
			const char *cen)
{
	return v->region.to == r && !is_special(lab, v) && !strcmp(cen_of(lab, v), cen);
}

/* The VPCs of a region that differ in nothing but their content; cen "": attached to none. */
static void add_crowd(struct graph_builder *b, const struct region *r, const char *cen)
{
	size_t n = 0, instances = 0;
	struct graph_box *box;

	for (size_t i = 0; i < b->lab->n_vpcs; i++) {
		const struct vpc *v = &b->lab->vpcs[i];

		if (!is_of_crowd(b->lab, v, r, cen))
			continue;
		n++;
		instances += count_all(b->lab, v);
	}
	if (!n)
		return;
	box = graph_box_many(b->g, graph_find(b->g, GRAPH_REGION, r->id.name), GRAPH_VPC, n,
			     n == 1 ? "VPC" : "VPCs");
	box->id = arena_printf(b->g->arena, "vpc.many.%s.%s", r->id.name, cen);
	graph_line(b->g, box, "%zu instances", instances);
	for (size_t i = 0; i < b->lab->n_vpcs; i++)
		if (is_of_crowd(b->lab, &b->lab->vpcs[i], r, cen))
			graph_member(b->g, box, b->lab->vpcs[i].id.name);
}

static void add_region(struct graph_builder *b, const struct region *r)
{
	size_t n = 0;

	for (size_t i = 0; i < b->lab->n_vpcs; i++)
		n += b->lab->vpcs[i].region.to == r;
	for (size_t i = 0; i < b->lab->n_vpcs; i++)
		if (b->lab->vpcs[i].region.to == r &&
		    (n <= GRAPH_MANY || b->o->all || is_special(b->lab, &b->lab->vpcs[i])))
			add_vpc(b, &b->lab->vpcs[i]);
	if (n <= GRAPH_MANY || b->o->all)
		return;
	for (size_t i = 0; i < b->lab->n_cens; i++)
		add_crowd(b, r, b->lab->cens[i].id.name);
	add_crowd(b, r, "");
}

void graph_build_vpcs(struct graph_builder *b)
{
	for (size_t i = 0; i < b->lab->n_regions; i++)
		add_region(b, &b->lab->regions[i]);
}
