// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/route.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/hash.h"
#include "gateway/path.h"

struct edge {
	uint32_t from, to; /* nodes; to == 0: the slot is empty */
	struct http_slice segment;
};

struct leaf {
	const struct gateway_api *api;
	struct leaf *next;
};

struct node {
	uint32_t param; /* the node behind a parameter, or 0 */
	struct leaf *leaves;
};

struct host {
	const char *name; /* NULL: the slot is empty */
	const struct gateway_domain *domain;
	const struct gateway_group *group; /* NULL: on another instance */
};

struct gateway_routes {
	const struct gateway_config *config;
	struct arena *a;
	struct host *hosts; /* both tables: open addressing, a power of two, at most half full */
	struct edge *edges;
	size_t host_mask, edge_mask;
	struct node *nodes; /* node 1 + i is the root of group i; 0 is nobody */
	uint32_t n_nodes;
};

static size_t table_size(size_t items)
{
	size_t n = 16;

	while (n < items * 2)
		n *= 2;
	return n;
}

/* ---- hosts ---- */

static struct host *host_slot(const struct gateway_routes *t, struct http_slice name)
{
	size_t i = hash_quick(0, name.p, name.n, 0x20) & t->host_mask;

	for (;; i = (i + 1) & t->host_mask) {
		if (!t->hosts[i].name || http_slice_is(name, t->hosts[i].name))
			return &t->hosts[i];
	}
}

static int add_host(struct gateway_routes *t, const char *name, struct host host,
		    struct lab_error **err)
{
	struct host *slot = host_slot(t, http_slice(name));

	if (slot->name)
		return lab_error_make(err, LAB_USAGE,
				      "configuration: domain %s: belongs to two groups", name);
	*slot = host;
	return 0;
}

static int add_hosts(struct gateway_routes *t, const struct gateway_group *g,
		     struct lab_error **err)
{
	for (size_t i = 0; i < g->n_domains; i++) {
		const struct gateway_domain *d = &g->domains[i];

		if (add_host(t, d->name, (struct host){d->name, d, g}, err) < 0)
			return -1;
	}
	return 0;
}

enum gateway_error gateway_route_group(const struct gateway_routes *t, struct http_slice host,
				       bool internet, const struct gateway_group **group,
				       const struct gateway_domain **domain)
{
	const char *colon = memchr(host.p ? host.p : "", ':', host.n);
	const struct host *slot;

	if (colon)
		host.n = (size_t)(colon - host.p);
	slot = host_slot(t, host);
	if (!slot->name)
		return GATEWAY_UNKNOWN_DOMAIN;
	if (!slot->group)
		return GATEWAY_OTHER_INSTANCE;
	if (internet && slot->domain->is_vpc)
		return GATEWAY_NO_INTERNET;
	*domain = slot->domain;
	*group = slot->group;
	return GATEWAY_OK;
}

bool gateway_route_lets_in(const struct gateway_group *g, bool internet, uint32_t client)
{
	if (!g->n_vpc_whitelist || internet)
		return true;
	for (size_t i = 0; i < g->n_vpc_whitelist; i++) {
		if (ip_prefix_has(g->vpc_whitelist[i], client))
			return true;
	}
	return false;
}

int gateway_route_stage(const struct gateway_group *g, struct http_slice name)
{
	for (size_t i = 0; i < g->n_stages; i++) {
		if (http_slice_is(name, g->stages[i]))
			return (int)i;
	}
	return -1;
}

/* ---- paths ---- */

static struct edge *edge_slot(const struct gateway_routes *t, uint32_t from, struct http_slice s)
{
	size_t i = hash_quick(from, s.p, s.n, 0) & t->edge_mask;

	for (;; i = (i + 1) & t->edge_mask) {
		struct edge *e = &t->edges[i];

		if (!e->to || (e->from == from && http_slice_equal(e->segment, s)))
			return e;
	}
}

static uint32_t descend(struct gateway_routes *t, uint32_t from, struct http_slice segment)
{
	struct edge *e;

	if (gateway_path_is_param(segment)) {
		if (!t->nodes[from].param)
			t->nodes[from].param = ++t->n_nodes;
		return t->nodes[from].param;
	}
	e = edge_slot(t, from, segment);
	if (!e->to)
		*e = (struct edge){from, ++t->n_nodes, segment};
	return e->to;
}

static bool same_method(const struct gateway_api *a, const struct gateway_api *b)
{
	if (!a->method || !b->method)
		return a->method == b->method;
	return strcmp(a->method, b->method) == 0;
}

static int add_leaf(struct gateway_routes *t, uint32_t node, const struct gateway_api *api,
		    struct lab_error **err)
{
	struct leaf *l = arena_alloc(t->a, sizeof(*l));

	for (const struct leaf *x = t->nodes[node].leaves; x; x = x->next) {
		if (same_method(x->api, api) && (x->api->stages & api->stages))
			return lab_error_make(err, LAB_USAGE,
					      "configuration: API %s: same method, path and stage "
					      "as API %s",
					      api->name, x->api->name);
	}
	l->api = api;
	l->next = t->nodes[node].leaves;
	t->nodes[node].leaves = l;
	return 0;
}

static int add_api(struct gateway_routes *t, const struct gateway_api *api, struct lab_error **err)
{
	uint32_t node = 1 + (uint32_t)(api->group - t->config->groups);
	struct http_slice path = api->path, segment;

	while (gateway_path_next(&path, &segment))
		node = descend(t, node, segment);
	return add_leaf(t, node, api, err);
}

static size_t count_segments(const struct gateway_config *c)
{
	struct http_slice path, segment;
	size_t n = 0;

	for (size_t i = 0; i < c->n_apis; i++) {
		path = c->apis[i].path;
		while (gateway_path_next(&path, &segment))
			n++;
	}
	return n;
}

struct gateway_routes *gateway_routes_new(struct arena *a, const struct gateway_config *c,
					  struct lab_error **err)
{
	struct gateway_routes *t = arena_alloc(a, sizeof(*t));
	size_t segments = count_segments(c), domains = c->n_elsewhere;

	for (size_t i = 0; i < c->n_groups; i++)
		domains += c->groups[i].n_domains;
	t->config = c;
	t->a = a;
	t->host_mask = table_size(domains) - 1;
	t->hosts = arena_alloc(a, (t->host_mask + 1) * sizeof(*t->hosts));
	t->edge_mask = table_size(segments) - 1;
	t->edges = arena_alloc(a, (t->edge_mask + 1) * sizeof(*t->edges));
	t->n_nodes = (uint32_t)c->n_groups;
	t->nodes = arena_alloc(a, (1 + c->n_groups + segments) * sizeof(*t->nodes));
	for (size_t i = 0; i < c->n_groups; i++) {
		if (add_hosts(t, &c->groups[i], err) < 0)
			return NULL;
	}
	for (size_t i = 0; i < c->n_elsewhere; i++) {
		const char *name = c->elsewhere[i];

		if (add_host(t, name, (struct host){name, NULL, NULL}, err) < 0)
			return NULL;
	}
	for (size_t i = 0; i < c->n_apis; i++) {
		if (c->apis[i].stages && add_api(t, &c->apis[i], err) < 0)
			return NULL;
	}
	return t;
}

/* ---- matching ---- */

struct walk {
	const struct gateway_routes *t;
	struct http_slice method;
	uint32_t stage;
	struct gateway_match *m;
};

static bool pick(const struct walk *w, uint32_t node)
{
	const struct gateway_api *any = NULL;

	for (const struct leaf *l = w->t->nodes[node].leaves; l; l = l->next) {
		if (!(l->api->stages & w->stage))
			continue;
		if (!l->api->method) {
			any = l->api;
		} else if (http_slice_equal(http_slice(l->api->method), w->method)) {
			w->m->api = l->api;
			return true;
		}
	}
	w->m->api = any;
	return any != NULL;
}

/* Recursion is as deep as the deepest configured path, and visits each of its nodes once at most. */
static bool walk(const struct walk *w, uint32_t node, struct http_slice path, size_t n_params)
{
	struct http_slice segment;
	const struct edge *e;

	if (!gateway_path_next(&path, &segment))
		return pick(w, node);
	e = edge_slot(w->t, node, segment);
	if (e->to && walk(w, e->to, path, n_params))
		return true;
	if (!w->t->nodes[node].param || segment.n == 0)
		return false;
	w->m->params[n_params] = segment;
	return walk(w, w->t->nodes[node].param, path, n_params + 1);
}

bool gateway_route_match(const struct gateway_routes *t, const struct gateway_group *g, int stage,
			 struct http_slice method, struct http_slice path, struct gateway_match *m)
{
	const struct walk w = {t, method, 1u << stage, m};

	return walk(&w, 1 + (uint32_t)(g - t->config->groups), path, 0);
}
