// SPDX-License-Identifier: GPL-2.0-only
#include "graph/scene.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const kind_names[] = {
	[GRAPH_INTERNET] = "internet", [GRAPH_PUBLIC_HOST] = "public-host",
	[GRAPH_REGION] = "region",     [GRAPH_GATEWAY] = "gateway",
	[GRAPH_FUNCTION] = "function", [GRAPH_VPC] = "vpc",
	[GRAPH_VSWITCH] = "vswitch",   [GRAPH_ECS] = "ecs",
	[GRAPH_TRANSIT_ROUTER] = "tr", [GRAPH_VBR] = "vbr",
	[GRAPH_CIRCUIT] = "circuit",   [GRAPH_DATA_CENTER] = "data-center",
	[GRAPH_CPE] = "cpe",           [GRAPH_LAN] = "lan",
	[GRAPH_HOST] = "host",
};
_Static_assert(ARRAY_LEN(kind_names) == GRAPH_HOST + 1, "a name for each kind");

static const char *const link_names[] = {
	[GRAPH_PUBLIC] = "public",         [GRAPH_INVOKE] = "invoke", [GRAPH_BIND] = "bind",
	[GRAPH_REACH] = "reach",           [GRAPH_PEER] = "peer",     [GRAPH_PEERING] = "peering",
	[GRAPH_ATTACHMENT] = "attachment", [GRAPH_LINE] = "line",
};
_Static_assert(ARRAY_LEN(link_names) == GRAPH_LINE + 1, "a name for each kind of link");

static const char *const tone_names[] = {
	[GRAPH_NOT_LIVE] = "", [GRAPH_IDLE] = "idle", [GRAPH_FLOWING] = "flowing",
	[GRAPH_BUSY] = "busy", [GRAPH_FULL] = "full", [GRAPH_BROKEN] = "broken",
};
_Static_assert(ARRAY_LEN(tone_names) == GRAPH_BROKEN + 1, "a name for each tone");

const char *graph_kind_name(enum graph_kind kind)
{
	return kind_names[kind];
}

const char *graph_link_kind_name(enum graph_link_kind kind)
{
	return link_names[kind];
}

const char *graph_tone_name(enum graph_tone tone)
{
	return tone_names[tone];
}

const char *graph_tone_colour(enum graph_tone tone)
{
	switch (tone) {
	case GRAPH_NOT_LIVE: return NULL;
	case GRAPH_IDLE: return "#8c959f";
	case GRAPH_FLOWING: return "#1a7f37";
	case GRAPH_BUSY: return "#9a6700";
	case GRAPH_FULL:
	case GRAPH_BROKEN: return "#cf222e";
	}
	return NULL;
}

struct graph_box *graph_box_add(struct graph *g, struct graph_box *parent, enum graph_kind kind,
				const char *name, const char *detail)
{
	struct graph_box *b = arena_alloc(g->arena, sizeof(*b));

	*b = (struct graph_box){
		.id = arena_printf(g->arena, "%s.%s", kind_names[kind], name),
		.kind = kind,
		.name = arena_strdup(g->arena, name),
		.detail = detail ? arena_strdup(g->arena, detail) : "",
		.parent = parent,
	};
	if (parent && parent->last)
		parent->last->next = b;
	else if (parent)
		parent->first = b;
	if (parent)
		parent->last = b;
	*arena_push(g->arena, g->boxes, g->n_boxes) = b;
	return b;
}

struct graph_box *graph_box_many(struct graph *g, struct graph_box *parent, enum graph_kind kind,
				 size_t n, const char *what)
{
	struct graph_box *b = graph_box_add(g, parent, kind,
					    arena_printf(g->arena, "%zu %s", n, what), NULL);

	b->id = arena_printf(g->arena, "%s.many.%s", kind_names[kind], parent ? parent->id : "");
	b->count = n;
	return b;
}

void graph_member(struct graph *g, struct graph_box *b, const char *name)
{
	*arena_push(g->arena, b->members, b->n_members) = arena_strdup(g->arena, name);
}

void graph_line(struct graph *g, struct graph_box *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	arena_push(g->arena, b->lines, b->n_lines)->s = arena_vprintf(g->arena, fmt, ap);
	va_end(ap);
}

void graph_live_line(struct graph *g, struct graph_box *b, enum graph_tone tone, const char *s)
{
	graph_line(g, b, "%s", s);
	b->lines[b->n_lines - 1].tone = tone;
}

struct graph_link *graph_link_add(struct graph *g, enum graph_link_kind kind,
				  struct graph_box *from, struct graph_box *to)
{
	struct graph_link *l = arena_alloc(g->arena, sizeof(*l));

	*l = (struct graph_link){
		.id = arena_printf(g->arena, "%s.%s.%s", link_names[kind], from->id, to->id),
		.kind = kind,
		.from = from,
		.to = to,
	};
	*arena_push(g->arena, g->links, g->n_links) = l;
	return l;
}

void graph_label(struct graph *g, struct graph_link *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*arena_push(g->arena, l->label, l->n_label) = arena_vprintf(g->arena, fmt, ap);
	va_end(ap);
}

void graph_live_label(struct graph *g, struct graph_link *l, const char *s)
{
	graph_label(g, l, "%s", s);
	l->n_live++;
}

struct graph_box *graph_find(const struct graph *g, enum graph_kind kind, const char *name)
{
	for (size_t i = 0; name && i < g->n_boxes; i++)
		if (g->boxes[i]->kind == kind && !strcmp(g->boxes[i]->name, name))
			return g->boxes[i];
	return NULL;
}

const struct graph_box *graph_find_id(const struct graph *g, const char *id)
{
	for (size_t i = 0; i < g->n_boxes; i++)
		if (!strcmp(g->boxes[i]->id, id))
			return g->boxes[i];
	return NULL;
}

const struct graph_link *graph_find_link(const struct graph *g, const char *id)
{
	for (size_t i = 0; i < g->n_links; i++)
		if (!strcmp(g->links[i]->id, id))
			return g->links[i];
	return NULL;
}

const char *graph_rate(struct graph *g, uint64_t bit_per_s)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = {{1000000000, "Gbit/s"}, {1000000, "Mbit/s"}, {1000, "kbit/s"}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (bit_per_s && bit_per_s % units[i].unit == 0)
			return arena_printf(g->arena, "%" PRIu64 " %s", bit_per_s / units[i].unit,
					    units[i].name);
	return arena_printf(g->arena, "%" PRIu64 " bit/s", bit_per_s);
}

const char *graph_duration(struct graph *g, uint64_t us)
{
	if (us && us % 1000000 == 0)
		return arena_printf(g->arena, "%" PRIu64 " s", us / 1000000);
	if (us && us % 1000 == 0)
		return arena_printf(g->arena, "%" PRIu64 " ms", us / 1000);
	return arena_printf(g->arena, "%" PRIu64 " us", us);
}

const char *graph_ip(struct graph *g, uint32_t ip)
{
	return ip_format(ip, arena_alloc(g->arena, IP_STRLEN));
}

const char *graph_cidr(struct graph *g, struct ip_prefix p)
{
	return ip_prefix_format(p, arena_alloc(g->arena, IP_PREFIX_STRLEN));
}

void graph_free(struct graph *g)
{
	if (g)
		arena_free(g->arena);
}
