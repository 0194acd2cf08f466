// SPDX-License-Identifier: GPL-2.0-only
#include "cli/live.h"

#include <jansson.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "check/look.h"
#include "cli/bird.h"
#include "kernel/route.h"
#include "state/state.h"

/* --- circuits --- */

static const struct ui_column circuit_columns[] = {
	{"CIRCUIT", UI_TEXT}, {"LINE", UI_TEXT},    {"VLAN", UI_NUMBER}, {"CUSTOMER", UI_TEXT},
	{"STATE", UI_TEXT},   {"ROUTING", UI_TEXT}, {"NOTE", UI_TEXT},
};
#define STATE_COLUMN 4

struct circuit {
	const char *vbr, *line, *customer, *routing, *device, *bird, *fault;
	json_int_t vlan;
};

static bool read_circuit(json_t *j, struct circuit *c)
{
	*c = (struct circuit){0};
	return json_unpack(j, "{s:s, s:s, s:I, s?s, s:s, s:s, s?s, s?s}", "vbr", &c->vbr,
			   "physical_connection", &c->line, "vlan", &c->vlan, "data_center",
			   &c->customer, "routing", &c->routing, "device", &c->device, "bird",
			   &c->bird, "fault", &c->fault) == 0;
}

/* Whether the carrier's bridge of this VLAN is not as planned. */
static bool is_cut(const struct apply_status *s, const struct circuit *c)
{
	char dev[24];

	(void)snprintf(dev, sizeof(dev), "vlan%lld", (long long)c->vlan); /* always fits */
	for (size_t i = 0; i < s->drift->n; i++) {
		const struct plan_bridge *b = s->drift->steps[i].after;

		if (s->drift->steps[i].kind == PLAN_BRIDGE && b && !b->down &&
		    strcmp(b->ns, c->line) == 0 && strcmp(b->dev, dev) == 0)
			return true;
	}
	return false;
}

static const char *session_of(const struct state *state, const struct circuit *c,
			      struct strbuf *note)
{
	struct cli_bgp bgp;

	if (!cli_bgp_look(state_dir_fd(state), c->bird, c->device, &bgp)) {
		strbuf_printf(note, "%s does not answer", c->bird);
		return "unknown";
	}
	strbuf_printf(note, "BGP %s", bgp.state);
	if (bgp.bfd)
		strbuf_printf(note, ", BFD %s", bgp.bfd_up ? "up" : "down");
	if (strcmp(bgp.state, "Established") == 0)
		return "ok";
	if (bgp.error[0])
		strbuf_printf(note, "; last error: %s", bgp.error);
	return "no session";
}

static const char *state_of(const struct state *state, const struct apply_status *s,
			    const struct circuit *c, struct strbuf *note)
{
	if (c->fault) {
		strbuf_add(note, c->fault);
		return "silent";
	}
	if (is_cut(s, c)) {
		strbuf_printf(note, "%s is cut", c->line);
		return "cut";
	}
	return c->bird ? session_of(state, c, note) : "ok";
}

static void add_circuit(struct ui_table *t, const struct state *state, const struct apply_status *s,
			const struct circuit *c)
{
	auto_strbuf struct strbuf note = {0};
	const char *text = state_of(state, s, c, &note);
	char vlan[24];

	(void)snprintf(vlan, sizeof(vlan), "%lld", (long long)c->vlan); /* always fits */
	ui_table_add(t, (const char *const[]){c->vbr, c->line, vlan, c->customer, text, c->routing,
					      note.len ? strbuf_str(&note) : NULL});
	ui_table_colour(t, STATE_COLUMN, strcmp(text, "ok") == 0 ? UI_GREEN : UI_RED);
}

struct ui_table *cli_circuits(const struct state *state, const struct apply_status *s)
{
	struct ui_table *t = ui_table_new("circuits", circuit_columns, ARRAY_LEN(circuit_columns));
	json_t *summary = s->plan->summary ? json_loads(s->plan->summary, 0, NULL) : NULL;
	struct circuit c;
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(summary, "circuits"), i, item)
		if (read_circuit(item, &c))
			add_circuit(t, state, s, &c);
	json_decref(summary);
	return t;
}

/* --- routes --- */

static const struct ui_column route_columns[] = {
	{"DYNAMIC ROUTE", UI_TEXT}, {"NAMESPACE", UI_TEXT}, {"TABLE", UI_TEXT},
	{"ORIGIN", UI_TEXT},        {"VIA", UI_TEXT},       {"DEVICE", UI_TEXT},
};

struct listing {
	struct ui_table *table;
	const char *ns;
};

static bool is_dynamic(uint32_t protocol)
{
	return protocol == PLAN_PROTO_BIRD || protocol == PLAN_PROTO_LEARNED ||
	       protocol == PLAN_PROTO_TRACKED;
}

static const char *via_text(const struct kernel_route *r, char via[static IP_STRLEN])
{
	if (r->type != RTN_UNICAST)
		return "nobody";
	return r->via ? ip_format(r->via, via) : r->dev[0] ? NULL : "several";
}

static void add_route(const struct kernel_route *r, void *data)
{
	char dst[IP_PREFIX_STRLEN], via[IP_STRLEN], table[12];
	const struct listing *l = data;

	if (!is_dynamic(r->protocol))
		return;
	(void)snprintf(table, sizeof(table), "%u", r->table); /* always fits */
	ui_table_add(l->table, (const char *const[]){ip_prefix_format(r->dst, dst), l->ns,
						     r->table == PLAN_TABLE_MAIN ? "main" : table,
						     check_origin_name(r->protocol),
						     via_text(r, via), r->dev[0] ? r->dev : NULL});
}

/* Where somebody writes routes while the lab runs. */
static bool has_writer(const struct plan *p, const char *ns)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		const struct plan_worker *w = &p->workers[i];

		if (w->privilege == PLAN_PRIVILEGE_ROUTER && strcmp(w->ns, ns) == 0)
			return true;
		for (size_t k = 0; k < w->n_sockets; k++)
			if (w->sockets[k].type == PLAN_NETLINK && strcmp(w->sockets[k].ns, ns) == 0)
				return true;
	}
	return false;
}

/* Its routes went with it. */
static bool is_missing(const struct apply_status *s, const char *ns)
{
	for (size_t i = 0; i < s->drift->n; i++) {
		const struct plan_namespace *lost = s->drift->steps[i].after;

		if (s->drift->steps[i].kind == PLAN_NAMESPACE && lost &&
		    strcmp(lost->name, ns) == 0)
			return true;
	}
	return false;
}

struct ui_table *cli_dynamic_routes(const struct apply_status *s, struct lab_error **err)
{
	const struct plan *plan = s->plan;
	struct ui_table *t = ui_table_new("dynamic_routes", route_columns,
					  ARRAY_LEN(route_columns));

	for (size_t i = 0; i < plan->n_namespaces; i++) {
		struct listing l = {t, plan->namespaces[i].name};

		if (has_writer(plan, l.ns) && !is_missing(s, l.ns) &&
		    kernel_each_route(plan->lab, l.ns, add_route, &l, err) < 0) {
			ui_table_free(t);
			return NULL;
		}
	}
	return t;
}

/* --- processes --- */

const json_t *cli_live_worker(const json_t *list, const struct plan_worker *w, unsigned int k,
			      char name[static WORKER_NAME_LEN])
{
	const json_t *live;
	size_t i;

	(void)worker_copy_name(name, w->name, k);
	json_array_foreach (list, i, live) {
		const char *text = json_string_value(json_object_get(live, "name"));

		if (text && strcmp(text, name) == 0)
			return live;
	}
	return NULL;
}
