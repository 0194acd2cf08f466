// SPDX-License-Identifier: GPL-2.0-only
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/fields.h"

struct plan *plan_new(const char *lab)
{
	struct arena *a = arena_new(0);
	struct plan *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	p->lab = arena_strdup(a, lab);
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	plan_free(p->extra);
	arena_free(p->arena);
}

#define ADD(one, many)                                             \
	struct plan_##one *plan_add_##one(struct plan *p)          \
	{                                                          \
		return arena_push(p->arena, p->many, p->n_##many); \
	}
ADD(namespace, namespaces)
ADD(bridge, bridges)
ADD(link, links)
ADD(address, addresses)
ADD(neighbour, neighbours)
ADD(route, routes)
ADD(rule, rules)
ADD(shaper, shapers)
ADD(filter, filters)
ADD(worker, workers)
ADD(node, nodes)
#undef ADD

/* plan_array() serves readers and writers; a reader's result is only read. */
static struct plan_array array_of(const struct plan *p, enum plan_kind kind)
{
	return plan_array((struct plan *)(uintptr_t)p, kind);
}

size_t plan_count(const struct plan *p, enum plan_kind kind)
{
	return *array_of(p, kind).n;
}

const void *plan_object(const struct plan *p, enum plan_kind kind, size_t i)
{
	return (const char *)*array_of(p, kind).items + i * plan_fields(kind)->size;
}

void plan_places(enum plan_kind kind, const void *object, const char *ns[static 2])
{
	ns[0] = ns[1] = NULL;
	switch (kind) {
	case PLAN_NAMESPACE: ns[0] = ((const struct plan_namespace *)object)->name; break;
	case PLAN_BRIDGE: ns[0] = ((const struct plan_bridge *)object)->ns; break;
	case PLAN_LINK:
		ns[0] = ((const struct plan_link *)object)->a.ns;
		ns[1] = ((const struct plan_link *)object)->b.ns;
		break;
	case PLAN_ADDRESS: ns[0] = ((const struct plan_address *)object)->ns; break;
	case PLAN_NEIGHBOUR: ns[0] = ((const struct plan_neighbour *)object)->ns; break;
	case PLAN_ROUTE: ns[0] = ((const struct plan_route *)object)->ns; break;
	case PLAN_RULE: ns[0] = ((const struct plan_rule *)object)->ns; break;
	case PLAN_SHAPER: ns[0] = ((const struct plan_shaper *)object)->ns; break;
	case PLAN_FILTER: ns[0] = ((const struct plan_filter *)object)->ns; break;
	case PLAN_WORKER: ns[0] = ((const struct plan_worker *)object)->ns; break;
	case PLAN_NODE: ns[0] = ((const struct plan_node *)object)->ns; break;
	case PLAN_N_KINDS: break;
	}
}

/* Host bits count: 10.0.0.1/24 and 10.0.0.2/24 are two addresses. */
static int compare_prefix(const struct ip_prefix *a, const struct ip_prefix *b)
{
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (int)a->len - (int)b->len;
}

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_set(const struct field_set *set, unsigned int flag, unsigned int not,
		       const void *a, const void *b);

static int compare_list(const struct field *f, unsigned int not, const void *a, const void *b)
{
	size_t n = *(const size_t *)((const char *)a + f->count);
	size_t m = *(const size_t *)((const char *)b + f->count);
	const char *x = *(const void *const *)((const char *)a + f->offset);
	const char *y = *(const void *const *)((const char *)b + f->offset);

	for (size_t i = 0; i < n && i < m; i++) {
		size_t at = i * f->inner->size;
		int c = compare_set(f->inner, 0, not, x + at, y + at);

		if (c)
			return c;
	}
	return compare_number(n, m);
}

static int compare_field(const struct field *f, unsigned int flag, unsigned int not, const void *a,
			 const void *b)
{
	const void *x = (const char *)a + f->offset;
	const void *y = (const char *)b + f->offset;

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_JSON: return plan_text_cmp(*(const char *const *)x, *(const char *const *)y);
	case FIELD_BOOL: return compare_number(*(const bool *)x, *(const bool *)y);
	case FIELD_U16: return compare_number(*(const uint16_t *)x, *(const uint16_t *)y);
	case FIELD_U32:
	case FIELD_IP: return compare_number(*(const uint32_t *)x, *(const uint32_t *)y);
	case FIELD_ENUM: return compare_number(*(const unsigned int *)x, *(const unsigned int *)y);
	case FIELD_U64: return compare_number(*(const uint64_t *)x, *(const uint64_t *)y);
	case FIELD_PREFIX: return compare_prefix(x, y);
	case FIELD_MAC: return memcmp(x, y, 6);
	case FIELD_STRUCT: return compare_set(f->inner, flag, not, x, y);
	case FIELD_LIST: return compare_list(f, not, a, b);
	}
	return 0;
}

/* Compares the fields that have `flag` (0: all) and do not have `not`. */
static int compare_set(const struct field_set *set, unsigned int flag, unsigned int not,
		       const void *a, const void *b)
{
	for (const struct field *f = set->fields; f->name; f++) {
		int c;

		if ((f->flags & flag) != flag || (f->flags & not ))
			continue;
		c = compare_field(f, flag, not, a, b);
		if (c)
			return c < 0 ? -1 : 1;
	}
	return 0;
}

int plan_key_cmp(enum plan_kind kind, const void *a, const void *b)
{
	return compare_set(plan_fields(kind), FIELD_KEY, 0, a, b);
}

bool plan_same(enum plan_kind kind, const void *a, const void *b)
{
	return compare_set(plan_fields(kind), 0, FIELD_PEOPLE, a, b) == 0;
}

/*
 * Most texts were made in the arena already, and of a name of the lab many objects speak: each is copied once,
 * or a plan of thousands of nodes takes twice the memory.
 */
#define MEMO 4096u /* what it forgets is copied again */

struct owner {
	struct arena *arena;
	struct {
		const char *from, *copy;
	} memo[MEMO];
};

static void own_text(struct owner *o, void *at)
{
	const char **s = at;
	size_t slot = ((uintptr_t)*s >> 4) % MEMO;

	if (!*s || arena_has(o->arena, *s))
		return;
	if (o->memo[slot].from != *s) {
		o->memo[slot].from = *s;
		o->memo[slot].copy = arena_strdup(o->arena, *s);
	}
	*s = o->memo[slot].copy;
}

static void own_set(struct owner *o, const struct field_set *set, void *object)
{
	for (const struct field *f = set->fields; f->name; f++) {
		void *at = (char *)object + f->offset;

		if (f->type == FIELD_STRING || f->type == FIELD_JSON) {
			own_text(o, at);
		} else if (f->type == FIELD_STRUCT) {
			own_set(o, f->inner, at);
		} else if (f->type == FIELD_LIST) {
			size_t n = *(size_t *)((char *)object + f->count);
			char *items = n ? arena_memdup(o->arena, *(void **)at, n * f->inner->size)
					: NULL;

			for (size_t i = 0; i < n; i++)
				own_set(o, f->inner, items + i * f->inner->size);
			*(void **)at = items;
		}
	}
}

static void own_kind(struct owner *o, struct plan *p, enum plan_kind kind)
{
	struct plan_array array = plan_array(p, kind);
	const struct field_set *fields = plan_fields(kind);

	for (size_t i = 0; i < *array.n; i++) {
		char *object = (char *)*array.items + i * fields->size;

		own_set(o, fields, object);
		own_set(o, plan_origin_fields(), object);
	}
}

void plan_own(struct plan *p)
{
	struct owner *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	o->arena = p->arena;
	own_text(o, &p->title);
	own_text(o, &p->file);
	own_text(o, &p->step);
	own_text(o, &p->changes);
	own_text(o, &p->summary);
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		own_kind(o, p, kind);
	free(o);
}

/* An object that is to be sorted. `head` tells most of them apart: the first bytes of its first text. */
struct sorted {
	uint64_t head;
	size_t from;
};

struct sorting {
	enum plan_kind kind;
	size_t size;
	char *items;
};

/* Every key begins with a text, see plan_key_cmp(). As numbers they are in the order of strcmp(). */
static uint64_t head_of(enum plan_kind kind, const void *object)
{
	const struct field *f = plan_fields(kind)->fields;
	const char *at = object, *name;
	uint64_t head = 0;

	for (; f->type == FIELD_STRUCT; f = f->inner->fields)
		at += f->offset;
	name = *(const char *const *)(at + f->offset);
	for (size_t i = 0; i < sizeof(head); i++)
		head = head << 8 | (name && *name ? (unsigned char)*name++ : 0);
	return head;
}

static int compare_sorted(const void *pa, const void *pb, void *data)
{
	const struct sorted *a = pa, *b = pb;
	const struct sorting *s = data;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return plan_key_cmp(s->kind, s->items + a->from * s->size, s->items + b->from * s->size);
}

/* Moves every item to its place, along the circles in which they push each other away. `hold` has room for one. */
static void move_sorted(struct sorted *order, size_t n, const struct sorting *s, char *hold)
{
	for (size_t first = 0; first < n; first++) {
		size_t at = first, from;

		if (order[first].from == first)
			continue;
		memcpy(hold, s->items + first * s->size, s->size);
		for (; (from = order[at].from) != first; at = from) {
			memcpy(s->items + at * s->size, s->items + from * s->size, s->size);
			order[at].from = at;
		}
		memcpy(s->items + at * s->size, hold, s->size);
		order[at].from = at;
	}
}

static void sort_kind(struct plan *p, enum plan_kind kind)
{
	const struct plan_array array = plan_array(p, kind);
	const size_t n = *array.n;
	const struct sorting s = {kind, plan_fields(kind)->size, *array.items};
	auto_free struct sorted *order = malloc((n + 1) * sizeof(*order));
	auto_free char *hold = malloc(s.size);

	if (!order || !hold)
		abort();
	for (size_t i = 0; i < n; i++)
		order[i] = (struct sorted){head_of(kind, s.items + i * s.size), i};
	qsort_r(order, n, sizeof(*order), compare_sorted, (void *)&s);
	move_sorted(order, n, &s, hold);
}

void plan_sort(struct plan *p)
{
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		sort_kind(p, kind);
}

static const void *find(const struct plan *p, enum plan_kind kind, const void *key)
{
	size_t low = 0, high = plan_count(p, kind);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const void *object = plan_object(p, kind, mid);
		int c = plan_key_cmp(kind, object, key);

		if (c == 0)
			return object;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool plan_is_wire(const struct plan_namespace *ns)
{
	return ns->role && !strcmp(ns->role, "wire");
}

bool plan_needs_lo(const struct plan_namespace *ns)
{
	return !ns->role || strcmp(ns->role, "transit-router") != 0;
}

/* As find(), which reads the table of fields for every comparison; this one is asked most. */
const struct plan_namespace *plan_find_namespace(const struct plan *p, const char *name)
{
	size_t low = 0, high = p->n_namespaces;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = plan_text_cmp(p->namespaces[mid].name, name);

		if (c == 0)
			return &p->namespaces[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct plan_node *plan_find_node(const struct plan *p, const char *ns)
{
	return find(p, PLAN_NODE, &(struct plan_node){.ns = ns});
}

const struct plan_worker *plan_find_worker(const struct plan *p, const char *name)
{
	return find(p, PLAN_WORKER, &(struct plan_worker){.name = name});
}
