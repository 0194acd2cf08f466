// SPDX-License-Identifier: GPL-2.0-only
/*
 * What transit routers learn and what they push.
 *
 * A VPC offers its vSwitches (system routes) and those custom entries of its system route table that
 * lead to an instance and are published; a VBR offers its static routes over the circuit (what it learns
 * by BGP, offers only while its health check holds, or offers beside another VBR, is the business of
 * routing.c). Basic edition: all of it goes to every transit router of the CEN and into every route
 * table of every other VPC. Enterprise edition: it goes to the tables
 * that the attachment propagates to, to peers whose connection publishes, and into the VPCs whose
 * attachment has route synchronization.
 *
 * Attachments are taken in the order of the lab file, and each is told to the other regions at once:
 * of two routes to one destination the one of the earlier attachment stays, everywhere, and the
 * later one is rejected. The attachment itself is never refused for that. A route that a transit
 * router learned from another region is not told to a third one.
 */
#include "compile/cen.h"

static void reject(struct compile *c, struct cen_state *s, struct ip_prefix dst,
		   const struct cen_attachment *from, const char *at)
{
	*arena_push(c->arena, s->rejected, s->n_rejected) = (struct rejected_route){dst, from, at};
}

/* false: another route to that destination was there first. */
static bool add_route(struct compile *c, struct cen_state *s, struct tr_table *t,
		      struct tr_route route)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!ip_prefix_equal(t->routes[i].dst, route.dst))
			continue;
		if (route.from && t->routes[i].from != route.from)
			reject(c, s, route.dst, route.from, NULL);
		return false;
	}
	*arena_push(c->arena, t->routes, t->n) = route;
	return true;
}

bool compile_cen_propagates(const struct cen_state *s, const struct cen_attachment *a,
			    const struct tr_table *t)
{
	if (s->cen->edition == CEN_BASIC || !a->propagation_set)
		return !t->model;
	for (size_t i = 0; i < a->n_propagation; i++)
		if (a->propagation[i].to == t->model)
			return true;
	return false;
}

static void tell_peers(struct compile *c, struct cen_state *s, size_t teller,
		       const struct tr_route *route)
{
	const void *from = compile_cen_member(route->from).instance;

	if (!compile_cen_permits(s->cen, s->trs[teller].region, REGION_OUT, from, route->dst))
		return;
	for (size_t i = 0; i < s->n_pairs; i++) {
		const struct tr_pair *p = &s->pairs[i];
		size_t peer = p->a == teller ? p->b : p->a;
		struct tr_route told = *route;

		if ((p->a != teller && p->b != teller) || !p->exchange)
			continue;
		if (!compile_cen_permits(s->cen, s->trs[peer].region, REGION_IN, from, route->dst))
			continue;
		told.peer = teller;
		(void)add_route(c, s, &s->trs[peer].tables[0], told); /* rejection is noted there */
	}
}

static void learn(struct compile *c, struct cen_state *s, const struct cen_attachment *a,
		  struct ip_prefix dst, struct plan_origin origin)
{
	const struct cen_member m = compile_cen_member(a);
	size_t at = compile_cen_tr(s, m.region);
	struct tr *tr = &s->trs[at];
	const struct tr_route route = {.dst = dst, .from = a, .peer = NO_PEER, .origin = origin};

	if (!compile_cen_permits(s->cen, tr->region, REGION_IN, m.instance, dst))
		return;
	for (size_t i = 0; i < tr->n_tables; i++) {
		struct tr_table *t = &tr->tables[i];

		if (!compile_cen_propagates(s, a, t) || !add_route(c, s, t, route))
			continue;
		if (!t->model)
			tell_peers(c, s, at, &route);
	}
}

/* Custom tables, routes to the cloud services and routes to anything but an instance stay at home. */
static bool publishable(const struct route_entry *e)
{
	return e->published && e->nexthop_type == NEXTHOP_INSTANCE &&
	       !ip_prefix_contains(LAB_SERVICES, e->destination_cidrblock.p);
}

/* Static routes over the circuit are published; what leads to a router interface cannot be. */
static void learn_vbr(struct compile *c, struct cen_state *s, const struct cen_attachment *a)
{
	const struct vbr *vbr = a->vbr.to;

	for (size_t i = 0; i < vbr->n_route_entries; i++) {
		const struct vbr_route_entry *e = &vbr->route_entries[i];

		if (e->nexthop_type == VBR_PHYSICAL_CONNECTION)
			learn(c, s, a, e->destination_cidr_block.p,
			      compile_origin_in(c, "virtual_border_routers", &vbr->id,
						"route_entries", &e->id));
	}
}

static void learn_vpc(struct compile *c, struct cen_state *s, const struct cen_attachment *a)
{
	const struct vpc *vpc = a->vpc.to;

	for (size_t i = 0; i < vpc->n_vswitches; i++)
		learn(c, s, a, vpc->vswitches[i].cidr_block.p,
		      compile_origin_in(c, "vpcs", &vpc->id, "vswitches", &vpc->vswitches[i].id));
	for (size_t i = 0; i < vpc->n_route_tables; i++) {
		const struct route_table *t = &vpc->route_tables[i];

		for (size_t j = 0; t->system && j < t->n_entries; j++)
			if (publishable(&t->entries[j]))
				learn(c, s, a, t->entries[j].destination_cidrblock.p,
				      compile_origin_in(c, "vpcs", &vpc->id, "route_tables",
							&t->entries[j].id));
	}
}

static void add_static_entries(struct compile *c, struct cen_state *s, const struct tr *tr,
			       struct tr_table *t)
{
	for (size_t i = 0; t->model && i < t->model->n_entries; i++) {
		const struct tr_route_entry *e = &t->model->entries[i];
		const struct cen_attachment *to = e->blackhole ? NULL : e->attachment.to;

		if (to && cen_attachment_region(to) != tr->region)
			continue; /* no attachment of this router: validate/ says so to the user */
		(void)add_route(c, s, t, /* destinations of one table are unique, says validate/ */
				(struct tr_route){
					.dst = e->destination_cidr_block.p,
					.from = to,
					.peer = NO_PEER,
					.fixed = true,
					.origin = compile_origin_in(c, "cen", &s->cen->id,
								    "route_tables", &e->id),
				});
	}
}

void compile_cen_learn(struct compile *c, struct cen_state *s)
{
	for (size_t i = 0; i < s->n_trs; i++)
		for (size_t j = 0; j < s->trs[i].n_tables; j++)
			add_static_entries(c, s, &s->trs[i], &s->trs[i].tables[j]);
	for (size_t i = 0; i < s->cen->n_attachments; i++) {
		const struct cen_attachment *a = &s->cen->attachments[i];

		if (a->vpc.to)
			learn_vpc(c, s, a);
		else if (!compile_cen_is_live(s, a))
			learn_vbr(c, s, a);
	}
}

/* --- pushing --- */

static bool own_destination(const struct vpc *vpc, struct ip_prefix dst)
{
	for (size_t i = 0; i < vpc->n_vswitches; i++)
		if (ip_prefix_contains(vpc->vswitches[i].cidr_block.p, dst))
			return true;
	return false;
}

static void push_to_vpc(struct compile *c, struct cen_state *s, const struct vpc *vpc,
			const struct tr_route *r)
{
	struct vpc_state *v = compile_vpc_state(c, vpc);
	const struct hop hop = compile_cen_hop(c, s->cen, vpc->region.to);
	const bool own = own_destination(vpc, r->dst);
	bool taken = own;

	/* a custom entry is in the way in its own table only: the others learn the route */
	for (size_t i = 0; !own && i < v->n_tables; i++)
		if (!compile_table_route(c, &v->tables[i], r->origin, r->dst, PLAN_PROTO_CEN, hop))
			taken = true;
	if (taken)
		reject(c, s, r->dst, r->from, vpc->id.name);
}

/* Data centres do not reach each other through the cloud unless somebody plans it. */
static void push_to_vbr(struct compile *c, struct cen_state *s, const struct vbr *vbr,
			const struct tr_route *r)
{
	const struct hop hop = compile_cen_hop(c, s->cen, vbr_region(vbr));

	if (r->from->vbr.to)
		return;
	if (!compile_table_route(c, compile_vbr_table(c, vbr), r->origin, r->dst, PLAN_PROTO_CEN,
				 hop))
		reject(c, s, r->dst, r->from, vbr->id.name);
}

static void push_attachment(struct compile *c, struct cen_state *s, const struct cen_attachment *a)
{
	const struct cen_member m = compile_cen_member(a);
	const struct tr_table *t = compile_cen_associated(s, a);

	for (size_t i = 0; i < t->n; i++) {
		const struct tr_route *r = &t->routes[i];

		if (!r->from || r->from == a ||
		    !compile_cen_permits(s->cen, m.region, REGION_OUT,
					 compile_cen_member(r->from).instance, r->dst))
			continue;
		if (m.vpc)
			push_to_vpc(c, s, m.vpc, r);
		else
			push_to_vbr(c, s, m.vbr, r);
	}
}

bool compile_cen_pushes(const struct cen_state *s, const struct cen_attachment *a)
{
	return s->cen->edition == CEN_BASIC || a->auto_publish_route_enabled;
}

void compile_cen_push(struct compile *c, struct cen_state *s)
{
	for (size_t i = 0; i < s->cen->n_attachments; i++) {
		const struct cen_attachment *a = &s->cen->attachments[i];

		if (compile_cen_pushes(s, a))
			push_attachment(c, s, a);
	}
}
