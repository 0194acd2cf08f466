// SPDX-License-Identifier: GPL-2.0-only
/* What answers an HTTP request: a gateway, decided by its own code, and its backend; or a service. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	const struct gateway_backend *backend; /* that it gets to */
	const char *perhaps;                   /* NULL; why that is not known */
	const struct gateway_app *app;         /* NULL: not known */
	struct http_slice host, path, query, method;
	struct gateway_mapped out;
	int stage;
	const struct explain_http *http;
};

/* An object of the lab file, whose place no plan has. */
static struct plan_origin origin_in(struct call *c, const char *section, const char *name)
{
	return (struct plan_origin){
		.resource = arena_printf(c->k->e->arena, "%s.%s", section, name)};
}

/* Whose lines decide, as far as the gateway has come: the instance, the group, the API. */
static struct plan_origin origin_of(struct call *c)
{
	if (c->match.api)
		return origin_in(c, "apis", c->match.api->name);
	return c->group ? origin_in(c, "api_groups", c->group->name) : c->worker->origin;
}

/* The gateway refuses, because of that: what the client gets, and why. */
static bool refuse_by(struct call *c, struct plan_origin origin, enum gateway_error e,
		      const char *about)
{
	const char *text = gateway_error_text(c->k->e->arena, e, about);

	c->k->e->status = gateway_error_status(e);
	c->k->e->code = gateway_error_code(e);
	c->k->e->answer = c->worker->ns;
	explain_note(c->k, c->leg, "answers %d %s: %s", c->k->e->status, c->k->e->code, text);
	if (!c->k->e->cause) /* else the way to the backend told it */
		explain_stop(c->k, c->leg, ANALYSE_NO, origin, "%s answers %d %s: %s",
			     c->worker->ns, c->k->e->status, c->k->e->code, text);
	return false;
}

static bool refuse(struct call *c, enum gateway_error e, const char *about)
{
	return refuse_by(c, origin_of(c), e, about);
}

static const char *text_of(struct call *c, struct http_slice s)
{
	return s.n ? arena_strndup(c->k->e->arena, s.p, s.n) : "";
}

/* --- the gateway's decisions, in its order --- */

/* At the address and port, of which the plan knows the socket's name. */
static const struct gateway_listener *listener_of(const struct call *c)
{
	for (size_t i = 0; i < c->worker->n_sockets; i++) {
		const struct plan_socket *s = &c->worker->sockets[i];

		if (s->port != c->http->port || s->addr != c->http->ip)
			continue;
		for (size_t k = 0; k < c->config->n_listeners; k++)
			if (!strcmp(c->config->listeners[k].socket, s->name))
				return &c->config->listeners[k];
	}
	return NULL;
}

static bool speaks_tls(const struct call *c)
{
	const struct gateway_listener *l = listener_of(c);

	return l && l->https;
}

static bool has_certificate(const struct call *c)
{
	const struct gateway_domain *domain = NULL;
	const struct gateway_group *group = NULL;

	/* from wherever: what the Internet may not call is refused behind the handshake */
	return gateway_route_group(c->routes, http_slice(c->http->host), false, &group, &domain) ==
		       GATEWAY_OK &&
	       domain->certificate;
}

/* No call comes of it, whatever the API: the connection ends. */
static bool no_tls(struct call *c, const char *what, const char *about)
{
	const char *why = arena_printf(c->k->e->arena, "%s%s", what, about);

	explain_note(c->k, c->leg, "%s", why);
	explain_stop(c->k, c->leg, ANALYSE_NO, c->worker->origin, "TLS fails at %s: %s",
		     c->worker->ns, why);
	return false;
}

/* The certificate is of the name in the URL, whatever Host says. */
static bool shake_hands(struct call *c)
{
	const bool tls = speaks_tls(c);

	if (c->http->secure && !tls)
		return no_tls(c, "this port speaks HTTP only: https needs port 443", "");
	if (!c->http->secure && tls)
		return no_tls(c, "this port speaks HTTPS only: http needs port 80", "");
	if (!tls)
		return true;
	if (!has_certificate(c))
		return no_tls(c, "there is no certificate for ", c->http->host);
	explain_note(c->k, c->leg, "TLS: certificate of %s, from the lab's authority",
		     c->http->host);
	return true;
}

static void add_limit(struct call *c, enum gateway_error e, const char *says)
{
	struct explanation *x = c->k->e;

	*arena_push(x->arena, x->limits,
		    x->n_limits) = (struct explain_limit){gateway_error_code(e), says};
}

/* How often it is called is not known: what is said is the limit. */
static void note_rate(struct call *c, const char *what, const struct gateway_rate *rate,
		      enum gateway_error e)
{
	if (!rate->limit)
		return;
	explain_note(c->k, c->leg, "%s: at most %u calls in 1 s", what, rate->limit);
	add_limit(c, e, arena_printf(c->k->e->arena, "the limit of %s is used up", what));
}

static bool note_instance(struct call *c)
{
	note_rate(c, arena_printf(c->k->e->arena, "instance %s", c->config->instance),
		  &c->config->rate, GATEWAY_INSTANCE_THROTTLED);
	return true;
}

static bool find_group(struct call *c)
{
	const struct gateway_listener *l = listener_of(c);
	const enum gateway_error e = gateway_route_group(c->routes, c->host, l && l->internet,
							 &c->group, &c->domain);

	if (e != GATEWAY_OK)
		return refuse(c, e, text_of(c, c->host));
	explain_note(c->k, c->leg, "domain %s: of group %s", c->domain->name, c->group->name);
	return true;
}

static bool check_vpc(struct call *c)
{
	const struct gateway_listener *l = listener_of(c);
	const bool internet = l && l->internet;
	const bool in = gateway_route_lets_in(c->group, internet, c->k->client);
	char text[IP_STRLEN];

	if (c->group->n_vpc_whitelist && !internet)
		explain_note(c->k, c->leg, "VPC whitelist of group %s %s %s", c->group->name,
			     in ? "lets in" : "refuses", ip_format(c->k->client, text));
	return in || refuse(c, GATEWAY_VPC_REFUSED, NULL);
}

/* The public domain's limit is of a day, and every group has it: it is not worth a line. */
static bool note_group(struct call *c)
{
	struct arena *a = c->k->e->arena;

	if (c->domain->is_public && c->config->public_daily_calls)
		add_limit(c, GATEWAY_DOMAIN_THROTTLED,
			  arena_printf(a, "%s has had its calls of the day", c->domain->name));
	note_rate(c, arena_printf(a, "group %s", c->group->name), &c->group->rate,
		  GATEWAY_GROUP_THROTTLED);
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
	c->backend = &c->match.api->backend;
	explain_note(c->k, c->leg, "API %s: %s %s", c->match.api->name,
		     c->match.api->method ? c->match.api->method : "ANY",
		     text_of(c, c->match.api->path));
	return true;
}

static bool check_protocol(struct call *c)
{
	const struct gateway_api *api = c->match.api;

	return (c->http->secure ? api->https : api->http) ||
	       refuse(c, GATEWAY_BAD_PROTOCOL, c->http->secure ? "HTTPS" : "HTTP");
}

static const struct gateway_app *find_app(const struct call *c, const char *name)
{
	for (size_t i = 0; i < c->config->n_apps; i++)
		if (!strcmp(c->config->apps[i].name, name))
			return &c->config->apps[i];
	return NULL;
}

static const char *domain_of(const struct call *c)
{
	const char *colon = c->host.n ? memchr(c->host.p, ':', c->host.n) : NULL;

	return arena_strndup(c->k->e->arena, c->host.p,
			     colon ? (size_t)(colon - c->host.p) : c->host.n);
}

/* What depends on the calls before this one. */
static void note_limit(struct call *c, const struct gateway_plugin *p)
{
	const char *says = arena_printf(c->k->e->arena, "the limit of %s is used up", p->name);

	if (p->ops != &gateway_plugin_traffic_control)
		return;
	add_limit(c, GATEWAY_API_THROTTLED, says);
	add_limit(c, GATEWAY_APP_THROTTLED, says);
}

/* Likewise; every API has one. */
static void note_circuit(struct call *c)
{
	const char *says = arena_printf(c->k->e->arena, "the circuit of API %s is open",
					c->match.api->name);

	add_limit(c, GATEWAY_BREAKER_IS_OPEN, says);
	add_limit(c, GATEWAY_BREAKER_IS_BUSY, says);
}

/* Each says what it would do, by its own code. */
static bool ask_plugins(struct call *c, bool asked)
{
	struct gateway_thought t = {
		.a = c->k->e->arena,
		.client = c->k->client,
		.asked = asked,
		.app = c->app,
		.api = c->match.api,
		.secure = c->http->secure,
		.domain = domain_of(c),
		.stage = c->group->stages[c->stage],
		.method = c->method,
		.query = c->query,
		.params = c->match.params,
		.backend = c->backend,
	};

	for (size_t i = 0; i < c->match.api->n_plugins; i++) {
		const struct gateway_bound *b = &c->match.api->plugins[i];
		const char *note;

		if (!(b->stages & 1u << c->stage))
			continue;
		note = b->plugin->ops->explain(b->plugin, &t);
		if (note)
			explain_note(c->k, c->leg, "%s", note);
		if (note && asked)
			note_limit(c, b->plugin);
		if (t.refused)
			return refuse_by(c, origin_in(c, "plugins", b->plugin->name), t.refused,
					 NULL);
	}
	c->backend = t.backend;
	c->perhaps = t.perhaps;
	return true;
}

static bool ask_plugins_early(struct call *c)
{
	return ask_plugins(c, false);
}

static bool ask_plugins_late(struct call *c)
{
	note_circuit(c);
	return ask_plugins(c, true);
}

/* Which apps could sign this request. */
static void tell_apps(struct call *c)
{
	for (size_t i = 0; i < c->config->n_apps; i++)
		if (gateway_auth_granted(c->match.api, c->stage, &c->config->apps[i]))
			explain_note(c->k, c->leg, "app %s may call it: --app %s",
				     c->config->apps[i].name, c->config->apps[i].name);
}

/* A signature is taken for a good one. */
static bool authorize(struct call *c)
{
	const char *name = c->k->request->app;
	const struct gateway_app *app = name ? find_app(c, name) : NULL;

	if (!c->match.api->auth.required)
		return true;
	c->app = app;
	if (!name) {
		explain_note(c->k, c->leg, "API %s wants requests that an app has signed",
			     c->match.api->name);
		tell_apps(c);
		return refuse(c, GATEWAY_UNAUTHENTICATED, NULL);
	}
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

/* An echo service that speaks HTTPS. */
static bool is_tls_echo(const struct plan_worker *w)
{
	return !strcmp(w->program, "labctl-tls-echo");
}

static bool is_echo(const struct plan_worker *w)
{
	json_t *config;
	bool yes;

	if (is_tls_echo(w))
		return true;
	if (strcmp(w->program, "labctl-service") != 0)
		return false;
	config = json_loads(w->config, 0, NULL);
	yes = json_object_get(config, "echo") != NULL;
	json_decref(config);
	return yes;
}

/* Whether the certificate of an echo service is of that host. */
static bool is_called(const struct plan_worker *w, const char *host)
{
	json_t *config = json_loads(w->config, 0, NULL);
	const char *at = json_string_value(json_object_get(json_object_get(config, "echo"), "tls"));
	bool yes = false;

	while (at && *at && !yes) {
		const size_t len = strcspn(at, " ");

		yes = len == strlen(host) && !strncasecmp(at, host, len);
		at += len + strspn(at + len, " ");
	}
	json_decref(config);
	return yes;
}

/* gateway/proxy.c: the backend's own path, or the client's without the group's. */
static struct http_slice backend_path(struct call *c)
{
	struct http_slice path = c->path, segment;

	if (c->backend->path)
		return gateway_template_fill(c->backend->path, c->k->e->arena, c->out.path);
	for (size_t i = 0; i < c->group->base_segments; i++)
		(void)gateway_path_next(&path, &segment); /* it was there when the API matched */
	return path;
}

static struct analyse_packet packet_to(const struct call *c)
{
	const struct gateway_backend *b = c->backend;

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
						  c->backend->endpoint);
	const struct plan_worker *w = explain_connect(c->k, leg, &p, NULL);

	c->leg = leg;
	if (!w)
		(void)refuse(c, GATEWAY_CONNECT_FAILED, c->backend->endpoint);
	return w;
}

static bool call_function(struct call *c)
{
	const struct gateway_backend *b = c->backend;

	if (!b->role)
		return refuse(c, GATEWAY_FUNCTION_DENIED, b->function);
	explain_note(c->k, c->leg, "backend function %s%s, authorized by %s", b->function,
		     b->http_trigger ? " by its HTTP trigger" : "", b->role);
	if (reach_backend(c, arena_printf(c->k->e->arena, "function %s,", b->function)))
		answered(c, arena_printf(c->k->e->arena, "function %s", b->function), 0);
	return false;
}

static bool call_http(struct call *c)
{
	const struct gateway_backend *b = c->backend;
	const struct plan_worker *w;
	int status = 0;

	if (b->kind == GATEWAY_HTTP_VPC && !b->address.sin_family)
		return refuse_by(c,
				 b->access ? origin_in(c, "vpc_accesses", b->access) : origin_of(c),
				 GATEWAY_ACCESS_INVALID, b->access);
	if (!b->address.sin_family)
		return refuse(c, GATEWAY_UNRESOLVED, b->host);
	if (b->access)
		explain_note(c->k, c->leg, "VPC access authorization %s: %s through %s", b->access,
			     b->endpoint, b->device ? b->device : "the cloud");
	w = reach_backend(c, b->access ? b->access : b->host);
	if (!w)
		return false;
	if (b->https && is_echo(w) && !is_tls_echo(w))
		return refuse(c, GATEWAY_TLS_FAILED,
			      arena_printf(c->k->e->arena, "handshake failed: /%s", b->endpoint));
	/* what it gets is the alert unexpected_message: 10, which to HTTP is a line feed */
	if (!b->https && is_tls_echo(w))
		return refuse(c, GATEWAY_BACKEND_INVALID, "a line must end in CR LF");
	if (b->https)
		explain_note(c->k, c->leg, "TLS: whatever certificate the backend has");
	if (is_echo(w) && !echo(backend_path(c), b->timeout_ms, &status))
		return refuse(c, GATEWAY_BACKEND_TIMEOUT, NULL);
	answered(c, w->name, status);
	return false;
}

static bool call_backend(struct call *c)
{
	if (c->perhaps) {
		explain_stop(c->k, c->leg, ANALYSE_PERHAPS, c->worker->origin,
			     "not known which backend: %s", c->perhaps);
		return false;
	}
	switch (c->backend->kind) {
	case GATEWAY_FUNCTION: return call_function(c);
	case GATEWAY_HTTP:
	case GATEWAY_HTTP_VPC: return call_http(c);
	case GATEWAY_MOCK: answered(c, "a mock", c->backend->status); break;
	}
	return false;
}

static bool (*const chain[])(struct call *) = {
	shake_hands, note_instance,    find_group,  check_vpc,      note_group,
	find_stage,  normalise,        find_api,    check_protocol, ask_plugins_early,
	authorize,   ask_plugins_late, map_request, call_backend};

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

static void explain_gateway(struct explain_work *k, const struct plan_worker *w,
			    const struct explain_http *http)
{
	struct call c = {
		.k = k,
		.worker = w,
		.leg = explain_leg_add(k, "gateway %s", w->ns),
		.config = read_config(k->e->arena, w),
		.http = http,
		.host = http_slice(k->request->host ? k->request->host : http->host),
		.path = http_slice(http->path),
		.query = http_slice(http->query ? http->query : ""),
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

/* NULL: client and echo service understand each other. */
static const char *why_no_echo(struct explain_work *k, const struct plan_worker *w,
			       const struct explain_http *http)
{
	const bool tls = is_tls_echo(w);

	if (tls != http->secure)
		return tls ? "the echo service speaks HTTPS only"
			   : "the echo service speaks HTTP only";
	if (tls && !is_called(w, http->host))
		return arena_printf(k->e->arena, "its certificate is not of %s", http->host);
	if (tls)
		explain_note(k, &k->e->legs[k->e->n_legs - 1],
			     "TLS: certificate of %s, from the lab's authority", http->host);
	return NULL;
}

void explain_call(struct explain_work *k, const struct plan_worker *w,
		  const struct explain_http *http)
{
	const char *why;

	if (!strcmp(w->program, "labctl-gateway")) {
		explain_gateway(k, w, http);
		return;
	}
	k->e->answer = w->name;
	if (!is_echo(w))
		return;
	why = why_no_echo(k, w, http);
	if (why)
		explain_stop(k, &k->e->legs[k->e->n_legs - 1], ANALYSE_NO, w->origin,
			     "TLS fails at %s: %s", w->ns, why);
	else
		(void)echo(http_slice(http->path), 0, &k->e->status); /* it has all time */
}
