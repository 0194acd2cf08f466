// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cloud Enterprise Network: one transit router per region that has an attachment, a leg to each
 * attached VPC and VBR, shaped links between the regions. What the routers know comes from
 * cen_routes.c and cen_services.c.
 */
#include "compile/cen.h"

/* What passes between two regions of a basic CEN without an allocation: enough for a ping. */
#define TEST_RATE 1000u

struct cen_member compile_cen_member(const struct cen_attachment *a)
{
	struct cen_member m = {.vpc = a->vpc.to,
			       .vbr = a->vbr.to,
			       .name = cen_attachment_name(a),
			       .region = cen_attachment_region(a)};

	m.instance = m.vpc ? (const void *)m.vpc : m.vbr;
	return m;
}

size_t compile_cen_tr(const struct cen_state *s, const struct region *region)
{
	for (size_t i = 0; i < s->n_trs; i++)
		if (s->trs[i].region == region)
			return i;
	return NO_PEER;
}

struct hop compile_cen_hop(struct compile *c, const struct cen *cen, const struct region *region)
{
	const char *ns = compile_transit_router_ns(c, cen, region);

	return (struct hop){.dev = compile_ifname(c, cen->id.name),
			    .via = compile_router_ip(c, ns)};
}

struct tr_table *compile_cen_associated(struct cen_state *s, const struct cen_attachment *a)
{
	struct tr *tr = &s->trs[compile_cen_tr(s, cen_attachment_region(a))];

	for (size_t i = 1; s->cen->edition == CEN_ENTERPRISE && i < tr->n_tables; i++)
		if (tr->tables[i].model == a->association.to)
			return &tr->tables[i];
	return &tr->tables[0];
}

static void add_table(struct compile *c, struct tr *tr, const struct tr_route_table *model,
		      uint32_t id)
{
	*arena_push(c->arena, tr->tables, tr->n_tables) = (struct tr_table){.model = model,
									    .id = id};
}

static void add_tables(struct compile *c, const struct cen *cen, struct tr *tr)
{
	uint32_t next = PLAN_TABLE_SYSTEM + 1;

	add_table(c, tr, NULL, PLAN_TABLE_MAIN);
	for (size_t i = 0; cen->edition == CEN_ENTERPRISE && i < cen->n_route_tables; i++)
		if (cen->route_tables[i].region.to == tr->region)
			add_table(c, tr, &cen->route_tables[i], next++);
}

/* In the order of the lab's regions, so that a pair's ends do not depend on the attachments. */
static void collect_trs(struct compile *c, struct cen_state *s)
{
	for (size_t i = 0; i < c->lab->n_regions; i++) {
		const struct region *region = &c->lab->regions[i];
		bool used = false;
		struct tr *tr;

		for (size_t j = 0; j < s->cen->n_attachments && !used; j++)
			used = cen_attachment_region(&s->cen->attachments[j]) == region;
		if (!used)
			continue;
		tr = arena_push(c->arena, s->trs, s->n_trs);
		tr->region = region;
		tr->ns = compile_transit_router_ns(c, s->cen, region);
		add_tables(c, s->cen, tr);
	}
}

/* --- inter-region links --- */

static bool same_pair(const struct ref *regions, size_t n, const struct region *a,
		      const struct region *b)
{
	return n == 2 && ((regions[0].to == a && regions[1].to == b) ||
			  (regions[0].to == b && regions[1].to == a));
}

static struct tr_pair *add_pair(struct compile *c, struct cen_state *s, size_t a, size_t b)
{
	const struct region_pair *line = lab_find_region_pair(c->lab, s->trs[a].region,
							      s->trs[b].region);
	struct tr_pair *p = arena_push(c->arena, s->pairs, s->n_pairs);

	*p = (struct tr_pair){
		.a = a,
		.b = b,
		.rate = TEST_RATE,
		.rtt_us = line ? (uint32_t)line->rtt.v : REGION_PAIR_RTT_US,
		.jitter_us = line ? (uint32_t)line->jitter.v : REGION_PAIR_JITTER_US,
		.change = lab_regions_change(c->lab, s->trs[a].region, s->trs[b].region),
		.origin = compile_origin(c, "cen", &s->cen->id),
	};
	return p;
}

static void set_rate(struct tr_pair *p, uint64_t rate)
{
	if (!rate)
		return;
	p->rate = rate;
	p->allocated = true;
}

static struct line line_of_pair(const struct tr_pair *p)
{
	return (struct line){.rate = p->rate,
			     .rtt_us = p->rtt_us,
			     .jitter_us = p->jitter_us,
			     .loss_ppm = p->loss_ppm};
}

static void change_pair(struct tr_pair *p)
{
	struct line line = line_of_pair(p);

	compile_change(&line, p->change);
	p->rate = line.rate;
	p->rtt_us = line.rtt_us;
	p->jitter_us = line.jitter_us;
	p->loss_ppm = line.loss_ppm;
}

uint64_t compile_regions_rate(const struct lab *lab, const struct region *a, const struct region *b)
{
	for (size_t i = 0; i < lab->n_cens; i++) {
		const struct cen *cen = &lab->cens[i];

		for (size_t j = 0; j < cen->n_bandwidth_limits; j++)
			if (same_pair(cen->bandwidth_limits[j].regions,
				      cen->bandwidth_limits[j].n_regions, a, b))
				return cen->bandwidth_limits[j].bandwidth_limit.v;
		for (size_t j = 0; j < cen->n_peer_attachments; j++)
			if (same_pair(cen->peer_attachments[j].regions,
				      cen->peer_attachments[j].n_regions, a, b) &&
			    cen->peer_attachments[j].bandwidth.v)
				return cen->peer_attachments[j].bandwidth.v;
	}
	return TEST_RATE;
}

static void add_basic_pair(struct compile *c, struct cen_state *s, size_t a, size_t b)
{
	const struct cen *cen = s->cen;
	struct tr_pair *p = add_pair(c, s, a, b);

	p->exchange = true;
	for (size_t i = 0; i < cen->n_bandwidth_limits; i++) {
		const struct cen_bandwidth_limit *l = &cen->bandwidth_limits[i];

		if (!same_pair(l->regions, l->n_regions, s->trs[a].region, s->trs[b].region))
			continue;
		set_rate(p, l->bandwidth_limit.v);
		p->origin = compile_origin_in(c, "cen", &cen->id, "bandwidth_limits", &l->id);
	}
	change_pair(p);
}

static void add_enterprise_pair(struct compile *c, struct cen_state *s, size_t a, size_t b)
{
	const struct cen *cen = s->cen;

	for (size_t i = 0; i < cen->n_peer_attachments; i++) {
		const struct cen_peer_attachment *l = &cen->peer_attachments[i];
		struct tr_pair *p;

		if (!same_pair(l->regions, l->n_regions, s->trs[a].region, s->trs[b].region))
			continue;
		p = add_pair(c, s, a, b);
		set_rate(p, l->bandwidth.v);
		p->exchange = l->auto_publish_route_enabled;
		p->origin = compile_origin_in(c, "cen", &cen->id, "peer_attachments", &l->id);
		change_pair(p);
		return; /* two connections of one pair are refused by validate/ */
	}
}

static void collect_pairs(struct compile *c, struct cen_state *s)
{
	for (size_t a = 0; a < s->n_trs; a++)
		for (size_t b = a + 1; b < s->n_trs; b++) {
			if (s->cen->edition == CEN_BASIC)
				add_basic_pair(c, s, a, b);
			else
				add_enterprise_pair(c, s, a, b);
		}
}

static void compile_pair(struct compile *c, const struct cen_state *s, const struct tr_pair *p)
{
	const struct tr *a = &s->trs[p->a], *b = &s->trs[p->b];
	const struct line line = line_of_pair(p);
	const struct plan_origin origin = compile_line_origin(c, p->origin, p->change);
	const struct leg here = {
		.ns = a->ns,
		.dev = compile_ifname(c, b->region->id.name),
		.alias = compile_text(c, "inter-region connection to %s", b->region->id.name),
		.ip = compile_router_ip(c, a->ns)};
	const struct leg there = {
		.ns = b->ns,
		.dev = compile_ifname(c, a->region->id.name),
		.alias = compile_text(c, "inter-region connection to %s", a->region->id.name),
		.ip = compile_router_ip(c, b->ns)};

	compile_far_leg_pair(c, compile_origin(c, "cen", &s->cen->id), &here, &there, &line);
	compile_shaper(c, origin, here.ns, here.dev, line);
	compile_shaper(c, origin, there.ns, there.dev, line);
	if (link_is_down(p->change))
		compile_cut(c, p->origin, p->change, here.ns, here.dev);
}

/* --- attachments --- */

/* What is sent to a transit router may go over any of its lines. */
static uint32_t gso_to_router(const struct cen_state *s)
{
	for (size_t i = 0; i < s->n_pairs; i++) {
		const struct line line = line_of_pair(&s->pairs[i]);

		if (compile_gso_segs(&line))
			return 1;
	}
	return 0;
}

static uint32_t gso_to_member(const struct cen_member *m)
{
	const struct line line = m->vbr ? compile_vbr_line(m->vbr) : (struct line){0};

	return m->vbr ? compile_gso_segs(&line) : 0;
}

static void compile_attachment(struct compile *c, struct cen_state *s,
			       const struct cen_attachment *a)
{
	const struct cen_member m = compile_cen_member(a);
	const struct tr *tr = &s->trs[compile_cen_tr(s, m.region)];
	const struct tr_table *table = compile_cen_associated(s, a);
	struct plan_origin origin = compile_origin_in(c, "cen", &s->cen->id, "attachments", &a->id);
	const struct line line = compile_change_of(a->change);
	const uint32_t gso_segs = line.rate ? compile_gso_segs(&line) : 0;
	const struct leg here = {
		.ns = m.name,
		.dev = compile_ifname(c, s->cen->id.name),
		.alias = compile_text(c, "attachment %s of cen %s", a->id.name, s->cen->id.name),
		.ip = compile_router_ip(c, m.name),
		.gso_segs = gso_segs ? gso_segs : gso_to_router(s)};
	const struct leg there = {.ns = tr->ns,
				  .dev = compile_ifname(c, m.name),
				  .alias = compile_text(c, "attachment %s: %s %s", a->id.name,
							m.vpc ? "vpc" : "vbr", m.name),
				  .ip = compile_router_ip(c, tr->ns),
				  .gso_segs = gso_segs ? gso_segs : gso_to_member(&m)};

	compile_far_leg_pair(c, origin, &here, &there, &line);
	if (line.rate) {
		const struct plan_origin link = compile_line_origin(c, origin, a->change);

		compile_shaper(c, link, here.ns, here.dev, line);
		compile_shaper(c, link, there.ns, there.dev, line);
	}
	if (link_is_down(a->change))
		compile_cut(c, origin, a->change, there.ns, there.dev);
	if (table->model)
		*plan_add_rule(c->plan) = (struct plan_rule){
			.origin = origin,
			.ns = tr->ns,
			.priority = RULE_TABLE + (uint32_t)(a - s->cen->attachments),
			.iif = there.dev,
			.table = table->id,
		};
}

/* --- transit routers --- */

static struct hop tr_hop(struct compile *c, const struct cen_state *s, const struct tr_route *r)
{
	const char *name;

	if (!r->from)
		return (struct hop){0};
	if (r->peer != NO_PEER)
		return (struct hop){.dev = compile_ifname(c, s->trs[r->peer].region->id.name),
				    .via = compile_router_ip(c, s->trs[r->peer].ns)};
	name = cen_attachment_name(r->from);
	return (struct hop){.dev = compile_ifname(c, name), .via = compile_router_ip(c, name)};
}

static void compile_tr_table(struct compile *c, const struct cen_state *s, const struct tr *tr,
			     const struct tr_table *t)
{
	static const struct ip_prefix everything = {0, 0};
	bool has_default = false;

	for (size_t i = 0; i < t->n; i++) {
		const struct tr_route *r = &t->routes[i];

		compile_route(c, r->origin, tr->ns, t->id, r->dst,
			      r->fixed ? PLAN_PROTO_CUSTOM : PLAN_PROTO_CEN, tr_hop(c, s, r));
		has_default |= ip_prefix_equal(r->dst, everything);
	}
	if (!has_default)
		compile_last_route(c, compile_origin(c, "cen", &s->cen->id), tr->ns, t->id);
}

static void compile_cen(struct compile *c, struct cen_state *s)
{
	collect_trs(c, s);
	collect_pairs(c, s);
	for (size_t i = 0; i < s->n_trs; i++)
		compile_router(c, compile_origin(c, "cen", &s->cen->id), s->trs[i].ns,
			       "transit-router");
	for (size_t i = 0; i < s->n_pairs; i++)
		compile_pair(c, s, &s->pairs[i]);
	for (size_t i = 0; i < s->cen->n_attachments; i++)
		compile_attachment(c, s, &s->cen->attachments[i]);
	compile_cen_learn(c, s);
	for (size_t i = 0; i < s->n_trs; i++)
		for (size_t j = 0; j < s->trs[i].n_tables; j++)
			compile_tr_table(c, s, &s->trs[i], &s->trs[i].tables[j]);
	compile_cen_push(c, s);
	compile_cen_services(c, s);
}

void compile_cens(struct compile *c)
{
	c->cens = arena_alloc(c->arena, (c->lab->n_cens + 1) * sizeof(*c->cens));
	for (size_t i = 0; i < c->lab->n_cens; i++) {
		c->cens[i].cen = &c->lab->cens[i];
		compile_cen(c, &c->cens[i]);
	}
}
