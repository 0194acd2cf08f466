// SPDX-License-Identifier: GPL-2.0-only
/*
 * What labctl-gateway is told. All ids are derived from names, so that they survive `down` and `up`.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "compile/context.h"

static const char *const type_names[] = {[GATEWAY_NORMAL] = "normal",
					 [GATEWAY_VPC_CONNECT] = "vpc_connect",
					 [GATEWAY_SERVERLESS] = "serverless"};
static const char *const method_names[] = {
	[API_GET] = "GET",         [API_POST] = "POST",   [API_PUT] = "PUT",
	[API_DELETE] = "DELETE",   [API_PATCH] = "PATCH", [API_HEAD] = "HEAD",
	[API_OPTIONS] = "OPTIONS", [API_ANY] = "ANY"};

/* help.aliyun.com, "dedicated-instances": "Maximum inbound requests per second". */
static const int spec_calls[] = {[GATEWAY_NO_SPEC] = 0,         [GATEWAY_S1_SMALL] = 2500,
				 [GATEWAY_S1_MEDIUM] = 5000,    [GATEWAY_S2_LARGE] = 10000,
				 [GATEWAY_S2_LARGE_X2] = 20000, [GATEWAY_S2_LARGE_X3] = 30000,
				 [GATEWAY_S2_LARGE_X4] = 40000, [GATEWAY_S2_LARGE_X5] = 50000,
				 [GATEWAY_S2_LARGE_X6] = 60000};
/* TrafficLimit of DescribeApiGroup; the page on limits says it of shared instances. */
#define GROUP_CALLS 500

static uint64_t id_half(const struct compile *c, uint64_t seed, const char *kind, const char *name)
{
	return hash_str(hash_str(hash_str(seed, c->lab->id.name), kind), name);
}

/* The 32 hex digits that the group's domains begin with. */
static const char *group_id(struct compile *c, const struct api_group *g)
{
	const char *domain = lab_public_domain(c->lab, g);

	return arena_strndup(c->arena, domain, strcspn(domain, "-"));
}

static const char *api_id(struct compile *c, const struct api *api)
{
	return compile_text(c, "%016" PRIx64 "%016" PRIx64, id_half(c, 1, "apis", api->id.name),
			    id_half(c, 2, "apis", api->id.name));
}

static json_t *domains_of(struct compile *c, const struct api_group *g)
{
	json_t *list = json_array();

	if (g->vpc_domain)
		compile_json_append(list, json_pack("{s:s, s:s}", "name", lab_vpc_domain(c->lab, g),
						    "kind", "vpc"));
	compile_json_append(list, json_pack("{s:s, s:s}", "name", lab_public_domain(c->lab, g),
					    "kind", "public"));
	for (size_t i = 0; i < g->n_domains; i++)
		compile_json_append(list, json_pack("{s:s, s:s, s:b}", "name",
						    g->domains[i].id.name, "kind", "custom",
						    "certificate", (int)g->domains[i].certificate));
	return list;
}

/* Those that every group has, then its own. */
static json_t *stages_of_group(const struct api_group *g)
{
	json_t *list = json_pack("[s, s, s]", "RELEASE", "PRE", "TEST");

	for (size_t i = 0; i < g->n_stages; i++) {
		const char *name = g->stages[i].id.name;

		if (!group_stage_is_built_in(name))
			compile_json_append(list, json_string(name));
	}
	return list;
}

/* NULL: any number. */
static json_t *calls_of(const struct number *limit, int otherwise)
{
	if (limit->set)
		return json_integer((json_int_t)limit->v);
	return otherwise ? json_integer(otherwise) : NULL;
}

/* Where the members of these VPCs have their addresses. NULL: whoever calls. */
static json_t *vpc_blocks_of(const struct api_group *g)
{
	json_t *list = g->n_vpc_whitelist ? json_array() : NULL;

	for (size_t i = 0; i < g->n_vpc_whitelist; i++) {
		const struct vpc *vpc = g->vpc_whitelist[i].to;
		char text[IP_PREFIX_STRLEN];

		compile_json_append(list, json_string(ip_prefix_format(vpc->cidr_block.p, text)));
	}
	return list;
}

static json_t *group_of(struct compile *c, const struct api_gateway *gw, const struct api_group *g)
{
	const int calls = gw->instance_type == GATEWAY_SERVERLESS ? GROUP_CALLS : 0;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o*, s:o*}", "name", g->id.name, "id",
			 group_id(c, g), "base_path", g->base_path.s ? g->base_path.s : "/",
			 "stages", stages_of_group(g), "domains", domains_of(c, g), "traffic_limit",
			 calls_of(&g->traffic_limit, calls), "vpc_whitelist", vpc_blocks_of(g));
}

static json_t *groups_of(struct compile *c, const struct api_gateway *gw)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->lab->n_api_groups; i++) {
		const struct api_group *g = &c->lab->api_groups[i];

		if (g->instance.to == gw)
			compile_json_append(list, group_of(c, gw, g));
	}
	return list;
}

/* Of groups on other instances: who calls them here is told so. NULL where there are none. */
static json_t *elsewhere_of(struct compile *c, const struct api_gateway *gw)
{
	json_t *list = NULL;

	for (size_t i = 0; i < c->lab->n_api_groups; i++) {
		const struct api_group *g = &c->lab->api_groups[i];

		if (g->instance.to == gw)
			continue;
		list = list ? list : json_array();
		if (g->vpc_domain)
			compile_json_append(list, json_string(lab_vpc_domain(c->lab, g)));
		compile_json_append(list, json_string(lab_public_domain(c->lab, g)));
		for (size_t j = 0; j < g->n_domains; j++)
			compile_json_append(list, json_string(g->domains[j].id.name));
	}
	return list;
}

static json_t *function_backend(struct compile *c, const struct api_backend *b)
{
	const struct function *f = b->function.to;
	char ip[IP_STRLEN];

	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:s*, s:s*, s:s*, s:s*}", "kind", "function",
			 "function", f->id.name, "address",
			 ip_format(compile_function_address(c->lab, f), ip), "port", FUNCTION_PORT,
			 "timeout_ms", (json_int_t)(b->timeout.v / 1000), "role", b->arn_role.s,
			 "trigger", f->trigger == FUNCTION_TRIGGER_HTTP ? "http" : NULL, "path",
			 b->path.s, "method", b->method_at.line ? method_names[b->method] : NULL);
}

/* What both kinds of HTTP services have in common; ip 0: it cannot be called. */
static json_t *http_backend(const struct api_backend *b, const char *kind, const char *host,
			    uint32_t ip, uint16_t port, struct way way)
{
	char address[IP_STRLEN], source[IP_STRLEN];

	return json_pack("{s:s, s:s, s:s*, s:i, s:s*, s:s*, s:s*, s:s*, s:I}", "kind", kind, "host",
			 host, "address", ip ? ip_format(ip, address) : NULL, "port", (int)port,
			 "device", ip ? way.device : NULL, "source",
			 ip ? ip_format(way.source, source) : NULL, "path", b->path.s, "method",
			 b->method_at.line ? method_names[b->method] : NULL, "timeout_ms",
			 (json_int_t)(b->timeout.v / 1000));
}

static json_t *http_of(struct compile *c, const struct api_gateway *gw, const struct api_backend *b)
{
	const char *host = api_backend_host(b), *colon = strchr(host, ':');
	const bool https = api_backend_is_https(b);
	const uint16_t port = colon ? (uint16_t)strtoul(colon + 1, NULL, 10) : https ? 443 : 80;
	const uint32_t ip = compile_backend_ip(c->lab, b);
	json_t *backend = http_backend(b, "http", host, ip, port, compile_way_to(gw, ip));

	if (json_object_set_new(backend, "scheme", json_string(https ? "https" : "http")) < 0)
		abort();
	return backend;
}

static json_t *http_vpc_of(struct compile *c, const struct api_gateway *gw,
			   const struct api_backend *b)
{
	const struct vpc_access *a = b->vpc_access.to;
	const uint16_t port = (uint16_t)a->port.v;
	char ip[IP_STRLEN];
	const char *host = a->vpc_target_host_name.s;
	json_t *backend;

	if (a->deleted)
		backend = http_backend(b, "http-vpc", a->id.name, 0, 0, (struct way){0});
	else
		backend = http_backend(b, "http-vpc",
				       host ? host
					    : compile_text(c, "%s:%u", ip_format(a->ip, ip), port),
				       a->ip, port, compile_way_through(c, gw, a->vpc.to));
	if (json_object_set_new(backend, "access", json_string(a->id.name)) < 0 ||
	    (api_backend_is_https(b) &&
	     json_object_set_new(backend, "scheme", json_string("https")) < 0))
		abort();
	return backend;
}

static json_t *mock_of(const struct api_backend *b)
{
	json_t *headers = b->n_mock_headers ? json_object() : NULL;

	for (size_t i = 0; i < b->n_mock_headers; i++)
		if (json_object_set_new(headers, b->mock_headers[i].key,
					json_string(b->mock_headers[i].value.s)) < 0)
			abort();
	return json_pack("{s:s, s:I, s:s, s:o*}", "kind", "mock", "status",
			 (json_int_t)b->mock_status.v, "body", b->mock.s ? b->mock.s : "",
			 "headers", headers);
}

struct json_t *compile_backend(struct compile *c, const struct api_gateway *gw,
			       const struct api_backend *b)
{
	switch (b->kind) {
	case BACKEND_FUNCTION: return function_backend(c, b);
	case BACKEND_HTTP: return http_of(c, gw, b);
	case BACKEND_HTTP_VPC: return http_vpc_of(c, gw, b);
	case BACKEND_MOCK: break;
	}
	return mock_of(b);
}

static json_t *protocols_of(enum api_protocol protocol)
{
	json_t *list = json_array();

	if (protocol & API_HTTP)
		compile_json_append(list, json_string("HTTP"));
	if (protocol & API_HTTPS)
		compile_json_append(list, json_string("HTTPS"));
	return list;
}

static bool is_backend_in(const struct api *api, const struct api_backend *b, const char *stage)
{
	for (size_t i = 0; i < api->n_per_stage; i++)
		if (strcmp(api->per_stage[i].id.name, stage) == 0)
			return b == &api->per_stage[i].backend;
	return b == &api->backend;
}

/* The stages that the API is published to with that backend. */
static json_t *stages_of(const struct api *api, const struct api_backend *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < api->n_stages; i++)
		if (is_backend_in(api, b, api->stages[i].s))
			compile_json_append(list, json_string(api->stages[i].s));
	return list;
}

static json_t *grants_of(const struct compile *c, const struct api *api)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->lab->n_app_attachments; i++) {
		const struct app_attachment *a = &c->lab->app_attachments[i];

		if (a->api.to == api)
			compile_json_append(list, json_pack("{s:s, s:[s]}", "app", a->app.name,
							    "stages", a->stage_name.s));
	}
	return list;
}

/* NULL: everybody may call. */
static json_t *auth_of(const struct compile *c, const struct api *api)
{
	static const char *const places[] = {[APP_CODE_DISABLE] = "DISABLE",
					     [APP_CODE_HEADER] = "HEADER",
					     [APP_CODE_HEADER_QUERY] = "HEADER_QUERY"};

	if (api->auth_type == AUTH_ANONYMOUS)
		return NULL;
	return json_pack("{s:b, s:s, s:o}", "nonce", (int)api->force_nonce_check, "app_code",
			 places[api->app_code_auth_type], "apps", grants_of(c, api));
}

/* All of the lab: an app that is not authorized is told so. NULL where it has none. */
static json_t *apps_of(struct compile *c)
{
	json_t *list = c->lab->n_apps ? json_array() : NULL;

	for (size_t i = 0; i < c->lab->n_apps; i++) {
		const struct app *a = &c->lab->apps[i];

		compile_json_append(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", a->id.name, "id",
				  compile_text(c, "%" PRIu64,
					       id_half(c, 0, "apps", a->id.name) % 90000000 +
						       10000000),
				  "key", lab_app_key(c->lab, a), "secret",
				  lab_app_secret(c->lab, a), "code", lab_app_code(c->lab, a)));
	}
	return list;
}

static json_t *api_of(struct compile *c, const struct api_gateway *gw, const struct api *api,
		      const struct api_backend *b, json_t *stages)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o*, s:o*, s:o*}", "name", api->id.name,
		"id", api_id(c, api), "group", api->group.name, "method", method_names[api->method],
		"path", api->path.s, "protocol", protocols_of(api->protocol), "stages", stages,
		"backend", compile_backend(c, gw, b), "auth", auth_of(c, api), "plugins",
		compile_plugins_of_api(c->lab, api), "mapping", compile_gateway_mapping(api));
}

/* To the gateway an API with other backends in some stages is several, each in its stages; one in no stage is none. */
static json_t *apis_of(struct compile *c, const struct api_gateway *gw)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->lab->n_apis; i++) {
		const struct api *api = &c->lab->apis[i];
		const struct api_group *g = api->group.to;
		const struct api_backend *b;

		for (size_t j = 0; g->instance.to == gw && (b = api_backend_at(api, j)); j++) {
			json_t *stages = stages_of(api, b);

			if (api->n_per_stage && json_array_size(stages) == 0)
				json_decref(stages);
			else
				compile_json_append(list, api_of(c, gw, api, b, stages));
		}
	}
	return list;
}

static json_t *listeners_of(const struct compile *c, const struct api_gateway *gw)
{
	static const char *const protocols[] = {"HTTP", "HTTPS"};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		const char *port = i ? "443" : "80";

		if (compile_gateway_vip(c->lab, gw))
			compile_json_append(list, json_pack("{s:s+, s:s}", "socket", "vip-", port,
							    "protocol", protocols[i]));
		if (gw->public_ip.set)
			compile_json_append(list,
					    json_pack("{s:s+, s:s, s:b}", "socket", "public-", port,
						      "protocol", protocols[i], "internet", 1));
	}
	return list;
}

static void add_limit(json_t *limits, const char *key, const struct number *n, uint64_t unit)
{
	if (n->set && json_object_set_new(limits, key, json_integer((json_int_t)(n->v / unit))) < 0)
		abort();
}

/* NULL: the gateway's own. */
static json_t *limits_of(const struct gateway_limits *l)
{
	json_t *limits = l->at.line ? json_object() : NULL;

	if (!limits)
		return NULL;
	add_limit(limits, "head", &l->head, 1);
	add_limit(limits, "body", &l->body, 1);
	add_limit(limits, "function_answer", &l->function_answer, 1);
	add_limit(limits, "head_ms", &l->head_time, 1000);
	add_limit(limits, "idle_ms", &l->idle_time, 1000);
	add_limit(limits, "stall_ms", &l->stall_time, 1000);
	add_limit(limits, "handshake_ms", &l->handshake_time, 1000);
	add_limit(limits, "connect_ms", &l->connect_time, 1000);
	add_limit(limits, "backend_idle_ms", &l->backend_idle_time, 1000);
	add_limit(limits, "connections", &l->connections, 1);
	return limits;
}

/* Calls of a group's public domain: they are for tests only. */
static int daily_calls(const struct api_gateway *gw)
{
	const struct region *r = gw->region.to;

	return strncmp(r->id.name, "cn-", 3) == 0 ? 1000 : 100;
}

const char *compile_gateway_config(struct compile *c, const struct api_gateway *gw)
{
	const char *id = compile_text(c, "apigateway-%016" PRIx64,
				      id_half(c, 0, "api_gateways", gw->id.name));

	return compile_json(
		c,
		json_pack(
			"{s:s, s:s, s:s, s:s, s:o, s:o, s:o*, s:o*, s:o, s:i, s:s, s:s, s:o*, s:s*, s:s*, s:o*, s:o*}",
			"instance", gw->id.name, "instance_id", id, "region", gw->region.name,
			"type", type_names[gw->instance_type], "listeners", listeners_of(c, gw),
			"groups", groups_of(c, gw), "apps", apps_of(c), "plugins",
			compile_plugins(c, gw), "apis", apis_of(c, gw), "public_daily_calls",
			daily_calls(gw), "state", "state", "certificates", "certificates", "limits",
			limits_of(&gw->limits), "metrics",
			compile_gateway_vip(c->lab, gw) ? "metrics" : NULL, "counts",
			compile_gateway_copies(gw) ? "counts" : NULL, "elsewhere",
			elsewhere_of(c, gw), "rps_limit",
			calls_of(&gw->rps_limit, spec_calls[gw->spec])));
}
