// SPDX-License-Identifier: GPL-2.0-only
/* One namespace as the kernel has it, each thing with the line of the lab file that asked for it. */
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "live/map.h"

static void append(json_t *list, json_t *item)
{
	if (!item || json_array_append_new(list, item))
		abort();
}

static json_t *prefix_json(struct ip_prefix p)
{
	char text[IP_PREFIX_STRLEN];

	return json_string(p.len ? ip_prefix_format(p, text) : "default");
}

static json_t *ip_json(uint32_t ip)
{
	char text[IP_STRLEN];

	return ip ? json_string(ip_format(ip, text)) : json_null();
}

/* --- addresses and rules --- */

static void add_addresses(json_t *list, const struct plan *p, const char *ns, bool extra)
{
	char text[IP_PREFIX_STRLEN];

	for (size_t i = 0; p && i < p->n_addresses; i++) {
		const struct plan_address *a = &p->addresses[i];

		if (!strcmp(a->ns, ns))
			append(list, json_pack("{s:s, s:s, s:s?, s:b}", "dev", a->dev, "address",
					       ip_prefix_format(a->prefix, text), "at",
					       extra ? NULL : a->origin.at, "extra", extra));
	}
}

static json_t *table_name(uint32_t table)
{
	if (table == PLAN_TABLE_MAIN)
		return json_string("main");
	return table == PLAN_TABLE_SYSTEM ? json_string("system") : json_sprintf("%u", table);
}

static void add_rules(json_t *list, const struct plan *p, const char *ns)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct plan_rule *r = &p->rules[i];

		if (!strcmp(r->ns, ns))
			append(list, json_pack("{s:I, s:s?, s:s?, s:o, s:o, s:s?}", "priority",
					       (json_int_t)r->priority, "iif", r->iif, "oif",
					       r->oif, "from", prefix_json(r->from), "table",
					       table_name(r->table), "at", r->origin.at));
	}
}

static void add_filters(json_t *list, const struct plan *p, const char *ns)
{
	for (size_t i = 0; i < p->n_filters; i++)
		if (!strcmp(p->filters[i].ns, ns))
			append(list,
			       json_pack("{s:s, s:s, s:s?}", "table", p->filters[i].table, "text",
					 p->filters[i].text, "at", p->filters[i].origin.at));
}

/* --- routes --- */

static const char *source_of(const struct live_route *r)
{
	switch (r->protocol) {
	case PLAN_PROTO_SYSTEM: return "system";
	case PLAN_PROTO_CUSTOM: return "custom";
	case PLAN_PROTO_CEN: return "transit router";
	case PLAN_PROTO_CIRCUIT: return "circuit";
	case PLAN_PROTO_LEARNED: return "learned";
	case PLAN_PROTO_TRACKED: return "tracked";
	case PLAN_PROTO_BIRD: return "BGP";
	case 2 /* RTPROT_KERNEL */: return "on link";
	default: return "other";
	}
}

static const char *asked_by(const struct plan *p, const char *ns, const struct live_route *r)
{
	for (size_t i = 0; i < p->n_routes; i++) {
		const struct plan_route *w = &p->routes[i];

		if (w->table == r->table && w->metric == r->metric &&
		    ip_prefix_equal(w->dst, r->dst) && !strcmp(w->ns, ns))
			return w->origin.at;
	}
	return NULL;
}

static json_t *routes_json(const struct live *l, const struct live_node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n_routes; i++) {
		const struct live_route *r = &n->routes[i];

		append(list, json_pack("{s:o, s:o, s:o, s:s, s:I, s:s, s:b, s:s?}", "table",
				       table_name(r->table), "to", prefix_json(r->dst), "via",
				       ip_json(r->via), "dev", r->dev ? r->dev : "", "metric",
				       (json_int_t)r->metric, "source", source_of(r), "blackhole",
				       r->blackhole, "at", asked_by(l->plan, n->ns, r)));
	}
	return list;
}

/* --- devices --- */

static json_t *device(const struct live *l, const struct plan_end *own, const struct plan_end *peer)
{
	const struct port *here = live_port(l, own->ns, own->dev);
	const struct port *there = live_port(l, peer->ns, peer->dev);
	enum live_state state = LIVE_UNKNOWN;

	if (here || there) {
		const struct port *p = here ? here : there;

		state = !p->known ? LIVE_MISSING : p->is.up && p->is.carrier ? LIVE_UP : LIVE_DOWN;
	}
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "dev", own->dev, "alias",
			 own->alias ? own->alias : "", "peer", peer->ns, "out",
			 (json_int_t)(here    ? here->tx
				      : there ? there->rx
					      : 0),
			 "in",
			 (json_int_t)(here    ? here->rx
				      : there ? there->tx
					      : 0),
			 "state", live_state_name(state));
}

static json_t *devices(const struct live *l, const char *ns)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->plan->n_links; i++) {
		const struct plan_link *k = &l->plan->links[i];

		if (!strcmp(k->a.ns, ns))
			append(list, device(l, &k->a, &k->b));
		else if (!strcmp(k->b.ns, ns))
			append(list, device(l, &k->b, &k->a));
	}
	return list;
}

static json_t *texts(const char *const *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_string(items[i]);

		/* a log may hold anything */
		append(list, item ? item : json_string("(a line that is not UTF-8)"));
	}
	return list;
}

json_t *live_node(const struct live *l, const struct live_node *n)
{
	const struct plan_namespace *ns = plan_find_namespace(l->plan, n->ns);
	json_t *addresses = json_array(), *rules = json_array(), *filters = json_array();

	add_addresses(addresses, n->observed, n->ns, false);
	add_addresses(addresses, n->observed->extra, n->ns, true);
	add_rules(rules, n->observed, n->ns);
	add_filters(filters, n->observed, n->ns);
	return json_pack("{s:s, s:s?, s:s?, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ns", n->ns,
			 "role", ns ? ns->role : NULL, "at", ns ? ns->origin.at : NULL, "node",
			 plan_find_node(l->plan, n->ns) != NULL, "devices", devices(l, n->ns),
			 "addresses", addresses, "routes", routes_json(l, n), "rules", rules,
			 "filters", filters, "drift", texts(n->drift, n->n_drift), "log",
			 texts(n->log, n->n_log));
}
