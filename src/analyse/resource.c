// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/resource.h"

#include <stdlib.h>
#include <string.h>

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

struct texts {
	const char **v; /* sorted */
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const struct plan_origin *origin_of(const void *object)
{
	return object; /* every struct of a plan begins with it */
}

static struct texts resources_of(struct arena *a, const struct plan *p)
{
	struct texts t = {0};

	for (enum plan_kind kind = 0; p && kind < PLAN_N_KINDS; kind++)
		for (size_t i = 0; i < plan_count(p, kind); i++)
			*(const char **)arena_push(a, t.v, t.n) =
				origin_of(plan_object(p, kind, i))->resource;
	if (t.n)
		qsort(t.v, t.n, sizeof(*t.v), by_text);
	return t;
}

static bool has(const struct texts *t, const char *resource)
{
	return t->n && bsearch(&resource, t->v, t->n, sizeof(*t->v), by_text);
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

struct sorted {
	const struct plan_step *step;
	unsigned long line;
};

static int by_resource(const void *pa, const void *pb)
{
	const struct sorted *a = pa, *b = pb;
	int c = (a->line > b->line) - (a->line < b->line);

	if (!c)
		c = strcmp(origin_of_step(a->step)->resource, origin_of_step(b->step)->resource);
	return c ? c : (a->step > b->step) - (a->step < b->step);
}

static struct analyse_resource *add(struct analyse_resources *r, const struct plan_origin *origin,
				    const struct texts *before, const struct texts *after)
{
	struct analyse_resource *o = arena_push(r->arena, r->items, r->n);
	auto_strbuf struct strbuf name = {0};

	analyse_resource_name(origin->resource, &name);
	o->resource = origin->resource;
	o->at = origin->at;
	o->name = arena_strdup(r->arena, strbuf_str(&name));
	o->op = !has(before, o->resource)  ? PLAN_ADD
		: !has(after, o->resource) ? PLAN_REMOVE
					   : PLAN_CHANGE;
	r->count[o->op]++;
	return o;
}

struct analyse_resources *analyse_resources_of(const struct plan_diff *diff, const struct plan *is,
					       const struct plan *shall)
{
	struct arena *a = arena_new(0);
	struct analyse_resources *r = arena_alloc(a, sizeof(*r));
	const struct texts before = resources_of(a, is), after = resources_of(a, shall);
	struct sorted *steps = arena_alloc(a, (diff->n + 1) * sizeof(*steps));
	struct analyse_resource *o = NULL;

	r->arena = a;
	for (size_t i = 0; i < diff->n; i++)
		steps[i] = (struct sorted){&diff->steps[i],
					   line_of(origin_of_step(&diff->steps[i])->at)};
	if (diff->n)
		qsort(steps, diff->n, sizeof(*steps), by_resource);
	for (size_t i = 0; i < diff->n; i++) {
		const struct plan_origin *origin = origin_of_step(steps[i].step);

		if (!o || strcmp(o->resource, origin->resource) != 0)
			o = add(r, origin, &before, &after);
		*(const struct plan_step **)arena_push(a, o->steps, o->n) = steps[i].step;
	}
	return r;
}

void analyse_resources_free(struct analyse_resources *r)
{
	if (r)
		arena_free(r->arena);
}
