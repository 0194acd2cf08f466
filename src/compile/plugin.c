// SPDX-License-Identifier: GPL-2.0-only
/* The plug-ins that a gateway is told, in the form of gateway/config.h. */
#include <jansson.h>
#include <stdlib.h>

#include "compile/context.h"

static json_t *specials_of(const struct traffic_control *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_specials; i++) {
		for (size_t j = 0; j < t->specials[i].n_policies; j++)
			compile_json_append(
				list,
				json_pack("{s:s, s:I}", "app", t->specials[i].policies[j].key.name,
					  "value", (json_int_t)t->specials[i].policies[j].value.v));
	}
	return list;
}

static json_t *traffic_of(const struct plugin *p)
{
	const struct traffic_control *t = &p->traffic_control;

	return json_pack("{s:s, s:i, s:I, s:I, s:I, s:o}", "kind", "trafficControl", "unit_s",
			 (int)t->unit, "api", (json_int_t)t->api_default.v, "user",
			 (json_int_t)t->user_default.v, "app", (json_int_t)t->app_default.v,
			 "specials", specials_of(t));
}

static json_t *ip_control_of(const struct plugin *p)
{
	json_t *items = json_array();
	char text[IP_PREFIX_STRLEN];

	for (size_t i = 0; i < p->ip_control.n_items; i++) {
		const struct ip_control_item *item = &p->ip_control.items[i];
		json_t *blocks = json_array();

		for (size_t j = 0; j < item->n_blocks; j++)
			compile_json_append(blocks,
					    json_string(ip_prefix_format(item->blocks[j].p, text)));
		compile_json_append(
			items, json_pack("{s:o, s:s*}", "blocks", blocks, "app", item->app.name));
	}
	return json_pack("{s:s, s:s, s:o}", "kind", "ipControl", "type",
			 p->ip_control.allow ? "ALLOW" : "REFUSE", "items", items);
}

static json_t *basic_auth_of(const struct plugin *p)
{
	json_t *users = json_array();

	for (size_t i = 0; i < p->basic_auth.n_users; i++) {
		const struct basic_user *u = &p->basic_auth.users[i];

		compile_json_append(users, json_pack("{s:s, s:s}", "username", u->username.s,
						     "password", u->password.s));
	}
	return json_pack("{s:s, s:o}", "kind", "basicAuth", "users", users);
}

static const char *const places[] = {
	[PLACE_HEADER] = "header", [PLACE_QUERY] = "query", [PLACE_COOKIE] = "cookie"};

static json_t *key_of(const struct jwt_key *k)
{
	const struct text *first[] = {[JWT_RSA] = &k->n, [JWT_EC] = &k->x, [JWT_OCT] = &k->k};
	const struct text *second[] = {[JWT_RSA] = &k->e, [JWT_EC] = &k->y, [JWT_OCT] = NULL};

	return json_pack("{s:s*, s:s, s:s, s:s*}", "kid", k->kid.s, "alg", jwt_key_alg(k->kty), "a",
			 first[k->kty]->s, "b", second[k->kty] ? second[k->kty]->s : NULL);
}

static json_t *jwt_of(const struct plugin *p)
{
	const struct jwt_auth *j = &p->jwt_auth;
	json_t *claims = json_array(), *keys = json_array();

	for (size_t i = 0; i < j->n_claims; i++)
		compile_json_append(claims,
				    json_pack("{s:s, s:s, s:s}", "claim", j->claims[i].claim_name.s,
					      "parameter", j->claims[i].parameter_name.s,
					      "location", places[j->claims[i].location]));
	if (j->jwk.at.line)
		compile_json_append(keys, key_of(&j->jwk));
	for (size_t i = 0; i < j->n_jwks; i++)
		compile_json_append(keys, key_of(&j->jwks[i]));
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "kind", "jwtAuth", "parameter",
			 j->parameter.s, "location", places[j->location], "prevent_jti_replay",
			 (int)j->prevent_jti_replay, "bypass_empty_token",
			 (int)j->bypass_empty_token, "ignore_expiration",
			 (int)j->ignore_expiration_check, "claims", claims, "keys", keys);
}

static json_t *cors_of(const struct plugin *p)
{
	const struct cors *x = &p->cors;
	json_t *j = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:b}", "kind", "cors", "origins",
			      x->allow_origins.s, "methods", x->allow_methods.s, "headers",
			      x->allow_headers.s, "expose", x->expose_headers.s, "credentials",
			      (int)x->allow_credentials);

	if (x->max_age.set &&
	    json_object_set_new(j, "max_age", json_integer((json_int_t)x->max_age.v)) < 0)
		abort();
	return j;
}

static json_t *texts_of(const struct text *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		compile_json_append(list, json_string(texts[i].s));
	return list;
}

static json_t *caching_of(const struct plugin *p)
{
	static const char *const modes[] = {
		[CLIENT_CACHE_OFF] = "off", [CLIENT_CACHE_ALL] = "all", [CLIENT_CACHE_APP] = "app"};
	const struct caching *x = &p->caching;
	json_t *apps = json_array();

	for (size_t i = 0; i < x->client.n_apps; i++)
		compile_json_append(apps, json_string(x->client.apps[i].name));
	return json_pack("{s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:I}", "kind", "caching", "by_app",
			 (int)x->vary_by_app, "parameters",
			 texts_of(x->vary_by_parameters, x->n_vary_by_parameters), "headers",
			 texts_of(x->vary_by_headers, x->n_vary_by_headers), "client",
			 modes[x->client.mode], "apps", apps, "cacheable",
			 texts_of(x->cacheable_headers, x->n_cacheable_headers), "duration_s",
			 (json_int_t)x->duration.v);
}

static json_t *routing_of(struct compile *c, const struct api_gateway *gw, const struct plugin *p)
{
	json_t *routes = json_array();

	for (size_t i = 0; i < p->routing.n_routes; i++) {
		const struct backend_route *r = &p->routing.routes[i];

		compile_json_append(routes, json_pack("{s:s, s:s, s:o}", "name", r->name.s,
						      "condition", r->condition.s, "backend",
						      compile_backend(c, gw, &r->backend)));
	}
	return json_pack("{s:s, s:o}", "kind", "routing", "routes", routes);
}

static json_t *breaker_of(struct compile *c, const struct api_gateway *gw, const struct plugin *p)
{
	const struct circuit_breaker *x = &p->circuit_breaker;
	const struct number *threshold = x->timeout_threshold.set ? &x->timeout_threshold
								  : &x->error_threshold;
	json_t *fallback = x->downgrade_backend.at.line
				   ? compile_backend(c, gw, &x->downgrade_backend)
				   : NULL;

	return json_pack("{s:s, s:I, s:I, s:I, s:s*, s:o*}", "kind", "circuitBreaker", "threshold",
			 (json_int_t)threshold->v, "window_ms", (json_int_t)x->window.v * 1000,
			 "open_ms", (json_int_t)x->open.v * 1000, "condition",
			 x->timeout_threshold.set ? NULL : x->error_condition.s, "fallback",
			 fallback);
}

static json_t *signature_of(const struct plugin *p)
{
	return json_pack("{s:s, s:s, s:s}", "kind", "backendSignature", "key",
			 p->backend_signature.key.s, "secret", p->backend_signature.secret.s);
}

static json_t *plugin_of(struct compile *c, const struct api_gateway *gw, const struct plugin *p)
{
	switch (p->kind) {
	case PLUGIN_TRAFFIC_CONTROL: break;
	case PLUGIN_IP_CONTROL: return ip_control_of(p);
	case PLUGIN_BASIC_AUTH: return basic_auth_of(p);
	case PLUGIN_JWT_AUTH: return jwt_of(p);
	case PLUGIN_CORS: return cors_of(p);
	case PLUGIN_CACHING: return caching_of(p);
	case PLUGIN_ROUTING: return routing_of(c, gw, p);
	case PLUGIN_CIRCUIT_BREAKER: return breaker_of(c, gw, p);
	case PLUGIN_BACKEND_SIGNATURE: return signature_of(p);
	}
	return traffic_of(p);
}

static bool is_bound(const struct lab *lab, const struct plugin *p, const struct api_gateway *gw)
{
	for (size_t i = 0; i < lab->n_plugin_attachments; i++) {
		const struct plugin_attachment *a = &lab->plugin_attachments[i];

		if (a->plugin.to == p && api_gateway_of(a->api.to) == gw)
			return true;
	}
	return false;
}

/* Of one API or plug-in: validate/ lets a group have 32 stages, parse/ a plug-in 32 routes. */
#define BACKENDS 64

/* The kth of a plug-in; NULL: it has none there. */
static const struct api_backend *of_plugin(const struct plugin *p, size_t k)
{
	if (p->kind == PLUGIN_CIRCUIT_BREAKER && k == 0 &&
	    p->circuit_breaker.downgrade_backend.at.line)
		return &p->circuit_breaker.downgrade_backend;
	return p->kind == PLUGIN_ROUTING && k < p->routing.n_routes ? &p->routing.routes[k].backend
								    : NULL;
}

/* The kth of the owner, the APIs first, the plug-ins then; NULL: it has none there, or is not of gw. */
static const struct api_backend *backend_at(const struct lab *lab, const struct api_gateway *gw,
					    size_t owner, size_t k)
{
	if (owner < lab->n_apis) {
		const struct api *api = &lab->apis[owner];

		return api_gateway_of(api) == gw ? api_backend_at(api, k) : NULL;
	}
	const struct plugin *p = &lab->plugins[owner - lab->n_apis];

	return is_bound(lab, p, gw) ? of_plugin(p, k) : NULL;
}

const struct api_backend *compile_next_backend(const struct lab *lab, const struct api_gateway *gw,
					       size_t *i)
{
	while (*i < (lab->n_apis + lab->n_plugins) * BACKENDS) {
		const struct api_backend *b = backend_at(lab, gw, *i / BACKENDS, *i % BACKENDS);

		/* what has none here has none after it */
		*i = b ? *i + 1 : (*i / BACKENDS + 1) * BACKENDS;
		if (b)
			return b;
	}
	return NULL;
}

struct json_t *compile_plugins(struct compile *c, const struct api_gateway *gw)
{
	const struct lab *lab = c->lab;
	json_t *list = NULL;

	for (size_t i = 0; i < lab->n_plugins; i++) {
		json_t *plugin;

		if (!is_bound(lab, &lab->plugins[i], gw))
			continue;
		plugin = plugin_of(c, gw, &lab->plugins[i]);
		if (json_object_set_new(plugin, "name", json_string(lab->plugins[i].id.name)) < 0)
			abort();
		list = list ? list : json_array();
		compile_json_append(list, plugin);
	}
	return list;
}

struct json_t *compile_plugins_of_api(const struct lab *lab, const struct api *api)
{
	json_t *list = NULL;

	for (size_t i = 0; i < lab->n_plugin_attachments; i++) {
		const struct plugin_attachment *a = &lab->plugin_attachments[i];

		if (a->api.to != api)
			continue;
		list = list ? list : json_array();
		compile_json_append(list, json_pack("{s:s, s:[s]}", "plugin", a->plugin.name,
						    "stages", a->stage_name.s));
	}
	return list;
}
