// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers to GET that are given again without asking the backend. What the vendor documents decides; where it is silent,
 * RFC 9111: kept are answers with 200 only, and none that sets a cookie, that differs by a header which the plug-in does
 * not look at, or that answers somebody the backend could tell from others, unless it says "public" or "s-maxage". The
 * path and the route are always part of what answers are told apart by.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/cache.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/forward.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "gateway/query.h"

#define MAX_DURATION 172800u /* seconds: two days */

enum client_control { CLIENT_OFF, CLIENT_ALL, CLIENT_APPS };

struct caching {
	bool by_app;
	const char **parameters, **headers, **cacheable;
	size_t n_parameters, n_headers, n_cacheable;
	enum client_control client;
	const struct gateway_app **apps; /* CLIENT_APPS */
	size_t n_apps;
	uint32_t duration; /* seconds */
};

/* ---- configuration ---- */

static int read_names(struct config_reader *r, json_t *list, size_t i, const char ***names,
		      size_t *n)
{
	json_t *j;
	size_t k;

	*n = json_array_size(list);
	*names = arena_alloc(r->a, *n * sizeof(**names) + 1);
	json_array_foreach (list, k, j) {
		if (!json_is_string(j))
			return config_wrong(r, "plugins", i, "a name that is no text");
		(*names)[k] = config_copy(r, json_string_value(j));
	}
	return 0;
}

static int read_apps(struct config_reader *r, json_t *list, size_t i, struct caching *own)
{
	json_t *j;
	size_t k;

	own->n_apps = json_array_size(list);
	own->apps = arena_alloc(r->a, own->n_apps * sizeof(*own->apps) + 1);
	json_array_foreach (list, k, j) {
		own->apps[k] = json_is_string(j) ? config_find_app(r, json_string_value(j)) : NULL;
		if (!own->apps[k])
			return config_wrong(r, "plugins", i, "an app that there is not");
	}
	return 0;
}

static int read_client(struct config_reader *r, const char *text, size_t i,
		       enum client_control *client)
{
	static const char *const modes[] = {"off", "all", "app"};
	const int k = config_word(text, modes, ARRAY_LEN(modes));

	if (k < 0)
		return config_wrong(r, "plugins", i, "client must be off, all or app");
	*client = (enum client_control)k;
	return 0;
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct caching *own = arena_alloc(r->a, sizeof(*own));
	json_t *parameters, *headers, *cacheable, *apps;
	const char *name, *kind, *client;
	json_int_t duration;
	json_error_t e;
	int by_app;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:I !}", "name",
			   &name, "kind", &kind, "by_app", &by_app, "parameters", &parameters,
			   "headers", &headers, "client", &client, "apps", &apps, "cacheable",
			   &cacheable, "duration_s", &duration) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (duration < 1)
		return config_wrong(r, "plugins", i, "duration_s out of range");
	own->by_app = by_app;
	own->duration = duration > MAX_DURATION ? MAX_DURATION : (uint32_t)duration;
	p->own = own;
	if (read_client(r, client, i, &own->client) < 0 ||
	    read_names(r, parameters, i, &own->parameters, &own->n_parameters) < 0 ||
	    read_names(r, headers, i, &own->headers, &own->n_headers) < 0 ||
	    read_names(r, cacheable, i, &own->cacheable, &own->n_cacheable) < 0)
		return -1;
	return read_apps(r, apps, i, own);
}

/* ---- Cache-Control ---- */

struct control {
	bool no_store, no_cache, is_private, is_public, only_if_cached;
	bool has_max, has_shared;
	uint32_t max_age, shared_age;
};

static uint32_t seconds(struct http_slice s)
{
	uint64_t n = 0;

	if (s.n >= 2 && s.p[0] == '"') {
		s.p++;
		s.n -= 2;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0; /* not understood: stale at once */
		n = n * 10 + (uint64_t)(s.p[i] - '0');
		n = n > MAX_DURATION ? MAX_DURATION : n;
	}
	return (uint32_t)n;
}

static void read_directive(struct http_slice word, struct control *c)
{
	struct http_slice value, name = gateway_query_name(word, &value);

	c->no_store |= http_slice_is(name, "no-store");
	c->no_cache |= http_slice_is(name, "no-cache");
	c->is_private |= http_slice_is(name, "private");
	c->is_public |= http_slice_is(name, "public");
	c->only_if_cached |= http_slice_is(name, "only-if-cached");
	if (http_slice_is(name, "max-age")) {
		c->has_max = true;
		c->max_age = seconds(value);
	}
	if (http_slice_is(name, "s-maxage")) {
		c->has_shared = true;
		c->shared_age = seconds(value);
	}
}

static struct control control_of(const struct http_header *headers, size_t n)
{
	struct control c = {0};

	for (size_t i = 0; i < n; i++) {
		struct http_slice rest = headers[i].value;

		if (!http_slice_is(headers[i].name, "cache-control"))
			continue;
		while (rest.n)
			read_directive(http_list_next(&rest), &c);
	}
	return c;
}

static bool client_counts(const struct gateway_call *c, const struct caching *own)
{
	if (own->client != CLIENT_APPS)
		return own->client == CLIENT_ALL;
	for (size_t i = 0; i < own->n_apps; i++) {
		if (own->apps[i] == c->app)
			return true;
	}
	return false;
}

/* ---- what answers are told apart by ---- */

/* Of the path, else of the query. */
static struct http_slice parameter(struct gateway_call *c, const char *name)
{
	for (size_t i = 0; i < c->api->n_params; i++) {
		if (strcmp(c->api->params[i], name) == 0)
			return c->match.params[i];
	}
	return gateway_query_get(c->r->arena, c->r->head->query, name);
}

/* With its length before it, so that no value can look like another's end; "-" where there is none. */
static void add_value(struct strbuf *key, struct http_slice value)
{
	if (value.p) {
		strbuf_printf(key, "%zu:", value.n);
		strbuf_addn(key, value.p, value.n);
	} else {
		strbuf_addc(key, '-');
	}
}

static void add_header(struct strbuf *key, struct gateway_call *c, const char *name)
{
	const struct http_head *h = c->r->head;
	size_t at = 0;

	while (at < h->n_headers && !http_slice_is(h->headers[at].name, name))
		at++;
	add_value(key, at < h->n_headers ? gateway_forward_joined(c->r->arena, h, at)
					 : (struct http_slice){NULL, 0});
}

static bool tells(const struct gateway_call *c, enum gateway_system_value value)
{
	const struct gateway_mapping *x = c->api->mapping;

	for (size_t i = 0; x && i < x->n_systems; i++) {
		if (x->systems[i].value == value)
			return true;
	}
	return false;
}

/* The backend sees who calls, beyond what answers are told apart by. */
static bool has_credentials(const struct gateway_call *c, const struct caching *own)
{
	const struct http_slice name = http_slice("authorization");
	const bool as_sent = http_head_get(c->r->head, "authorization").p &&
			     gateway_forward_request_header(c->r->head, name) &&
			     !gateway_set_of(c->sets, GATEWAY_IN_HEAD, name);

	return as_sent || c->has_token || tells(c, GATEWAY_CLIENT_IP) ||
	       tells(c, GATEWAY_CLIENT_UA) ||
	       (c->app && !own->by_app && (tells(c, GATEWAY_APP_ID) || tells(c, GATEWAY_APP_KEY)));
}

static void add_route(struct strbuf *key, const struct gateway_call *c)
{
	const struct gateway_set *route = gateway_set_of(c->sets, GATEWAY_IN_HEAD,
							 http_slice("X-Ca-Routing-Name"));

	add_value(key, route ? http_slice(route->value) : (struct http_slice){NULL, 0});
}

/* In the arena; n 0 where that is full. */
static struct http_slice key_of(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct caching *own = p->own;
	auto_strbuf struct strbuf key = {0};
	char *text;

	add_value(&key, http_slice(p->name));
	add_value(&key, http_slice(c->api->id));
	strbuf_printf(&key, "%d", c->stage);
	add_value(&key, c->path);
	add_route(&key, c);
	if (tells(c, GATEWAY_DOMAIN))
		add_value(&key, c->domain);
	if (tells(c, GATEWAY_HTTP_SCHEMA))
		strbuf_printf(&key, "%d", c->r->secure);
	/* what nobody in particular has asked for is not for whom the backend knows */
	strbuf_printf(&key, "%d", has_credentials(c, own));
	if (own->by_app)
		add_value(&key, http_slice(c->app ? c->app->name : ""));
	for (size_t i = 0; i < own->n_parameters; i++)
		add_value(&key, parameter(c, own->parameters[i]));
	for (size_t i = 0; i < own->n_headers; i++)
		add_header(&key, c, own->headers[i]);
	text = arena_strndup(c->r->arena, key.s, key.len);
	return (struct http_slice){text, text ? key.len : 0};
}

/* ---- from the cache ---- */

static void answer(struct gateway_call *c, const struct gateway_cached *found)
{
	struct http_header headers[HTTP_MAX_HEADERS];
	struct httpd_answer answer = {.status = 200, .headers = headers};
	char *body = malloc(found->body.n + 1);

	if (!body)
		abort();
	if (found->body.n)
		memcpy(body, found->body.p, found->body.n);
	for (size_t i = 0; i < found->n_headers; i++)
		headers[answer.n_headers++] = found->headers[i];
	headers[answer.n_headers++] = (struct http_header){http_slice("X-Ca-Caching"),
							   http_slice("true")};
	answer.body = (struct http_slice){body, found->body.n};
	answer.free_body = body;
	if (gateway_answer_backend(c, &answer) < 0)
		gateway_answer_error(c, GATEWAY_OVERLOADED, NULL);
}

static bool is_fresh(const struct control *client, const struct gateway_cached *found, uint64_t now)
{
	return !client->no_cache &&
	       (!client->has_max || now - found->stored_ms <= client->max_age * UINT64_C(1000));
}

static bool late(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct http_head *h = c->r->head;
	const uint64_t now = loop_now(c->gateway->loop);
	struct gateway_cached found;
	struct http_slice key;
	struct control client = {0};

	if (!http_slice_equal(h->method, http_slice("GET")) || gateway_is_public(c))
		return true;
	if (client_counts(c, p->own))
		client = control_of(h->headers, h->n_headers);
	key = key_of(c, p);
	if (key.n && gateway_cache_get(c->gateway->cache, key, now, &found) &&
	    is_fresh(&client, &found, now)) {
		answer(c, &found);
		return false;
	}
	if (client.only_if_cached) {
		gateway_answer_error(c, GATEWAY_NOT_CACHED, NULL);
		return false;
	}
	c->cache_key = client.no_store ? (struct http_slice){NULL, 0} : key;
	return true;
}

/* ---- into the cache ---- */

static bool is_in(const char *const *names, size_t n, struct http_slice name)
{
	for (size_t i = 0; i < n; i++) {
		if (http_slice_is(name, names[i]))
			return true;
	}
	return false;
}

/* Whether the answer is the same for all who would get it. */
static bool is_shared(const struct gateway_reply *reply, const struct caching *own)
{
	for (size_t i = 0; i < reply->n_headers; i++) {
		struct http_slice name = reply->headers[i].name, rest = reply->headers[i].value;

		if (http_slice_is(name, "set-cookie"))
			return false;
		while (http_slice_is(name, "vary") && rest.n) {
			const struct http_slice by = http_list_next(&rest);

			if (by.n && !is_in(own->headers, own->n_headers, by))
				return false;
		}
	}
	return true;
}

/* In milliseconds; 0: it is not kept. */
static uint64_t lifetime(const struct gateway_call *c, const struct caching *own,
			 const struct gateway_reply *reply)
{
	const struct control b = control_of(reply->headers, reply->n_headers);
	uint32_t s = own->duration;

	if (c->status != 200 || c->error || b.no_store || b.no_cache || b.is_private ||
	    reply->answer.stream || !is_shared(reply, own) ||
	    (has_credentials(c, own) && !b.is_public && !b.has_shared))
		return 0;
	if (b.has_shared)
		s = b.shared_age;
	else if (b.has_max)
		s = b.max_age;
	return s * UINT64_C(1000);
}

static void after(struct gateway_call *c, const struct gateway_plugin *p,
		  struct gateway_reply *reply)
{
	static const char *const always[] = {"content-type", "content-encoding",
					     "content-language"};
	const struct caching *own = p->own;
	const uint64_t now = loop_now(c->gateway->loop);
	const struct http_slice key = c->cache_key;
	struct http_header headers[HTTP_MAX_HEADERS];
	struct gateway_cached what = {
		.headers = headers, .body = reply->answer.body, .stored_ms = now};
	uint64_t ms;

	c->cache_key = (struct http_slice){NULL, 0};
	ms = key.n ? lifetime(c, own, reply) : 0;
	for (size_t i = 0; ms && i < reply->n_headers; i++) {
		const struct http_slice name = reply->headers[i].name;

		if (is_in(always, ARRAY_LEN(always), name) ||
		    is_in(own->cacheable, own->n_cacheable, name))
			headers[what.n_headers++] = reply->headers[i];
		if (what.n_headers == HTTP_MAX_HEADERS - 1) /* X-Ca-Caching comes to them */
			ms = 0;
	}
	if (ms)
		gateway_cache_put(c->gateway->cache, key, &what, now + ms);
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct caching *own = p->own;

	if (!t->asked || !http_slice_equal(t->method, http_slice("GET")))
		return NULL;
	return arena_printf(t->a,
			    "plug-in %s: within %u s the answer may come from the gateway's cache",
			    p->name, own->duration);
}

const struct gateway_plugin_ops gateway_plugin_caching = {
	.name = "caching",
	.read = read_own,
	.late = late,
	.after = after,
	.explain = explain,
};
