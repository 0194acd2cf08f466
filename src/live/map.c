// SPDX-License-Identifier: GPL-2.0-only
/*
 * A veth pair is told of by either end, so the devices of few namespaces suffice: of each pair the end in the
 * namespace that has more of them (a VPC's, not its thousand instances'), and every end that is shaped,
 * because only there drops are counted. A line that labctl-wire carries is two pairs; their ends in the
 * worker's namespace are nowhere in the cloud, so the two others are taken for the ends of one. Both are
 * read: what such a line loses is what went in and did not come out.
 */
#include "live/map.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A link of the cloud: a pair, or two that are joined by a wire. */
struct line {
	const struct plan_end *a, *b;
	uint32_t wire_us;
};

struct work {
	struct live *l;
	struct line *lines;
	size_t n_lines;
};

const char *live_ns_of(const struct live *l, const struct graph_box *b)
{
	const char *name = strchr(b->id, '.');

	if (b->count || !name)
		return NULL;
	if (b->kind == GRAPH_FUNCTION)
		name = b->parent ? arena_printf(l->arena, "svc.%s", b->parent->name) : "";
	else if (b->kind == GRAPH_INTERNET)
		name = "internet";
	else if (b->kind == GRAPH_REGION || b->kind == GRAPH_VSWITCH || b->kind == GRAPH_LAN ||
		 b->kind == GRAPH_DATA_CENTER)
		name = "";
	else
		name++;
	return *name && plan_find_namespace(l->plan, name) ? name : NULL;
}

/* --- lines --- */

static bool is_wire(const struct plan *p, const char *ns)
{
	const struct plan_namespace *n = plan_find_namespace(p, ns);

	return n && plan_is_wire(n);
}

static void add_line(struct work *w, const struct plan_end *a, const struct plan_end *b,
		     uint32_t wire_us)
{
	*arena_push(w->l->arena, w->lines, w->n_lines) = (struct line){a, b, wire_us};
}

/* Readings of two namespaces are that far apart, too. */
#define SKEW_US 2000

static uint32_t longest(const json_t *line)
{
	return (uint32_t)(json_integer_value(json_object_get(line, "delay_us")) +
			  json_integer_value(json_object_get(line, "jitter_us")) + SKEW_US);
}

static const struct plan_end *end_behind(const struct plan *p, const char *ns, const char *dev)
{
	for (size_t i = 0; dev && i < p->n_links; i++) {
		const struct plan_link *l = &p->links[i];

		if (!strcmp(l->b.ns, ns) && !strcmp(l->b.dev, dev))
			return &l->a;
		if (!strcmp(l->a.ns, ns) && !strcmp(l->a.dev, dev))
			return &l->b;
	}
	return NULL;
}

static void join_wires(struct work *w, const struct plan_worker *worker)
{
	json_t *config = json_loads(worker->config, 0, NULL), *line;
	size_t i;

	json_array_foreach (json_object_get(config, "lines"), i, line) {
		const struct plan_end *a = end_behind(
			w->l->plan, worker->ns, json_string_value(json_object_get(line, "a")));
		const struct plan_end *b = end_behind(
			w->l->plan, worker->ns, json_string_value(json_object_get(line, "b")));

		if (a && b)
			add_line(w, a, b, longest(line));
	}
	json_decref(config);
}

static void find_lines(struct work *w)
{
	const struct plan *p = w->l->plan;

	for (size_t i = 0; i < p->n_links; i++)
		if (!is_wire(p, p->links[i].a.ns) && !is_wire(p, p->links[i].b.ns))
			add_line(w, &p->links[i].a, &p->links[i].b, 0);
	for (size_t i = 0; i < p->n_workers; i++)
		if (!strcmp(p->workers[i].program, "labctl-wire"))
			join_wires(w, &p->workers[i]);
}

/* --- which are read --- */

static const struct plan_shaper *shaper_of(const struct plan *p, const struct plan_end *e)
{
	for (size_t i = 0; i < p->n_shapers; i++)
		if (!strcmp(p->shapers[i].dev, e->dev) && !strcmp(p->shapers[i].ns, e->ns))
			return &p->shapers[i];
	return NULL;
}

static size_t ns_index(const struct plan *p, const char *ns)
{
	const struct plan_namespace *n = plan_find_namespace(p, ns);

	return n ? (size_t)(n - p->namespaces) : 0;
}

static void choose_namespaces(struct work *w)
{
	const struct plan *p = w->l->plan;
	auto_free size_t *count = calloc(p->n_namespaces + 1, sizeof(*count));
	auto_free bool *taken = calloc(p->n_namespaces + 1, sizeof(*taken));

	if (!count || !taken)
		abort();
	for (size_t i = 0; i < w->n_lines; i++) {
		count[ns_index(p, w->lines[i].a->ns)]++;
		count[ns_index(p, w->lines[i].b->ns)]++;
	}
	for (size_t i = 0; i < w->n_lines; i++) {
		size_t a = ns_index(p, w->lines[i].a->ns), b = ns_index(p, w->lines[i].b->ns);

		taken[count[a] >= count[b] ? a : b] = true;
		if (w->lines[i].wire_us) /* what went in at one end and not out at the other */
			taken[a] = taken[b] = true;
	}
	for (size_t i = 0; i < p->n_shapers; i++)
		taken[ns_index(p, p->shapers[i].ns)] = true;
	for (size_t i = 0; i < p->n_bridges; i++)
		taken[ns_index(p, p->bridges[i].ns)] = true;
	for (size_t i = 0; i < p->n_namespaces; i++)
		if (taken[i] && !is_wire(p, p->namespaces[i].name))
			*arena_push(w->l->arena, w->l->namespaces,
				    w->l->n_namespaces) = p->namespaces[i].name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_read(const struct live *l, const char *ns)
{
	return bsearch(&ns, l->namespaces, l->n_namespaces, sizeof(*l->namespaces), by_name);
}

/* --- ports --- */

static int by_place(const void *a, const void *b)
{
	const struct port *x = a, *y = b;
	int order = strcmp(x->ns, y->ns);

	return order ? order : strcmp(x->dev, y->dev);
}

struct port *live_port(const struct live *l, const char *ns, const char *dev)
{
	const struct port key = {.ns = ns, .dev = dev};

	return l->n_ports ? bsearch(&key, l->ports, l->n_ports, sizeof(key), by_place) : NULL;
}

static void add_port(struct live *l, const char *ns, const char *dev)
{
	if (is_read(l, ns))
		*arena_push(l->arena, l->ports, l->n_ports) = (struct port){.ns = ns, .dev = dev};
}

static void set_bridge(const struct live *l, const struct plan_end *e)
{
	struct port *p = e->master ? live_port(l, e->ns, e->dev) : NULL;

	if (p)
		p->bridge = live_port(l, e->ns, e->master);
}

static void find_ports(struct work *w)
{
	struct live *l = w->l;

	for (size_t i = 0; i < w->n_lines; i++) {
		add_port(l, w->lines[i].a->ns, w->lines[i].a->dev);
		add_port(l, w->lines[i].b->ns, w->lines[i].b->dev);
	}
	for (size_t i = 0; i < l->plan->n_bridges; i++)
		add_port(l, l->plan->bridges[i].ns, l->plan->bridges[i].dev);
	if (l->n_ports)
		qsort(l->ports, l->n_ports, sizeof(*l->ports), by_place);
	for (size_t i = 0; i < w->n_lines; i++) {
		set_bridge(l, w->lines[i].a);
		set_bridge(l, w->lines[i].b);
	}
}

/* --- ways --- */

static uint64_t limit_of(const struct live *l, const struct plan_end *e)
{
	const struct plan_shaper *s = shaper_of(l->plan, e);

	return s ? s->rate : 0;
}

static bool is_cut(const struct plan *p, const struct plan_end *e)
{
	for (size_t i = 0; i < p->n_filters; i++)
		if (!strncmp(p->filters[i].table, PLAN_CUT, strlen(PLAN_CUT)) &&
		    !strcmp(p->filters[i].ns, e->ns) &&
		    !strcmp(p->filters[i].table + strlen(PLAN_CUT), e->dev))
			return true;
	return false;
}

static void add_way(struct live *l, struct ways *to, const struct plan_end *here,
		    const struct plan_end *there, uint32_t wire_us)
{
	*arena_push(l->arena, to->list, to->n) = (struct way){
		.here = live_port(l, here->ns, here->dev),
		.there = live_port(l, there->ns, there->dev),
		.limit_here = limit_of(l, here),
		.limit_there = limit_of(l, there),
		.cut = is_cut(l->plan, here) || is_cut(l->plan, there),
		.wire_us = wire_us,
	};
}

/* The namespaces that a box stands for. */
static bool is_of(const struct live *l, const struct graph_box *b, const char *own, const char *ns)
{
	if (own)
		return !strcmp(own, ns);
	for (size_t i = 0; b->kind == GRAPH_VPC && i < b->n_members; i++)
		if (!strcmp(b->members[i], ns))
			return true;
	return false;
}

/* A gateway may have several ways to one VPC: which is which, its device's name tells (compile/access.c). */
static bool is_meant(const struct graph_link *g, const struct plan_end *from)
{
	const bool interface = !strncmp(g->id, "interface.", 10);

	if (g->kind == GRAPH_BIND)
		return !strcmp(from->dev, interface ? "eni" : "vpc");
	if (g->kind == GRAPH_REACH)
		return strcmp(from->dev, "vpc") != 0;
	return true;
}

static void map_link(const struct work *w, size_t i)
{
	struct live *l = w->l;
	const struct graph_link *g = l->graph->links[i];
	const char *from = live_ns_of(l, g->from), *to = live_ns_of(l, g->to);

	for (size_t k = 0; k < w->n_lines; k++) {
		const struct plan_end *a = w->lines[k].a, *b = w->lines[k].b;

		if (is_of(l, g->from, from, a->ns) && is_of(l, g->to, to, b->ns) && is_meant(g, a))
			add_way(l, &l->link_ways[i], a, b, w->lines[k].wire_us);
		else if (is_of(l, g->from, from, b->ns) && is_of(l, g->to, to, a->ns) &&
			 is_meant(g, b))
			add_way(l, &l->link_ways[i], b, a, w->lines[k].wire_us);
	}
}

static bool is_node(const struct graph_box *b)
{
	return b->kind == GRAPH_ECS || b->kind == GRAPH_HOST || b->kind == GRAPH_PUBLIC_HOST ||
	       (b->kind == GRAPH_VSWITCH && b->count);
}

/* Of each namespace, the box that draws it; one table, as a lab may have a thousand of them. */
static json_t *boxes_of_nodes(const struct live *l)
{
	json_t *of = json_object();

	for (size_t i = 0; i < l->graph->n_boxes; i++) {
		const struct graph_box *b = l->graph->boxes[i];
		const char *ns = l->box_ns[i];

		if (!is_node(b))
			continue;
		if (ns)
			(void)json_object_set_new(of, ns, json_integer((json_int_t)i));
		for (size_t k = 0; k < b->n_members; k++)
			(void)json_object_set_new(of, b->members[k], json_integer((json_int_t)i));
	}
	return of;
}

static void map_nodes(const struct work *w)
{
	json_t *of = boxes_of_nodes(w->l);

	for (size_t k = 0; k < w->n_lines; k++) {
		const struct line *x = &w->lines[k];
		const json_t *a = json_object_get(of, x->a->ns), *b = json_object_get(of, x->b->ns);

		if (a)
			add_way(w->l, &w->l->box_ways[json_integer_value(a)], x->a, x->b,
				x->wire_us);
		if (b)
			add_way(w->l, &w->l->box_ways[json_integer_value(b)], x->b, x->a,
				x->wire_us);
	}
	json_decref(of);
}

void live_map(struct live *l)
{
	struct work w = {.l = l};

	find_lines(&w);
	choose_namespaces(&w);
	find_ports(&w);
	for (size_t i = 0; i < l->graph->n_links; i++)
		map_link(&w, i);
	map_nodes(&w);
}
