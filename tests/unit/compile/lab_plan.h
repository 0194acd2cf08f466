// SPDX-License-Identifier: GPL-2.0-only
/** Labs as text, and questions to their plans. */
#pragma once

#include "lib/compiled.h"

#include <stdlib.h>

#include "base/cleanup.h"

#define MAIN   PLAN_TABLE_MAIN
#define SYSTEM PLAN_TABLE_SYSTEM

/** The lab file of the pieces, one after the other, compiled. */
static inline struct plan *plan_of(const char *const *pieces, size_t n)
{
	auto_arena struct arena *a = arena_new(0);
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%s", text, pieces[i]);
	return compiled_text(text);
}
#define PLAN(...)                                   \
	plan_of((const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static inline const struct plan_route *route_of(const struct plan *p, const char *ns,
						uint32_t table, const char *dst)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(dst, &prefix), IP_OK);
	for (size_t i = 0; i < p->n_routes; i++) {
		const struct plan_route *r = &p->routes[i];

		if (strcmp(r->ns, ns) == 0 && r->table == table && ip_prefix_equal(r->dst, prefix))
			return r;
	}
	return NULL;
}

/** "none", "blackhole", or the device that the route leaves through. */
static inline const char *way_to(const struct plan *p, const char *ns, uint32_t table,
				 const char *dst)
{
	const struct plan_route *r = route_of(p, ns, table, dst);

	if (!r)
		return "none";
	return r->type == PLAN_BLACKHOLE ? "blackhole" : r->dev;
}
#define assert_way(p, ns, table, dst, dev) assert_string_equal(way_to(p, ns, table, dst), dev)

static inline const char *proto_name(enum plan_route_proto proto)
{
	switch (proto) {
	case PLAN_PROTO_SYSTEM: return "system";
	case PLAN_PROTO_CUSTOM: return "custom";
	case PLAN_PROTO_CEN: return "cen";
	case PLAN_PROTO_CIRCUIT: return "circuit";
	case PLAN_PROTO_LEARNED:
	case PLAN_PROTO_TRACKED:
	case PLAN_PROTO_BIRD: break;
	}
	return "in no plan";
}

/** The router that has the address as its own, or the address as text. */
static inline const char *who_is(const struct plan *p, uint32_t ip)
{
	char text[IP_STRLEN];

	for (size_t i = 0; i < p->n_addresses; i++)
		if (strcmp(p->addresses[i].dev, "lo") == 0 && p->addresses[i].prefix.addr == ip)
			return p->addresses[i].ns;
	return arena_strdup(p->arena, ip_format(ip, text));
}

/** "none", or as in "circuit dev pc.10 via 10.0.0.2", "cen dev c via c.r1 onlink". */
static inline const char *route_text(const struct plan *p, const char *ns, uint32_t table,
				     const char *dst)
{
	const struct plan_route *r = route_of(p, ns, table, dst);
	struct arena *a = p->arena;
	const char *text;

	if (!r)
		return "none";
	text = proto_name(r->proto);
	text = r->type == PLAN_BLACKHOLE ? arena_printf(a, "%s blackhole", text)
					 : arena_printf(a, "%s dev %s", text, r->dev);
	if (r->via)
		text = arena_printf(a, "%s via %s%s", text, who_is(p, r->via),
				    r->onlink ? " onlink" : "");
	if (r->src)
		text = arena_printf(a, "%s src %s", text, who_is(p, r->src));
	return r->metric ? arena_printf(a, "%s metric %u", text, r->metric) : text;
}
#define assert_route(p, ns, table, dst, text) \
	assert_string_equal(route_text(p, ns, table, dst), text)

/** What drops all that no other route of a table matches. */
#define LAST "system blackhole metric 65535"

/** "none", or as in "oif v table 2001". */
static inline const char *rule_text(const struct plan *p, const char *ns, uint32_t priority)
{
	const struct plan_rule *r = p->rules;
	const char *text = "";
	char from[IP_PREFIX_STRLEN];

	while (r < p->rules + p->n_rules && (strcmp(r->ns, ns) != 0 || r->priority != priority))
		r++;
	if (r == p->rules + p->n_rules)
		return "none";
	if (r->iif)
		text = arena_printf(p->arena, "iif %s ", r->iif);
	if (r->oif)
		text = arena_printf(p->arena, "%soif %s ", text, r->oif);
	if (r->from.len)
		text = arena_printf(p->arena, "%sfrom %s ", text, ip_prefix_format(r->from, from));
	return arena_printf(p->arena, "%stable %u", text, r->table);
}
#define assert_rule(p, ns, priority, text) assert_string_equal(rule_text(p, ns, priority), text)

static inline bool has_address(const struct plan *p, const char *ns, const char *dev,
			       const char *text)
{
	char buf[IP_PREFIX_STRLEN];

	for (size_t i = 0; i < p->n_addresses; i++)
		if (strcmp(p->addresses[i].ns, ns) == 0 && strcmp(p->addresses[i].dev, dev) == 0 &&
		    strcmp(ip_prefix_format(p->addresses[i].prefix, buf), text) == 0)
			return true;
	return false;
}

static inline const struct plan_bridge *bridge_of(const struct plan *p, const char *ns,
						  const char *dev)
{
	for (size_t i = 0; i < p->n_bridges; i++)
		if (strcmp(p->bridges[i].ns, ns) == 0 && strcmp(p->bridges[i].dev, dev) == 0)
			return &p->bridges[i];
	return NULL;
}

/** The other end of the link that has this end; NULL: there is no such device. */
static inline const struct plan_end *far_end(const struct plan *p, const char *ns, const char *dev)
{
	for (size_t i = 0; i < p->n_links; i++) {
		const struct plan_link *l = &p->links[i];

		if (strcmp(l->a.ns, ns) == 0 && strcmp(l->a.dev, dev) == 0)
			return &l->b;
		if (strcmp(l->b.ns, ns) == 0 && strcmp(l->b.dev, dev) == 0)
			return &l->a;
	}
	return NULL;
}

static inline const struct plan_end *near_end(const struct plan *p, const char *ns, const char *dev)
{
	const struct plan_end *far = far_end(p, ns, dev);

	return far ? far_end(p, far->ns, far->dev) : NULL;
}

/** NULL: no such worker. */
static inline const char *config_of(const struct plan *p, const char *worker)
{
	const struct plan_worker *w = plan_find_worker(p, worker);

	return w ? w->config : NULL;
}

static inline const struct plan_shaper *shaper_of(const struct plan *p, const char *ns,
						  const char *dev)
{
	for (size_t i = 0; i < p->n_shapers; i++)
		if (strcmp(p->shapers[i].ns, ns) == 0 && strcmp(p->shapers[i].dev, dev) == 0)
			return &p->shapers[i];
	return NULL;
}

static inline const char *filter_of(const struct plan *p, const char *ns)
{
	for (size_t i = 0; i < p->n_filters; i++)
		if (strcmp(p->filters[i].ns, ns) == 0)
			return p->filters[i].text;
	return NULL;
}

static inline void assert_has(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	assert_non_null(text);
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}
