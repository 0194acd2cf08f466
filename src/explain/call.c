// SPDX-License-Identifier: GPL-2.0-only
/* What answers an HTTP request: a gateway, decided by its own code, and its backend; or a service. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "explain/work.h"
#include "gateway/auth.h"
#include "gateway/error.h"
#include "gateway/mapping.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "gateway/route.h"
#include "http/slice.h"
#include "service/wish.h"

/* A request at a gateway, as gateway.c treats it. */
struct call {
	struct explain_work *k;
	const struct plan_worker *worker;
	struct explain_leg *leg;
	const struct gateway_config *config;
	const struct gateway_routes *routes;
	const struct gateway_domain *domain;
	const struct gateway_group *group;
	struct gateway_match match;
	const struct gateway_app *app; /* NULL: not known */
	struct http_slice host, path, query, method;
	struct gateway_mapped out;
	int stage;
};

/* The gateway refuses: what the client gets, and why. */
static bool refuse(struct call *c, enum gateway_error e, const char *about)
{
	const char *text = gateway_error_text(c->k->e->arena, e, about);

	c->k->e->status = gateway_error_status(e);
	c->k->e->code = gateway_error_code(e);
	c->k->e->answer = c->worker->ns;
	explain_note(c->k, c->leg, "answers %d %s: %s", c->k->e->status, c->k->e->code, text);
	if (!c->k->e->cause) /* else the way to the backend told it */
		explain_stop(c->k, c->leg, ANALYSE_NO, c->worker->origin, "%s answers %d %s: %s",
			     c->worker->ns, c->k->e->status, c->k->e->code, text);
	return false;
}

static const char *text_of(struct call *c, struct http_slice s)
{
	return s.n ? arena_strndup(c->k->e->arena, s.p, s.n) : "";
}

/* --- the gateway's decisions, in its order --- */

static bool find_group(struct call *c)
{
	c->group = gateway_route_group(c->routes, c->host, &c->domain);
	if (!c->group)
		return refuse(c, GATEWAY_UNKNOWN_DOMAIN, text_of(c, c->host));
	explain_note(c->k, c->leg, "domain %s: of group %s", c->domain->name, c->group->name);
	return true;
}

static bool find_stage(struct call *c)
{
	const char *name = c->k->request->stage ? c->k->request->stage : "RELEASE";

	c->stage = gateway_route_stage(c->group, http_slice(name));
	if (c->stage < 0)
		return refuse(c, GATEWAY_BAD_STAGE, NULL);
	explain_note(c->k, c->leg, "stage %s", c->group->stages[c->stage]);
	return true;
}

static bool normalise(struct call *c)
{
	const char *why = gateway_path_normalise(c->k->e->arena, c->path, &c->path);

	return !why || refuse(c, GATEWAY_BAD_PATH, why);
}

static bool find_api(struct call *c)
{
	if (!gateway_route_match(c->routes, c->group, c->stage, c->method, c->path, &c->match))
		return refuse(c, GATEWAY_UNKNOWN_API,
			      arena_printf(c->k->e->arena, "%s %s", text_of(c, c->method),
					   text_of(c, c->path)));
	explain_note(c->k, c->leg, "API %s: %s %s", c->match.api->name,
		     c->match.api->method ? c->match.api->method : "ANY",
		     text_of(c, c->match.api->path));
	return true;
}

static bool check_protocol(struct call *c)
{
	return c->match.api->http || refuse(c, GATEWAY_BAD_PROTOCOL, "HTTP");
}

static const struct gateway_app *find_app(const struct call *c, const char *name)
{
	for (size_t i = 0; i < c->config->n_apps; i++)
		if (!strcmp(c->config->apps[i].name, name))
			return &c->config->apps[i];
	return NULL;
}

static bool check_ip(struct call *c, bool after)
{
	const struct gateway_plugin *p = gateway_plugin_of(c->match.api, c->stage,
							   GATEWAY_IP_CONTROL);
	char ip[IP_STRLEN];

	if (!p || gateway_ip_needs_app(&p->ip) != after)
		return true;
	if (!gateway_ip_allowed(&p->ip, c->k->client, c->app))
		return refuse(c, GATEWAY_IP_REFUSED, ip_format(c->k->client, ip));
	explain_note(c->k, c->leg, "plug-in %s lets %s through", p->name,
		     ip_format(c->k->client, ip));
	return true;
}

static bool check_address(struct call *c)
{
	return check_ip(c, false);
}

static bool check_address_of_app(struct call *c)
{
	return check_ip(c, true);
}

/* How often it is called is not known: what is said is the limit. */
static bool limit_traffic(struct call *c)
{
	const struct gateway_plugin *p = gateway_plugin_of(c->match.api, c->stage,
							   GATEWAY_TRAFFIC_CONTROL);

	if (p)
		explain_note(c->k, c->leg, "plug-in %s: at most %u calls in %u s", p->name,
			     p->traffic.api, p->traffic.unit);
	return true;
}

/* A signature is taken for a good one. */
static bool authorize(struct call *c)
{
	const char *name = c->k->request->app;
	const struct gateway_app *app = name ? find_app(c, name) : NULL;

	if (!c->match.api->auth.required)
		return true;
	c->app = app;
	if (!name)
		return refuse(c, GATEWAY_UNAUTHENTICATED, NULL);
	if (!app)
		return refuse(c, GATEWAY_UNKNOWN_KEY, NULL);
	if (!gateway_auth_granted(c->match.api, c->stage, app))
		return refuse(c, GATEWAY_UNAUTHORIZED, NULL);
	explain_note(c->k, c->leg, "app %s is authorized", app->name);
	return true;
}

/* Headers and a body are not known: what the API wants there is taken for given. */
static bool map_request(struct call *c)
{
	struct http_head *head = arena_alloc(c->k->e->arena, sizeof(*head));
	const struct gateway_map_input in = {
		.head = head, .params = c->match.params, .partial = true};
	enum gateway_error e;
	const char *about;

	head->query = c->query;
	head->has_query = c->query.n > 0;
	gateway_map_nothing(&in, &c->out);
	if (!c->match.api->mapping)
		return true;
	e = gateway_map(c->k->e->arena, c->match.api, &in, &c->out, &about);
	gateway_mapped_done(&c->out);
	return !e || refuse(c, e, about);
}

/* --- backends --- */

static void answered(struct call *c, const char *who, int status)
{
	c->k->e->answer = who;
	c->k->e->status = status;
}

/* The built-in echo service does what the path says. False: not in time; timeout_ms 0: there is all of it. */
static bool echo(struct http_slice path, unsigned int timeout_ms, int *status)
{
	const struct wish wish = service_wish(path);

	*status = wish.answer == WISH_REFUSED ? 400 : wish.status;
	return !timeout_ms || wish.delay_ms < timeout_ms;
}

static bool is_echo(const struct plan_worker *w)
{
	json_t *config;
	bool yes;

	if (strcmp(w->program, "labctl-service") != 0)
		return false;
	config = json_loads(w->config, 0, NULL);
	yes = json_object_get(config, "echo") != NULL;
	json_decref(config);
	return yes;
}

/* gateway/proxy.c: the backend's own path, or the client's without the group's. */
static struct http_slice backend_path(struct call *c)
{
	struct http_slice path = c->path, segment;

	if (c->match.api->backend.path)
		return gateway_template_fill(c->match.api->backend.path, c->k->e->arena,
					     c->out.path);
	for (size_t i = 0; i < c->group->base_segments; i++)
		(void)gateway_path_next(&path, &segment); /* it was there when the API matched */
	return path;
}

static struct analyse_packet packet_to(const struct call *c)
{
	const struct gateway_backend *b = &c->match.api->backend;

	return (struct analyse_packet){.ns = c->worker->ns,
				       .dev = b->device,
				       .src = ntohl(b->source.sin_addr.s_addr),
				       .dst = ntohl(b->address.sin_addr.s_addr),
				       .protocol = ANALYSE_TCP,
				       .port = ntohs(b->address.sin_port)};
}

/* The backend that the call gets to; NULL after a refusal. */
static const struct plan_worker *reach_backend(struct call *c, const char *what)
{
	const struct analyse_packet p = packet_to(c);
	struct explain_leg *leg = explain_leg_add(c->k, "backend: %s %s -> %s", what, c->worker->ns,
						  c->match.api->backend.endpoint);
	const struct plan_worker *w = explain_connect(c->k, leg, &p, NULL);

	c->leg = leg;
	if (!w)
		(void)refuse(c, GATEWAY_CONNECT_FAILED, c->match.api->backend.endpoint);
	return w;
}

static bool call_function(struct call *c)
{
	const struct gateway_backend *b = &c->match.api->backend;

	if (!b->role)
		return refuse(c, GATEWAY_FUNCTION_DENIED, b->function);
	explain_note(c->k, c->leg, "backend function %s, authorized by %s", b->function, b->role);
	if (reach_backend(c, arena_printf(c->k->e->arena, "function %s,", b->function)))
		answered(c, arena_printf(c->k->e->arena, "function %s", b->function), 0);
	return false;
}

static bool call_http(struct call *c)
{
	const struct gateway_backend *b = &c->match.api->backend;
	const struct plan_worker *w;
	int status = 0;

	if (b->kind == GATEWAY_HTTP_VPC && !b->address.sin_family)
		return refuse(c, GATEWAY_ACCESS_INVALID, b->access);
	if (!b->address.sin_family)
		return refuse(c, GATEWAY_UNRESOLVED, b->host);
	if (b->access)
		explain_note(c->k, c->leg, "VPC access authorization %s: %s through %s", b->access,
			     b->endpoint, b->device ? b->device : "the cloud");
	w = reach_backend(c, b->access ? b->access : b->host);
	if (!w)
		return false;
	if (is_echo(w) && !echo(backend_path(c), b->timeout_ms, &status))
		return refuse(c, GATEWAY_BACKEND_TIMEOUT, NULL);
	answered(c, w->name, status);
	return false;
}

static bool call_backend(struct call *c)
{
	switch (c->match.api->backend.kind) {
	case GATEWAY_FUNCTION: return call_function(c);
	case GATEWAY_HTTP:
	case GATEWAY_HTTP_VPC: return call_http(c);
	case GATEWAY_MOCK: answered(c, "a mock", c->match.api->backend.status); break;
	}
	return false;
}

static bool (*const chain[])(struct call *) = {
	find_group, find_stage,           normalise,     find_api,    check_protocol, check_address,
	authorize,  check_address_of_app, limit_traffic, map_request, call_backend};

/* The supervisor adds the sockets to what the plan says; so do we. NULL: a plan of another version. */
static const struct gateway_config *read_config(struct arena *a, const struct plan_worker *w)
{
	json_t *root = json_loads(w->config, 0, NULL), *sockets = json_array();
	struct lab_error *err = NULL;
	const struct gateway_config *config;
	char *text;

	for (size_t i = 0; i < w->n_sockets; i++)
		if (json_array_append_new(sockets, json_pack("{s:s}", "name", w->sockets[i].name)))
			abort();
	if (json_object_set_new(root, "sockets", sockets) || !(text = json_dumps(root, 0)))
		abort();
	config = gateway_config_read(a, text, strlen(text), &err);
	lab_error_free(err);
	free(text);
	json_decref(root);
	return config;
}

static void explain_gateway(struct explain_work *k, const struct plan_worker *w, const char *host,
			    const char *path, const char *query)
{
	struct call c = {
		.k = k,
		.worker = w,
		.leg = explain_leg_add(k, "gateway %s", w->ns),
		.config = read_config(k->e->arena, w),
		.host = http_slice(k->request->host ? k->request->host : host),
		.path = http_slice(path),
		.query = http_slice(query),
		.method = http_slice(k->request->method ? k->request->method : "GET"),
	};
	struct lab_error *err = NULL;

	if (c.config)
		c.routes = gateway_routes_new(k->e->arena, c.config, &err);
	lab_error_free(err);
	if (!c.routes) {
		explain_stop(k, c.leg, ANALYSE_PERHAPS, w->origin,
			     "not known: the configuration of %s is of another version", w->name);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(chain) && chain[i](&c); i++)
		;
}

void explain_call(struct explain_work *k, const struct plan_worker *w, const char *host,
		  const char *path, const char *query)
{
	if (!strcmp(w->program, "labctl-gateway")) {
		explain_gateway(k, w, host, path, query);
		return;
	}
	k->e->answer = w->name;
	if (is_echo(w))
		(void)echo(http_slice(path), 0, &k->e->status); /* it has all time */
}
