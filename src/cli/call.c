// SPDX-License-Identifier: GPL-2.0-only
#include "cli/call.h"

#include <string.h>

#include "base/strbuf.h"

error_t cli_call_option(struct cli_call_options *o, int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'a': o->app = arg; return 0;
	case 'p': o->path = arg; return 0;
	case 's': o->stage = arg; return 0;
	case 'X': o->method = arg; return 0;
	case 'd': o->body = arg; return 0;
	case 't': o->https = true; return 0;
	case 'H':
		if (o->n_headers == CLI_CALL_HEADERS || !strchr(arg, ':'))
			argp_error(state, "no header, or too many of them: \"%s\"", arg);
		o->headers[o->n_headers++] = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (!o->lab)
			o->lab = arg;
		else if (!o->api)
			o->api = arg;
		else
			argp_error(state, "one API, not also \"%s\"", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->api)
			argp_error(state, "which lab, and which of its APIs?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

#define LISTED 12 /* names that a hint has room for */

static int unknown(const char *kind, const char *name, const char *const *names, size_t n,
		   struct lab_error **err)
{
	const char *nearest = diag_nearest(name, names, n);
	auto_strbuf struct strbuf list = {0};

	(void)lab_error_make(err, LAB_USAGE, "no such %s: %s", kind, name);
	if (nearest)
		return lab_error_hint(err, "did you mean %s?", nearest);
	for (size_t i = 0; i < n && i < LISTED; i++)
		strbuf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	return lab_error_hint(err, "the lab has %s%s", n ? strbuf_str(&list) : "none",
			      n > LISTED ? ", ..." : "");
}

static int unknown_api(const struct lab *lab, const char *name, struct lab_error **err)
{
	const char **names = arena_alloc(lab->arena, (lab->n_apis + 1) * sizeof(*names));

	for (size_t i = 0; i < lab->n_apis; i++)
		names[i] = lab->apis[i].id.name;
	return unknown("API", name, names, lab->n_apis, err);
}

static int unknown_app(const struct lab *lab, const char *name, struct lab_error **err)
{
	const char **names = arena_alloc(lab->arena, (lab->n_apps + 1) * sizeof(*names));

	for (size_t i = 0; i < lab->n_apps; i++)
		names[i] = lab->apps[i].id.name;
	return unknown("app", name, names, lab->n_apps, err);
}

static const struct api *find_api(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->n_apis; i++)
		if (strcmp(lab->apis[i].id.name, name) == 0)
			return &lab->apis[i];
	return NULL;
}

static const struct app *find_app(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->n_apps; i++)
		if (strcmp(lab->apps[i].id.name, name) == 0)
			return &lab->apps[i];
	return NULL;
}

/* The first app that may call it in that stage; where there is none, the first one of all. */
static const struct app *choose_app(const struct lab *lab, const struct api *api, const char *stage)
{
	for (size_t i = 0; i < lab->n_app_attachments; i++) {
		const struct app_attachment *a = &lab->app_attachments[i];

		if (a->api.to == api && strcmp(a->stage_name.s, stage) == 0)
			return a->app.to;
	}
	return lab->n_apps ? &lab->apps[0] : NULL;
}

static const char *method_of(const struct api *api, const struct cli_call_options *o)
{
	static const char *const names[] = {
		[API_GET] = "GET",         [API_POST] = "POST",   [API_PUT] = "PUT",
		[API_DELETE] = "DELETE",   [API_PATCH] = "PATCH", [API_HEAD] = "HEAD",
		[API_OPTIONS] = "OPTIONS", [API_ANY] = NULL};

	if (o->method)
		return o->method;
	if (names[api->method])
		return names[api->method];
	return o->body ? "POST" : "GET";
}

static const char *url_of(const struct lab *lab, const struct api *api, const char *path,
			  bool https)
{
	const struct api_group *g = api->group.to;
	const char *base = g->base_path.s && strcmp(g->base_path.s, "/") != 0 ? g->base_path.s : "";

	return arena_printf(lab->arena, "%s://%s%s%s",
			    https || !(api->protocol & API_HTTP) ? "https" : "http",
			    g->vpc_domain ? lab_vpc_domain(lab, g) : lab_public_domain(lab, g),
			    base, path ? path : api->path.s);
}

/* The caller's, and the stage. */
static void add_headers(const struct lab *lab, const struct cli_call_options *o,
			struct cli_call *call)
{
	const char **all = arena_alloc(lab->arena, (CLI_CALL_HEADERS + 1) * sizeof(*all));

	for (size_t i = 0; i < o->n_headers; i++)
		all[call->n_headers++] = o->headers[i];
	if (o->stage)
		all[call->n_headers++] = arena_printf(lab->arena, "X-Ca-Stage: %s", o->stage);
	call->headers = all;
}

int cli_call_find(const struct lab *lab, const struct cli_call_options *o, struct cli_call *call,
		  struct lab_error **err)
{
	const struct api *api = find_api(lab, o->api);

	*call = (struct cli_call){.api = api};
	if (!api)
		return unknown_api(lab, o->api, err);
	if (!o->path && strchr(api->path.s, '[')) {
		(void)lab_error_make(err, LAB_USAGE, "the path of API %s has parameters: %s",
				     o->api, api->path.s);
		return lab_error_hint(err, "say --path PATH");
	}
	if (o->path && o->path[0] != '/')
		return lab_error_make(err, LAB_USAGE, "a path begins with a slash, not so: %s",
				      o->path);
	if (o->app) {
		call->app = find_app(lab, o->app);
		if (!call->app)
			return unknown_app(lab, o->app, err);
	} else if (api->auth_type == AUTH_APP) {
		call->app = choose_app(lab, api, o->stage ? o->stage : "RELEASE");
	}
	call->method = method_of(api, o);
	call->url = url_of(lab, api, o->path, o->https);
	add_headers(lab, o, call);
	return 0;
}
