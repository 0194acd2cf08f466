// SPDX-License-Identifier: GPL-2.0-only
/*
 * jansson's strict unpacking ("!") refuses unknown keys, so each object's format string is the list
 * of what it may hold.
 */
#include "gateway/config_read.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/worker.h"
#include "gateway/path.h"
#include "http/chars.h"

int config_wrong(struct config_reader *r, const char *what, size_t i, const char *why)
{
	return lab_error_make(r->err, LAB_USAGE, "configuration: %s[%zu]: %s", what, i, why);
}

char *config_copy(struct config_reader *r, const char *s)
{
	return s ? arena_strdup(r->a, s) : NULL;
}

int config_word(const char *s, const char *const *words, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (strcmp(words[k], s) == 0)
			return (int)k;
	}
	return -1;
}

/* The descriptor of a socket, or -1. */
static int find_socket(struct config_reader *r, const char *wanted)
{
	json_t *s;
	size_t n;

	json_array_foreach (r->sockets, n, s) {
		const char *name = json_string_value(json_object_get(s, "name"));

		if (name && strcmp(name, wanted) == 0)
			return WORKER_FD_SOCKET_0 + (int)n;
	}
	return -1;
}

static int listener(struct config_reader *r, json_t *j, size_t i)
{
	const char *socket, *protocol;
	struct gateway_listener *l = &r->config->listeners[i];
	int internet = 0;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s?b !}", "socket", &socket, "protocol", &protocol,
			   "internet", &internet) < 0)
		return config_wrong(r, "listeners", i, e.text);
	l->internet = internet != 0;
	l->https = strcmp(protocol, "HTTPS") == 0;
	if (!l->https && strcmp(protocol, "HTTP") != 0)
		return config_wrong(r, "listeners", i, "protocol must be HTTP or HTTPS");
	if (l->https && r->config->certificates_fd < 0)
		return config_wrong(r, "listeners", i, "HTTPS without certificates");
	l->socket = config_copy(r, socket);
	l->fd = find_socket(r, socket);
	return l->fd < 0 ? config_wrong(r, "listeners", i, "no such socket") : 0;
}

static bool valid_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (!http_is_alpha(c) && !http_is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return n > 0 && n <= 253;
}

bool config_valid_host(const char *s)
{
	size_t n = strcspn(s, ":"), digits = strlen(s) - n;

	if (!valid_name(s, n))
		return false;
	return digits == 0 ||
	       (digits >= 2 && digits <= 6 && strspn(s + n + 1, "0123456789") == digits - 1);
}

static const char *lower_copy(struct config_reader *r, const char *name)
{
	char *lower = config_copy(r, name);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return lower;
}

static int elsewhere(struct config_reader *r, json_t *j, size_t i)
{
	const char *name = json_string_value(j);

	if (!name || !valid_name(name, strlen(name)))
		return config_wrong(r, "elsewhere", i, "malformed name");
	r->config->elsewhere[i] = lower_copy(r, name);
	return 0;
}

static int domain(struct config_reader *r, json_t *j, size_t i, struct gateway_domain *d)
{
	const char *name, *kind;
	json_error_t e;
	int certificate = 1;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s?b !}", "name", &name, "kind", &kind,
			   "certificate", &certificate) < 0)
		return config_wrong(r, "domains", i, e.text);
	if (!valid_name(name, strlen(name)))
		return config_wrong(r, "domains", i, "malformed name");
	if (strcmp(kind, "vpc") != 0 && strcmp(kind, "public") != 0 && strcmp(kind, "custom") != 0)
		return config_wrong(r, "domains", i, "kind must be vpc, public or custom");
	d->name = lower_copy(r, name);
	d->is_vpc = strcmp(kind, "vpc") == 0;
	d->is_public = strcmp(kind, "public") == 0;
	d->certificate = certificate != 0;
	return 0;
}

bool config_valid_path(const char *s)
{
	if (s[0] != '/')
		return false;
	for (; *s; s++) {
		if (*s <= 0x20 || *s >= 0x7f || *s == '?' || *s == '#')
			return false;
	}
	return true;
}

static int stage_names(struct config_reader *r, json_t *j, size_t i, struct gateway_group *g)
{
	json_t *s;
	size_t n;

	g->n_stages = json_array_size(j);
	if (g->n_stages == 0 || g->n_stages > GATEWAY_MAX_STAGES)
		return config_wrong(r, "groups", i, "stages must be a list of 1 to 32 names");
	g->stages = arena_alloc(r->a, g->n_stages * sizeof(*g->stages));
	g->stage_ids = arena_alloc(r->a, g->n_stages * sizeof(*g->stage_ids));
	json_array_foreach (j, n, s) {
		const char *name = json_string_value(s);

		if (!name || !name[0])
			return config_wrong(r, "groups", i, "a stage must have a name");
		g->stages[n] = config_copy(r, name);
		g->stage_ids[n] = arena_printf(r->a, "%016" PRIx64 "%016" PRIx64,
					       hash_str(hash_str(1, g->id), name),
					       hash_str(hash_str(2, g->id), name));
		for (size_t k = 0; k < n; k++) {
			if (strcasecmp(g->stages[k], name) == 0)
				return config_wrong(r, "groups", i, "the same stage twice");
		}
	}
	return 0;
}

/* limit: NULL or a number of calls a second, of what has the hash. */
static int read_rate(struct config_reader *r, const char *what, json_t *limit, uint64_t hash,
		     struct gateway_rate *rate)
{
	const json_int_t n = json_integer_value(limit);

	if (!limit)
		return 0;
	if (n < 1 || n > UINT32_MAX)
		return lab_error_make(r->err, LAB_USAGE, "configuration: %s out of range", what);
	if (r->config->state_fd < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: %s without state", what);
	*rate = (struct gateway_rate){(uint32_t)n, hash};
	return 0;
}

int config_blocks(struct config_reader *r, json_t *list, struct ip_prefix **blocks, size_t *n)
{
	json_t *b;
	size_t i;

	if (list && !json_is_array(list))
		return -1;
	*n = json_array_size(list);
	*blocks = arena_alloc(r->a, *n * sizeof(**blocks) + 1);
	json_array_foreach (list, i, b) {
		const char *text = json_string_value(b);

		if (!text || ip_prefix_parse(text, &(*blocks)[i]) != IP_OK)
			return -1;
	}
	return 0;
}

static int group(struct config_reader *r, json_t *j, size_t i)
{
	struct gateway_group *g = &r->config->groups[i];
	const char *name, *id, *base_path;
	json_t *stages, *domains, *limit = NULL, *vpcs = NULL, *d;
	json_error_t e;
	size_t n, len;
	char *base;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:o, s:o, s?o, s?o !}", "name", &name, "id",
			   &id, "base_path", &base_path, "stages", &stages, "domains", &domains,
			   "traffic_limit", &limit, "vpc_whitelist", &vpcs) < 0)
		return config_wrong(r, "groups", i, e.text);
	if (!config_valid_path(base_path))
		return config_wrong(r, "groups", i, "malformed base_path");
	g->name = config_copy(r, name);
	g->id = config_copy(r, id);
	base = config_copy(r, base_path);
	len = strlen(base);
	if (len > 1 && base[len - 1] == '/')
		base[len - 1] = '\0';
	g->base_path = base;
	for (const char *p = base; base[1] && *p; p++)
		g->base_segments += *p == '/';
	if (stage_names(r, stages, i, g) < 0 ||
	    read_rate(r, "traffic_limit", limit, hash_str(7, id), &g->rate) < 0)
		return -1;
	if (config_blocks(r, vpcs, &g->vpc_whitelist, &g->n_vpc_whitelist) < 0)
		return config_wrong(r, "groups", i, "a malformed block");
	if (!json_is_array(domains))
		return config_wrong(r, "groups", i, "domains must be a list");
	g->n_domains = json_array_size(domains);
	g->domains = arena_alloc(r->a, g->n_domains * sizeof(*g->domains));
	json_array_foreach (domains, n, d) {
		if (domain(r, d, n, &g->domains[n]) < 0)
			return -1;
	}
	return 0;
}

static int protocols(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api)
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
			return config_wrong(r, "apis", i, "protocol must hold HTTP and HTTPS only");
	}
	return api->http || api->https ? 0 : config_wrong(r, "apis", i, "no protocol");
}

int config_stages(struct config_reader *r, json_t *list, size_t i, const struct gateway_group *g,
		  uint32_t *set)
{
	json_t *s;
	size_t n;

	if (!json_is_array(list))
		return config_wrong(r, "apis", i, "stages must be a list");
	json_array_foreach (list, n, s) {
		const char *name = json_string_value(s);
		size_t k = 0;

		while (name && k < g->n_stages && strcmp(g->stages[k], name) != 0)
			k++;
		if (!name || k == g->n_stages)
			return config_wrong(r, "apis", i, "a stage that the group has not");
		*set |= 1u << k;
	}
	return 0;
}

bool config_valid_method(const char *s)
{
	for (const char *p = s; *p; p++) {
		if (!http_is_token_char((unsigned char)*p))
			return false;
	}
	return s[0] != '\0';
}

static int read_path(struct config_reader *r, const char *path, size_t i, struct gateway_api *api)
{
	const char *base = api->group->base_segments ? api->group->base_path : "";
	struct http_slice left, segment;
	size_t n = 0;

	if (!config_valid_path(path) ||
	    gateway_path_normalise(r->a, http_slice(arena_printf(r->a, "%s%s", base, path)),
				   &api->path))
		return config_wrong(r, "apis", i, "malformed path");
	api->params = arena_alloc(r->a, GATEWAY_MAX_SEGMENTS * sizeof(*api->params));
	left = api->path;
	while (gateway_path_next(&left, &segment)) {
		if (++n > GATEWAY_MAX_SEGMENTS)
			return config_wrong(r, "apis", i, "too many segments");
		if (gateway_path_is_param(segment))
			api->params[api->n_params++] = arena_strndup(r->a, segment.p + 1,
								     segment.n - 2);
	}
	return 0;
}

static int api(struct config_reader *r, json_t *j, size_t i)
{
	struct gateway_api *x = &r->config->apis[i];
	const char *name, *id, *group_name, *method, *path;
	json_t *protocol, *stages, *b, *auth = NULL, *plugins = NULL, *mapping = NULL;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s?o, s?o, s?o !}",
			   "name", &name, "id", &id, "group", &group_name, "method", &method,
			   "path", &path, "protocol", &protocol, "stages", &stages, "backend", &b,
			   "auth", &auth, "plugins", &plugins, "mapping", &mapping) < 0)
		return config_wrong(r, "apis", i, e.text);
	for (size_t k = 0; k < r->config->n_groups; k++) {
		if (strcmp(r->config->groups[k].name, group_name) == 0)
			x->group = &r->config->groups[k];
	}
	if (!x->group)
		return config_wrong(r, "apis", i, "no such group");
	if (!config_valid_method(method))
		return config_wrong(r, "apis", i, "malformed method");
	x->name = config_copy(r, name);
	x->id = config_copy(r, id);
	x->circuit = hash_str(5, x->id);
	x->method = strcmp(method, "ANY") == 0 ? NULL : config_copy(r, method);
	if (read_path(r, path, i, x) < 0 || protocols(r, protocol, i, x) < 0 ||
	    config_stages(r, stages, i, x->group, &x->stages) < 0)
		return -1;
	if (config_auth(r, auth, i, x) < 0 || config_bound(r, plugins, i, x) < 0 ||
	    config_mapping(r, mapping, i, x) < 0)
		return -1;
	return config_backend(r, b, (struct config_place){"apis", i}, x);
}

static int each(struct config_reader *r, json_t *list,
		int (*fn)(struct config_reader *, json_t *, size_t))
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (fn(r, item, i) < 0)
			return -1;
	}
	return 0;
}

static int read_state(struct config_reader *r, const char *socket, json_t *calls)
{
	struct gateway_config *c = r->config;
	json_int_t n = json_integer_value(calls);

	c->state_fd = socket ? find_socket(r, socket) : -1;
	if (socket && c->state_fd < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: state: no such socket");
	if (!calls)
		return 0;
	if (n < 1 || n > UINT32_MAX)
		return lab_error_make(r->err, LAB_USAGE,
				      "configuration: public_daily_calls out of range");
	if (!socket)
		return lab_error_make(r->err, LAB_USAGE,
				      "configuration: public_daily_calls without state");
	c->public_daily_calls = (uint32_t)n;
	return 0;
}

static int read_certificates(struct config_reader *r, const char *socket)
{
	r->config->certificates_fd = socket ? find_socket(r, socket) : -1;
	return socket && r->config->certificates_fd < 0
		       ? lab_error_make(r->err, LAB_USAGE,
					"configuration: certificates: no such socket")
		       : 0;
}

#define MB (1u << 20)

/* 0: as it was. */
static int read_limit(struct config_reader *r, const char *key, json_int_t n, json_int_t max,
		      unsigned int *out)
{
	if (n < 0 || n > max)
		return lab_error_make(r->err, LAB_USAGE, "configuration: limits: %s out of range",
				      key);
	*out = n ? (unsigned int)n : *out;
	return 0;
}

static int read_limits(struct config_reader *r, json_t *j)
{
	struct gateway_limits *l = &r->config->limits;
	json_int_t head = 0, body = 0, answer = 0, head_ms = 0, idle_ms = 0, stall_ms = 0;
	json_int_t handshake_ms = 0, connect_ms = 0, backend_idle_ms = 0, connections = 0;
	json_error_t e;

	/* the vendor's */
	*l = (struct gateway_limits){
		.head = HTTP_MAX_HEAD,
		.body = r->config->serverless ? 8 * MB : 32 * MB,
		.function_answer = 6 * MB,
		.connect_ms = GATEWAY_CONNECT_MS, /* ours */
	};
	if (!j)
		return 0;
	if (json_unpack_ex(j, &e, 0, "{s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I !}", "head",
			   &head, "body", &body, "function_answer", &answer, "head_ms", &head_ms,
			   "idle_ms", &idle_ms, "stall_ms", &stall_ms, "handshake_ms",
			   &handshake_ms, "connect_ms", &connect_ms, "backend_idle_ms",
			   &backend_idle_ms, "connections", &connections) < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: limits: %s", e.text);
	if (read_limit(r, "head", head, HTTP_MAX_HEAD, &l->head) < 0 ||
	    read_limit(r, "body", body, 64 * MB, &l->body) < 0 ||
	    read_limit(r, "function_answer", answer, 32 * MB, &l->function_answer) < 0 ||
	    read_limit(r, "head_ms", head_ms, 3600000, &l->head_ms) < 0 ||
	    read_limit(r, "idle_ms", idle_ms, 3600000, &l->idle_ms) < 0 ||
	    read_limit(r, "stall_ms", stall_ms, 3600000, &l->stall_ms) < 0 ||
	    read_limit(r, "handshake_ms", handshake_ms, 3600000, &l->handshake_ms) < 0 ||
	    read_limit(r, "connect_ms", connect_ms, 120000, &l->connect_ms) < 0 ||
	    read_limit(r, "backend_idle_ms", backend_idle_ms, 3600000, &l->backend_idle_ms) < 0 ||
	    read_limit(r, "connections", connections, 65536, &l->connections) < 0)
		return -1;
	return 0;
}

static int read_object(struct config_reader *r, json_t *root)
{
	struct gateway_config *c = r->config;
	const char *instance, *id, *region, *type;
	const char *state = NULL, *certificates = NULL, *metrics = NULL, *counts = NULL;
	json_t *listeners, *groups, *apis, *apps = NULL, *plugins = NULL, *calls = NULL;
	json_t *limits = NULL, *others = NULL, *rate = NULL;
	json_error_t e;

	if (json_unpack_ex(
		    root, &e, 0,
		    "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s?o, s?o, s?s, s?s, s?o, s?o, s?s, s?s, s?o, s?o !}",
		    "instance", &instance, "instance_id", &id, "region", &region, "type", &type,
		    "listeners", &listeners, "groups", &groups, "apis", &apis, "sockets",
		    &r->sockets, "apps", &apps, "plugins", &plugins, "state", &state,
		    "certificates", &certificates, "public_daily_calls", &calls, "limits", &limits,
		    "metrics", &metrics, "counts", &counts, "elsewhere", &others, "rps_limit",
		    &rate) < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: %s", e.text);
	if (!json_is_array(listeners) || !json_is_array(groups) || !json_is_array(apis) ||
	    !json_is_array(r->sockets))
		return lab_error_make(r->err, LAB_USAGE,
				      "configuration: listeners, groups, apis, sockets: lists");
	c->instance = config_copy(r, instance);
	c->instance_id = config_copy(r, id);
	c->region = config_copy(r, region);
	c->serverless = strcmp(type, "serverless") == 0;
	c->n_listeners = json_array_size(listeners);
	c->listeners = arena_alloc(r->a, c->n_listeners * sizeof(*c->listeners));
	c->n_elsewhere = json_array_size(others);
	c->elsewhere = arena_alloc(r->a, c->n_elsewhere * sizeof(*c->elsewhere));
	c->n_groups = json_array_size(groups);
	c->groups = arena_alloc(r->a, c->n_groups * sizeof(*c->groups));
	c->n_apis = json_array_size(apis);
	c->apis = arena_alloc(r->a, c->n_apis * sizeof(*c->apis));
	c->metrics_fd = metrics ? find_socket(r, metrics) : -1;
	if (metrics && c->metrics_fd < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: metrics: no such socket");
	c->counts_fd = counts ? find_socket(r, counts) : -1;
	if (counts && c->counts_fd < 0)
		return lab_error_make(r->err, LAB_USAGE, "configuration: counts: no such socket");
	if (read_limits(r, limits) < 0 || read_state(r, state, calls) < 0 ||
	    read_rate(r, "rps_limit", rate, hash_str(6, "instance"), &c->rate) < 0 ||
	    read_certificates(r, certificates) < 0 || each(r, listeners, listener) < 0 ||
	    each(r, others, elsewhere) < 0 || each(r, groups, group) < 0 ||
	    config_apps(r, apps) < 0 || config_plugins(r, plugins) < 0)
		return -1;
	return each(r, apis, api);
}

struct gateway_config *gateway_config_read(struct arena *a, const char *text, size_t len,
					   struct lab_error **err)
{
	json_auto_t *root = NULL;
	struct config_reader r = {.a = a, .err = err};
	json_error_t e;

	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!root) {
		lab_error_make(err, LAB_USAGE, "configuration: line %d: %s", e.line, e.text);
		return NULL;
	}
	r.config = arena_alloc(a, sizeof(*r.config));
	return read_object(&r, root) < 0 ? NULL : r.config;
}
