// SPDX-License-Identifier: GPL-2.0-only
#include "web/route.h"

#include <string.h>

#include "base/cleanup.h"

#define PARAMETER_MAX 128u
#define PARAMETERS    4

struct endpoint {
	const char *path, *what;
	const char *parameters[PARAMETERS]; /* all that it knows; the first is required */
	enum web_kind kind;
};

static const struct endpoint endpoints[] = {
	{"/api/events", "snapshot", {NULL}, WEB_EVENTS},
	{"/api/node", "node", {"name"}, WEB_ASK},
	{"/api/explain", "explain", {"from", "to", "api"}, WEB_ASK},
	{"/api/run", "run", {"do"}, WEB_RUN},
};

static const struct web_asset *find_asset(struct http_slice path)
{
	for (size_t i = 0; i < web_n_assets; i++)
		if (http_slice_equal(path, http_slice(web_assets[i].path)))
			return &web_assets[i];
	return NULL;
}

static const struct endpoint *find_endpoint(struct http_slice path)
{
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		if (http_slice_equal(path, http_slice(endpoints[i].path)))
			return &endpoints[i];
	return NULL;
}

/* What names of namespaces and numbers are made of: nothing that JSON would have to escape. */
static bool is_plain(struct http_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", s.p[i]) || !s.p[i])
			return false;
	return s.n && s.n <= PARAMETER_MAX;
}

static struct http_slice cut(struct http_slice *rest, char at)
{
	const char *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
	struct http_slice head = {rest->p, end ? (size_t)(end - rest->p) : rest->n};

	rest->p += head.n + (end ? 1 : 0);
	rest->n -= head.n + (end ? 1 : 0);
	return head;
}

static int parameter_of(const struct endpoint *e, struct http_slice name)
{
	for (int i = 0; i < PARAMETERS && e->parameters[i]; i++)
		if (http_slice_equal(name, http_slice(e->parameters[i])))
			return i;
	return -1;
}

static bool read_query(const struct endpoint *e, struct http_slice query, struct strbuf *ask)
{
	bool seen[PARAMETERS] = {false};

	strbuf_printf(ask, "{\"what\":\"%s\"", e->what);
	while (query.n) {
		struct http_slice value = cut(&query, '&'), name = cut(&value, '=');
		int i = parameter_of(e, name);

		if (i < 0 || seen[i] || !is_plain(value))
			return false;
		seen[i] = true;
		strbuf_printf(ask, ",\"%s\":\"%.*s\"", e->parameters[i], (int)value.n, value.p);
	}
	strbuf_addc(ask, '}');
	return !e->parameters[0] || seen[0];
}

static bool is_method(const struct http_head *head, const char *method)
{
	return http_slice_equal(head->method, http_slice(method));
}

struct web_route web_route(const struct http_head *head, struct strbuf *ask)
{
	struct web_route r = {.kind = WEB_NOT_FOUND, .allow = "GET"};
	const struct endpoint *e = find_endpoint(head->path);

	r.asset = find_asset(head->path);
	if (r.asset) {
		r.allow = "GET, HEAD";
		r.kind = is_method(head, "GET") || is_method(head, "HEAD") ? WEB_ASSET
									   : WEB_WRONG_METHOD;
		return r;
	}
	if (!e)
		return r;
	if (e->kind == WEB_RUN)
		r.allow = "POST";
	if (!is_method(head, r.allow))
		r.kind = WEB_WRONG_METHOD;
	else
		r.kind = read_query(e, head->query, ask) ? e->kind : WEB_BAD_REQUEST;
	return r;
}
