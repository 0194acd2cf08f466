// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins, and which API each is bound to. */
#include <string.h>

#include "base/cleanup.h"
#include "gateway/config_read.h"

static int limit(struct config_reader *r, size_t i, json_int_t n, uint32_t *out)
{
	if (n < 0 || n > UINT32_MAX)
		return config_wrong(r, "plugins", i, "a limit out of range");
	*out = (uint32_t)n;
	return 0;
}

static int special(struct config_reader *r, json_t *j, size_t i, struct gateway_special *s)
{
	const char *name;
	json_int_t value;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:I !}", "app", &name, "value", &value) < 0)
		return config_wrong(r, "plugins", i, e.text);
	s->app = config_find_app(r, name);
	return s->app ? limit(r, i, value, &s->value)
		      : config_wrong(r, "plugins", i, "a special of no app");
}

static int traffic(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct gateway_traffic *t = &p->traffic;
	json_int_t unit, api, user = 0, app = 0;
	const char *name, *kind;
	json_t *specials, *s;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:I, s:I, s?I, s?I, s:o !}", "name", &name, "kind",
			   &kind, "unit_s", &unit, "api", &api, "user", &user, "app", &app,
			   "specials", &specials) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (unit < 1 || unit > 86400 || !json_is_array(specials))
		return config_wrong(r, "plugins", i, "malformed unit_s or specials");
	t->unit = (uint32_t)unit;
	t->n_specials = json_array_size(specials);
	t->specials = arena_alloc(r->a, t->n_specials * sizeof(*t->specials) + 1);
	json_array_foreach (specials, k, s) {
		if (special(r, s, i, &t->specials[k]) < 0)
			return -1;
	}
	return limit(r, i, api, &t->api) < 0 || limit(r, i, user, &t->user) < 0
		       ? -1
		       : limit(r, i, app, &t->app);
}

static int ip_item(struct config_reader *r, json_t *j, size_t i, struct gateway_ip_item *item)
{
	const char *app = NULL;
	json_t *blocks, *b;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:o, s?s !}", "blocks", &blocks, "app", &app) < 0)
		return config_wrong(r, "plugins", i, e.text);
	item->app = app ? config_find_app(r, app) : NULL;
	if (app && !item->app)
		return config_wrong(r, "plugins", i, "an item of no app");
	item->n_blocks = json_array_size(blocks);
	item->blocks = arena_alloc(r->a, item->n_blocks * sizeof(*item->blocks) + 1);
	json_array_foreach (blocks, k, b) {
		const char *text = json_string_value(b);

		if (!text || ip_prefix_parse(text, &item->blocks[k]) != IP_OK)
			return config_wrong(r, "plugins", i, "a malformed block");
	}
	return 0;
}

static int ip_control(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	const char *name, *kind, *type;
	json_t *items, *item;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:o !}", "name", &name, "kind", &kind, "type",
			   &type, "items", &items) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (strcmp(type, "ALLOW") != 0 && strcmp(type, "REFUSE") != 0)
		return config_wrong(r, "plugins", i, "type must be ALLOW or REFUSE");
	p->ip.allow = strcmp(type, "ALLOW") == 0;
	p->ip.n_items = json_array_size(items);
	p->ip.items = arena_alloc(r->a, p->ip.n_items * sizeof(*p->ip.items) + 1);
	json_array_foreach (items, k, item) {
		if (ip_item(r, item, i, &p->ip.items[k]) < 0)
			return -1;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p);
} kinds[] = {
	[GATEWAY_TRAFFIC_CONTROL] = {"trafficControl", traffic},
	[GATEWAY_IP_CONTROL] = {"ipControl", ip_control},
};

static int plugin(struct config_reader *r, json_t *j, size_t i)
{
	struct gateway_plugin *p = &r->config->plugins[i];
	const char *name = json_string_value(json_object_get(j, "name"));
	const char *kind = json_string_value(json_object_get(j, "kind"));

	for (size_t k = 0; name && kind && k < ARRAY_LEN(kinds); k++) {
		if (strcmp(kinds[k].name, kind) != 0)
			continue;
		p->name = config_copy(r, name);
		p->kind = (enum gateway_plugin_kind)k;
		return kinds[k].read(r, j, i, p);
	}
	return config_wrong(r, "plugins", i, "no name, or of no kind that there is");
}

int config_plugins(struct config_reader *r, json_t *list)
{
	struct gateway_config *c = r->config;
	json_t *j;
	size_t i;

	if (list && !json_is_array(list))
		return config_wrong(r, "plugins", 0, "must be a list");
	c->n_plugins = json_array_size(list);
	c->plugins = arena_alloc(r->a, c->n_plugins * sizeof(*c->plugins) + 1);
	json_array_foreach (list, i, j) {
		if (plugin(r, j, i) < 0)
			return -1;
	}
	return 0;
}

static int bound(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api,
		 struct gateway_bound *b)
{
	const char *name;
	json_t *stages;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:o !}", "plugin", &name, "stages", &stages) < 0)
		return config_wrong(r, "apis", i, e.text);
	for (size_t k = 0; k < r->config->n_plugins; k++) {
		if (strcmp(r->config->plugins[k].name, name) == 0)
			b->plugin = &r->config->plugins[k];
	}
	if (!b->plugin)
		return config_wrong(r, "apis", i, "a plug-in that there is not");
	return config_stages(r, stages, i, api->group, &b->stages);
}

int config_bound(struct config_reader *r, json_t *list, size_t i, struct gateway_api *api)
{
	json_t *j;
	size_t k;

	if (list && !json_is_array(list))
		return config_wrong(r, "apis", i, "plugins must be a list");
	api->n_plugins = json_array_size(list);
	api->plugins = arena_alloc(r->a, api->n_plugins * sizeof(*api->plugins) + 1);
	json_array_foreach (list, k, j) {
		if (bound(r, j, i, api, &api->plugins[k]) < 0)
			return -1;
	}
	return 0;
}
