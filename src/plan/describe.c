// SPDX-License-Identifier: GPL-2.0-only
/* Plan objects and steps as text for people. */
#include "plan/diff.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/lastline.h"
#include "plan/fields.h"

static char *describe_link(struct arena *a, const struct plan_link *l)
{
	if (strcmp(l->a.ns, l->b.ns) == 0 && strcmp(l->a.dev, l->b.dev) == 0) /* see plan.extra */
		return arena_printf(a, "device %s/%s", l->a.ns, l->a.dev);
	return arena_printf(a, "link %s/%s <-> %s/%s", l->a.ns, l->a.dev, l->b.ns, l->b.dev);
}

/* The packets that a rule is for: "iif eth0", "from 10.0.0.0/8", "any". */
static const char *selector_of(struct arena *a, const struct plan_rule *r)
{
	char from[IP_PREFIX_STRLEN];
	const char *s = r->iif ? arena_printf(a, "iif %s", r->iif) : "";

	if (r->oif)
		s = arena_printf(a, "%s%soif %s", s, *s ? " " : "", r->oif);
	if (r->from.len)
		s = arena_printf(a, "%s%sfrom %s", s, *s ? " " : "",
				 ip_prefix_format(r->from, from));
	return *s ? s : "any";
}

static char *describe_route(struct arena *a, const struct plan_route *r)
{
	char dst[IP_PREFIX_STRLEN];

	if (r->table == PLAN_TABLE_MAIN)
		return arena_printf(a, "route %s main %s", r->ns, ip_prefix_format(r->dst, dst));
	return arena_printf(a, "route %s %u %s", r->ns, r->table, ip_prefix_format(r->dst, dst));
}

/* Whoever made a table of plan.extra may have given it any name, terminals' control sequences included. */
static char *describe_filter(struct arena *a, const struct plan_filter *f)
{
	char *text = arena_printf(a, "filter %s %s", f->ns, f->table);

	lastline_make_printable(text);
	return text;
}

char *plan_describe(struct arena *a, enum plan_kind kind, const void *object)
{
	const char *name = plan_kind_name(kind);
	char ip[IP_PREFIX_STRLEN];

	switch (kind) {
	case PLAN_NAMESPACE:
		return arena_printf(a, "%s %s", name,
				    ((const struct plan_namespace *)object)->name);
	case PLAN_BRIDGE: {
		const struct plan_bridge *o = object;

		return arena_printf(a, "%s %s/%s", name, o->ns, o->dev);
	}
	case PLAN_LINK: return describe_link(a, object);
	case PLAN_ADDRESS: {
		const struct plan_address *o = object;

		return arena_printf(a, "%s %s/%s %s", name, o->ns, o->dev,
				    ip_prefix_format(o->prefix, ip));
	}
	case PLAN_NEIGHBOUR: {
		const struct plan_neighbour *o = object;

		return arena_printf(a, "%s %s/%s %s", name, o->ns, o->dev, ip_format(o->ip, ip));
	}
	case PLAN_ROUTE: return describe_route(a, object);
	case PLAN_RULE: {
		const struct plan_rule *o = object;

		return arena_printf(a, "%s %s %u", name, o->ns, o->priority);
	}
	case PLAN_SHAPER: {
		const struct plan_shaper *o = object;

		return arena_printf(a, "%s %s/%s", name, o->ns, o->dev);
	}
	case PLAN_FILTER: return describe_filter(a, object);
	case PLAN_WORKER:
		return arena_printf(a, "%s %s", name, ((const struct plan_worker *)object)->name);
	case PLAN_NODE:
		return arena_printf(a, "%s %s", name, ((const struct plan_node *)object)->ns);
	case PLAN_N_KINDS: break;
	}
	return arena_strdup(a, name);
}

static const char *value_of_route(struct arena *a, const struct plan_route *r)
{
	char via[IP_STRLEN];

	switch (r->type) {
	case PLAN_BLACKHOLE: return "blackhole";
	case PLAN_OTHER: return NULL;
	case PLAN_UNICAST: break;
	}
	if (r->via)
		return arena_printf(a, "via %s dev %s", ip_format(r->via, via), r->dev);
	return arena_printf(a, "dev %s", r->dev);
}

/*
 * "rate 1000000 bit/s delay 500 us". `other` is what it was, or what it becomes, NULL: none. Beside rate and delay
 * only what differs is said of a change; of burst and queue nothing else, since they follow from the rate.
 */
static const char *value_of_shaper(struct arena *a, const struct plan_shaper *s,
				   const struct plan_shaper *other)
{
	static const struct plan_shaper none;
	const struct plan_shaper *o = other ? other : &none;
	const struct {
		bool said;
		const char *name, *unit;
		uint64_t value;
	} parts[] = {
		{s->rate || o->rate, "rate", "bit/s", s->rate},
		{other && s->burst != o->burst, "burst", "bytes", s->burst},
		{other && s->limit != o->limit, "queue", "bytes", s->limit},
		{s->delay_us || o->delay_us, "delay", "us", s->delay_us},
		{s->jitter_us != o->jitter_us, "jitter", "us", s->jitter_us},
		{s->loss_ppm != o->loss_ppm, "loss", "ppm", s->loss_ppm},
		{s->duplicate_ppm != o->duplicate_ppm, "duplicate", "ppm", s->duplicate_ppm},
		{s->reorder_ppm != o->reorder_ppm, "reorder", "ppm", s->reorder_ppm},
	};
	const char *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].said)
			text = arena_printf(a, "%s%s%s %llu %s", text ? text : "", text ? " " : "",
					    parts[i].name, (unsigned long long)parts[i].value,
					    parts[i].unit);
	return text; /* NULL: of plan.extra */
}

/* What a change changes is often not in the key: say the values that people look for. */
static const char *value_of(struct arena *a, enum plan_kind kind, const void *object,
			    const void *other)
{
	if (kind == PLAN_ROUTE)
		return value_of_route(a, object);
	if (kind == PLAN_SHAPER)
		return value_of_shaper(a, object, other);
	if (kind == PLAN_RULE) {
		const struct plan_rule *r = object;

		if (!r->table) /* of plan.extra */
			return NULL;
		return arena_printf(a, "%s table %u", selector_of(a, r), r->table);
	}
	return NULL;
}

/* What both have and differ in, of an end or what is like one: "alias", "down, mtu 1400". */
static const char *end_change(struct arena *a, const struct plan_end *x, const struct plan_end *y)
{
	const struct {
		bool differs;
		const char *name;
	} parts[] = {
		{x->down, "down"},
		{x->fault != NULL, x->fault},
		{x->proxy_arp != y->proxy_arp, "proxy ARP"},
		{x->gso_segs != y->gso_segs, "GSO limit"},
		{plan_text_cmp(x->master, y->master) != 0, "bridge"},
		{plan_text_cmp(x->alias, y->alias) != 0, "alias"},
		{memcmp(x->mac, y->mac, sizeof(x->mac)) != 0, "MAC address"},
	};
	const char *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].differs)
			text = text ? arena_printf(a, "%s, %s", text, parts[i].name)
				    : parts[i].name;
	return text ? arena_printf(a, "%s/%s: %s", y->ns, y->dev, text) : NULL;
}

static const char *link_change(struct arena *a, const struct plan_link *x,
			       const struct plan_link *y)
{
	const char *one = end_change(a, &x->a, &y->a), *other = end_change(a, &x->b, &y->b);

	if (one && other)
		return arena_printf(a, "%s; %s", one, other);
	return one ? one : other;
}

static const char *bridge_change(struct arena *a, const struct plan_bridge *x,
				 const struct plan_bridge *y)
{
	if (x->down != y->down)
		return x->down ? "down" : "up";
	return x->fault;
}

/* For those kinds of which a change is told by what differs; NULL: nothing to tell. */
static const char *change_of(struct arena *a, const struct plan_step *s)
{
	if (s->kind == PLAN_LINK)
		return link_change(a, s->before, s->after);
	if (s->kind == PLAN_BRIDGE)
		return bridge_change(a, s->before, s->after);
	if (s->kind == PLAN_NAMESPACE)
		return ((const struct plan_namespace *)s->before)->fault;
	return NULL;
}

const char *plan_step_detail(struct arena *a, const struct plan_step *s)
{
	const bool change = s->op == PLAN_CHANGE;
	const char *value = value_of(a, s->kind, s->after ? s->after : s->before,
				     change ? s->before : NULL);
	const char *former = change ? value_of(a, s->kind, s->before, s->after) : NULL;

	if (former && value)
		return arena_printf(a, "%s (was %s)", value, former);
	return s->before && s->after && !value ? change_of(a, s) : value;
}

char *plan_step_describe(struct arena *a, const struct plan_step *s)
{
	static const char sign[] = {[PLAN_REMOVE] = '-', [PLAN_CHANGE] = '~', [PLAN_ADD] = '+'};
	const void *object = s->after ? s->after : s->before;
	const char *key = plan_describe(a, s->kind, object);
	const char *detail = plan_step_detail(a, s);

	if (detail)
		return arena_printf(a, "%c %s %s", sign[s->op], key, detail);
	return arena_printf(a, "%c %s", sign[s->op], key);
}
