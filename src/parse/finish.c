// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a row of the table cannot say: defaults made from other values, and kinds of checks. A value
 * that must be unique in the lab, such as an egress range, is chosen by validate/.
 */
#include "parse/finish.h"

#include <string.h>

#include "parse/decode.h"
#include "parse/rows.h"

static const char *const kind_names[] = {
	[CHECK_HTTP] = "http", [CHECK_PING] = "ping",   [CHECK_DNS] = "dns",
	[CHECK_TCP] = "tcp",   [CHECK_ROUTE] = "route", [CHECK_OUTAGE] = "outage",
};

/* Keys that this kind of check has no use for. */
static void check_keys(struct report *r, const struct table *table, const struct node *node,
		       enum check_kind kind)
{
	for (size_t i = 0; i < node->n; i++) {
		const struct node_item *item = &node->items[i];
		const struct key *key = parse_table_key(table, item->key);
		bool place = table == &parse_table_check &&
			     (strcmp(item->key, "from") == 0 || strcmp(item->key, "in") == 0);

		if (!key || !key->kinds || (key->kinds & (1u << kind)))
			continue;
		parse_error(r, place ? "check-place" : "check-expect", item->key_at,
			    "'%s' is not for a check of kind '%s'", item->key, kind_names[kind]);
		if (place)
			parse_hint(r, kind == CHECK_ROUTE
					      ? "a route check names its router: 'in: VPC'"
					      : "a probe names its node: 'from: ECS'");
	}
}

void parse_finish_check(struct report *r, const struct node *node, void *item)
{
	struct check *check = item;
	const struct node *expect = parse_node_get(node, "expect");
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
		if (!parse_node_get(node, kind_names[i]))
			continue;
		if (n++ == 0)
			check->kind = (enum check_kind)i;
	}
	if (n != 1)
		return; /* said already; with one of them wrong the other keys say nothing */
	check_keys(r, &parse_table_check, node, check->kind);
	if (expect && expect->kind == NODE_MAP)
		check_keys(r, &parse_table_expect, expect, check->kind);
}

static void default_text(struct text *text, const char *s, const struct lab *lab)
{
	if (!text->s)
		*text = (struct text){.s = s, .at = {.src = lab->source}};
}

static const char *area_of(const char *region)
{
	static const struct {
		const char *prefix, *area;
	} areas[] = {
		{"cn-", "China"},
		{"us-", "North-America"},
		{"na-", "North-America"},
		{"eu-", "Europe"},
		{"ap-southeast-2", "Australia"},
		{"me-", "Australia"}, /* one area with the Middle East */
		{"ap-", "Asia-Pacific"},
	};

	for (size_t i = 0; i < ARRAY_LEN(areas); i++)
		if (strncmp(region, areas[i].prefix, strlen(areas[i].prefix)) == 0)
			return areas[i].area;
	return "China";
}

static void default_packages(struct lab *lab, struct cen *cen)
{
	for (size_t i = 0; i < cen->n_bandwidth_packages; i++) {
		struct cen_bandwidth_package *p = &cen->bandwidth_packages[i];

		if (p->n_geographic_region_ids)
			continue;
		p->geographic_region_ids = arena_alloc(lab->arena,
						       2 * sizeof(*p->geographic_region_ids));
		p->n_geographic_region_ids = 2;
		default_text(&p->geographic_region_ids[0], "China", lab);
		default_text(&p->geographic_region_ids[1], "China", lab);
	}
}

static void finish_backend(struct api_backend *b)
{
	b->kind = b->mock.s            ? BACKEND_MOCK
		  : b->http.s          ? BACKEND_HTTP
		  : b->vpc_access.name ? BACKEND_HTTP_VPC
				       : BACKEND_FUNCTION;
}

static enum plugin_kind plugin_kind(const struct plugin *p)
{
	if (p->ip_control.at.line)
		return PLUGIN_IP_CONTROL;
	if (p->basic_auth.at.line)
		return PLUGIN_BASIC_AUTH;
	if (p->jwt_auth.at.line)
		return PLUGIN_JWT_AUTH;
	if (p->cors.at.line)
		return PLUGIN_CORS;
	if (p->caching.at.line)
		return PLUGIN_CACHING;
	if (p->routing.at.line)
		return PLUGIN_ROUTING;
	if (p->circuit_breaker.at.line)
		return PLUGIN_CIRCUIT_BREAKER;
	if (p->backend_signature.at.line)
		return PLUGIN_BACKEND_SIGNATURE;
	return PLUGIN_TRAFFIC_CONTROL;
}

static void finish_plugin(struct plugin *p)
{
	p->kind = plugin_kind(p);
	for (size_t i = 0; i < p->routing.n_routes; i++)
		finish_backend(&p->routing.routes[i].backend);
	finish_backend(&p->circuit_breaker.downgrade_backend);
}

void parse_finish_lab(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_regions; i++)
		default_text(&lab->regions[i].area, area_of(lab->regions[i].id.name), lab);
	for (size_t i = 0; i < lab->n_cens; i++)
		default_packages(lab, &lab->cens[i]);
	for (size_t i = 0; i < lab->n_apps; i++) {
		struct app *app = &lab->apps[i];

		default_text(&app->app_key, lab_app_key(lab, app), lab);
		default_text(&app->app_secret, lab_app_secret(lab, app), lab);
		default_text(&app->app_code, lab_app_code(lab, app), lab);
	}
	for (size_t i = 0; i < lab->n_plugins; i++)
		finish_plugin(&lab->plugins[i]);
	for (size_t i = 0; i < lab->n_apis; i++)
		finish_backend(&lab->apis[i].backend);
}
