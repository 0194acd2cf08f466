// SPDX-License-Identifier: GPL-2.0-only
/** A lab that goes up and down on the fake kernel, in a state directory of its own; and what is there then. */
#pragma once

#include <fcntl.h>

#include "../plan/sample.h"
#include "apply/apply.h"
#include "base/strbuf.h"
#include "base/tree.h"
#include "fake.h"

#define LAB "sample"

struct fixture {
	char base[40], root[64];
	struct fake *k;
	struct plan *a, *b;
};

/* b: a third namespace on a link of its own, another filter, no rule, a route that leads elsewhere, and
 * one more worker. */
static inline struct plan *other_plan(void)
{
	struct plan *p = sample_plan();

	*plan_add_namespace(p) = (struct plan_namespace){sample_origin, "c", "ecs", false, NULL};
	*plan_add_link(p) = sample_link("a", "c", "c", "eth0");
	*plan_add_address(p) =
		(struct plan_address){sample_origin, "c", "eth0", {0x0a090005, 30}, false};
	p->n_rules = 0;
	p->shapers[0].rate = 4000000;
	p->filters[0].text = "table ip t {\n\tchain c {\n\t}\n}\n";
	for (size_t i = 0; i < p->n_routes; i++)
		if (p->routes[i].dev)
			p->routes[i].via = 0x0a090003;
	*plan_add_worker(p) = (struct plan_worker){.origin = sample_origin,
						   .name = "x",
						   .program = "labctl-dns",
						   .ns = "c",
						   .config = "{}"};
	plan_sort(p);
	return p;
}

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->base, "/tmp/test-apply.XXXXXX");
	if (!mkdtemp(f->base))
		return -1;
	snprintf(f->root, sizeof(f->root), "%s/labctl", f->base);
	state_set_root(f->root);
	f->k = fake_new();
	f->a = sample_plan();
	f->b = other_plan();
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	int r = tree_remove(AT_FDCWD, f->base);

	fake_free(f->k);
	plan_free(f->a);
	plan_free(f->b);
	free(f);
	return r;
}

/* --- runs --- */

static inline int up(struct fixture *f, const struct plan *p, struct apply_report *report,
		     struct lab_error **err)
{
	struct state *s = state_open(LAB, STATE_CREATE, err);
	struct fake_backend b = fake_backend(f->k);
	struct apply_ops ops = fake_ops(f->k);
	int r = s ? apply_up(s, &b.backend, &ops, p, &f->k->cancel, report, err) : -1;

	state_close(s);
	fake_forget_plans();
	return r;
}

static inline int down(struct fixture *f, bool *was_up, struct lab_error **err)
{
	struct state *s = state_open(LAB, STATE_CREATE, err);
	struct fake_backend b = fake_backend(f->k);
	struct apply_ops ops = fake_ops(f->k);
	int r = s ? apply_down(s, &b.backend, &ops, true, NULL, was_up, err) : -1;

	state_close(s);
	return r;
}

static inline void arm(struct fake *k, int fail_at, int die_at, int cancel_at)
{
	k->point = k->failures = 0;
	k->fail_on = false;
	k->cancel = 0;
	k->fail_at = fail_at;
	k->die_at = die_at;
	k->cancel_at = cancel_at;
}

static inline void must_up(struct fixture *f, const struct plan *p)
{
	struct apply_report report;
	struct lab_error *err = NULL;

	arm(f->k, 0, 0, 0);
	if (up(f, p, &report, &err))
		fail_msg("up: %s", lab_error_message(err));
}

static inline void must_down(struct fixture *f)
{
	struct lab_error *err = NULL;
	bool was_up;

	arm(f->k, 0, 0, 0);
	if (down(f, &was_up, &err))
		fail_msg("down: %s", lab_error_message(err));
}

/* --- what is there --- */

static inline bool has_file(const struct fixture *f, const char *file)
{
	auto_strbuf struct strbuf path = {0};

	strbuf_printf(&path, "%s%s%s", f->root, *file ? "/" LAB "/" : "", file);
	return access(path.s, F_OK) == 0;
}

static inline size_t kernel_objects(const struct plan *p)
{
	size_t n = 0;

	for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
		n += plan_count(p, kind);
	return n;
}

static inline void assert_kernel_is(struct fake *k, const struct plan *p, const char *when, int n)
{
	if (k->n_objects != kernel_objects(p))
		fail_msg("%s %d: %zu objects, not %zu", when, n, k->n_objects, kernel_objects(p));
	for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
		for (size_t i = 0; i < plan_count(p, kind); i++) {
			const void *o = plan_object(p, kind, i);
			const struct fake_object *there = fake_find(k, kind, o);
			struct fake_object wanted;

			fake_encode(&wanted, kind, o);
			if (!there) {
				fail_msg("%s %d: %s is missing", when, n, wanted.key);
				return;
			}
			if (strcmp(there->json, wanted.json))
				fail_msg("%s %d: %s\nnot %s", when, n, there->json, wanted.json);
		}
}

static inline void assert_is(struct fixture *f, const struct plan *p, const char *when, int n)
{
	auto_free char *text = plan_write(p);
	struct lab_error *err = NULL;
	struct state *s = state_open(LAB, STATE_READ, &err);
	auto_free char *applied = NULL;

	assert_non_null(s);
	applied = state_read(s, "plan.json", NULL, &err);
	assert_kernel_is(f->k, p, when, n);
	if (!f->k->supervisor || !f->k->detached || f->k->n_workers != p->n_workers)
		fail_msg("%s %d: supervisor %d, detached %d, %zu workers", when, n,
			 (int)f->k->supervisor, f->k->detached, f->k->n_workers);
	assert_string_equal(applied, text);
	assert_false(has_file(f, "target.json"));
	assert_true(has_file(f, "node/b/hostname"));
	assert_int_equal(state_journal(s)->n_namespaces, p->n_namespaces);
	assert_int_equal(state_journal(s)->supervisor.pid, f->k->supervisor);
	state_close(s);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
