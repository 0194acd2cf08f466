// SPDX-License-Identifier: GPL-2.0-only
/*
 * What transit routers learn and what they push.
 *
 * A VPC offers its vSwitches (system routes) and those custom entries of its system route table that
 * lead to an instance and are published. Basic edition: all of it goes to every transit router of
 * the CEN and into every route table of every other VPC. Enterprise edition: it goes to the tables
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
		   const struct cen_attachment *from, const struct vpc *at)
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

static bool propagates_to(const struct cen_state *s, const struct cen_attachment *a,
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
	const struct vpc *from = route->from->vpc.to;

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
	const struct vpc *vpc = a->vpc.to;
	size_t at = compile_cen_tr(s, vpc->region.to);
	struct tr *tr = &s->trs[at];
	const struct tr_route route = {.dst = dst, .from = a, .peer = NO_PEER, .origin = origin};

	if (!compile_cen_permits(s->cen, tr->region, REGION_IN, vpc, dst))
		return;
	for (size_t i = 0; i < tr->n_tables; i++) {
		struct tr_table *t = &tr->tables[i];

		if (!propagates_to(s, a, t) || !add_route(c, s, t, route))
			continue;
		if (!t->model)
			tell_peers(c, s, at, &route);
	}
}

/* Custom tables, routes to the cloud services and routes to anything but an instance stay at home. */
static bool publishable(const struct route_entry *e)
{
	return e->published && e->nexthop_type == NEXTHOP_INSTANCE &&
	       !ip_prefix_contains(SERVICES_PREFIX, e->destination_cidrblock.p);
}

static void learn_attachment(struct compile *c, struct cen_state *s, const struct cen_attachment *a)
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
		const struct vpc *vpc = to ? to->vpc.to : NULL;

		if (vpc && vpc->region.to != tr->region)
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
	for (size_t i = 0; i < s->cen->n_attachments; i++)
		learn_attachment(c, s, &s->cen->attachments[i]);
}

/* --- pushing --- */

static bool own_destination(const struct vpc *vpc, struct ip_prefix dst)
{
	for (size_t i = 0; i < vpc->n_vswitches; i++)
		if (ip_prefix_contains(vpc->vswitches[i].cidr_block.p, dst))
			return true;
	return false;
}

static void push_route(struct compile *c, struct cen_state *s, const struct cen_attachment *a,
		       const struct tr_route *r)
{
	const struct vpc *vpc = a->vpc.to;
	struct vpc_state *v = compile_vpc_state(c, vpc);
	const struct hop hop = compile_cen_hop(c, s->cen, vpc);
	const bool own = own_destination(vpc, r->dst);
	bool taken = own;

	/* a custom entry is in the way in its own table only: the others learn the route */
	for (size_t i = 0; !own && i < v->n_tables; i++)
		if (!compile_vpc_route(c, v, &v->tables[i], r->origin, r->dst, PLAN_PROTO_CEN, hop))
			taken = true;
	if (taken)
		reject(c, s, r->dst, r->from, vpc);
}

static void push_attachment(struct compile *c, struct cen_state *s, const struct cen_attachment *a)
{
	const struct vpc *vpc = a->vpc.to;
	const struct tr_table *t = compile_cen_associated(s, a);

	for (size_t i = 0; i < t->n; i++) {
		const struct tr_route *r = &t->routes[i];

		if (!r->from || r->from == a)
			continue;
		if (compile_cen_permits(s->cen, vpc->region.to, REGION_OUT, r->from->vpc.to,
					r->dst))
			push_route(c, s, a, r);
	}
}

void compile_cen_push(struct compile *c, struct cen_state *s)
{
	for (size_t i = 0; i < s->cen->n_attachments; i++) {
		const struct cen_attachment *a = &s->cen->attachments[i];

		if (s->cen->edition == CEN_BASIC || a->auto_publish_route_enabled)
			push_attachment(c, s, a);
	}
}
