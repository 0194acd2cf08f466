// SPDX-License-Identifier: GPL-2.0-only
/* Calls: what gateways log of them (gateway/access_log.c), and what they offer. */
#include <stdlib.h>
#include <string.h>

#include "live/map.h"

static json_t *box_json(size_t box)
{
	return box == SIZE_MAX ? json_null() : json_integer((json_int_t)box);
}

/* "10.10.1.20:8080", or without a port. */
static size_t box_at(const struct live *l, const char *address)
{
	char text[IP_STRLEN] = "";
	size_t n = address ? strcspn(address, ":") : 0;
	uint32_t ip;

	if (!n || n >= sizeof(text))
		return SIZE_MAX;
	memcpy(text, address, n);
	return ip_parse(text, &ip) ? live_box_at(l, ip) : SIZE_MAX;
}

static size_t gateway_box(const struct live *l, const char *worker)
{
	const struct plan_worker *w = plan_find_worker(l->plan, worker);

	return w ? live_box_of(l, w->ns) : SIZE_MAX;
}

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static json_int_t number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

json_t *live_call(const struct live *l, const char *worker, const char *line)
{
	json_t *o = *line == '{' ? json_loads(line, 0, NULL) : NULL, *call;

	if (!json_is_string(json_object_get(o, "requestId"))) {
		json_decref(o);
		return NULL;
	}
	call = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:o, s:o, s:o}", "id",
		text_of(o, "requestId"), "at", text_of(o, "requestHandleTime"), "method",
		text_of(o, "httpMethod"), "domain", text_of(o, "domain"), "path",
		text_of(o, "path"), "status", number_of(o, "statusCode"), "error",
		text_of(o, "errorCode"), "message", text_of(o, "errorMessage"), "api",
		text_of(o, "apiName"), "client", text_of(o, "clientIp"), "ms",
		number_of(o, "totalLatency"), "backend", text_of(o, "backendAddress"), "from",
		box_json(box_at(l, text_of(o, "clientIp"))), "gateway",
		box_json(gateway_box(l, worker)), "to",
		box_json(box_at(l, text_of(o, "backendAddress"))));
	json_decref(o);
	return call;
}

/* --- what is offered --- */

static const char *domain_of(const json_t *config, const char *group)
{
	json_t *g, *d;
	size_t i, k;

	json_array_foreach (json_object_get(config, "groups"), i, g) {
		if (strcmp(text_of(g, "name"), group) != 0)
			continue;
		json_array_foreach (json_object_get(g, "domains"), k, d)
			if (!strcmp(text_of(d, "kind"), "vpc"))
				return text_of(d, "name");
		return text_of(json_array_get(json_object_get(g, "domains"), 0), "name");
	}
	return "";
}

/* HTTP is what can be looked into on the way. */
static const char *scheme_of(const json_t *api)
{
	const json_t *protocol;
	size_t i;

	json_array_foreach (json_object_get(api, "protocol"), i, protocol)
		if (!strcmp(json_string_value(protocol), "HTTP"))
			return "http";
	return "https";
}

/* That answers it; NULL: something else does. */
static json_t *function_of(const json_t *api)
{
	return json_incref(json_object_get(json_object_get(api, "backend"), "function"));
}

static void add_apis(const struct live *l, const struct plan_worker *w, json_t *list)
{
	json_t *config = json_loads(w->config, 0, NULL), *api;
	const char *before = "";
	size_t i;

	json_array_foreach (json_object_get(config, "apis"), i, api) {
		const char *domain = domain_of(config, text_of(api, "group"));
		const char *name = text_of(api, "name");
		/* one with other backends in some stages is there several times */
		const bool again = strcmp(name, before) == 0;

		before = name;
		if (*domain && !again &&
		    json_array_append_new(list,
					  json_pack("{s:s, s:o, s:s, s:o*, s:o}", "method",
						    text_of(api, "method"), "url",
						    json_sprintf("%s://%s%s", scheme_of(api),
								 domain, text_of(api, "path")),
						    "name", name, "function", function_of(api),
						    "gateway", box_json(live_box_of(l, w->ns)))))
			abort();
	}
	json_decref(config);
}

json_t *live_apis(const struct live *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->plan->n_workers; i++)
		if (!strcmp(l->plan->workers[i].program, "labctl-gateway"))
			add_apis(l, &l->plan->workers[i], list);
	return list;
}
