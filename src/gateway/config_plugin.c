// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins, and which API each is bound to. What is in one is read by its kind's own file. */
#include <stdlib.h>
#include <string.h>

#include "gateway/config_read.h"
#include "gateway/plugin.h"

static int plugin(struct config_reader *r, json_t *j, size_t i)
{
	struct gateway_plugin *p = &r->config->plugins[i];
	const char *name = json_string_value(json_object_get(j, "name"));
	const char *kind = json_string_value(json_object_get(j, "kind"));

	p->ops = name && kind ? gateway_plugin_ops(kind, &p->kind) : NULL;
	if (!p->ops)
		return config_wrong(r, "plugins", i, "no name, or of no kind that there is");
	p->name = config_copy(r, name);
	return p->ops->read(r, j, i, p);
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

/* They act in this order. */
static int by_kind(const void *a, const void *b)
{
	const struct gateway_bound *x = a, *y = b;

	return (x->plugin->kind > y->plugin->kind) - (x->plugin->kind < y->plugin->kind);
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
	if (api->n_plugins)
		qsort(api->plugins, api->n_plugins, sizeof(*api->plugins), by_kind);
	return 0;
}
