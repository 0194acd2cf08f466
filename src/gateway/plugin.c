// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/plugin.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "gateway/call.h"

static const struct gateway_plugin_ops *const kinds[] = {
	[GATEWAY_CORS] = &gateway_plugin_cors,
	[GATEWAY_IP_CONTROL] = &gateway_plugin_ip_control,
	[GATEWAY_BASIC_AUTH] = &gateway_plugin_basic_auth,
	[GATEWAY_JWT_AUTH] = &gateway_plugin_jwt_auth,
	[GATEWAY_TRAFFIC_CONTROL] = &gateway_plugin_traffic_control,
	[GATEWAY_ROUTING] = &gateway_plugin_routing,
	[GATEWAY_CACHING] = &gateway_plugin_caching,
	[GATEWAY_CIRCUIT_BREAKER] = &gateway_plugin_circuit_breaker,
	[GATEWAY_BACKEND_SIGNATURE] = &gateway_plugin_backend_signature,
};

const struct gateway_plugin_ops *gateway_plugin_ops(const char *name,
						    enum gateway_plugin_kind *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i]->name, name) != 0)
			continue;
		*kind = (enum gateway_plugin_kind)i;
		return kinds[i];
	}
	return NULL;
}

const struct gateway_plugin *gateway_plugin_of(const struct gateway_api *api, int stage,
					       enum gateway_plugin_kind kind)
{
	for (size_t i = 0; i < api->n_plugins; i++) {
		if (api->plugins[i].plugin->kind == kind && (api->plugins[i].stages & 1u << stage))
			return api->plugins[i].plugin;
	}
	return NULL;
}

uint64_t gateway_plugin_hash(const struct gateway_call *c, const struct gateway_plugin *p,
			     uint64_t seed)
{
	return hash_bytes(hash_str(hash_str(seed, p->name), c->api->id), &c->stage,
			  sizeof(c->stage));
}

bool gateway_plugin_set(struct gateway_call *c, enum gateway_place place, const char *name,
			const char *value)
{
	if (name && gateway_set_add(c->r->arena, &c->sets, place, name, value))
		return true;
	gateway_answer_error(c, GATEWAY_OVERLOADED, NULL);
	return false;
}

/* ---- answers ---- */

void gateway_reply_add(struct gateway_reply *r, const char *name, struct http_slice value)
{
	if (r->n_headers < HTTP_MAX_HEADERS + GATEWAY_REPLY_MORE)
		r->headers[r->n_headers++] = (struct http_header){http_slice(name), value};
}

void gateway_reply_drop(struct gateway_reply *r, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++) {
		if (!http_slice_is(r->headers[i].name, name))
			r->headers[n++] = r->headers[i];
	}
	r->n_headers = n;
}

/* ---- all that are bound ---- */

/* The next one of the call's stage from *i on; NULL: there is no more. */
static const struct gateway_plugin *next(const struct gateway_call *c, size_t *i)
{
	while (*i < c->api->n_plugins) {
		const struct gateway_bound *b = &c->api->plugins[(*i)++];

		if (b->stages & 1u << c->stage)
			return b->plugin;
	}
	return NULL;
}

bool gateway_plugins_early(struct gateway_call *c)
{
	const struct gateway_plugin *p;

	for (size_t i = 0; (p = next(c, &i));) {
		if (p->ops->early && !p->ops->early(c, p))
			return false;
	}
	return true;
}

bool gateway_plugins_before(struct gateway_call *c)
{
	const struct gateway_plugin *p;

	for (size_t i = 0; (p = next(c, &i));) {
		if (p->ops->before && !p->ops->before(c, p))
			return false;
	}
	return true;
}

bool gateway_plugins_late(struct gateway_call *c)
{
	const struct gateway_plugin *p;

	for (size_t i = 0; (p = next(c, &i));) {
		if (p->ops->late && !p->ops->late(c, p))
			return false;
	}
	return true;
}

bool gateway_plugins_request(struct gateway_call *c, const struct gateway_outgoing *out)
{
	const struct gateway_plugin *p;

	for (size_t i = 0; (p = next(c, &i));) {
		if (p->ops->request && !p->ops->request(c, p, out))
			return false;
	}
	return true;
}

void gateway_plugins_after(struct gateway_call *c, struct gateway_reply *reply)
{
	for (size_t i = c->api ? c->api->n_plugins : 0; i-- > 0;) {
		const struct gateway_bound *b = &c->api->plugins[i];

		if ((b->stages & 1u << c->stage) && b->plugin->ops->after)
			b->plugin->ops->after(c, b->plugin, reply);
	}
}
