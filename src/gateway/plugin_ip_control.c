// SPDX-License-Identifier: GPL-2.0-only
/*
 * From where an API may be called; where items of ALLOW name apps, after it is known who calls.
 *
 * What appId means is said by the newest page, help.aliyun.com/en/api-gateway/traditional-api-gateway/user-guide/
 * plug-ins-of-the-ip-access-control-type (and its Japanese edition of 2025-11-09): an item of ALLOW with one is a rule for
 * that app, which may call from there only; other apps are not affected by it. Where there is no app it lets nobody
 * in: document_detail/400360 (CreateIpControl) warns that for an API without authentication it limits all calls.
 * The same page says that appId is ignored with REFUSE, and that a control without items is void. An older page
 * (doc-detail/125287 of 2019, also 65494) has only the apps named call at all; the newer ones contradict it. An item
 * without appId is for every app, also for those that have items of their own: our reading of "IP whitelist".
 */
#include <string.h>

#include "base/ip.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/plugin.h"

struct item {
	struct ip_prefix *blocks;
	size_t n_blocks;
	const struct gateway_app *app; /* NULL: whoever calls */
};

struct ip_control {
	bool allow;      /* those only; else all but those */
	bool needs_apps; /* ALLOW, and some item names one */
	struct item *items;
	size_t n_items;
};

static int read_item(struct config_reader *r, json_t *j, size_t i, struct item *item)
{
	const char *app = NULL;
	json_t *blocks;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:o, s?s !}", "blocks", &blocks, "app", &app) < 0)
		return config_wrong(r, "plugins", i, e.text);
	item->app = app ? config_find_app(r, app) : NULL;
	if (app && !item->app)
		return config_wrong(r, "plugins", i, "an item of no app");
	return config_blocks(r, blocks, &item->blocks, &item->n_blocks) < 0
		       ? config_wrong(r, "plugins", i, "a malformed block")
		       : 0;
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct ip_control *ip = arena_alloc(r->a, sizeof(*ip));
	const char *name, *kind, *type;
	json_t *items, *item;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:o !}", "name", &name, "kind", &kind, "type",
			   &type, "items", &items) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (strcmp(type, "ALLOW") != 0 && strcmp(type, "REFUSE") != 0)
		return config_wrong(r, "plugins", i, "type must be ALLOW or REFUSE");
	ip->allow = strcmp(type, "ALLOW") == 0;
	ip->n_items = json_array_size(items);
	ip->items = arena_alloc(r->a, ip->n_items * sizeof(*ip->items) + 1);
	json_array_foreach (items, k, item) {
		if (read_item(r, item, i, &ip->items[k]) < 0)
			return -1;
		ip->needs_apps |= ip->allow && ip->items[k].app;
	}
	p->own = ip;
	return 0;
}

static bool has(const struct item *item, uint32_t address)
{
	for (size_t i = 0; i < item->n_blocks; i++) {
		if (ip_prefix_has(item->blocks[i], address))
			return true;
	}
	return false;
}

static bool allowed(const struct ip_control *ip, uint32_t address, const struct gateway_app *app)
{
	bool concerned = ip->n_items && !app;

	for (size_t i = 0; i < ip->n_items; i++) {
		const struct item *item = &ip->items[i];

		if (ip->allow && item->app && item->app != app)
			continue;
		if (has(item, address))
			return ip->allow;
		concerned = true;
	}
	return !ip->allow || !concerned;
}

static bool check(struct gateway_call *c, const struct ip_control *ip)
{
	if (allowed(ip, ntohl(c->r->client.sin_addr.s_addr), c->app))
		return true;
	gateway_answer_error(c, GATEWAY_IP_REFUSED, c->client_ip);
	return false;
}

static bool early(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct ip_control *ip = p->own;

	return ip->needs_apps || check(c, ip);
}

static bool before(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct ip_control *ip = p->own;

	return !ip->needs_apps || check(c, ip);
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct ip_control *ip = p->own;
	char text[IP_STRLEN];

	if (ip->needs_apps != t->asked)
		return NULL;
	if (allowed(ip, t->client, t->app))
		return arena_printf(t->a, "plug-in %s lets %s through", p->name,
				    ip_format(t->client, text));
	t->refused = GATEWAY_IP_REFUSED;
	return arena_printf(t->a, "plug-in %s refuses %s", p->name, ip_format(t->client, text));
}

const struct gateway_plugin_ops gateway_plugin_ip_control = {
	.name = "ipControl",
	.read = read_own,
	.early = early,
	.before = before,
	.explain = explain,
};
