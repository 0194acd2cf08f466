// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two sorted plans, walked side by side, kind by kind. What makes it more than a merge is that the
 * kernel removes things by itself: a namespace takes all that is in it, a veth pair goes when one of
 * its ends goes, and with a device go its addresses, neighbours, routes and queueing disciplines.
 * Rules and filters name devices as text and stay. Workers and nodes are no kernel objects: their
 * end is always a step of its own.
 */
#include "plan/diff.h"

#include <stdlib.h>
#include <string.h>

#include "plan/fields.h"

/* A namespace (dev NULL) or a device that does not survive the removals. */
struct place {
	const char *ns, *dev;
};

struct places {
	struct place *v; /* sorted once complete */
	size_t n;
};

struct walk {
	struct plan_diff *diff;
	const struct plan *is, *shall;
	struct places namespaces, devices;
	struct places bare; /* devices that lose all their addresses, if only for a moment */
};

static int compare_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = plan_text_cmp(x->ns, y->ns);

	return c ? c : plan_text_cmp(x->dev, y->dev);
}

static bool has_place(const struct places *p, const char *ns, const char *dev)
{
	struct place key = {ns, dev};

	return p->n && bsearch(&key, p->v, p->n, sizeof(key), compare_place) != NULL;
}

static void add_place(struct walk *w, struct places *p, const char *ns, const char *dev)
{
	struct place *new = arena_push(w->diff->arena, p->v, p->n);

	*new = (struct place){ns, dev};
}

static void sort_places(struct places *p)
{
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), compare_place);
}

static bool namespace_gone(const struct walk *w, const char *ns)
{
	return has_place(&w->namespaces, ns, NULL);
}

static bool device_gone(const struct walk *w, const char *ns, const char *dev)
{
	return namespace_gone(w, ns) || (dev && has_place(&w->devices, ns, dev));
}

static bool link_gone(const struct walk *w, const struct plan_link *l)
{
	return namespace_gone(w, l->a.ns) || namespace_gone(w, l->b.ns);
}

static bool worker_uprooted(const struct walk *w, const struct plan_worker *o)
{
	bool gone = namespace_gone(w, o->ns);

	for (size_t i = 0; i < o->n_sockets && !gone; i++)
		gone = namespace_gone(w, o->sockets[i].ns);
	return gone;
}

static bool namespace_stays(const struct walk *w, const char *ns)
{
	return plan_find_namespace(w->is, ns) && !namespace_gone(w, ns);
}

/* All of its namespaces are there already, and stay. */
static bool worker_stands(const struct walk *w, const struct plan_worker *o)
{
	bool stays = namespace_stays(w, o->ns);

	for (size_t i = 0; i < o->n_sockets && stays; i++)
		stays = namespace_stays(w, o->sockets[i].ns);
	return stays;
}

/* Whether the kernel takes the object away by itself, because of what is removed before it. */
static bool swept(const struct walk *w, enum plan_kind kind, const void *object)
{
	switch (kind) {
	case PLAN_BRIDGE: return namespace_gone(w, ((const struct plan_bridge *)object)->ns);
	case PLAN_LINK: return link_gone(w, object);
	case PLAN_ADDRESS: {
		const struct plan_address *o = object;

		return device_gone(w, o->ns, o->dev);
	}
	case PLAN_NEIGHBOUR: {
		const struct plan_neighbour *o = object;

		return device_gone(w, o->ns, o->dev);
	}
	case PLAN_ROUTE: {
		const struct plan_route *o = object;

		return device_gone(w, o->ns, o->dev);
	}
	case PLAN_SHAPER: {
		const struct plan_shaper *o = object;

		return device_gone(w, o->ns, o->dev);
	}
	case PLAN_RULE: return namespace_gone(w, ((const struct plan_rule *)object)->ns);
	case PLAN_FILTER: return namespace_gone(w, ((const struct plan_filter *)object)->ns);
	case PLAN_NAMESPACE:
	case PLAN_WORKER:
	case PLAN_NODE:
	case PLAN_N_KINDS: break;
	}
	return false;
}

/* Where the addresses of a device begin, or would: they stand together in a sorted plan. */
static size_t first_address(const struct plan *p, const char *ns, const char *dev)
{
	const struct place key = {ns, dev};
	size_t low = 0, high = p->n_addresses;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct place at = {p->addresses[mid].ns, p->addresses[mid].dev};

		if (compare_place(&at, &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_of(const struct plan_address *a, const char *ns, const char *dev)
{
	return strcmp(a->ns, ns) == 0 && strcmp(a->dev, dev) == 0;
}

static bool keeps_address(const struct walk *w, const struct plan_address *a)
{
	if (!w->shall || device_gone(w, a->ns, a->dev))
		return false;
	for (size_t i = first_address(w->shall, a->ns, a->dev); i < w->shall->n_addresses; i++) {
		const struct plan_address *b = &w->shall->addresses[i];

		if (!is_of(b, a->ns, a->dev))
			break;
		if (plan_key_cmp(PLAN_ADDRESS, b, a) == 0)
			return plan_same(PLAN_ADDRESS, b, a);
	}
	return false;
}

static bool source_goes(const struct walk *w, const struct plan_route *r)
{
	for (size_t i = 0; r->src && i < w->is->n_addresses; i++) {
		const struct plan_address *a = &w->is->addresses[i];

		if (a->prefix.addr == r->src && strcmp(a->ns, r->ns) == 0 && !keeps_address(w, a))
			return true;
	}
	return false;
}

/*
 * Whether an object that is the same in both plans must nevertheless be made anew although the
 * kernel keeps it: a worker whose sockets lie in a namespace that goes, unless its successor can take over
 * before that, because all that it needs is there and stays; a route whose
 * preferred source goes away for a moment (the kernel then drops it from table main, but from no
 * other: being explicit is right for both), or what leads through a device that loses its last
 * address (fib_disable_ip() in net/ipv4/fib_frontend.c drops its routes and neighbours).
 */
static bool must_renew(const struct walk *w, enum plan_kind kind, const void *object,
		       const void *after)
{
	if (kind == PLAN_WORKER)
		return worker_uprooted(w, object) && !worker_stands(w, after);
	if (kind == PLAN_NODE)
		return namespace_gone(w, ((const struct plan_node *)object)->ns);
	if (kind == PLAN_NEIGHBOUR) {
		const struct plan_neighbour *o = object;

		return has_place(&w->bare, o->ns, o->dev);
	}
	if (kind == PLAN_ROUTE) {
		const struct plan_route *o = object;

		return source_goes(w, o) || (o->dev && has_place(&w->bare, o->ns, o->dev));
	}
	return false;
}

/*
 * A namespace that is to forward, or no longer, and a link that is to lead elsewhere, are made anew. So is a
 * link with another MAC address: setting it flushes the neighbours of the device (neigh_changeaddr()).
 */
static bool changes_in_place(enum plan_kind kind, const void *before, const void *after)
{
	if (kind == PLAN_NAMESPACE) {
		const struct plan_namespace *x = before, *y = after;

		return x->router == y->router;
	}
	if (kind == PLAN_LINK) {
		const struct plan_link *x = before, *y = after;

		return plan_text_cmp(x->b.ns, y->b.ns) == 0 &&
		       plan_text_cmp(x->b.dev, y->b.dev) == 0 &&
		       memcmp(x->a.mac, y->a.mac, sizeof(x->a.mac)) == 0 &&
		       memcmp(x->b.mac, y->b.mac, sizeof(x->b.mac)) == 0;
	}
	return true;
}

static void add_step(struct walk *w, enum plan_op op, enum plan_kind kind, const void *before,
		     const void *after)
{
	struct plan_step *s = arena_push(w->diff->arena, w->diff->steps, w->diff->n);

	*s = (struct plan_step){op, kind, before, after};
}

/* What becomes of one key. */
enum fate { KEEP, DROP, REPLACE, RENEW, ALTER, MAKE };

static enum fate fate_of(const struct walk *w, enum plan_kind kind, const void *before,
			 const void *after)
{
	bool lost = before && swept(w, kind, before);

	if (!after)
		return lost ? KEEP : DROP;
	if (!before || lost)
		return MAKE;
	if (must_renew(w, kind, before, after))
		return RENEW;
	if (plan_same(kind, before, after))
		return KEEP;
	return changes_in_place(kind, before, after) ? ALTER : REPLACE;
}

typedef void visit_fn(struct walk *w, enum plan_kind kind, const void *before, const void *after);

static void merge(struct walk *w, enum plan_kind kind, visit_fn *visit)
{
	size_t i = 0, j = 0;
	size_t n = w->is ? plan_count(w->is, kind) : 0;
	size_t m = w->shall ? plan_count(w->shall, kind) : 0;

	while (i < n || j < m) {
		const void *before = i < n ? plan_object(w->is, kind, i) : NULL;
		const void *after = j < m ? plan_object(w->shall, kind, j) : NULL;
		int c = before && after ? plan_key_cmp(kind, before, after) : before ? -1 : 1;

		if (c > 0)
			before = NULL;
		if (c < 0)
			after = NULL;
		visit(w, kind, before, after);
		i += before != NULL;
		j += after != NULL;
	}
}

static bool removes(enum fate fate)
{
	return fate == DROP || fate == REPLACE || fate == RENEW;
}

static void collect_namespace(struct walk *w, enum plan_kind kind, const void *before,
			      const void *after)
{
	const struct plan_namespace *ns = before;

	if (ns && removes(fate_of(w, kind, before, after)))
		add_place(w, &w->namespaces, ns->name, NULL);
}

static void collect_bridge(struct walk *w, enum plan_kind kind, const void *before,
			   const void *after)
{
	const struct plan_bridge *b = before;

	if (b && (swept(w, kind, b) || removes(fate_of(w, kind, before, after))))
		add_place(w, &w->devices, b->ns, b->dev);
}

static void collect_devices(struct walk *w, enum plan_kind kind, const void *before,
			    const void *after)
{
	const struct plan_link *l = before;

	if (!l || (!link_gone(w, l) && !removes(fate_of(w, kind, before, after))))
		return;
	add_place(w, &w->devices, l->a.ns, l->a.dev);
	add_place(w, &w->devices, l->b.ns, l->b.dev);
}

static bool keeps_some_address(const struct walk *w, const char *ns, const char *dev)
{
	for (size_t i = first_address(w->is, ns, dev); i < w->is->n_addresses; i++) {
		const struct plan_address *a = &w->is->addresses[i];

		if (!is_of(a, ns, dev))
			break;
		if (keeps_address(w, a))
			return true;
	}
	return false;
}

static void collect_bare(struct walk *w, enum plan_kind kind, const void *before, const void *after)
{
	const struct plan_address *a = before;
	enum fate fate = fate_of(w, kind, before, after);

	/* an address is changed by taking it away and giving it again */
	if (a && (removes(fate) || fate == ALTER) && !keeps_some_address(w, a->ns, a->dev))
		add_place(w, &w->bare, a->ns, a->dev);
}

static void visit_removal(struct walk *w, enum plan_kind kind, const void *before,
			  const void *after)
{
	if (removes(fate_of(w, kind, before, after)))
		add_step(w, PLAN_REMOVE, kind, before, NULL);
}

static void visit_addition(struct walk *w, enum plan_kind kind, const void *before,
			   const void *after)
{
	switch (fate_of(w, kind, before, after)) {
	case KEEP:
	case DROP: break;
	case ALTER: add_step(w, PLAN_CHANGE, kind, before, after); break;
	case REPLACE:
	case RENEW:
	case MAKE: add_step(w, PLAN_ADD, kind, NULL, after); break;
	}
}

static void reverse(struct plan_step *s, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct plan_step t = s[i];

		s[i] = s[n - 1 - i];
		s[n - 1 - i] = t;
	}
}

/*
 * What is of no plan goes before all else, in the order of removals: it may stand in the place of something
 * that shall be there.
 */
static void remove_extra(struct walk *w)
{
	const struct plan *extra = w->is ? w->is->extra : NULL;

	for (enum plan_kind kind = 0; extra && kind < PLAN_N_KINDS; kind++)
		for (size_t i = 0; i < plan_count(extra, kind); i++) {
			const void *object = plan_object(extra, kind, i);

			if (!swept(w, kind, object))
				add_step(w, PLAN_REMOVE, kind, object, NULL);
		}
}

struct plan_diff *plan_diff(const struct plan *is, const struct plan *shall)
{
	struct arena *a = arena_new(0);
	struct plan_diff *d = arena_alloc(a, sizeof(*d));
	struct walk w = {.diff = d, .is = is, .shall = shall};

	d->arena = a;
	merge(&w, PLAN_NAMESPACE, collect_namespace);
	sort_places(&w.namespaces);
	merge(&w, PLAN_BRIDGE, collect_bridge);
	merge(&w, PLAN_LINK, collect_devices);
	sort_places(&w.devices);
	merge(&w, PLAN_ADDRESS, collect_bare);
	sort_places(&w.bare);
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		merge(&w, kind, visit_removal);
	remove_extra(&w);
	reverse(d->steps, d->n);
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		merge(&w, kind, visit_addition);
	return d;
}

void plan_diff_free(struct plan_diff *d)
{
	if (d)
		arena_free(d->arena);
}

struct plan_step plan_step_inverse(struct plan_step s)
{
	switch (s.op) {
	case PLAN_REMOVE: return (struct plan_step){PLAN_ADD, s.kind, NULL, s.before};
	case PLAN_ADD: return (struct plan_step){PLAN_REMOVE, s.kind, s.after, NULL};
	case PLAN_CHANGE: break;
	}
	return (struct plan_step){PLAN_CHANGE, s.kind, s.after, s.before};
}
