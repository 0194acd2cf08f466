// SPDX-License-Identifier: GPL-2.0-only
/*
 * jansson's strict unpacking ("!") refuses unknown keys, so each object's format string is the list
 * of what it may hold.
 */
#include "gateway/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/worker.h"
#include "http/chars.h"

struct reader {
	struct arena *a;
	struct gateway_config *config;
	json_t *sockets;
	struct lab_error **err;
};

static void cleanup_json(json_t **j)
{
	json_decref(*j);
}

/* "apis[2]: wrong type" as an error of this configuration. */
static int wrong(struct reader *r, const char *what, size_t i, const char *why)
{
	return lab_error_make(r->err, LAB_USAGE, "configuration: %s[%zu]: %s", what, i, why);
}

static char *copy(struct reader *r, const char *s)
{
	return s ? arena_strdup(r->a, s) : NULL;
}

static int listener(struct reader *r, json_t *j, size_t i)
{
	const char *socket, *protocol;
	struct gateway_listener *l = &r->config->listeners[i];
	json_error_t e;
	json_t *s;
	size_t n;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s !}", "socket", &socket, "protocol", &protocol) < 0)
		return wrong(r, "listeners", i, e.text);
	if (strcmp(protocol, "HTTP") != 0)
		return wrong(r, "listeners", i, "protocol must be HTTP");
	l->fd = -1;
	l->socket = copy(r, socket);
	json_array_foreach (r->sockets, n, s) {
		const char *name = json_string_value(json_object_get(s, "name"));

		if (name && strcmp(name, socket) == 0)
			l->fd = WORKER_FD_SOCKET_0 + (int)n;
	}
	return l->fd < 0 ? wrong(r, "listeners", i, "no such socket") : 0;
}

static bool valid_domain(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (!http_is_alpha(c) && !http_is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return n > 0 && n <= 253;
}

static int domain(struct reader *r, json_t *j, size_t i, struct gateway_domain *d)
{
	const char *name, *kind;
	json_error_t e;
	char *lower;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s !}", "name", &name, "kind", &kind) < 0)
		return wrong(r, "domains", i, e.text);
	if (!valid_domain(name))
		return wrong(r, "domains", i, "malformed name");
	if (strcmp(kind, "vpc") != 0 && strcmp(kind, "public") != 0)
		return wrong(r, "domains", i, "kind must be vpc or public");
	lower = copy(r, name);
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	d->name = lower;
	d->is_public = strcmp(kind, "public") == 0;
	return 0;
}

static bool valid_path(const char *s)
{
	if (s[0] != '/')
		return false;
	for (; *s; s++) {
		if (*s <= 0x20 || *s >= 0x7f || *s == '?' || *s == '#')
			return false;
	}
	return true;
}

static int stage_names(struct reader *r, json_t *j, size_t i, struct gateway_group *g)
{
	json_t *s;
	size_t n;

	g->n_stages = json_array_size(j);
	if (g->n_stages == 0 || g->n_stages > GATEWAY_MAX_STAGES)
		return wrong(r, "groups", i, "stages must be a list of 1 to 32 names");
	g->stages = arena_alloc(r->a, g->n_stages * sizeof(*g->stages));
	g->stage_ids = arena_alloc(r->a, g->n_stages * sizeof(*g->stage_ids));
	json_array_foreach (j, n, s) {
		const char *name = json_string_value(s);

		if (!name || !name[0])
			return wrong(r, "groups", i, "a stage must have a name");
		g->stages[n] = copy(r, name);
		g->stage_ids[n] = arena_printf(r->a, "%016" PRIx64 "%016" PRIx64,
					       hash_str(hash_str(1, g->id), name),
					       hash_str(hash_str(2, g->id), name));
		for (size_t k = 0; k < n; k++) {
			if (strcasecmp(g->stages[k], name) == 0)
				return wrong(r, "groups", i, "the same stage twice");
		}
	}
	return 0;
}

static int group(struct reader *r, json_t *j, size_t i)
{
	struct gateway_group *g = &r->config->groups[i];
	const char *name, *id, *base_path;
	json_t *stages, *domains, *d;
	json_error_t e;
	size_t n, len;
	char *base;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:o, s:o !}", "name", &name, "id", &id,
			   "base_path", &base_path, "stages", &stages, "domains", &domains) < 0)
		return wrong(r, "groups", i, e.text);
	if (!valid_path(base_path))
		return wrong(r, "groups", i, "malformed base_path");
	g->name = copy(r, name);
	g->id = copy(r, id);
	base = copy(r, base_path);
	len = strlen(base);
	if (len > 1 && base[len - 1] == '/')
		base[len - 1] = '\0';
	g->base_path = base;
	if (stage_names(r, stages, i, g) < 0)
		return -1;
	if (!json_is_array(domains))
		return wrong(r, "groups", i, "domains must be a list");
	g->n_domains = json_array_size(domains);
	g->domains = arena_alloc(r->a, g->n_domains * sizeof(*g->domains));
	json_array_foreach (domains, n, d) {
		if (domain(r, d, n, &g->domains[n]) < 0)
			return -1;
	}
	return 0;
}

static int function_backend(struct reader *r, json_t *j, size_t i, struct gateway_backend *b)
{
	const char *kind, *function, *address, *role = NULL;
	json_int_t port, timeout;
	json_error_t e;
	uint32_t ip;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:I, s:I, s?s !}", "kind", &kind, "function",
			   &function, "address", &address, "port", &port, "timeout_ms", &timeout,
			   "role", &role) < 0)
		return wrong(r, "apis", i, e.text);
	if (!ip_parse(address, &ip) || port < 1 || port > 65535)
		return wrong(r, "apis", i, "malformed address or port of the function");
	if (timeout < 1 || timeout > 86400000)
		return wrong(r, "apis", i, "timeout_ms out of range");
	b->kind = GATEWAY_FUNCTION;
	b->function = copy(r, function);
	b->role = copy(r, role);
	b->timeout_ms = (unsigned int)timeout;
	b->address.sin_family = AF_INET;
	b->address.sin_port = htons((uint16_t)port);
	b->address.sin_addr.s_addr = htonl(ip);
	b->authority = arena_printf(r->a, "%s:%d", address, (int)port);
	return 0;
}

static int mock_backend(struct reader *r, json_t *j, size_t i, struct gateway_backend *b)
{
	const char *kind, *body = "";
	json_int_t status = 200;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s?I, s?s !}", "kind", &kind, "status", &status, "body",
			   &body) < 0)
		return wrong(r, "apis", i, e.text);
	if (status < 200 || status > 599)
		return wrong(r, "apis", i, "status of the mock out of range");
	b->kind = GATEWAY_MOCK;
	b->status = (int)status;
	b->body = copy(r, body);
	return 0;
}

static int backend(struct reader *r, json_t *j, size_t i, struct gateway_backend *b)
{
	const char *kind = json_string_value(json_object_get(j, "kind"));

	if (kind && strcmp(kind, "function") == 0)
		return function_backend(r, j, i, b);
	if (kind && strcmp(kind, "mock") == 0)
		return mock_backend(r, j, i, b);
	return wrong(r, "apis", i, "kind of the backend must be function or mock");
}

static int protocols(struct reader *r, json_t *j, size_t i, struct gateway_api *api)
{
	json_t *p;
	size_t n;

	json_array_foreach (j, n, p) {
		const char *name = json_string_value(p);

		if (name && strcmp(name, "HTTP") == 0)
			api->http = true;
		else if (name && strcmp(name, "HTTPS") == 0)
			api->https = true;
		else
			return wrong(r, "apis", i, "protocol must hold HTTP and HTTPS only");
	}
	return api->http || api->https ? 0 : wrong(r, "apis", i, "no protocol");
}

static int published(struct reader *r, json_t *j, size_t i, struct gateway_api *api)
{
	json_t *s;
	size_t n;

	if (!json_is_array(j))
		return wrong(r, "apis", i, "stages must be a list");
	json_array_foreach (j, n, s) {
		const char *name = json_string_value(s);
		size_t k = 0;

		while (name && k < api->group->n_stages && strcmp(api->group->stages[k], name) != 0)
			k++;
		if (!name || k == api->group->n_stages)
			return wrong(r, "apis", i, "a stage that the group has not");
		api->stages |= 1u << k;
	}
	return 0;
}

static bool valid_method(const char *s)
{
	for (const char *p = s; *p; p++) {
		if (!http_is_token_char((unsigned char)*p))
			return false;
	}
	return s[0] != '\0';
}

static int api(struct reader *r, json_t *j, size_t i)
{
	struct gateway_api *x = &r->config->apis[i];
	const char *name, *id, *group_name, *method, *path;
	json_t *protocol, *stages, *b;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o !}", "name", &name,
			   "id", &id, "group", &group_name, "method", &method, "path", &path,
			   "protocol", &protocol, "stages", &stages, "backend", &b) < 0)
		return wrong(r, "apis", i, e.text);
	for (size_t k = 0; k < r->config->n_groups; k++) {
		if (strcmp(r->config->groups[k].name, group_name) == 0)
			x->group = &r->config->groups[k];
	}
	if (!x->group)
		return wrong(r, "apis", i, "no such group");
	if (!valid_path(path))
		return wrong(r, "apis", i, "malformed path");
	if (!valid_method(method))
		return wrong(r, "apis", i, "malformed method");
	x->name = copy(r, name);
	x->id = copy(r, id);
	x->path = copy(r, path);
	x->method = strcmp(method, "ANY") == 0 ? NULL : copy(r, method);
	if (protocols(r, protocol, i, x) < 0 || published(r, stages, i, x) < 0)
		return -1;
	return backend(r, b, i, &x->backend);
}

static int each(struct reader *r, json_t *list, int (*fn)(struct reader *, json_t *, size_t))
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (fn(r, item, i) < 0)
			return -1;
	}
	return 0;
}

static int read_object(struct reader *r, json_t *root)
{
	struct gateway_config *c = r->config;
	const char *instance, *id, *region, *type;
	json_t *listeners, *groups, *apis;
	json_error_t e;

	if (json_unpack_ex(root, &e, 0, "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o !}", "instance",
			   &instance, "instance_id", &id, "region", &region, "type", &type,
			   "listeners", &listeners, "groups", &groups, "apis", &apis, "sockets",
			   &r->sockets) < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: %s", e.text);
	if (!json_is_array(listeners) || !json_is_array(groups) || !json_is_array(apis) ||
	    !json_is_array(r->sockets))
		return lab_error_make(r->err, LAB_USAGE,
				      "configuration: listeners, groups, apis, sockets: lists");
	c->instance = copy(r, instance);
	c->instance_id = copy(r, id);
	c->region = copy(r, region);
	c->serverless = strcmp(type, "serverless") == 0;
	c->n_listeners = json_array_size(listeners);
	c->listeners = arena_alloc(r->a, c->n_listeners * sizeof(*c->listeners));
	c->n_groups = json_array_size(groups);
	c->groups = arena_alloc(r->a, c->n_groups * sizeof(*c->groups));
	c->n_apis = json_array_size(apis);
	c->apis = arena_alloc(r->a, c->n_apis * sizeof(*c->apis));
	if (each(r, listeners, listener) < 0 || each(r, groups, group) < 0)
		return -1;
	return each(r, apis, api);
}

struct gateway_config *gateway_config_read(struct arena *a, const char *text, size_t len,
					   struct lab_error **err)
{
	__attribute__((cleanup(cleanup_json))) json_t *root = NULL;
	struct reader r = {.a = a, .err = err};
	json_error_t e;

	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!root) {
		lab_error_make(err, LAB_USAGE, "configuration: line %d: %s", e.line, e.text);
		return NULL;
	}
	r.config = arena_alloc(a, sizeof(*r.config));
	return read_object(&r, root) < 0 ? NULL : r.config;
}
