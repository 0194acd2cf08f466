// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invariants of a sorted plan. The compiler is the only writer of plans, so a finding here is a
 * defect of labctl or a damaged plan.json, never a mistake of the user.
 */
#include "plan/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "plan/fields.h"

/* The devices of all bridges and links, found by hash: a large plan speaks ten thousand times of some. */
struct device {
	const char *ns, *dev;
};

struct devices {
	struct device *v; /* no ns: free */
	size_t n;         /* a power of two, and twice as many as there are devices */
};

struct context {
	const struct plan *plan;
	struct devices devices;
	/* What was found last. In a sorted plan the next object lies there, too, more often than not. */
	const char *namespace;
	struct device device;
	struct arena *arena; /* for texts of errors */
};

static int compare_device(const struct device *x, const struct device *y)
{
	int c = plan_text_cmp(x->ns, y->ns);

	return c ? c : plan_text_cmp(x->dev, y->dev);
}

static int complain(const struct context *c, enum plan_kind kind, const void *object,
		    struct lab_error **err, const char *why, const char *what)
{
	return lab_error_make(err, LAB_FAILED, "plan of %s: %s: %s%s%s", c->plan->lab,
			      plan_describe(c->arena, kind, object), why, what ? " " : "",
			      what ? what : "");
}

static bool has_namespace(struct context *c, const char *ns)
{
	if (c->namespace && (c->namespace == ns || strcmp(c->namespace, ns) == 0))
		return true;
	if (!plan_find_namespace(c->plan, ns))
		return false;
	c->namespace = ns;
	return true;
}

/* Where a device is, or would be. */
static struct device *slot_of(const struct context *c, const struct device *key)
{
	const struct devices *d = &c->devices;
	size_t i = (size_t)hash_str(hash_str(0, key->ns), key->dev) & (d->n - 1);

	while (d->v[i].ns && compare_device(key, &d->v[i]) != 0)
		i = (i + 1) & (d->n - 1);
	return &d->v[i];
}

static bool has_device(struct context *c, const char *ns, const char *dev)
{
	struct device key = {ns, dev};

	assert(ns); /* required texts are there, see complete() */
	if (strcmp(dev, "lo") == 0 || (c->device.dev && compare_device(&key, &c->device) == 0))
		return true;
	if (!slot_of(c, &key)->ns)
		return false;
	c->device = key;
	return true;
}

/* Required texts are there: everything after this may follow them. */
static bool complete(const struct field_set *set, const void *object, const char **missing)
{
	for (const struct field *f = set->fields; f->name; f++) {
		const void *at = (const char *)object + f->offset;

		if (f->type == FIELD_STRUCT && !complete(f->inner, at, missing))
			return false;
		if ((f->type != FIELD_STRING && f->type != FIELD_JSON) ||
		    !(f->flags & FIELD_REQUIRED))
			continue;
		if (!*(const char *const *)at) {
			*missing = f->name;
			return false;
		}
	}
	return true;
}

static int verify_kind(const struct context *c, enum plan_kind kind, struct lab_error **err)
{
	const void *former = NULL;

	for (size_t i = 0; i < plan_count(c->plan, kind); i++) {
		const void *object = plan_object(c->plan, kind, i);
		const char *missing;
		int order;

		if (!complete(plan_fields(kind), object, &missing) ||
		    !complete(plan_origin_fields(), object, &missing))
			return lab_error_make(err, LAB_FAILED, "plan of %s: %s %zu: no %s",
					      c->plan->lab, plan_kind_name(kind), i, missing);
		order = former ? plan_key_cmp(kind, former, object) : -1;
		if (order == 0)
			return complain(c, kind, object, err, "is there twice", NULL);
		if (order > 0)
			return complain(c, kind, object, err, "is out of order", NULL);
		former = object;
	}
	return 0;
}

static int add_device(struct context *c, enum plan_kind kind, const void *object, const char *ns,
		      const char *dev, struct lab_error **err)
{
	const struct device key = {ns, dev};
	struct device *slot;

	if (!has_namespace(c, ns))
		return complain(c, kind, object, err, "no namespace", ns);
	if (!*dev || strlen(dev) >= IFNAME_LEN || strcmp(dev, "lo") == 0)
		return complain(c, kind, object, err, "bad device name", dev);
	slot = slot_of(c, &key);
	if (slot->ns)
		return lab_error_make(err, LAB_FAILED, "plan of %s: device %s/%s is there twice",
				      c->plan->lab, ns, dev);
	*slot = key;
	return 0;
}

static int collect_devices(struct context *c, struct lab_error **err)
{
	const struct plan *p = c->plan;
	struct devices *d = &c->devices;

	for (d->n = 16; d->n < 2 * (2 * p->n_links + p->n_bridges);)
		d->n *= 2;
	d->v = arena_alloc(c->arena, d->n * sizeof(*d->v));
	for (size_t i = 0; i < p->n_bridges; i++) {
		const struct plan_bridge *b = &p->bridges[i];

		if (add_device(c, PLAN_BRIDGE, b, b->ns, b->dev, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->n_links; i++) {
		const struct plan_link *l = &p->links[i];

		if (add_device(c, PLAN_LINK, l, l->a.ns, l->a.dev, err) < 0 ||
		    add_device(c, PLAN_LINK, l, l->b.ns, l->b.dev, err) < 0)
			return -1;
	}
	return 0;
}

static int compare_bridge(const void *a, const void *b)
{
	return plan_key_cmp(PLAN_BRIDGE, a, b);
}

static bool has_bridge(const struct context *c, const char *ns, const char *dev)
{
	const struct plan_bridge key = {.ns = ns, .dev = dev};
	const struct plan *p = c->plan;

	return p->n_bridges &&
	       bsearch(&key, p->bridges, p->n_bridges, sizeof(key), compare_bridge) != NULL;
}

static int verify_end(const struct context *c, const struct plan_link *l, const struct plan_end *e,
		      struct lab_error **err)
{
	if (!e->master || has_bridge(c, e->ns, e->master))
		return 0;
	return complain(c, PLAN_LINK, l, err, "no bridge", e->master);
}

static int verify_link(const struct context *c, const struct plan_link *l, struct lab_error **err)
{
	return verify_end(c, l, &l->a, err) < 0 || verify_end(c, l, &l->b, err) < 0 ? -1 : 0;
}

/* ns must exist, and dev in it where dev is not NULL. */
static int verify_place(struct context *c, enum plan_kind kind, const void *object, const char *ns,
			const char *dev, struct lab_error **err)
{
	if (!has_namespace(c, ns))
		return complain(c, kind, object, err, "no namespace", ns);
	if (dev && !has_device(c, ns, dev))
		return complain(c, kind, object, err, "no device", dev);
	return 0;
}

static int verify_route(struct context *c, const struct plan_route *r, struct lab_error **err)
{
	if (r->type == PLAN_UNICAST && !r->dev)
		return complain(c, PLAN_ROUTE, r, err, "leads nowhere", NULL);
	if (r->type == PLAN_BLACKHOLE && (r->dev || r->via))
		return complain(c, PLAN_ROUTE, r, err, "is a blackhole with a next hop", NULL);
	if (r->dst.addr != ip_prefix_first(r->dst))
		return complain(c, PLAN_ROUTE, r, err, "has host bits", NULL);
	return verify_place(c, PLAN_ROUTE, r, r->ns, r->dev, err);
}

/* What is not for listening has no port; a memory has no address either. */
static bool sound_socket(const struct plan_socket *s)
{
	switch (s->type) {
	case PLAN_TCP:
	case PLAN_UDP: return s->port != 0;
	case PLAN_ICMP: return s->port == 0;
	case PLAN_NETLINK:
	case PLAN_PACKET:
	case PLAN_MEMORY:
	case PLAN_TABLE:
	case PLAN_SECRET: break;
	}
	return s->port == 0 && s->addr == 0;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that two sockets of a worker have; NULL: none. A resolver has thousands. */
static const char *name_twice(const struct plan_worker *w)
{
	auto_free const char **names = calloc(w->n_sockets + 1, sizeof(*names));
	size_t i = 1;

	if (!names)
		abort();
	for (size_t k = 0; k < w->n_sockets; k++)
		names[k] = w->sockets[k].name;
	qsort(names, w->n_sockets, sizeof(*names), compare_text);
	while (i < w->n_sockets && strcmp(names[i - 1], names[i]) != 0)
		i++;
	return i < w->n_sockets ? names[i] : NULL;
}

static int verify_worker(struct context *c, const struct plan_worker *w, struct lab_error **err)
{
	const char *twice;

	for (size_t i = 0; i < w->n_sockets; i++) {
		const struct plan_socket *s = &w->sockets[i];

		if (!s->name || !s->ns || !has_namespace(c, s->ns) || !sound_socket(s))
			return complain(c, PLAN_WORKER, w, err, "bad socket", s->name);
	}
	twice = name_twice(w);
	if (twice)
		return complain(c, PLAN_WORKER, w, err, "two sockets", twice);
	if (*w->config != '{')
		return complain(c, PLAN_WORKER, w, err, "config is no JSON object", NULL);
	return verify_place(c, PLAN_WORKER, w, w->ns, NULL, err);
}

static int verify_object(struct context *c, enum plan_kind kind, const void *object,
			 struct lab_error **err)
{
	switch (kind) {
	case PLAN_NAMESPACE:
	case PLAN_BRIDGE: return 0; /* by collect_devices() */
	case PLAN_LINK: return verify_link(c, object, err);
	case PLAN_ADDRESS: {
		const struct plan_address *o = object;

		return verify_place(c, kind, o, o->ns, o->dev, err);
	}
	case PLAN_NEIGHBOUR: {
		const struct plan_neighbour *o = object;

		return verify_place(c, kind, o, o->ns, o->dev, err);
	}
	case PLAN_ROUTE: return verify_route(c, object, err);
	case PLAN_RULE: {
		const struct plan_rule *o = object;

		if (verify_place(c, kind, o, o->ns, o->iif, err) < 0)
			return -1;
		return verify_place(c, kind, o, o->ns, o->oif, err);
	}
	case PLAN_SHAPER: {
		const struct plan_shaper *o = object;

		return verify_place(c, kind, o, o->ns, o->dev, err);
	}
	case PLAN_FILTER:
		return verify_place(c, kind, object, ((const struct plan_filter *)object)->ns, NULL,
				    err);
	case PLAN_WORKER: return verify_worker(c, object, err);
	case PLAN_NODE:
		return verify_place(c, kind, object, ((const struct plan_node *)object)->ns, NULL,
				    err);
	case PLAN_N_KINDS: break;
	}
	return 0;
}

int plan_verify(const struct plan *p, struct lab_error **err)
{
	auto_arena struct arena *arena = arena_new(0);
	struct context c = {.plan = p, .arena = arena};

	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		if (verify_kind(&c, kind, err) < 0)
			return -1;
	if (collect_devices(&c, err) < 0)
		return -1;
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		for (size_t i = 0; i < plan_count(p, kind); i++)
			if (verify_object(&c, kind, plan_object(p, kind, i), err) < 0)
				return -1;
	return 0;
}
