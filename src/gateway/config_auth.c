// SPDX-License-Identifier: GPL-2.0-only
/* Apps, and what APIs demand of them. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/config_read.h"

static bool sound(const char *s)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] <= 0x20 || s[i] >= 0x7f)
			return false;
	}
	return n > 0 && n <= GATEWAY_APP_TEXT;
}

static int app(struct config_reader *r, json_t *j, size_t i)
{
	struct gateway_app *x = &r->config->apps[i];
	const char *name, *id, *key, *secret, *code;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:s, s:s !}", "name", &name, "id", &id, "key",
			   &key, "secret", &secret, "code", &code) < 0)
		return config_wrong(r, "apps", i, e.text);
	if (!sound(key) || !sound(secret) || !sound(code))
		return config_wrong(r, "apps", i, "malformed key, secret or code");
	*x = (struct gateway_app){config_copy(r, name), config_copy(r, id), config_copy(r, key),
				  config_copy(r, secret), config_copy(r, code)};
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct gateway_app *)a)->key, ((const struct gateway_app *)b)->key);
}

int config_apps(struct config_reader *r, json_t *list)
{
	struct gateway_config *c = r->config;
	json_t *j;
	size_t i;

	if (list && !json_is_array(list))
		return config_wrong(r, "apps", 0, "must be a list");
	c->n_apps = json_array_size(list);
	c->apps = arena_alloc(r->a, c->n_apps * sizeof(*c->apps) + 1);
	json_array_foreach (list, i, j) {
		if (app(r, j, i) < 0)
			return -1;
	}
	if (c->n_apps)
		qsort(c->apps, c->n_apps, sizeof(*c->apps), by_key);
	for (i = 1; i < c->n_apps; i++) {
		if (strcmp(c->apps[i - 1].key, c->apps[i].key) == 0)
			return config_wrong(r, "apps", i, "two with the same key");
	}
	return 0;
}

const struct gateway_app *config_find_app(const struct config_reader *r, const char *name)
{
	for (size_t i = 0; i < r->config->n_apps; i++) {
		if (strcmp(r->config->apps[i].name, name) == 0)
			return &r->config->apps[i];
	}
	return NULL;
}

static int grant(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api,
		 struct gateway_grant *g)
{
	const char *name;
	json_t *stages;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:o !}", "app", &name, "stages", &stages) < 0)
		return config_wrong(r, "apis", i, e.text);
	g->app = config_find_app(r, name);
	if (!g->app)
		return config_wrong(r, "apis", i, "authorizes an app that there is not");
	return config_stages(r, stages, i, api->group, &g->stages);
}

static int code_place(struct config_reader *r, const char *name, size_t i,
		      enum gateway_app_code *out)
{
	static const char *const names[] = {[GATEWAY_CODE_DISABLED] = "DISABLE",
					    [GATEWAY_CODE_HEADER] = "HEADER",
					    [GATEWAY_CODE_HEADER_QUERY] = "HEADER_QUERY"};
	const int k = config_word(name, names, ARRAY_LEN(names));

	if (k < 0)
		return config_wrong(r, "apis", i,
				    "app_code must be DISABLE, HEADER or HEADER_QUERY");
	*out = (enum gateway_app_code)k;
	return 0;
}

int config_auth(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api)
{
	struct gateway_auth *a = &api->auth;
	const char *code;
	int nonce;
	json_t *grants, *g;
	json_error_t e;
	size_t k;

	if (!j)
		return 0;
	if (json_unpack_ex(j, &e, 0, "{s:b, s:s, s:o !}", "nonce", &nonce, "app_code", &code,
			   "apps", &grants) < 0)
		return config_wrong(r, "apis", i, e.text);
	if (!json_is_array(grants))
		return config_wrong(r, "apis", i, "apps must be a list");
	a->required = true;
	a->nonce = nonce;
	a->n_grants = json_array_size(grants);
	a->grants = arena_alloc(r->a, a->n_grants * sizeof(*a->grants) + 1);
	json_array_foreach (grants, k, g) {
		if (grant(r, g, i, api, &a->grants[k]) < 0)
			return -1;
	}
	return code_place(r, code, i, &a->app_code);
}
