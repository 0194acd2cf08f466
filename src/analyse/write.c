// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <labctl/changes.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/resource.h"

static const char *const ops[] = {
	[PLAN_ADD] = "add", [PLAN_CHANGE] = "change", [PLAN_REMOVE] = "remove"};
static const char *const effects[] = {
	[ANALYSE_GAINED] = "gained", [ANALYSE_LOST] = "lost", [ANALYSE_DOUBTFUL] = "unknown"};

static void append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) < 0)
		abort(); /* no memory, or a text that is no UTF-8, which no plan holds */
}

static json_t *objects_of(const struct analyse_resource *r)
{
	json_t *list = json_array();
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < r->n; i++) {
		const struct plan_step *s = r->steps[i];

		append(list, json_pack("{s:s, s:s, s:s}", "op", ops[s->op], "kind",
				       plan_kind_name(s->kind), "text", plan_step_describe(a, s)));
	}
	return list;
}

static json_t *resources_of(const struct analyse_resources *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct analyse_resource *o = &r->items[i];

		append(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", ops[o->op], "resource",
				       o->resource, "name", o->name, "at", o->at, "objects",
				       objects_of(o)));
	}
	return list;
}

static json_t *texts(const char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		append(list, json_string(v[i]));
	return list;
}

/* "ping, tcp/80" as a list; null: all. */
static json_t *services_of(const char *s)
{
	json_t *list = s ? json_array() : json_null();

	while (s && *s) {
		const size_t n = strcspn(s, ",");

		append(list, json_stringn(s, n));
		s += n;
		s += strspn(s, ", ");
	}
	return list;
}

static json_t *reachability_of(const struct analyse_changes *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct analyse_change *o = &c->items[i];

		append(list, json_pack("{s:s, s:o, s:o, s:b, s:o, s:s?, s:I}", "effect",
				       effects[o->effect], "from", texts(o->from, o->n_from), "to",
				       texts(o->to, o->n_to), "both", o->both, "services",
				       services_of(o->services), "reason", o->reason, "pairs",
				       (json_int_t)o->n_pairs));
	}
	return list;
}

static json_t *counts(const char *const *names, const size_t *count)
{
	json_t *o = json_object();

	for (size_t i = 0; i < 3; i++)
		if (json_object_set_new(o, names[i], json_integer((json_int_t)count[i])) < 0)
			abort();
	return o;
}

char *analyse_write(const struct plan *shall, bool up, const struct analyse_resources *resources,
		    const struct analyse_changes *changes)
{
	json_t *root = json_pack("{s:i, s:s, s:s?, s:b, s:o, s:o, s:o, s:o}", "labctl_changes",
				 LABCTL_CHANGES_VERSION, "lab", shall->lab, "step", shall->step,
				 "up", up, "count", counts(ops, resources->count), "pairs",
				 counts(effects, changes->pairs), "resources",
				 resources_of(resources), "reachability", reachability_of(changes));
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	if (!text)
		abort();
	return text;
}
