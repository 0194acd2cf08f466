// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/resource.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* --- names --- */

/* What a key of the lab file holds, in the singular. */
static const struct {
	const char *key, *kind;
} kinds[] = {
	{"api_gateways", "API gateway"},
	{"attachments", "attachment"},
	{"bandwidth_limits", "bandwidth limit"},
	{"cen", "CEN"},
	{"circuits", "circuit"},
	{"data_centers", "data centre"},
	{"ecs", "instance"},
	{"functions", "function"},
	{"hosts", "host"},
	{"internet", "Internet host"},
	{"lab", "lab"},
	{"lans", "LAN"},
	{"links", "link"},
	{"nodes", ""}, /* of whatever kind: its name says it */
	{"peer_attachments", "inter-region connection"},
	{"physical_connections", "physical connection"},
	{"private_zones", "PrivateZone access"},
	{"regions", "region"},
	{"route_entries", "route entry"},
	{"route_services", "access to cloud services"},
	{"route_tables", "route entry"}, /* tables bring nothing themselves */
	{"router_interfaces", "router interface"},
	{"routes", "route"},
	{"services", "service"},
	{"vbr_health_checks", "health check"},
	{"virtual_border_routers", "VBR"},
	{"vpcs", "VPC"},
	{"vswitches", "vSwitch"},
};

/* What stands in a running lab without being of its plan has no origin, and is listed under this one. */
static const struct plan_origin of_no_plan = {"extra", ""};

static const char *kind_of(const char *key, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strlen(kinds[i].key) == n && memcmp(kinds[i].key, key, n) == 0)
			return kinds[i].kind;
	return NULL;
}

/* Up to four parts between dots; no name has a dot. */
struct parts {
	const char *s[4];
	size_t len[4], n;
};

static struct parts split(const char *resource)
{
	struct parts p = {0};

	for (const char *s = resource; p.n < ARRAY_LEN(p.s); s += p.len[p.n - 1] + 1) {
		p.s[p.n] = s;
		p.len[p.n] = strcspn(s, ".");
		if (!s[p.len[p.n++]])
			break;
	}
	return p;
}

const char *analyse_resource_kind(const char *resource)
{
	const struct parts p = split(resource);
	const char *kind = p.n == 1 ? NULL : kind_of(p.s[p.n - 2], p.len[p.n - 2]);

	if (strcmp(resource, "internet") == 0)
		return "the Internet";
	if (strcmp(resource, of_no_plan.resource) == 0)
		return "what is of no plan";
	return kind ? kind : resource;
}

void analyse_resource_name(const char *resource, struct strbuf *b)
{
	const struct parts p = split(resource);
	const char *kind = analyse_resource_kind(resource);
	const char *outer = p.n == 4 ? kind_of(p.s[0], p.len[0]) : NULL;

	strbuf_add(b, kind);
	if (kind == resource || p.n < 2)
		return;
	strbuf_printf(b, " %.*s", (int)p.len[p.n - 1], p.s[p.n - 1]);
	if (outer)
		strbuf_printf(b, " of %s%s%.*s", outer, *outer ? " " : "", (int)p.len[1], p.s[1]);
}

/* --- steps --- */

/* The origins of all objects of a plan, sorted by resource. */
struct origins {
	const struct plan_origin **v;
	size_t n;
	json_t *summary; /* of the plan; NULL: it has none */
};

static int by_origin(const void *a, const void *b)
{
	return strcmp((*(const struct plan_origin *const *)a)->resource,
		      (*(const struct plan_origin *const *)b)->resource);
}

static const struct plan_origin *origin_of(const void *object)
{
	const struct plan_origin *o = object; /* every struct of a plan begins with it */

	return o->resource ? o : &of_no_plan;
}

static void add_origins(struct arena *a, const struct plan *p, struct origins *o)
{
	for (enum plan_kind kind = 0; p && kind < PLAN_N_KINDS; kind++)
		for (size_t i = 0; i < plan_count(p, kind); i++)
			*(const struct plan_origin **)arena_push(a, o->v, o->n) =
				origin_of(plan_object(p, kind, i));
}

static struct origins origins_of(struct arena *a, const struct plan *p)
{
	struct origins o = {0};

	add_origins(a, p, &o);
	add_origins(a, p ? p->extra : NULL, &o);
	o.summary = p && p->summary ? json_loads(p->summary, 0, NULL) : NULL;
	if (o.n)
		qsort(o.v, o.n, sizeof(*o.v), by_origin);
	return o;
}

/* That of the same resource, whose lines may be elsewhere; NULL: there is none. */
static const struct plan_origin *find(const struct origins *o, const struct plan_origin *origin)
{
	const struct plan_origin **found =
		o->n ? bsearch(&origin, o->v, o->n, sizeof(*o->v), by_origin) : NULL;

	return found ? *found : NULL;
}

/* A CEN is there before anything is attached, and has no objects then. */
static bool is_there(const struct origins *o, const struct plan_origin *origin)
{
	const struct parts p = split(origin->resource);
	const json_t *cen;
	size_t i;

	if (find(o, origin))
		return true;
	if (p.n != 2 || strncmp(p.s[0], "cen.", 4) != 0)
		return false;
	json_array_foreach (json_object_get(o->summary, "cen"), i, cen)
		if (!strcmp(json_string_value(json_object_get(cen, "name")), p.s[1]))
			return true;
	return false;
}

static const struct plan_origin *origin_of_step(const struct plan_step *s)
{
	return origin_of(s->after ? s->after : s->before);
}

static unsigned long line_of(const char *at)
{
	const char *colon = strrchr(at, ':');

	return colon ? strtoul(colon + 1, NULL, 10) : 0;
}

static int by_resource(const void *pa, const void *pb)
{
	const struct plan_step *a = *(const struct plan_step *const *)pa;
	const struct plan_step *b = *(const struct plan_step *const *)pb;
	const int c = strcmp(origin_of_step(a)->resource, origin_of_step(b)->resource);

	return c ? c : (a > b) - (a < b);
}

static struct analyse_resource *add(struct analyse_resources *r, const struct plan_origin *origin,
				    const struct origins *before, const struct origins *after)
{
	const struct plan_origin *now = find(after, origin);
	struct analyse_resource *o = arena_push(r->arena, r->items, r->n);
	auto_strbuf struct strbuf name = {0};

	analyse_resource_name(origin->resource, &name);
	o->resource = origin->resource;
	o->at = now ? now->at : origin->at;
	o->name = arena_strdup(r->arena, strbuf_str(&name));
	o->kind = analyse_resource_kind(origin->resource);
	o->op = !is_there(before, origin)  ? PLAN_ADD
		: !is_there(after, origin) ? PLAN_REMOVE
					   : PLAN_CHANGE;
	r->count[o->op]++;
	return o;
}

static bool is_listed(const struct analyse_resources *r, const char *resource)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->items[i].resource, resource) == 0)
			return true;
	return false;
}

/* What disappears with the namespaces that it was in has no steps, and is gone nevertheless. */
static void add_swept(struct analyse_resources *r, const struct origins *before,
		      const struct origins *after)
{
	for (size_t i = 0; i < before->n; i++)
		if ((i == 0 || by_origin(&before->v[i - 1], &before->v[i]) != 0) &&
		    !find(after, before->v[i]) && !is_listed(r, before->v[i]->resource))
			(void)add(r, before->v[i], before, after); /* has no steps */
}

static int by_place(const void *pa, const void *pb)
{
	const struct analyse_resource *a = pa, *b = pb;
	const unsigned long x = line_of(a->at), y = line_of(b->at);

	return x != y ? (x < y ? -1 : 1) : strcmp(a->resource, b->resource);
}

struct analyse_resources *analyse_resources_of(const struct plan_diff *diff, const struct plan *is,
					       const struct plan *shall)
{
	struct arena *a = arena_new(0);
	struct analyse_resources *r = arena_alloc(a, sizeof(*r));
	const struct origins before = origins_of(a, is), after = origins_of(a, shall);
	const struct plan_step **steps = arena_alloc(a, (diff->n + 1) * sizeof(*steps));
	struct analyse_resource *o = NULL;

	r->arena = a;
	for (size_t i = 0; i < diff->n; i++)
		steps[i] = &diff->steps[i];
	if (diff->n)
		qsort(steps, diff->n, sizeof(*steps), by_resource);
	for (size_t i = 0; i < diff->n; i++) {
		const struct plan_origin *origin = origin_of_step(steps[i]);

		if (!o || strcmp(o->resource, origin->resource) != 0)
			o = add(r, origin, &before, &after);
		*(const struct plan_step **)arena_push(a, o->steps, o->n) = steps[i];
	}
	add_swept(r, &before, &after);
	if (r->n)
		qsort(r->items, r->n, sizeof(*r->items), by_place);
	json_decref(before.summary);
	json_decref(after.summary);
	return r;
}

void analyse_resources_free(struct analyse_resources *r)
{
	if (r)
		arena_free(r->arena);
}
