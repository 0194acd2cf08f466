// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cross-origin calls (the Fetch standard, 3.2): a preflight is answered here and reaches no backend; what a backend says
 * of other origins is replaced.
 */
#include <string.h>

#include "base/cleanup.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/plugin.h"
#include "http/write.h"

struct cors {
	struct http_slice origins;                  /* "api.foo.com,*.foo.com" */
	struct http_slice methods, headers, expose; /* n 0: nothing is said */
	bool any;                                   /* one of the origins is "*" */
	bool credentials;
	const char *max_age; /* seconds; NULL: nothing is said */
};

static int read_text(struct config_reader *r, const char *text, size_t i, struct http_slice *out)
{
	*out = http_slice(text ? config_copy(r, text) : "");
	if (!http_header_valid(http_slice("x"), *out))
		return config_wrong(r, "plugins", i, "a list that cannot be a header");
	return 0;
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct cors *own = arena_alloc(r->a, sizeof(*own));
	const char *name, *kind, *origins, *methods = NULL, *headers = NULL, *expose = NULL;
	json_int_t max_age = -1;
	struct http_slice rest;
	int credentials;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s?s, s?s, s?s, s:b, s?I !}", "name", &name,
			   "kind", &kind, "origins", &origins, "methods", &methods, "headers",
			   &headers, "expose", &expose, "credentials", &credentials, "max_age",
			   &max_age) < 0)
		return config_wrong(r, "plugins", i, e.text);
	own->credentials = credentials;
	own->max_age = max_age < 0 ? NULL : arena_printf(r->a, "%lld", (long long)max_age);
	p->own = own;
	if (read_text(r, origins, i, &own->origins) < 0 ||
	    read_text(r, methods, i, &own->methods) < 0 ||
	    read_text(r, headers, i, &own->headers) < 0 ||
	    read_text(r, expose, i, &own->expose) < 0)
		return -1;
	for (rest = own->origins; rest.n;)
		own->any |= http_slice_equal(http_list_next(&rest), http_slice("*"));
	return 0;
}

/* ---- origins ---- */

static const char *after_scheme(struct http_slice s)
{
	for (size_t i = 0; i + 3 <= s.n; i++) {
		if (memcmp(s.p + i, "://", 3) == 0)
			return s.p + i + 3;
	}
	return NULL;
}

/* entry: "https://api.foo.com", "api.foo.com", "api.foo.com:8080", "*.foo.com" */
static bool origin_is(struct http_slice origin, struct http_slice entry)
{
	const char *at = after_scheme(origin);
	struct http_slice host = origin;
	const char *port;

	if (after_scheme(entry) || !at)
		return http_slice_same(origin, entry);
	host.p = at;
	host.n = origin.n - (size_t)(at - origin.p);
	port = host.n ? memchr(host.p, ':', host.n) : NULL;
	if (port && !memchr(entry.p, ':', entry.n))
		host.n = (size_t)(port - host.p);
	if (entry.n < 2 || memcmp(entry.p, "*.", 2) != 0)
		return http_slice_same(host, entry);
	entry.p++;
	entry.n--;
	return host.n > entry.n &&
	       http_slice_same((struct http_slice){host.p + host.n - entry.n, entry.n}, entry);
}

static bool allowed(const struct cors *own, struct http_slice origin)
{
	struct http_slice rest = own->origins;

	while (!own->any && rest.n) {
		const struct http_slice entry = http_list_next(&rest);

		if (entry.n && origin_is(origin, entry))
			return true;
	}
	return own->any;
}

/* ---- calls ---- */

static bool early(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct http_slice origin = http_head_get(c->r->head, "origin");

	if (!origin.p)
		return true;
	if (!allowed(p->own, origin)) {
		gateway_answer_error(c, GATEWAY_ORIGIN_REFUSED,
				     arena_strndup(c->r->arena, origin.p, origin.n));
		return false;
	}
	if (!gateway_is_preflight(c->r->head))
		return true;
	if (gateway_answer_backend(c, &(struct httpd_answer){.status = 200}) < 0)
		gateway_answer_error(c, GATEWAY_OVERLOADED, NULL);
	return false;
}

static void say(struct gateway_reply *reply, const char *name, struct http_slice value)
{
	if (value.n)
		gateway_reply_add(reply, name, value);
}

static void after(struct gateway_call *c, const struct gateway_plugin *p,
		  struct gateway_reply *reply)
{
	static const char *const names[] = {
		"access-control-allow-origin",   "access-control-allow-credentials",
		"access-control-expose-headers", "access-control-allow-methods",
		"access-control-allow-headers",  "access-control-max-age"};
	const struct http_slice origin = http_head_get(c->r->head, "origin");
	const struct cors *own = p->own;
	const bool all = own->any && !own->credentials;
	const bool agreed = origin.p && c->error != GATEWAY_ORIGIN_REFUSED;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		gateway_reply_drop(reply, names[i]);
	if (agreed)
		say(reply, "Access-Control-Allow-Origin", all ? http_slice("*") : origin);
	if (!all) /* also where there is nothing to say: that is because of the origin */
		say(reply, "Vary", http_slice("Origin"));
	if (!agreed)
		return;
	if (own->credentials)
		say(reply, "Access-Control-Allow-Credentials", http_slice("true"));
	if (gateway_is_preflight(c->r->head)) {
		say(reply, "Access-Control-Allow-Methods", own->methods);
		say(reply, "Access-Control-Allow-Headers", own->headers);
		if (own->max_age)
			say(reply, "Access-Control-Max-Age", http_slice(own->max_age));
	} else {
		say(reply, "Access-Control-Expose-Headers", own->expose);
	}
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct cors *own = p->own;

	return t->asked ? NULL
			: arena_printf(t->a, "plug-in %s: pages of %s may call", p->name,
				       own->origins.p);
}

const struct gateway_plugin_ops gateway_plugin_cors = {
	.name = "cors",
	.read = read_own,
	.early = early,
	.after = after,
	.explain = explain,
};
