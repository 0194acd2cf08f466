// SPDX-License-Identifier: GPL-2.0-only
/*
 * One record for each table and prefix where the kernel has a route with our metric, or we want one. A
 * record that may not be as wanted stands in the list of pending ones, and leaves it when the kernel
 * has told that it is. What was sent changes nothing by itself: the kernel's events, which come in
 * its order, are the only truth, so a route that somebody deletes while we write it is not lost.
 *
 * The kernel's key of a route has no protocol in it. Where another one's route has the key, ours is
 * not written: it is created with NLM_F_EXCL, and replaces only what is known to be ours.
 */
#include "routing/fib.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct device {
	const char *name;
	int index; /* 0: not there */
	bool up;
};

struct want {
	uint8_t protocol;
	size_t n;
	struct routing_hop hops[];
};

struct record {
	uint32_t table;
	struct ip_prefix dst;
	/* in the kernel, with our metric: one of ours, one of somebody else's */
	bool ours, other;
	bool dumped; /* ours was told by this dump: of several, the first is the one in use */
	uint8_t protocol;
	uint64_t print;
	struct want *want; /* NULL: none */
	bool pending;
	uint64_t written_at; /* ms; 0: never */
	uint64_t retry_at;   /* ms */
};

struct routing_fib {
	struct device *devices;
	size_t n_devices;
	void *records; /* tsearch(3), by table and prefix */
	size_t n_ours;
	struct record **pending;
	size_t n_pending, room;
	bool sweep; /* all records have to be looked at */
	struct routing_fib_state state;
};

enum verdict { IN_PLACE, PARTLY, TO_DO, ABSENT, TAKEN };

static void *must(void *p)
{
	if (!p)
		abort(); /* the supervisor starts us anew */
	return p;
}

static int by_key(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return ip_prefix_cmp(x->dst, y->dst);
}

static void free_record(void *p)
{
	struct record *e = p;

	free(e->want);
	free(e);
}

struct routing_fib *routing_fib_new(void)
{
	return must(calloc(1, sizeof(struct routing_fib)));
}

void routing_fib_free(struct routing_fib *f)
{
	if (!f)
		return;
	tdestroy(f->records, free_record);
	free(f->pending);
	free(f->devices);
	free(f);
}

size_t routing_fib_device(struct routing_fib *f, const char *name)
{
	for (size_t i = 0; i < f->n_devices; i++) {
		if (strcmp(f->devices[i].name, name) == 0)
			return i;
	}
	f->devices = must(reallocarray(f->devices, f->n_devices + 1, sizeof(*f->devices)));
	f->devices[f->n_devices] = (struct device){.name = name};
	return f->n_devices++;
}

static struct record *find(struct routing_fib *f, uint32_t table, struct ip_prefix dst)
{
	const struct record key = {.table = table, .dst = dst};
	struct record **found = tfind(&key, &f->records, by_key);

	return found ? *found : NULL;
}

static struct record *find_or_add(struct routing_fib *f, uint32_t table, struct ip_prefix dst)
{
	struct record *e = find(f, table, dst);

	if (e)
		return e;
	e = must(calloc(1, sizeof(*e)));
	e->table = table;
	e->dst = dst;
	(void)must(tsearch(e, &f->records, by_key));
	return e;
}

static void suspect(struct routing_fib *f, struct record *e)
{
	if (e->pending)
		return;
	if (f->n_pending == f->room) {
		f->room = f->room ? f->room * 2 : 64;
		f->pending = must(reallocarray(f->pending, f->room, sizeof(struct record *)));
	}
	e->pending = true;
	f->pending[f->n_pending++] = e;
}

/* Something happened to it: it need not wait as after a refusal, only keep the pace. */
static void hasten(struct routing_fib *f, struct record *e)
{
	uint64_t pace = e->written_at ? e->written_at + ROUTING_PACE_MS : 0;

	if (e->retry_at > pace)
		e->retry_at = pace;
	suspect(f, e);
}

struct sweep {
	struct routing_fib *fib;
	void (*fn)(struct routing_fib *f, struct record *e);
};

static void sweep_record(const void *node, VISIT which, void *closure)
{
	struct sweep *s = closure;

	if (which == postorder || which == leaf)
		s->fn(s->fib, *(struct record *const *)node);
}

static void for_each(struct routing_fib *f, void (*fn)(struct routing_fib *f, struct record *e))
{
	struct sweep s = {f, fn};

	twalk_r(f->records, sweep_record, &s);
}

static bool wants_this(const struct want *w, uint8_t protocol, const struct routing_hop *hops,
		       size_t n)
{
	if (!w || w->n != n || w->protocol != protocol)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (w->hops[i].device != hops[i].device || w->hops[i].via != hops[i].via ||
		    w->hops[i].onlink != hops[i].onlink)
			return false;
	}
	return true;
}

static void unwant(struct routing_fib *f, struct record *e)
{
	free(e->want);
	e->want = NULL;
	e->retry_at = 0;
	suspect(f, e);
}

void routing_fib_want(struct routing_fib *f, uint32_t table, struct ip_prefix dst, uint8_t protocol,
		      const struct routing_hop *hops, size_t n)
{
	struct record *e = n ? find_or_add(f, table, dst) : find(f, table, dst);

	if (!e || wants_this(e->want, protocol, hops, n))
		return;
	unwant(f, e);
	if (!n)
		return;
	e->want = must(malloc(sizeof(*e->want) + n * sizeof(*hops)));
	e->want->protocol = protocol;
	e->want->n = n;
	memcpy(e->want->hops, hops, n * sizeof(*hops));
}

void routing_fib_want_nothing(struct routing_fib *f)
{
	for_each(f, unwant);
}

static bool is_ours(uint8_t protocol)
{
	return protocol == ROUTING_PROTO_LEARNED || protocol == ROUTING_PROTO_TRACKED;
}

static void set_ours(struct routing_fib *f, struct record *e, bool ours)
{
	f->n_ours += (size_t)ours - (size_t)e->ours;
	e->ours = ours;
}

static void came(struct routing_fib *f, struct record *e, const struct routing_told *t)
{
	if (!is_ours(t->protocol)) {
		e->other = true;
		set_ours(f, e, e->ours && !t->replaces);
		return;
	}
	if (t->dumped && e->dumped)
		return;
	e->dumped = t->dumped;
	set_ours(f, e, true);
	e->protocol = t->protocol;
	e->print = t->print;
	e->other = e->other && !t->replaces;
}

void routing_fib_route(struct routing_fib *f, const struct routing_told *t)
{
	struct record *e;

	if (t->metric != ROUTING_METRIC)
		return;
	e = t->gone ? find(f, t->table, t->dst) : find_or_add(f, t->table, t->dst);
	if (!e)
		return;
	if (!t->gone)
		came(f, e, t);
	else if (is_ours(t->protocol))
		set_ours(f, e, false);
	else
		e->other = false;
	hasten(f, e);
}

void routing_fib_link(struct routing_fib *f, const struct routing_link *l)
{
	for (size_t i = 0; i < f->n_devices; i++) {
		struct device *d = &f->devices[i];
		const struct device before = *d;

		if (!l->gone && strcmp(d->name, l->name) == 0)
			*d = (struct device){d->name, l->index, l->up};
		else if (d->index == l->index) /* gone, or has another name now */
			*d = (struct device){.name = d->name};
		f->sweep = f->sweep || d->index != before.index || d->up != before.up;
	}
}

/* No pace either: a lab that is being made should not wait for it. */
void routing_fib_retry(struct routing_fib *f)
{
	for (size_t i = 0; i < f->n_pending; i++)
		if (!f->pending[i]->ours)
			f->pending[i]->retry_at = 0;
}

static void forget(struct routing_fib *f, struct record *e)
{
	set_ours(f, e, false);
	e->other = e->dumped = false;
}

void routing_fib_dump(struct routing_fib *f)
{
	for_each(f, forget);
	for (size_t i = 0; i < f->n_devices; i++)
		f->devices[i] = (struct device){.name = f->devices[i].name};
	f->sweep = true;
}

/* The next hops of a record that can be used now: those whose devices are up. */
static size_t usable(struct routing_fib *f, const struct want *w, struct routing_nexthop *hops)
{
	size_t n = 0;

	for (size_t i = 0; w && i < w->n; i++) {
		const struct device *d = &f->devices[w->hops[i].device];

		if (d->index && d->up)
			hops[n++] = (struct routing_nexthop){d->index, w->hops[i].via,
							     w->hops[i].onlink};
		else
			f->state.dev = d->name;
	}
	return n;
}

/* What is to be done about a record; TO_DO: *o says it. */
static enum verdict judge(struct routing_fib *f, const struct record *e, struct routing_order *o)
{
	*o = (struct routing_order){.table = e->table, .dst = e->dst, .protocol = e->protocol};
	o->n = usable(f, e->want, o->hops);
	if (o->n && e->ours && e->protocol == e->want->protocol &&
	    e->print == routing_hops_print(o->hops, o->n))
		return o->n == e->want->n ? IN_PLACE : PARTLY;
	if (e->ours && (!o->n || e->other)) {
		o->act = ROUTING_REMOVE;
		return TO_DO;
	}
	if (!o->n)
		return e->want ? ABSENT : IN_PLACE;
	if (e->other)
		return TAKEN;
	o->act = e->ours ? ROUTING_REPLACE : ROUTING_CREATE;
	o->protocol = e->want->protocol;
	return TO_DO;
}

static void count(struct routing_fib_state *s, const struct record *e, enum verdict v)
{
	s->missing += e->want != NULL;
	s->absent += v == ABSENT || v == PARTLY;
	s->taken += v == TAKEN;
	if (v == TAKEN)
		s->dst = e->dst;
}

/* Whether this is the time for an order, which then counts as carried out until it proves otherwise. */
static bool take_turn(struct routing_fib *f, struct record *e, uint64_t now)
{
	bool due = e->retry_at <= now;

	if (due) {
		e->written_at = now;
		e->retry_at = now + ROUTING_RETRY_MS;
	}
	if (e->retry_at < f->state.due)
		f->state.due = e->retry_at;
	return due;
}

/* It is as it should be, and leaves the list; where nothing is left to know, it goes altogether. */
static void settle(struct routing_fib *f, struct record *e)
{
	e->pending = false;
	if (e->ours || e->other || e->want)
		return;
	(void)tdelete(e, &f->records, by_key); /* is there */
	free_record(e);
}

struct routing_order *routing_fib_orders(struct routing_fib *f, uint64_t now, size_t *n)
{
	struct routing_order *orders = NULL, o;
	size_t kept = 0, room = 0;

	*n = 0;
	if (f->sweep)
		for_each(f, hasten);
	f->sweep = false;
	f->state = (struct routing_fib_state){.due = UINT64_MAX, .routes = f->n_ours};
	for (size_t i = 0; i < f->n_pending; i++) {
		struct record *e = f->pending[i];
		enum verdict v = judge(f, e, &o);

		if (v == IN_PLACE) {
			settle(f, e);
			continue;
		}
		f->pending[kept++] = e;
		count(&f->state, e, v);
		if (v != TO_DO || !take_turn(f, e, now))
			continue;
		if (*n == room) {
			room = room ? room * 2 : 16;
			orders = must(reallocarray(orders, room, sizeof(*orders)));
		}
		orders[(*n)++] = o;
	}
	f->n_pending = kept;
	return orders;
}

const struct routing_fib_state *routing_fib_state(const struct routing_fib *f)
{
	return &f->state;
}
