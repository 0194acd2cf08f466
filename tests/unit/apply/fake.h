// SPDX-License-Identifier: GPL-2.0-only
/**
 * A kernel and a supervisor in memory that is shared with child processes, so that a test can let
 * a run die at any call and look at what it left. Every call of the backend or of the ops, and every
 * step within a run, is one point at which it can fail, die or be interrupted.
 */
#pragma once

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/cleanup.h"
#include "lib/test.h"

#define FAKE_DIED 99

struct fake_object {
	enum plan_kind kind;
	char key[128];
	char json[2000];            /* a plan with this object, and what it stands on */
	char ns[2][48], dev[2][16]; /* what takes it away */
	char iif[16];               /* of a rule: must have been there, but may go */
};

struct fake_pin {
	char name[48];
	uint64_t ino;
};

struct fake {
	struct fake_object objects[64];
	struct fake_pin pins[16];
	size_t n_objects, n_pins;
	uint64_t next_ino;
	pid_t supervisor;
	bool detached;
	char workers[8][32];
	size_t n_workers;
	/* what happens at which point; 0: nothing */
	int point, fail_at, die_at, cancel_at;
	bool fail_on; /* all points after fail_at fail too */
	volatile sig_atomic_t cancel;
	int steps_run; /* steps that the backend was given */
	int failures;
};

struct fake_backend {
	struct backend backend;
	struct fake *k;
	struct fake_pin made[16]; /* not published yet */
	size_t n_made;
};

static struct plan *fake_kept[4096]; /* plans that observed objects point into */
static size_t fake_n_kept;

static inline void fake_forget_plans(void)
{
	while (fake_n_kept)
		plan_free(fake_kept[--fake_n_kept]);
}

static inline int fake_point(struct fake *k, struct lab_error **err)
{
	k->point++;
	if (k->point == k->die_at) {
		if (k->supervisor && !k->detached)
			kill(k->supervisor, SIGKILL); /* PR_SET_PDEATHSIG */
		_exit(FAKE_DIED);
	}
	if (k->point == k->cancel_at)
		k->cancel = 1;
	if (k->fail_at && (k->point == k->fail_at || (k->fail_on && k->point > k->fail_at))) {
		k->failures++;
		return lab_error_make(err, LAB_FAILED, "fake: failure %d", k->point);
	}
	return 0;
}

/* Where an object stands: what takes it away. */
static inline void fake_place(struct fake_object *o, const void *object)
{
	const char *ns[2] = {"", ""}, *dev[2] = {"", ""};

#define PLACE(type, device) (ns[0] = ((const struct type *)object)->ns, dev[0] = (device))
	switch (o->kind) {
	case PLAN_NAMESPACE: ns[0] = ((const struct plan_namespace *)object)->name; break;
	case PLAN_BRIDGE: PLACE(plan_bridge, ((const struct plan_bridge *)object)->dev); break;
	case PLAN_LINK: {
		const struct plan_link *l = object;

		ns[0] = l->a.ns, dev[0] = l->a.dev, ns[1] = l->b.ns, dev[1] = l->b.dev;
		break;
	}
	case PLAN_ADDRESS: PLACE(plan_address, ((const struct plan_address *)object)->dev); break;
	case PLAN_NEIGHBOUR:
		PLACE(plan_neighbour, ((const struct plan_neighbour *)object)->dev);
		break;
	case PLAN_ROUTE: {
		const struct plan_route *r = object;

		PLACE(plan_route, r->dev ? r->dev : "");
		break;
	}
	case PLAN_RULE: {
		const struct plan_rule *r = object;

		PLACE(plan_rule, "");
		strcpy(o->iif, r->iif ? r->iif : "");
		break;
	}
	case PLAN_SHAPER: PLACE(plan_shaper, ((const struct plan_shaper *)object)->dev); break;
	case PLAN_FILTER: PLACE(plan_filter, ""); break;
	case PLAN_WORKER:
	case PLAN_NODE:
	case PLAN_N_KINDS: abort();
	}
#undef PLACE
	for (size_t i = 0; i < 2; i++) {
		strcpy(o->ns[i], ns[i]);
		strcpy(o->dev[i], dev[i]);
	}
}

static inline void fake_one_object(struct plan *p, enum plan_kind kind, const void *object)
{
	switch (kind) {
#define ONE(KIND, name) \
	case KIND: *plan_add_##name(p) = *(const struct plan_##name *)object; break
		ONE(PLAN_NAMESPACE, namespace);
		ONE(PLAN_BRIDGE, bridge);
		ONE(PLAN_LINK, link);
		ONE(PLAN_ADDRESS, address);
		ONE(PLAN_NEIGHBOUR, neighbour);
		ONE(PLAN_ROUTE, route);
		ONE(PLAN_RULE, rule);
		ONE(PLAN_SHAPER, shaper);
		ONE(PLAN_FILTER, filter);
		ONE(PLAN_WORKER, worker);
		ONE(PLAN_NODE, node);
#undef ONE
	case PLAN_N_KINDS: break;
	}
}

/* plan_read() wants a plan that is whole: the object's namespaces, and a link that has its device. */
static inline void fake_context(struct plan *p, const struct fake_object *o)
{
	static const struct plan_origin origin = {"", ""};

	for (size_t e = 0; e < 2 && o->kind != PLAN_NAMESPACE; e++)
		if (*o->ns[e])
			*plan_add_namespace(p) = (struct plan_namespace){origin, o->ns[e], "",
									 false, NULL};
	if (o->kind <= PLAN_LINK || (!*o->dev[0] && !*o->iif))
		return;
	*plan_add_namespace(p) = (struct plan_namespace){origin, "zz", "", false, NULL};
	*plan_add_link(p) =
		(struct plan_link){.origin = origin,
				   .a = {.ns = o->ns[0], .dev = *o->iif ? o->iif : o->dev[0]},
				   .b = {.ns = "zz", .dev = "zz"}};
}

static inline void fake_encode(struct fake_object *o, enum plan_kind kind, const void *object)
{
	auto_plan struct plan *p = plan_new("sample");
	auto_free char *text = NULL;

	memset(o, 0, sizeof(*o));
	o->kind = kind;
	fake_place(o, object);
	fake_one_object(p, kind, object);
	fake_context(p, o);
	plan_sort(p);
	text = plan_write(p);
	assert_true(strlen(text) < sizeof(o->json));
	strcpy(o->json, text);
	snprintf(o->key, sizeof(o->key), "%s", plan_describe(p->arena, kind, object));
}

static inline struct plan *fake_decode(const struct fake_object *o)
{
	struct lab_error *err = NULL;
	struct plan *p = plan_read(o->json, strlen(o->json), &err);

	if (!p)
		fail_msg("%s: %s", o->key, lab_error_message(err));
	return p;
}

/* plan_describe() may show more than the key, so objects are found by the key itself. */
static inline struct fake_object *fake_find(struct fake *k, enum plan_kind kind, const void *object)
{
	for (size_t i = 0; i < k->n_objects; i++) {
		auto_plan struct plan *p = NULL;

		if (k->objects[i].kind != kind)
			continue;
		p = fake_decode(&k->objects[i]);
		if (plan_key_cmp(kind, plan_object(p, kind, 0), object) == 0)
			return &k->objects[i];
	}
	return NULL;
}

static inline void fake_drop(struct fake *k, struct fake_object *o)
{
	*o = k->objects[--k->n_objects];
}

/* Everything in the namespace, or on the device of it, goes; a link with either of its ends. */
static inline void fake_sweep(struct fake *k, const char *ns, const char *dev)
{
	for (size_t i = k->n_objects; i-- > 0;) {
		struct fake_object o;

		if (i >= k->n_objects)
			continue;
		o = k->objects[i];
		for (size_t e = 0; e < 2; e++) {
			if (!*o.ns[e] || strcmp(o.ns[e], ns) || (dev && strcmp(o.dev[e], dev)))
				continue;
			fake_drop(k, &k->objects[i]);
			if (o.kind == PLAN_LINK)
				fake_sweep(k, o.ns[!e], o.dev[!e]);
			i = k->n_objects; /* what was swept meanwhile moved the others */
			break;
		}
	}
}

static inline int fake_make(struct backend *b, const struct plan_namespace *ns,
			    struct backend_namespace_id *id, struct lab_error **err)
{
	struct fake_backend *f = (struct fake_backend *)b;
	struct fake_pin *pin = &f->made[f->n_made];

	if (fake_point(f->k, err))
		return -1;
	f->n_made++;
	strcpy(pin->name, ns->name);
	pin->ino = ++f->k->next_ino;
	*id = (struct backend_namespace_id){4, pin->ino};
	return 0;
}

static inline struct fake_pin *fake_pin(struct fake *k, const char *name)
{
	for (size_t i = 0; i < k->n_pins; i++)
		if (!strcmp(k->pins[i].name, name))
			return &k->pins[i];
	return NULL;
}

static inline int fake_publish(struct backend *b, const struct plan_namespace *ns,
			       struct lab_error **err)
{
	struct fake_backend *f = (struct fake_backend *)b;
	struct fake *k = f->k;

	if (fake_point(k, err))
		return -1;
	if (fake_pin(k, ns->name))
		return lab_error_make(err, LAB_STATE, "fake: %s is taken", ns->name);
	for (size_t i = f->n_made; i-- > 0;)
		if (!strcmp(f->made[i].name, ns->name)) {
			k->pins[k->n_pins++] = f->made[i];
			fake_encode(&k->objects[k->n_objects++], PLAN_NAMESPACE, ns);
			return 0;
		}
	return lab_error_make(err, LAB_FAILED, "fake: %s was not made", ns->name);
}

static inline int fake_remove(struct backend *b, const char *name,
			      const struct backend_namespace_id *id, bool *foreign,
			      struct lab_error **err)
{
	struct fake *k = ((struct fake_backend *)b)->k;
	struct fake_pin *pin = fake_pin(k, name);

	if (fake_point(k, err))
		return -1;
	*foreign = pin && pin->ino != id->ino;
	if (!pin || *foreign)
		return 0;
	*pin = k->pins[--k->n_pins];
	fake_sweep(k, name, NULL);
	return 0;
}

static inline int fake_step(struct fake *k, const struct plan_step *s, struct lab_error **err)
{
	const void *object = s->after ? s->after : s->before;
	struct fake_object *o = fake_find(k, s->kind, object), place = {.kind = s->kind};

	fake_place(&place, object);
	for (size_t e = 0; s->after && e < 2; e++)
		if (*place.ns[e] && !fake_pin(k, place.ns[e]))
			return lab_error_make(err, LAB_FAILED, "fake: no namespace %s for %s",
					      place.ns[e], plan_kind_name(s->kind));
	if (o)
		fake_drop(k, o);
	if (s->after)
		fake_encode(&k->objects[k->n_objects++], s->kind, object);
	else if (s->kind == PLAN_LINK)
		fake_sweep(k, place.ns[0], place.dev[0]), fake_sweep(k, place.ns[1], place.dev[1]);
	return 0;
}

static inline int fake_run(struct backend *b, const struct plan_step *steps, size_t n, size_t *done,
			   struct lab_error **err)
{
	struct fake *k = ((struct fake_backend *)b)->k;

	for (*done = 0; *done < n; (*done)++) {
		if (fake_point(k, err) || fake_step(k, &steps[*done], err))
			return -1;
		k->steps_run++;
	}
	return 0;
}

static inline int fake_settle(struct backend *b, struct lab_error **err)
{
	return fake_point(((struct fake_backend *)b)->k, err);
}

static inline struct plan *fake_observe(void *data, const struct plan *wanted,
					const struct backend_namespace_id *ids,
					const char ***foreign, size_t *n_foreign,
					struct lab_error **err)
{
	struct fake *k = data;
	struct plan *seen = plan_new(wanted->lab);

	*foreign = NULL;
	*n_foreign = 0;
	if (fake_point(k, err)) {
		plan_free(seen);
		return NULL;
	}
	for (size_t i = 0; i < wanted->n_namespaces; i++) {
		const struct fake_pin *pin = fake_pin(k, wanted->namespaces[i].name);

		if (pin && pin->ino != ids[i].ino)
			*arena_push(seen->arena, *foreign, *n_foreign) = wanted->namespaces[i].name;
	}
	for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
		for (size_t i = 0; i < plan_count(wanted, kind); i++) {
			struct fake_object *o = fake_find(k, kind, plan_object(wanted, kind, i));
			struct plan *p;

			if (!o)
				continue;
			p = fake_kept[fake_n_kept++] = fake_decode(o);
			fake_one_object(seen, kind, plan_object(p, kind, 0));
		}
	for (enum plan_kind kind = PLAN_WORKER; kind <= PLAN_NODE; kind++)
		for (size_t i = 0; i < plan_count(wanted, kind); i++)
			fake_one_object(seen, kind, plan_object(wanted, kind, i));
	plan_sort(seen);
	return seen;
}

static inline int fake_released(void *data, struct lab_error **err)
{
	return fake_point(data, err);
}

static inline int fake_start(void *data, struct process_id *id, struct lab_error **err)
{
	struct fake *k = data;
	int sync[2];
	pid_t pid;
	char c;

	if (fake_point(k, err))
		return -1;
	assert_int_equal(pipe(sync), 0);
	pid = fork();
	if (pid == 0) {
		(void)close_range(3, ~0U, 0); /* the lock among them, as execve() would */
		/* so that no test that ends early leaves it behind */
		alarm(60);
		for (;;)
			pause();
	}
	close(sync[1]);
	assert_int_equal(read(sync[0], &c, 1), 0); /* the child has let go of all */
	close(sync[0]);
	k->supervisor = pid;
	k->detached = false;
	k->n_workers = 0;
	assert_true(process_id_of(pid, id));
	return 0;
}

static inline int fake_detach(void *data, struct lab_error **err)
{
	struct fake *k = data;

	if (fake_point(k, err))
		return -1;
	k->detached = true;
	return 0;
}

static inline int fake_load_start(void *data, const struct plan *workers, struct lab_error **err)
{
	struct fake *k = data;

	if (fake_point(k, err))
		return -1;
	k->n_workers = workers->n_workers;
	for (size_t i = 0; i < k->n_workers; i++)
		snprintf(k->workers[i], sizeof(k->workers[i]), "%s", workers->workers[i].name);
	return 0;
}

static inline int fake_load_finish(void *data, struct lab_error **err)
{
	return fake_point(data, err);
}

static inline int fake_stop(void *data, const struct process_id *id, struct lab_error **err)
{
	struct fake *k = data;

	if (fake_point(k, err))
		return -1;
	if (k->supervisor == id->pid) {
		kill(id->pid, SIGKILL);
		waitpid(id->pid, NULL, 0);
		k->supervisor = 0;
		k->n_workers = 0;
	}
	return 0;
}

static inline struct fake_backend fake_backend(struct fake *k)
{
	static const struct backend_ops ops = {fake_make,   fake_publish, NULL,
					       fake_remove, fake_run,     fake_settle};

	return (struct fake_backend){.backend = {&ops}, .k = k};
}

static inline struct apply_ops fake_ops(struct fake *k)
{
	return (struct apply_ops){.data = k,
				  .observe = fake_observe,
				  .released = fake_released,
				  .start = fake_start,
				  .detach = fake_detach,
				  .load_start = fake_load_start,
				  .load_finish = fake_load_finish,
				  .stop = fake_stop};
}

static inline struct fake *fake_new(void)
{
	struct fake *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);

	assert_ptr_not_equal(k, MAP_FAILED);
	/* supervisors of runs that died become this process's children */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	return k;
}

static inline void fake_free(struct fake *k)
{
	if (k->supervisor) {
		kill(k->supervisor, SIGKILL);
		waitpid(k->supervisor, NULL, 0);
	}
	munmap(k, sizeof(*k));
	fake_forget_plans();
}
