// SPDX-License-Identifier: GPL-2.0-only
#include "compile/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/number.h"

struct router {
	const char *ns;
	uint32_t ip;
};

/* --- texts --- */

/* Golden files and documents must not depend on the folder that the user works in. */
const char *compile_place(struct compile *c, struct span at)
{
	const char *path = at.src && at.src->path ? at.src->path : "lab.yaml";
	const char *slash = strrchr(path, '/');
	char line[NUMBER_LEN];

	return arena_join(c->arena, slash ? slash + 1 : path, ":", number_format(at.line, line),
			  NULL);
}

struct plan_origin compile_origin(struct compile *c, const char *kind, const struct named *id)
{
	return (struct plan_origin){arena_join(c->arena, kind, ".", id->name, NULL),
				    compile_place(c, id->at)};
}

struct plan_origin compile_origin_in(struct compile *c, const char *kind, const struct named *id,
				     const char *sub_kind, const struct named *sub)
{
	return (struct plan_origin){
		arena_join(c->arena, kind, ".", id->name, ".", sub_kind, ".", sub->name, NULL),
		compile_place(c, sub->at)};
}

const char *compile_text(struct compile *c, const char *fmt, ...)
{
	va_list ap;
	const char *s;

	va_start(ap, fmt);
	s = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	return s;
}

const char *compile_ifname(struct compile *c, const char *name)
{
	char buf[IFNAME_LEN];

	if (strlen(name) < IFNAME_LEN)
		return name;
	return arena_strdup(c->arena, name_ifname(name, buf));
}

const char *compile_services_ns(struct compile *c, const struct region *region)
{
	return arena_join(c->arena, "svc.", region->id.name, NULL);
}

const char *compile_transit_router_ns(struct compile *c, const struct cen *cen,
				      const struct region *region)
{
	return arena_join(c->arena, cen->id.name, ".", region->id.name, NULL);
}

static void add_namespace(struct compile *c, struct plan_origin origin, const char *name,
			  const char *role, bool router)
{
	*plan_add_namespace(c->plan) = (struct plan_namespace){
		.origin = origin,
		.name = name,
		.role = role,
		.router = router,
	};
}

void compile_namespace(struct compile *c, struct plan_origin origin, const char *name,
		       const char *role)
{
	add_namespace(c, origin, name, role, false);
}

void compile_foreign_router(struct compile *c, struct plan_origin origin, const char *name,
			    const char *role)
{
	add_namespace(c, origin, name, role, true);
}

void compile_router(struct compile *c, struct plan_origin origin, const char *name,
		    const char *role)
{
	add_namespace(c, origin, name, role, true);
	compile_address(c, origin, name, "lo", (struct ip_prefix){compile_router_ip(c, name), 32});
}

/* --- addresses of routers --- */

static int compare_router(const void *a, const void *b)
{
	return strcmp(((const struct router *)a)->ns, ((const struct router *)b)->ns);
}

uint32_t compile_router_ip(const struct compile *c, const char *ns)
{
	struct router key = {ns, 0};
	const struct router *r = bsearch(&key, c->routers, c->n_routers, sizeof(key),
					 compare_router);

	return r ? r->ip : 0;
}

static void add_router(struct compile *c, const char *ns)
{
	arena_push(c->arena, c->routers, c->n_routers)->ns = ns;
}

/* By name, each once: two attachments share a transit router. */
static void sort_routers(struct compile *c)
{
	size_t n = 0;

	if (c->n_routers)
		qsort(c->routers, c->n_routers, sizeof(*c->routers), compare_router);
	for (size_t i = 0; i < c->n_routers; i++)
		if (n == 0 || strcmp(c->routers[n - 1].ns, c->routers[i].ns) != 0)
			c->routers[n++] = c->routers[i];
	c->n_routers = n;
}

#define ROUTER_BASE  0x64400000u /* 100.64.0.0 */
#define ROUTER_COUNT 65536u

/*
 * By hash, so that a router's address does not change when another one is added: reconciling leaves
 * what is there alone. Two names of one hash: the later one takes the next free address.
 */
static void number_routers(struct compile *c)
{
	auto_arena struct arena *scratch = arena_new(0);
	unsigned char *taken = arena_alloc(scratch, ROUTER_COUNT);

	for (size_t i = 0; i < c->n_routers; i++) {
		struct router *r = &c->routers[i];
		uint32_t n = (uint32_t)(hash_str(0, r->ns) >> 20) % ROUTER_COUNT;

		while (taken[n] || (n & 0xff) == 0 || (n & 0xff) == 0xff)
			n = (n + 1) % ROUTER_COUNT;
		taken[n] = 1;
		r->ip = ROUTER_BASE + n;
	}
}

void compile_routers(struct compile *c)
{
	const struct lab *lab = c->lab;

	for (size_t i = 0; i < lab->n_regions; i++)
		add_router(c, compile_services_ns(c, &lab->regions[i]));
	for (size_t i = 0; i < lab->n_vpcs; i++)
		add_router(c, lab->vpcs[i].id.name);
	for (size_t i = 0; i < lab->n_vbrs; i++)
		add_router(c, lab->vbrs[i].id.name);
	for (size_t i = 0; i < lab->n_cens; i++)
		for (size_t j = 0; j < lab->cens[i].n_attachments; j++)
			add_router(c, compile_transit_router_ns(
					      c, &lab->cens[i],
					      cen_attachment_region(&lab->cens[i].attachments[j])));
	sort_routers(c);
	number_routers(c);
}

/* --- links, addresses, routes --- */

struct plan_link *compile_link(struct compile *c, struct plan_origin origin, struct plan_end a,
			       struct plan_end b)
{
	struct plan_link *l = plan_add_link(c->plan);

	*l = (struct plan_link){.origin = origin, .a = a, .b = b};
	name_mac(c->lab->id.name, a.ns, a.dev, l->a.mac);
	name_mac(c->lab->id.name, b.ns, b.dev, l->b.mac);
	return l;
}

static struct plan_end end_of(const struct leg *leg)
{
	return (struct plan_end){
		.ns = leg->ns, .dev = leg->dev, .alias = leg->alias, .gso_segs = leg->gso_segs};
}

static void add_neighbour(struct compile *c, struct plan_origin origin, const struct leg *at,
			  const struct leg *other)
{
	struct plan_neighbour *n = plan_add_neighbour(c->plan);

	*n = (struct plan_neighbour){
		.origin = origin, .ns = at->ns, .dev = at->dev, .ip = other->ip};
	name_mac(c->lab->id.name, other->ns, other->dev, n->mac);
}

void compile_far_leg_pair(struct compile *c, struct plan_origin origin, const struct leg *a,
			  const struct leg *b, const struct line *line)
{
	compile_line(c, origin, end_of(a), end_of(b), *line);
	add_neighbour(c, origin, a, b);
	add_neighbour(c, origin, b, a);
}

void compile_leg_pair(struct compile *c, struct plan_origin origin, const struct leg *a,
		      const struct leg *b)
{
	static const struct line none;

	compile_far_leg_pair(c, origin, a, b, &none);
}

void compile_address(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		     struct ip_prefix prefix)
{
	*plan_add_address(c->plan) =
		(struct plan_address){.origin = origin, .ns = ns, .dev = dev, .prefix = prefix};
}

void compile_last_route(struct compile *c, struct plan_origin origin, const char *ns,
			uint32_t table)
{
	*plan_add_route(c->plan) = (struct plan_route){
		.origin = origin,
		.ns = ns,
		.table = table,
		.type = PLAN_BLACKHOLE,
		.proto = PLAN_PROTO_SYSTEM,
		.metric = PLAN_METRIC_LAST,
	};
}

void compile_route(struct compile *c, struct plan_origin origin, const char *ns, uint32_t table,
		   struct ip_prefix dst, enum plan_route_proto proto, struct hop hop)
{
	*plan_add_route(c->plan) = (struct plan_route){
		.origin = origin,
		.ns = ns,
		.table = table,
		.dst = dst,
		.type = hop.dev ? PLAN_UNICAST : PLAN_BLACKHOLE,
		.proto = proto,
		.dev = hop.dev,
		.via = hop.via,
		.src = hop.src,
		.onlink = hop.via && !hop.on_subnet,
	};
}

bool compile_table_has(const struct table *t, struct ip_prefix dst)
{
	for (size_t i = 0; i < t->n_dst; i++)
		if (ip_prefix_equal(t->dst[i], dst))
			return true;
	return false;
}

bool compile_table_route(struct compile *c, struct table *t, struct plan_origin origin,
			 struct ip_prefix dst, enum plan_route_proto proto, struct hop hop)
{
	if (compile_table_has(t, dst))
		return false;
	*arena_push(c->arena, t->dst, t->n_dst) = dst;
	compile_route(c, origin, t->ns, t->id, dst, proto, hop);
	return true;
}
