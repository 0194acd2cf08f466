// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/plugin.h"

#include "base/hash.h"
#include "gateway/call.h"
#include "gateway/quota.h"
#include "gateway/throttle.h"

const struct gateway_plugin *gateway_plugin_of(const struct gateway_api *api, int stage,
					       enum gateway_plugin_kind kind)
{
	for (size_t i = 0; i < api->n_plugins; i++) {
		if (api->plugins[i].plugin->kind == kind && (api->plugins[i].stages & 1u << stage))
			return api->plugins[i].plugin;
	}
	return NULL;
}

/* ---- ipControl ---- */

static bool is_of(const struct gateway_ip_item *item, uint32_t address,
		  const struct gateway_app *app)
{
	if (item->app && item->app != app)
		return false;
	for (size_t i = 0; i < item->n_blocks; i++) {
		if (ip_prefix_has(item->blocks[i], address))
			return true;
	}
	return false;
}

bool gateway_ip_allowed(const struct gateway_ip_control *ip, uint32_t address,
			const struct gateway_app *app)
{
	for (size_t i = 0; i < ip->n_items; i++) {
		if (is_of(&ip->items[i], address, app))
			return ip->allow;
	}
	return !ip->allow;
}

bool gateway_ip_needs_app(const struct gateway_ip_control *ip)
{
	for (size_t i = 0; i < ip->n_items; i++) {
		if (ip->items[i].app)
			return true;
	}
	return false;
}

static bool check_ip(struct gateway_call *c, bool after)
{
	const struct gateway_plugin *p = gateway_plugin_of(c->api, c->stage, GATEWAY_IP_CONTROL);

	if (!p || gateway_ip_needs_app(&p->ip) != after ||
	    gateway_ip_allowed(&p->ip, ntohl(c->r->client.sin_addr.s_addr), c->app))
		return true;
	gateway_answer_error(c, GATEWAY_IP_REFUSED, c->client_ip);
	return false;
}

bool gateway_check_address(struct gateway_call *c)
{
	return check_ip(c, false);
}

bool gateway_check_address_of_app(struct gateway_call *c)
{
	return check_ip(c, true);
}

/* ---- trafficControl ---- */

uint32_t gateway_traffic_of_app(const struct gateway_traffic *t, const struct gateway_app *app)
{
	for (size_t i = 0; i < t->n_specials; i++) {
		if (t->specials[i].app == app)
			return t->specials[i].value;
	}
	return t->app;
}

/* One more call of `who`; 0: no limit. */
static bool count(struct gateway_call *c, const struct gateway_plugin *p, const char *who,
		  uint32_t limit)
{
	uint64_t hash = hash_str(hash_str(hash_str(3, p->name), c->api->id), who);

	hash = hash_bytes(hash, &c->stage, sizeof(c->stage));
	return !limit || gateway_throttle_take(gateway_quota_memory(c->gateway->quota), hash, limit,
					       p->traffic.unit, c->began.tv_sec);
}

/* From the narrowest to the widest, so that one app's refused calls use up nothing of the others'. */
bool gateway_limit_traffic(struct gateway_call *c)
{
	const struct gateway_plugin *p = gateway_plugin_of(c->api, c->stage,
							   GATEWAY_TRAFFIC_CONTROL);

	if (!p || !c->gateway->quota)
		return true;
	if (c->app && (!count(c, p, arena_printf(c->r->arena, "app %s", c->app->name),
			      gateway_traffic_of_app(&p->traffic, c->app)) ||
		       !count(c, p, "user", p->traffic.user))) {
		gateway_answer_error(c, GATEWAY_APP_THROTTLED, NULL);
		return false;
	}
	if (count(c, p, "api", p->traffic.api))
		return true;
	gateway_answer_error(c, GATEWAY_API_THROTTLED, NULL);
	return false;
}
