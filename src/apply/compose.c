// SPDX-License-Identifier: GPL-2.0-only
/** Plans made of the objects of other plans. */
#include <stdlib.h>
#include <string.h>

#include "apply/internal.h"
#include "base/cleanup.h"
#include "plan/fields.h"

/* The kinds that are kernel objects come first in enum plan_kind. */
#define KERNEL_KINDS PLAN_WORKER

static void copy_object(struct plan *to, enum plan_kind kind, const void *object)
{
	size_t size = plan_fields(kind)->size;
	struct plan_array a = plan_array(to, kind);

	*a.items = arena_grow(to->arena, *a.items, *a.n, size);
	memcpy((char *)*a.items + *a.n * size, object, size);
	(*a.n)++;
}

/* Binary search in a sorted plan. */
static const void *find(const struct plan *p, enum plan_kind kind, const void *object)
{
	size_t low = 0, high = plan_count(p, kind);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const void *o = plan_object(p, kind, mid);
		int c = plan_key_cmp(kind, object, o);

		if (c == 0)
			return o;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static bool in_any(const struct plan *const *plans, size_t n, enum plan_kind kind,
		   const void *object)
{
	for (size_t i = 0; i < n; i++)
		if (plans[i] && find(plans[i], kind, object))
			return true;
	return false;
}

struct plan *apply_union(const char *lab, const struct plan *const *plans, size_t n)
{
	struct plan *u = plan_new(lab);

	for (size_t p = 0; p < n; p++)
		for (enum plan_kind kind = 0; plans[p] && kind < PLAN_N_KINDS; kind++)
			for (size_t i = 0; kind != PLAN_WORKER && i < plan_count(plans[p], kind);
			     i++) {
				const void *o = plan_object(plans[p], kind, i);

				if (!in_any(plans, p, kind, o))
					copy_object(u, kind, o);
			}
	plan_sort(u);
	return u;
}

struct plan *apply_intersection(const struct plan *wanted, const struct plan *there,
				bool values_of_there)
{
	struct plan *p = plan_new(wanted->lab);

	for (enum plan_kind kind = 0; kind < KERNEL_KINDS; kind++)
		for (size_t i = 0; i < plan_count(wanted, kind); i++) {
			const void *o = plan_object(wanted, kind, i);
			const void *t = find(there, kind, o);

			if (t)
				copy_object(p, kind,
					    values_of_there && kind != PLAN_FILTER ? t : o);
		}
	plan_sort(p);
	return p;
}

/* --- of open namespaces --- */

/* Objects of a namespace stand together, and so, often, do those of the namespace at the other end of a link. */
struct openness {
	const struct plan *plan;
	const bool *open; /* beside its namespaces */
	enum apply_ends ends;
	struct {
		const char *ns;
		bool open, wire;
	} last[2];
};

static bool is_open(struct openness *o, int end, const char *ns)
{
	const struct plan_namespace *found;

	if (o->last[end].ns == ns)
		return o->last[end].open;
	found = plan_find_namespace(o->plan, ns);
	o->last[end].ns = ns;
	o->last[end].open = found && o->open[found - o->plan->namespaces];
	o->last[end].wire = found && plan_is_wire(found);
	return o->last[end].open;
}

/* Whether a link is wanted for that end's sake: a glance at the middle of all lines is not one at all lines. */
static bool leads_open(struct openness *o, int end, const char *ns)
{
	return is_open(o, end, ns) && (o->ends == APPLY_BOTH_ENDS || !o->last[end].wire);
}

static bool lies_open(struct openness *o, enum plan_kind kind, const void *object)
{
	const char *ns[2];

	plan_places(kind, object, ns);
	return ns[1] ? leads_open(o, 0, ns[0]) || leads_open(o, 1, ns[1]) : is_open(o, 0, ns[0]);
}

/* The open namespaces, and those where links lead from there. */
static bool *with_far_ends(const struct plan *plan, const bool *open)
{
	struct openness o = {.plan = plan, .open = open, .ends = APPLY_BOTH_ENDS};
	bool *all = calloc(plan->n_namespaces + 1, sizeof(*all));

	if (!all)
		abort();
	memcpy(all, open, plan->n_namespaces * sizeof(*all));
	for (size_t i = 0; i < plan->n_links; i++) {
		const char *const ns[] = {plan->links[i].a.ns, plan->links[i].b.ns};

		if (!lies_open(&o, PLAN_LINK, &plan->links[i]))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(ns); k++) {
			const struct plan_namespace *found = plan_find_namespace(plan, ns[k]);

			if (found)
				all[found - plan->namespaces] = true;
		}
	}
	return all;
}

struct plan *apply_part(const struct plan *plan, const bool *open, enum apply_ends ends)
{
	struct plan *p = plan_new(plan->lab);
	struct openness o = {.plan = plan, .open = open, .ends = ends}, places = o;
	auto_free bool *all = ends == APPLY_BOTH_ENDS ? with_far_ends(plan, open) : NULL;

	if (all)
		places.open = all;
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		for (size_t i = 0; kind != PLAN_WORKER && i < plan_count(plan, kind); i++) {
			const bool is_place = kind == PLAN_NAMESPACE || kind == PLAN_NODE;
			const void *object = plan_object(plan, kind, i);

			if (lies_open(is_place ? &places : &o, kind, object))
				copy_object(p, kind, object);
		}
	p->some_lines = ends == APPLY_OPEN_ENDS;
	return p;
}

/* Both are sorted: what is there stands behind all that was taken before. */
static void replace_kind(struct plan *to, enum plan_kind kind, struct openness *o,
			 const struct plan *there)
{
	const struct plan_array array = plan_array(to, kind);
	const size_t size = plan_fields(kind)->size, n = plan_count(o->plan, kind);
	char *items = arena_alloc(to->arena, n * size + 1);
	size_t next = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		const void *object = plan_object(o->plan, kind, i);

		if (lies_open(o, kind, object)) {
			if (next == plan_count(there, kind) ||
			    plan_key_cmp(kind, object, plan_object(there, kind, next)) != 0)
				continue;
			object = plan_object(there, kind, next++);
		}
		memcpy(items + kept++ * size, object, size);
	}
	*array.items = items;
	*array.n = kept;
}

struct plan *apply_replaced(const struct plan *plan, const bool *open, const struct plan *there)
{
	struct plan *p = plan_new(plan->lab);
	struct arena *arena = p->arena;
	struct openness o = {.plan = plan, .open = open};

	*p = *plan; /* workers, nodes, what is said of the whole */
	p->arena = arena;
	p->extra = NULL; /* of the other one */
	for (enum plan_kind kind = 0; kind < KERNEL_KINDS; kind++)
		replace_kind(p, kind, &o, there);
	return p;
}

void apply_copy_nodes(struct plan *to, const struct plan *from)
{
	for (size_t i = 0; i < from->n_nodes; i++)
		copy_object(to, PLAN_NODE, &from->nodes[i]);
	plan_sort(to);
}

void apply_copy_workers(struct plan *to, const struct plan *from,
			bool (*keep)(const struct plan_worker *w, const void *data),
			const void *data)
{
	for (size_t i = 0; i < from->n_workers; i++)
		if (!keep || keep(&from->workers[i], data))
			copy_object(to, PLAN_WORKER, &from->workers[i]);
	plan_sort(to);
}
