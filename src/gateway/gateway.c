// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a call, in order: each step of `chain` either passes it on or answers. Plug-ins (plugin.h) have
 * four of its rows.
 */
#include "gateway/gateway.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/ip.h"
#include "gateway/auth.h"
#include "gateway/cache.h"
#include "gateway/call.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "gateway/quota.h"
#include "gateway/throttle.h"

/* ---- calls ---- */

static void random_bytes(struct gateway *g, unsigned char *out, size_t n)
{
	if (g->random_left < n) {
		/* beyond 256 bytes a signal may cut it short: then it is as much */
		const ssize_t got = getrandom(g->random, sizeof(g->random), 0);

		if (got < 256)
			abort();
		g->random_left = (size_t)got;
	}
	g->random_left -= n;
	memcpy(out, g->random + g->random_left, n);
}

/* A version 4 UUID in upper case, the form of the cloud's request ids. */
static void request_id(struct gateway *g, char out[GATEWAY_ID_LEN + 1])
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char b[16];
	size_t n = 0;

	random_bytes(g, b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[n++] = '-';
		out[n++] = hex[b[i] >> 4];
		out[n++] = hex[b[i] & 15];
	}
	out[n] = '\0';
}

/* Hung onto r->user; NULL only where the arena is full. */
static struct gateway_call *call_new(struct gateway *g, struct httpd_request *r)
{
	struct gateway_call *c = arena_alloc(r->arena, sizeof(*c));
	const char *colon;

	if (!c)
		return NULL;
	c->gateway = g;
	c->r = r;
	c->stage = -1;
	c->message = "";
	c->path = r->head->path;
	c->domain = r->head->host;
	colon = c->domain.n ? memchr(c->domain.p, ':', c->domain.n) : NULL;
	if (colon)
		c->domain.n = (size_t)(colon - c->domain.p);
	request_id(g, c->id);
	(void)clock_gettime(CLOCK_REALTIME, &c->began); /* cannot fail for this clock */
	c->began_at = loop_now(g->loop);
	c->began_us = clock_us();
	if (r->client.sin_family == AF_INET)
		(void)ip_format(ntohl(r->client.sin_addr.s_addr), c->client_ip);
	r->user = c;
	return c;
}

bool gateway_is_public(const struct gateway_call *c)
{
	return c->matched_domain && c->matched_domain->is_public;
}

bool gateway_is_preflight(const struct http_head *h)
{
	return http_slice_equal(h->method, http_slice("OPTIONS")) && http_head_get(h, "origin").p &&
	       http_head_get(h, "access-control-request-method").p;
}

/* ---- answers ---- */

void gateway_answer_error(struct gateway_call *c, enum gateway_error e, const char *about)
{
	const char *message = gateway_error_text(c->r->arena, e, about);

	c->error = e;
	c->message = message ? message : "";
	c->status = gateway_error_status(e);
	c->answered_at = loop_now(c->gateway->loop);

	struct http_header headers[3 + HTTP_MAX_HEADERS + GATEWAY_REPLY_MORE] = {
		{http_slice("X-Ca-Request-Id"), http_slice(c->id)},
		{http_slice("X-Ca-Error-Code"), http_slice(gateway_error_code(e))},
		{http_slice("X-Ca-Error-Message"), http_slice(c->message)},
	};
	struct gateway_reply reply = {
		.answer = {.status = c->status, .headers = headers},
		.headers = headers,
		.n_headers = 3,
	};

	gateway_circuit_after(c);
	gateway_plugins_after(c, &reply);
	reply.answer.n_headers = reply.n_headers;
	if (httpd_respond(c->r, &reply.answer) == 0)
		return;
	/* the message has no room: the code alone */
	reply.answer.n_headers = 2;
	if (httpd_respond(c->r, &reply.answer) < 0)
		abort(); /* the arena's cap is far above what a head can take */
}

int gateway_answer_backend(struct gateway_call *c, const struct httpd_answer *answer)
{
	struct http_header headers[HTTP_MAX_HEADERS + GATEWAY_REPLY_MORE + 2];
	struct gateway_reply reply = {.answer = *answer, .headers = headers};
	size_t n = 0;

	for (size_t i = 0; i < answer->n_headers; i++) {
		if (!gateway_is_public(c) ||
		    !http_slice_is(answer->headers[i].name, "content-disposition"))
			headers[n++] = answer->headers[i];
	}
	c->status = answer->status;
	c->answered_at = loop_now(c->gateway->loop);
	reply.n_headers = n;
	gateway_circuit_after(c);
	gateway_plugins_after(c, &reply);
	n = reply.n_headers;
	headers[n++] = (struct http_header){http_slice("X-Ca-Request-Id"), http_slice(c->id)};
	/* the public second-level domain is for tests only: browsers shall not render it */
	if (gateway_is_public(c))
		headers[n++] = (struct http_header){
			http_slice("Content-Disposition"),
			http_slice("attachment; filename=ApiResponseForInnerDomain")};
	reply.answer.headers = headers;
	reply.answer.n_headers = n;
	return httpd_respond(c->r, &reply.answer);
}

/* ---- the chain ---- */

/* The vendor has one limit for the URL and the headers together. */
static bool limit_head(struct gateway_call *c)
{
	if (c->r->head->size <= c->gateway->config->limits.head)
		return true;
	gateway_answer_error(c, GATEWAY_URL_TOO_LARGE, NULL);
	return false;
}

/* A rate has a limit only where there is a memory to count in. */
static bool limit_rate(struct gateway_call *c, const struct gateway_rate *rate,
		       enum gateway_error e)
{
	if (!rate->limit || gateway_throttle_take(gateway_quota_memory(c->gateway->quota),
						  rate->hash, rate->limit, 1, c->began.tv_sec))
		return true;
	gateway_answer_error(c, e, NULL);
	return false;
}

/* Whatever is called, and if it be nothing that there is: the vendor's figure is of inbound requests. */
static bool limit_instance(struct gateway_call *c)
{
	return limit_rate(c, &c->gateway->config->rate, GATEWAY_INSTANCE_THROTTLED);
}

static bool find_group(struct gateway_call *c)
{
	const struct gateway_listener *l = c->r->listener;
	enum gateway_error e = gateway_route_group(c->gateway->routes, c->domain, l->internet,
						   &c->group, &c->matched_domain);

	if (e == GATEWAY_OK)
		return true;
	gateway_answer_error(
		c, e, arena_strndup(c->r->arena, c->domain.n ? c->domain.p : "", c->domain.n));
	return false;
}

static bool check_vpc(struct gateway_call *c)
{
	const struct gateway_listener *l = c->r->listener;

	if (gateway_route_lets_in(c->group, l->internet, ntohl(c->r->client.sin_addr.s_addr)))
		return true;
	gateway_answer_error(c, GATEWAY_VPC_REFUSED, NULL);
	return false;
}

/* A call that finds no API counts as well; what is not HTTP is no call. */
static bool limit_public(struct gateway_call *c)
{
	const struct gateway *g = c->gateway;

	if (!g->config->public_daily_calls || !gateway_is_public(c) ||
	    gateway_quota_take(g->quota, c->matched_domain->name, g->config->public_daily_calls,
			       c->began.tv_sec))
		return true;
	gateway_answer_error(c, GATEWAY_DOMAIN_THROTTLED, NULL);
	return false;
}

static bool limit_group(struct gateway_call *c)
{
	return limit_rate(c, &c->group->rate, GATEWAY_GROUP_THROTTLED);
}

static bool find_stage(struct gateway_call *c)
{
	struct http_slice name = http_head_get(c->r->head, "x-ca-stage");

	c->stage = gateway_route_stage(c->group, name.p ? name : http_slice("RELEASE"));
	if (c->stage >= 0)
		return true;
	gateway_answer_error(c, GATEWAY_BAD_STAGE, NULL);
	return false;
}

static bool normalise(struct gateway_call *c)
{
	struct http_slice path;
	const char *why;

	if (c->r->head->form == HTTP_FORM_ASTERISK)
		return true; /* "OPTIONS *": no API has that path */
	why = gateway_path_normalise(c->r->arena, c->path, &path);
	if (why) {
		gateway_answer_error(c, GATEWAY_BAD_PATH, why);
		return false;
	}
	c->path = path;
	return true;
}

static bool match(struct gateway_call *c, struct http_slice method)
{
	if (!gateway_route_match(c->gateway->routes, c->group, c->stage, method, c->path,
				 &c->match))
		return false;
	c->api = c->match.api;
	c->backend = &c->api->backend;
	return true;
}

/* A preflight is for the API of the method that it asks for; only the plug-in cors answers it. */
static bool match_preflight(struct gateway_call *c)
{
	const struct http_head *h = c->r->head;

	if (!match(c, http_head_get(h, "access-control-request-method")))
		return false;
	if (gateway_plugin_of(c->api, c->stage, GATEWAY_CORS))
		return true;
	c->api = NULL;
	c->backend = NULL;
	return false;
}

static bool find_api(struct gateway_call *c)
{
	const struct http_head *h = c->r->head;
	const bool preflight = gateway_is_preflight(h);

	if (h->form != HTTP_FORM_ASTERISK &&
	    (match(c, h->method) || (preflight && match_preflight(c))))
		return true;
	gateway_answer_error(c, preflight ? GATEWAY_ORIGIN_NOTHING : GATEWAY_UNKNOWN_API,
			     arena_printf(c->r->arena, preflight ? "%.*s - %.*s" : "%.*s %.*s",
					  (int)h->method.n, h->method.p, (int)c->path.n,
					  c->path.p));
	return false;
}

static bool check_protocol(struct gateway_call *c)
{
	if (c->r->secure ? c->api->https : c->api->http)
		return true;
	gateway_answer_error(c, GATEWAY_BAD_PROTOCOL, c->r->secure ? "HTTPS" : "HTTP");
	return false;
}

static void answer_mock(struct gateway_call *c)
{
	const struct gateway_backend *b = c->backend;
	struct httpd_answer answer = {.status = b->status,
				      .headers = b->headers,
				      .n_headers = b->n_headers,
				      .body = http_slice(b->body)};

	if (gateway_answer_backend(c, &answer) < 0)
		gateway_answer_error(c, GATEWAY_BACKEND_INVALID, "headers too large");
}

/* ISO 8601, the form of the log's times too. */
static const char *handle_time(struct gateway_call *c)
{
	char text[32];
	struct tm tm;

	gmtime_r(&c->began.tv_sec, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm); /* it fits */
	return arena_strdup(c->r->arena, text);
}

static void tell_systems(struct gateway_call *c, const char *values[GATEWAY_N_SYSTEM_VALUES])
{
	const struct http_slice agent = http_head_get(c->r->head, "user-agent");

	values[GATEWAY_CLIENT_IP] = c->client_ip;
	values[GATEWAY_DOMAIN] = arena_strndup(c->r->arena, c->domain.p, c->domain.n);
	values[GATEWAY_HANDLE_TIME] = handle_time(c);
	values[GATEWAY_APP_ID] = c->app ? c->app->id : "";
	values[GATEWAY_APP_KEY] = c->app ? c->app->key : "";
	values[GATEWAY_REQUEST_ID] = c->id;
	values[GATEWAY_API_NAME] = c->api->name;
	values[GATEWAY_HTTP_SCHEMA] = c->r->secure ? "https" : "http";
	values[GATEWAY_PROXY] = "AliCloudApiGateway";
	values[GATEWAY_STAGE] = c->group->stages[c->stage];
	values[GATEWAY_CLIENT_UA] = agent.n ? arena_strndup(c->r->arena, agent.p, agent.n) : "";
}

/*
 * The head without the AppCode in its query: as the header Authorization, it is for the gateway, and no backend gets it.
 * NULL: no room.
 */
static const struct http_head *head_to_map(struct gateway_call *c)
{
	struct arena *a = c->r->arena;
	struct gateway_set code = {.place = GATEWAY_IN_QUERY};
	struct http_head *h;

	if (!c->code_as.n)
		return c->r->head;
	h = arena_memdup(a, c->r->head, sizeof(*h));
	code.name = arena_strndup(a, c->code_as.p, c->code_as.n);
	if (!h || !code.name)
		return NULL;
	h->query = gateway_set_query(a, &code, h->query);
	h->has_query = h->query.n > 0;
	return h->query.p ? h : NULL;
}

static bool map_request(struct gateway_call *c)
{
	struct gateway_map_input in = {
		.head = head_to_map(c), .body = c->r->body, .params = c->match.params};
	enum gateway_error e;
	const char *about;

	if (!in.head) {
		gateway_answer_error(c, GATEWAY_OVERLOADED, NULL);
		return false;
	}
	if (c->api->mapping && c->api->mapping->n_systems)
		tell_systems(c, in.systems);
	e = gateway_map(c->r->arena, c->api, &in, &c->out, &about);
	if (e)
		gateway_answer_error(c, e, about);
	return !e;
}

static bool call_backend(struct gateway_call *c)
{
	switch (c->backend->kind) {
	case GATEWAY_FUNCTION: gateway_invoke(c); break;
	case GATEWAY_HTTP:
	case GATEWAY_HTTP_VPC: gateway_proxy(c); break;
	case GATEWAY_MOCK: answer_mock(c); break;
	}
	return false; /* answered, or will be */
}

static bool (*const chain[])(struct gateway_call *) = {
	limit_head,
	limit_instance,
	find_group,
	check_vpc,
	limit_public,
	limit_group,
	find_stage,
	normalise,
	find_api,
	check_protocol,
	gateway_plugins_early,
	gateway_authorize,
	gateway_plugins_before,
	map_request,
	gateway_plugins_late,
	gateway_circuit_enter,
	call_backend,
};

/* ---- what httpd calls ---- */

static void on_request(struct httpd_request *r, void *arg)
{
	struct gateway_call *c = call_new(arg, r);

	if (!c)
		abort(); /* the first use of an arena that is far larger */
	for (size_t i = 0; i < ARRAY_LEN(chain) && chain[i](c); i++)
		;
}

static void on_refuse(struct httpd_request *r, int status, const char *why, void *arg)
{
	struct gateway_call *c = call_new(arg, r);
	bool reading_body = r->head->size > 0 && !r->head->error;
	enum gateway_error e = gateway_error_of_refusal(status, reading_body);

	if (!c)
		abort(); /* as above */
	gateway_answer_error(c, e, e == GATEWAY_BAD_PROTOCOL ? "of this HTTP version" : why);
}

static void on_end(struct httpd_request *r, bool sent, void *arg)
{
	struct gateway_call *c = r->user;

	if (c->upstream)
		upstream_cancel(c->upstream);
	c->upstream = NULL;
	gateway_circuit_end(c);
	if (!sent) {
		c->error = GATEWAY_CLIENT_GONE;
		c->message = gateway_error_text(r->arena, c->error, NULL);
		c->message = c->message ? c->message : "";
		c->status = gateway_error_status(c->error);
	}
	gateway_log_call(c);
	/* the head's time in milliseconds: it came in an earlier turn, or took none */
	gateway_metrics_count(c->gateway->metrics, c->api, c->stage, c->status, c->error,
			      (c->began_at - r->started) * 1000 + clock_us() - c->began_us);
	strbuf_done(&c->head);
	strbuf_done(&c->event);
	gateway_mapped_done(&c->out);
	json_decref(c->answer);
	upstream_body_done(c->gateway->upstream, &c->body);
}

struct gateway *gateway_new(struct loop *loop, const struct gateway_config *config,
			    const struct gateway_routes *routes, int log_fd)
{
	struct gateway *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->loop = loop;
	g->config = config;
	g->routes = routes;
	g->log_fd = gateway_log_wanted(log_fd) ? log_fd : -1;
	g->httpd = httpd_new(
		loop,
		&(struct httpd_options){
			.body_limit = config->limits.body,
			.head_ms = config->limits.head_ms,
			.idle_ms = config->limits.idle_ms,
			.stall_ms = config->limits.stall_ms,
			.handshake_ms = config->limits.handshake_ms,
			.max_connections = config->limits.connections,
			/* the same header a hundred times, joined step by step, takes 800 kB */
			.arena_cap = 4u << 20,
			.half_close = HTTPD_WAITS_NO_MORE,
		},
		&(struct httpd_handler){
			.on_request = on_request,
			.on_refuse = on_refuse,
			.on_end = on_end,
			.arg = g,
		});
	g->cache = gateway_cache_new(GATEWAY_CACHE_LIMIT);
	g->upstream = upstream_new(
		loop, &(struct upstream_options){.idle_ms = config->limits.backend_idle_ms});
	g->metrics = gateway_metrics_new(config);
	return g;
}

void gateway_secure(struct gateway *g, const struct httpd_security *security)
{
	g->security = security;
}

int gateway_listen(struct gateway *g, struct lab_error **err)
{
	if (g->config->state_fd >= 0) {
		g->quota = gateway_quota_open(g->config->state_fd, err);
		if (!g->quota)
			return lab_error_prefix(err, "state");
	}
	for (size_t i = 0; i < g->config->n_https_backends; i++) {
		const struct gateway_backend *b = g->config->https_backends[i];

		if (!b->security)
			return lab_error_make(err, LAB_FAILED, "backend %s: no TLS", b->host);
	}
	for (size_t i = 0; i < g->config->n_listeners; i++) {
		const struct gateway_listener *l = &g->config->listeners[i];

		if (l->https && !g->security)
			return lab_error_make(err, LAB_FAILED, "listener %s: no TLS", l->socket);
		if (httpd_listen_secure(g->httpd, l->fd, (void *)l, l->https ? g->security : NULL,
					err) < 0)
			return lab_error_prefix(err, "listener %s", l->socket);
	}
	if (g->config->counts_fd >= 0 &&
	    gateway_metrics_share(g->metrics, g->config->counts_fd, err) < 0)
		return -1;
	gateway_metrics_watch(g->metrics, g->loop, g->httpd, g->upstream);
	if (g->config->metrics_fd >= 0 &&
	    gateway_metrics_listen(g->metrics, g->config->metrics_fd, err) < 0)
		return lab_error_prefix(err, "metrics");
	return 0;
}

static void on_stopped(void *arg)
{
	struct gateway *g = arg;

	loop_stop(g->loop);
}

void gateway_stop(struct gateway *g, unsigned int grace_ms)
{
	upstream_drop_idle(g->upstream);
	gateway_metrics_stop(g->metrics);
	httpd_stop(g->httpd, grace_ms, on_stopped, g);
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	httpd_free(g->httpd); /* counts what was under way */
	gateway_metrics_free(g->metrics);
	upstream_free(g->upstream);
	gateway_quota_close(g->quota);
	gateway_cache_free(g->cache);
	gateway_log_flush(g);
	strbuf_done(&g->log.lines);
	strbuf_done(&g->text);
	free(g);
}
