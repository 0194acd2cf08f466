// SPDX-License-Identifier: GPL-2.0-only
/** Labs as text, and questions to their plans. */
#pragma once

#include "lib/compiled.h"

#include <stdlib.h>

#include "base/cleanup.h"

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
