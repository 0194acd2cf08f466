// SPDX-License-Identifier: GPL-2.0-only
/*
 * What labctl-routing is told: the routes that come and go while the lab runs, because a circuit's health
 * check or a BGP session says so. A plan never holds such a route, so that reconciling and it do not
 * fight.
 *
 * Every such route has a source, an attachment of a VBR or a route of a customer router, and may be
 * written at many sites: the tables of transit routers and VPCs that would get it if it were static. The
 * same rules decide as in cen_routes.c (propagation, exchange of peers, route maps, pushing); where they
 * depend on a prefix that nobody knows yet, they are handed on as gates.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "compile/cen.h"

#define TRACK_INTERVAL 2000
#define TRACK_LOSSES   8

struct site {
	const char *ns;
	uint32_t table;
	enum plan_route_proto proto;
	bool ecmp;
	json_t *offers;
};

struct routing {
	struct compile *c;
	struct site *sites;
	struct plan_socket *sockets;
	json_t *monitors, *sources;
	const char **tables; /* namespaces whose routes are read or written */
	size_t n_sites, n_sockets, n_tables;
};

static const char *add_socket(struct routing *r, const char *kind, const char *ns,
			      enum plan_socket_type type, uint32_t addr, const char *name)
{
	struct plan_socket *s = arena_push(r->c->arena, r->sockets, r->n_sockets);

	*s = (struct plan_socket){.name = compile_text(r->c, "%s-%s", kind, name),
				  .ns = ns,
				  .type = type,
				  .addr = addr};
	return s->name;
}

static void need_table(struct routing *r, const char *ns)
{
	for (size_t i = 0; i < r->n_tables; i++)
		if (strcmp(r->tables[i], ns) == 0)
			return;
	*(const char **)arena_push(r->c->arena, r->tables, r->n_tables) = ns;
	(void)add_socket(r, "routes", ns, PLAN_NETLINK, 0, ns); /* found by its name */
}

static struct site *site_of(struct routing *r, const char *ns, uint32_t table,
			    enum plan_route_proto proto)
{
	struct site *s;

	for (size_t i = 0; i < r->n_sites; i++)
		if (r->sites[i].table == table && strcmp(r->sites[i].ns, ns) == 0)
			return &r->sites[i];
	s = arena_push(r->c->arena, r->sites, r->n_sites);
	*s = (struct site){ns, table, proto, false, json_array()};
	need_table(r, ns);
	return s;
}

/* told_by: NULL, or where another router of the CEN decides whether it tells of this. */
static void add_offer(struct site *s, const char *source, struct hop hop, int rank, json_t *gates,
		      json_t *told_by)
{
	char via[IP_STRLEN];

	compile_json_append(s->offers, json_pack("{s:s, s:s, s:s, s:b, s:i, s:o, s:o*}", "source",
						 source, "dev", hop.dev, "via",
						 ip_format(hop.via, via), "onlink", !hop.on_subnet,
						 "rank", rank, "gates", gates, "told_by", told_by));
}

/* --- gates --- */

static json_t *clause_of(const struct cen_route_map *m)
{
	json_t *prefixes = m->n_destination_cidr_blocks ? json_array() : NULL;
	char p[IP_PREFIX_STRLEN];

	for (size_t i = 0; i < m->n_destination_cidr_blocks; i++)
		compile_json_append(prefixes, json_string(ip_prefix_format(
						      m->destination_cidr_blocks[i].p, p)));
	if (m->deny)
		return json_pack("{s:b, s:o*, s:b}", "deny", true, "prefixes", prefixes, "include",
				 m->cidr_include);
	return json_pack("{s:i, s:o*, s:b}", "preference", (int)m->preference.v, "prefixes",
			 prefixes, "include", m->cidr_include);
}

static int by_priority(const void *pa, const void *pb)
{
	const struct cen_route_map *a = *(const struct cen_route_map *const *)pa;
	const struct cen_route_map *b = *(const struct cen_route_map *const *)pb;

	return (a->priority.v > b->priority.v) - (a->priority.v < b->priority.v);
}

/* The route maps of a region and direction that speak of this source, in their order. */
static void add_gate(struct routing *r, json_t *gates, const struct cen *cen,
		     const struct region *region, enum route_map_direction direction,
		     const void *instance)
{
	const struct cen_route_map **maps = NULL;
	json_t *gate;
	size_t n = 0;

	for (size_t i = 0; i < cen->n_route_maps; i++) {
		const struct cen_route_map *m = &cen->route_maps[i];

		if (m->cen_region.to == region && m->transmit_direction == direction &&
		    compile_cen_is_from(m, instance))
			*(const struct cen_route_map **)arena_push(r->c->arena, maps, n) = m;
	}
	if (!n)
		return;
	qsort(maps, n, sizeof(struct cen_route_map *), by_priority);
	gate = json_array();
	for (size_t i = 0; i < n; i++)
		compile_json_append(gate, clause_of(maps[i]));
	compile_json_append(gates, gate);
}

/* --- attachments of VBRs --- */

static const struct cen_vbr_health_check *health_of(const struct cen *cen, const struct vbr *vbr)
{
	for (size_t i = 0; i < cen->n_vbr_health_checks; i++)
		if (cen->vbr_health_checks[i].vbr.to == vbr)
			return &cen->vbr_health_checks[i];
	return NULL;
}

static bool offers(const struct vbr *vbr, struct ip_prefix p)
{
	for (size_t i = 0; i < vbr->n_route_entries; i++)
		if (vbr->route_entries[i].nexthop_type == VBR_PHYSICAL_CONNECTION &&
		    ip_prefix_equal(vbr->route_entries[i].destination_cidr_block.p, p))
			return true;
	return false;
}

/* Another VBR of the CEN leads to one of its destinations, too: preferences decide. */
static bool has_rival(const struct cen *cen, const struct vbr *vbr)
{
	for (size_t i = 0; i < cen->n_attachments; i++) {
		const struct vbr *other = cen->attachments[i].vbr.to;

		for (size_t k = 0; other && other != vbr && k < vbr->n_route_entries; k++)
			if (vbr->route_entries[k].nexthop_type == VBR_PHYSICAL_CONNECTION &&
			    (other->routing.bgp ||
			     offers(other, vbr->route_entries[k].destination_cidr_block.p)))
				return true;
	}
	return false;
}

bool compile_cen_is_live(const struct cen_state *s, const struct cen_attachment *a)
{
	const struct vbr *vbr = a->vbr.to;

	return vbr && (vbr->routing.bgp || health_of(s->cen, vbr) || has_rival(s->cen, vbr));
}

static void add_monitor(struct routing *r, const char *name, const char *socket, uint32_t target,
			uint64_t interval_ms, uint64_t losses)
{
	char ip[IP_STRLEN];

	compile_json_append(r->monitors,
			    json_pack("{s:s, s:s, s:s, s:I, s:I}", "name", name, "socket", socket,
				      "target", ip_format(target, ip), "interval_ms",
				      (json_int_t)interval_ms, "losses", (json_int_t)losses));
}

/* The VBR probes from its own end, or from an address that it gets for the purpose. */
static const char *add_health(struct routing *r, const struct cen *cen, const struct vbr *vbr)
{
	const struct cen_vbr_health_check *h = health_of(cen, vbr);
	uint32_t source = vbr->local_gateway_ip.ip, target = vbr->peer_gateway_ip.ip;
	struct plan_origin origin;

	if (!h)
		return NULL;
	origin = compile_origin_in(r->c, "cen", &cen->id, "vbr_health_checks", &h->id);
	if (h->health_check_source_ip.set) {
		source = h->health_check_source_ip.ip;
		compile_address(r->c, origin, vbr->id.name, "lo", (struct ip_prefix){source, 32});
	}
	add_monitor(r, vbr->id.name,
		    add_socket(r, "ping", vbr->id.name, PLAN_ICMP, source, vbr->id.name), target,
		    h->health_check_interval.v / 1000, h->healthy_threshold.v);
	return vbr->id.name;
}

static json_t *static_prefixes(const struct vbr *vbr)
{
	json_t *list = json_array();
	char p[IP_PREFIX_STRLEN];

	for (size_t i = 0; i < vbr->n_route_entries; i++)
		if (vbr->route_entries[i].nexthop_type == VBR_PHYSICAL_CONNECTION)
			compile_json_append(
				list, json_string(ip_prefix_format(
					      vbr->route_entries[i].destination_cidr_block.p, p)));
	return list;
}

static void add_source(struct routing *r, const char *name, const char *monitor, json_t *prefixes,
		       json_t *learn)
{
	compile_json_append(r->sources, json_pack("{s:s, s:s*, s:o, s:o*}", "name", name, "monitor",
						  monitor, "prefixes", prefixes, "learn", learn));
}

static json_t *learn_of(struct routing *r, const struct vbr *vbr)
{
	if (!vbr->routing.bgp)
		return NULL;
	need_table(r, vbr->id.name);
	return json_pack("{s:s, s:i, s:i, s:i}", "ns", vbr->id.name, "table", PLAN_TABLE_MAIN,
			 "protocol", PLAN_PROTO_BIRD, "limit", VBR_ROUTE_LIMIT);
}

/* One live attachment, while its offers are handed out. */
struct live {
	struct routing *r;
	struct cen_state *s;
	const struct cen_attachment *a;
	struct cen_member m;
	size_t tr; /* of its region */
	const char *source;
};

static struct hop member_hop(struct compile *c, const char *name)
{
	return (struct hop){.dev = compile_ifname(c, name), .via = compile_router_ip(c, name)};
}

/* The way of a route from the VBR into a table of a transit router. */
static json_t *gates_into(const struct live *l, size_t tr)
{
	const struct region *own = l->s->trs[l->tr].region;
	json_t *gates = json_array();

	add_gate(l->r, gates, l->s->cen, own, REGION_IN, l->m.instance);
	if (tr == l->tr)
		return gates;
	add_gate(l->r, gates, l->s->cen, own, REGION_OUT, l->m.instance);
	add_gate(l->r, gates, l->s->cen, l->s->trs[tr].region, REGION_IN, l->m.instance);
	return gates;
}

static bool exchanges(const struct cen_state *s, size_t a, size_t b)
{
	for (size_t i = 0; i < s->n_pairs; i++)
		if (s->pairs[i].exchange && ((s->pairs[i].a == a && s->pairs[i].b == b) ||
					     (s->pairs[i].a == b && s->pairs[i].b == a)))
			return true;
	return false;
}

/* Whether the attachment's routes come to that table of that transit router. */
static bool comes_to(const struct live *l, size_t tr, const struct tr_table *t)
{
	if (tr == l->tr)
		return compile_cen_propagates(l->s, l->a, t);
	return !t->model && exchanges(l->s, l->tr, tr) &&
	       compile_cen_propagates(l->s, l->a, &l->s->trs[l->tr].tables[0]);
}

static json_t *told_by(const struct tr *tr)
{
	return json_pack("{s:s, s:I}", "ns", tr->ns, "table", (json_int_t)tr->tables[0].id);
}

static void offer_to_router(const struct live *l, size_t tr)
{
	struct compile *c = l->r->c;
	const struct tr *at = &l->s->trs[tr], *own = &l->s->trs[l->tr];
	const struct hop hop =
		tr == l->tr ? member_hop(c, l->m.name)
			    : (struct hop){.dev = compile_ifname(c, own->region->id.name),
					   .via = compile_router_ip(c, own->ns)};

	for (size_t i = 0; i < at->n_tables; i++) {
		struct site *site;

		if (!comes_to(l, tr, &at->tables[i]))
			continue;
		site = site_of(l->r, at->ns, at->tables[i].id, PLAN_PROTO_LEARNED);
		site->ecmp = l->s->cen->edition == CEN_ENTERPRISE;
		add_offer(site, l->source, hop, tr != l->tr, gates_into(l, tr),
			  tr == l->tr ? NULL : told_by(own));
	}
}

static void offer_to_vpc(const struct live *l, const struct cen_attachment *to)
{
	struct compile *c = l->r->c;
	const struct cen_member m = compile_cen_member(to);
	const size_t tr = compile_cen_tr(l->s, m.region);
	const struct vpc_state *v;

	if (!m.vpc || !compile_cen_pushes(l->s, to) ||
	    !comes_to(l, tr, compile_cen_associated(l->s, to)))
		return;
	v = compile_vpc_state(c, m.vpc);
	for (size_t i = 0; i < v->n_tables; i++) {
		json_t *gates = gates_into(l, tr);

		add_gate(l->r, gates, l->s->cen, m.region, REGION_OUT, l->m.instance);
		add_offer(site_of(l->r, v->tables[i].ns, v->tables[i].id, PLAN_PROTO_LEARNED),
			  l->source, compile_cen_hop(c, l->s->cen, m.region), 0, gates, NULL);
	}
}

static void add_live(struct routing *r, struct cen_state *s, const struct cen_attachment *a)
{
	struct live l = {.r = r, .s = s, .a = a, .m = compile_cen_member(a)};

	l.tr = compile_cen_tr(s, l.m.region);
	l.source = compile_text(r->c, "%s.%s", s->cen->id.name, a->id.name);
	add_source(r, l.source, add_health(r, s->cen, l.m.vbr), static_prefixes(l.m.vbr),
		   learn_of(r, l.m.vbr));
	for (size_t i = 0; i < s->n_trs; i++)
		offer_to_router(&l, i);
	for (size_t i = 0; i < s->cen->n_attachments; i++)
		if (&s->cen->attachments[i] != a)
			offer_to_vpc(&l, &s->cen->attachments[i]);
}

/* --- customer routers --- */

static const char *track(struct routing *r, const struct data_center *dc, uint32_t next_hop)
{
	char ip[IP_STRLEN];
	const char *name = compile_text(r->c, "%s %s", dc->id.name, ip_format(next_hop, ip));
	json_t *monitor;
	size_t i;

	json_array_foreach (r->monitors, i, monitor)
		if (strcmp(json_string_value(json_object_get(monitor, "name")), name) == 0)
			return name;
	add_monitor(r, name, add_socket(r, "ping", dc->id.name, PLAN_ICMP, 0, name), next_hop,
		    TRACK_INTERVAL, TRACK_LOSSES);
	return name;
}

static void add_route(struct routing *r, const struct data_center *dc,
		      const struct cpe_route *route)
{
	const char *source = compile_text(r->c, "%s.%s", dc->id.name, route->id.name);
	const uint32_t next_hop = route->next_hop.ip;
	char p[IP_PREFIX_STRLEN];

	add_source(r, source, route->track ? track(r, dc, next_hop) : NULL,
		   json_pack("[s]", ip_prefix_format(route->destination_cidr_block.p, p)), NULL);
	add_offer(site_of(r, dc->id.name, PLAN_TABLE_MAIN, PLAN_PROTO_TRACKED), source,
		  compile_cpe_hop(r->c, dc, next_hop), (int)route->preference.v, json_array(),
		  NULL);
}

static void add_customer_router(struct routing *r, const struct data_center *dc)
{
	for (size_t i = 0; i < dc->n_routes; i++)
		if (compile_cpe_route_is_live(dc, &dc->routes[i]))
			add_route(r, dc, &dc->routes[i]);
}

/* --- all of it --- */

static json_t *sites_of(struct routing *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_sites; i++) {
		const struct site *s = &r->sites[i];

		compile_json_append(list,
				    json_pack("{s:s, s:I, s:i, s:b, s:o}", "ns", s->ns, "table",
					      (json_int_t)s->table, "protocol", (int)s->proto,
					      "ecmp", s->ecmp, "offers", s->offers));
	}
	return list;
}

static json_t *tables_of(struct routing *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_tables; i++)
		compile_json_append(list, json_pack("{s:s, s:s}", "ns", r->tables[i], "socket",
						    compile_text(r->c, "routes-%s", r->tables[i])));
	return list;
}

static void add_worker(struct routing *r)
{
	struct compile *c = r->c;

	(void)add_socket(r, "routing", r->tables[0], PLAN_MEMORY, 0, "state"); /* the only one */
	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = compile_origin(c, "lab", &c->lab->id),
		.name = "routing",
		.program = "labctl-routing",
		.ns = r->tables[0],
		.sockets = r->sockets,
		.n_sockets = r->n_sockets,
		.privilege = PLAN_PRIVILEGE_ROUTES,
		.config = compile_json(c, json_pack("{s:o, s:s, s:o, s:o, s:o}", "tables",
						    tables_of(r), "state", "routing-state",
						    "monitors", r->monitors, "sources", r->sources,
						    "sites", sites_of(r))),
	};
}

void compile_routing(struct compile *c)
{
	struct routing r = {.c = c, .monitors = json_array(), .sources = json_array()};

	for (size_t i = 0; i < c->lab->n_cens; i++)
		for (size_t j = 0; j < c->lab->cens[i].n_attachments; j++)
			if (compile_cen_is_live(&c->cens[i], &c->lab->cens[i].attachments[j]))
				add_live(&r, &c->cens[i], &c->lab->cens[i].attachments[j]);
	for (size_t i = 0; i < c->lab->n_data_centers; i++)
		add_customer_router(&r, &c->lab->data_centers[i]);
	if (r.n_sites) {
		add_worker(&r);
		return;
	}
	json_decref(r.monitors);
	json_decref(r.sources);
}
