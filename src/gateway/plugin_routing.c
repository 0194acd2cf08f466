// SPDX-License-Identifier: GPL-2.0-only
/* Another backend for calls that a condition holds for: the first route whose condition does. */
#include <string.h>

#include "base/cleanup.h"
#include "base/condition.h"
#include "base/hash.h"
#include "base/ip.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "gateway/query.h"

struct route {
	const char *name;
	const struct condition *condition;
	const struct gateway_backend *backend;
};

struct routing {
	struct route *routes;
	size_t n;
};

static int read_route(struct config_reader *r, json_t *j, size_t i, struct route *route)
{
	const char *name, *condition, *why;
	json_t *backend;
	json_error_t e;
	size_t at;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:o !}", "name", &name, "condition", &condition,
			   "backend", &backend) < 0)
		return config_wrong(r, "plugins", i, e.text);
	route->name = config_copy(r, name);
	route->condition = condition_read(r->a, condition, &why, &at);
	if (!route->condition)
		return config_wrong(r, "plugins", i, why);
	return config_plugin_backend(r, backend, i, &route->backend);
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct routing *own = arena_alloc(r->a, sizeof(*own));
	const char *name, *kind;
	json_t *routes, *route;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:o !}", "name", &name, "kind", &kind, "routes",
			   &routes) < 0)
		return config_wrong(r, "plugins", i, e.text);
	own->n = json_array_size(routes);
	own->routes = arena_alloc(r->a, own->n * sizeof(*own->routes) + 1);
	p->own = own;
	json_array_foreach (routes, k, route) {
		if (read_route(r, route, i, &own->routes[k]) < 0)
			return -1;
	}
	return 0;
}

/* ---- parameters ---- */

struct known {
	struct gateway_thought t;
	const struct http_head *head; /* NULL: a call that is only thought of */
	const char *id;               /* likewise */
	double random;
};

static const char *copied(const struct known *k, struct http_slice s)
{
	return s.p ? arena_strndup(k->t.a, s.p, s.n) : NULL;
}

static const char *client_ip(const struct known *k)
{
	char ip[IP_STRLEN];

	return arena_strdup(k->t.a, ip_format(k->t.client, ip));
}

static const char *app_id(const struct known *k)
{
	return k->t.app ? k->t.app->id : NULL;
}

static const char *app_key(const struct known *k)
{
	return k->t.app ? k->t.app->key : NULL;
}

static const char *domain(const struct known *k)
{
	return k->t.domain;
}

static const char *method(const struct known *k)
{
	return copied(k, k->t.method);
}

static const char *schema(const struct known *k)
{
	return k->t.secure ? "https" : "http";
}

static const char *request_id(const struct known *k)
{
	return k->id ? k->id : condition_unknown;
}

static const char *stage(const struct known *k)
{
	return k->t.stage;
}

/* By the vendor's names. */
static const struct system {
	const char *name;
	const char *(*get)(const struct known *k);
} systems[] = {
	{"CaAppId", app_id},         {"CaAppKey", app_key},    {"CaClientIp", client_ip},
	{"CaDomain", domain},        {"CaHttpMethod", method}, {"CaHttpSchema", schema},
	{"CaRequestId", request_id}, {"CaStage", stage},
};

/* A system parameter, also where it has no value; else one of the path, the query, or a header of that name. */
static const char *get(const char *name, void *arg)
{
	const struct known *k = arg;
	const char *value = NULL;

	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		if (strcmp(systems[i].name, name) == 0)
			return systems[i].get(k);
	}
	for (size_t i = 0; !value && i < k->t.api->n_params; i++) {
		if (strcmp(k->t.api->params[i], name) == 0)
			value = copied(k, gateway_path_decode(k->t.a, k->t.params[i], false));
	}
	if (!value)
		value = copied(k, gateway_query_get(k->t.a, k->t.query, name));
	if (value)
		return value;
	return k->head ? copied(k, http_head_get(k->head, name)) : condition_unknown;
}

/* The first that is taken, or, of a call that is only thought of, may be: *sure. */
static const struct route *find(const struct routing *own, struct known *k, bool *sure)
{
	const struct condition_values values = {
		.get = get, .arg = k, .random = k->random, .any_random = !k->head};

	for (size_t i = 0; i < own->n; i++) {
		const enum condition_truth truth = condition_judge(own->routes[i].condition,
								   &values);

		*sure = truth == CONDITION_YES;
		if (truth != CONDITION_NO)
			return &own->routes[i];
	}
	return NULL;
}

/* ---- calls ---- */

static bool before(struct gateway_call *c, const struct gateway_plugin *p)
{
	struct known k = {
		.t = {.a = c->r->arena,
		      .client = ntohl(c->r->client.sin_addr.s_addr),
		      .app = c->app,
		      .api = c->api,
		      .secure = c->r->secure,
		      .domain = arena_strndup(c->r->arena, c->domain.p, c->domain.n),
		      .stage = c->group->stages[c->stage],
		      .method = c->r->head->method,
		      .query = c->r->head->query,
		      .params = c->match.params},
		.head = c->r->head,
		.id = c->id,
		/* ids are random: 53 bits of one are a number below 1 */
		.random = (double)(hash_str(0, c->id) >> 11) / 9007199254740992.0,
	};
	bool sure;
	const struct route *route = find(p->own, &k, &sure);

	if (!route)
		return true;
	c->backend = route->backend;
	return gateway_plugin_set(c, GATEWAY_IN_HEAD, "X-Ca-Routing-Name", route->name);
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	struct known k = {.t = *t};
	bool sure;
	const struct route *route = t->asked ? find(p->own, &k, &sure) : NULL;

	if (!t->asked)
		return NULL;
	if (!route)
		return arena_printf(t->a, "plug-in %s: no route, the API's own backend", p->name);
	if (!sure) {
		t->perhaps = arena_printf(
			t->a, "route %s of plug-in %s depends on a header, an id or on chance",
			route->name, p->name);
		return arena_printf(t->a, "plug-in %s: perhaps route %s", p->name, route->name);
	}
	t->backend = route->backend;
	return arena_printf(t->a, "plug-in %s: route %s", p->name, route->name);
}

const struct gateway_plugin_ops gateway_plugin_routing = {
	.name = "routing",
	.read = read_own,
	.before = before,
	.explain = explain,
};
