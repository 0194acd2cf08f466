// SPDX-License-Identifier: GPL-2.0-only
/* What a row of the table cannot say: defaults made from other values, and kinds of checks. */
#include "parse/finish.h"

#include <string.h>

#include "parse/decode.h"
#include "parse/rows.h"

static const char *const kind_names[] = {
	[CHECK_HTTP] = "http", [CHECK_PING] = "ping",   [CHECK_DNS] = "dns",
	[CHECK_TCP] = "tcp",   [CHECK_ROUTE] = "route",
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
					      ? "a route check names its VPC: 'in: VPC'"
					      : "a probe names its instance: 'from: ECS'");
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

static bool egress_taken(const struct lab *lab, struct ip_prefix p)
{
	for (size_t i = 0; i < lab->n_api_gateways; i++)
		if (lab->api_gateways[i].egress.set &&
		    ip_prefix_overlaps(lab->api_gateways[i].egress.p, p))
			return true;
	return false;
}

/* 100.104.254.0/26 and on, past those that the lab file gives away itself. */
static void default_egress(struct lab *lab)
{
	struct ip_prefix next = {.addr = 100u << 24 | 104u << 16 | 254u << 8, .len = 26};

	for (size_t i = 0; i < lab->n_api_gateways; i++) {
		struct cidr *egress = &lab->api_gateways[i].egress;

		if (egress->set)
			continue;
		while (egress_taken(lab, next))
			next.addr += 64;
		*egress = (struct cidr){.p = next, .set = true, .at = {.src = lab->source}};
	}
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

static void default_checks(struct lab *lab, struct check *checks, size_t n)
{
	size_t count[ARRAY_LEN(kind_names)] = {0};

	for (size_t i = 0; i < n; i++) {
		struct check *check = &checks[i];
		const char *kind = kind_names[check->kind];
		const char *from = check->from.name ? check->from.name : "?";
		const char *target = check->target.s ? check->target.s : "?";

		count[check->kind]++;
		if (!check->id.s)
			default_text(&check->id,
				     arena_printf(lab->arena, "%s-%zu", kind, count[check->kind]),
				     lab);
		if (!check->title.s)
			default_text(
				&check->title,
				check->kind == CHECK_HTTP
					? arena_printf(lab->arena, "%s: %s", from, target)
					: arena_printf(lab->arena, "%s: %s %s", from, kind, target),
				lab);
	}
}

void parse_finish_lab(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_regions; i++)
		default_text(&lab->regions[i].area, area_of(lab->regions[i].id.name), lab);
	default_egress(lab);
	for (size_t i = 0; i < lab->n_cens; i++)
		default_packages(lab, &lab->cens[i]);
	for (size_t i = 0; i < lab->n_apis; i++) {
		struct api_backend *backend = &lab->apis[i].backend;

		backend->kind = backend->mock.s ? BACKEND_MOCK : BACKEND_FUNCTION;
	}
	for (size_t i = 0; i < lab->n_steps; i++)
		default_checks(lab, lab->steps[i].checks, lab->steps[i].n_checks);
	default_checks(lab, lab->checks, lab->n_checks);
}
