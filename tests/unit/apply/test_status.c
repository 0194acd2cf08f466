// SPDX-License-Identifier: GPL-2.0-only
/** What a look at a lab sees: drift of every kind, which `up` mends, its supervisor, what `up` would do. */
#include "apply/apply.h"

#include <sys/resource.h>

#include "apply/internal.h"
#include "running.h"

static struct apply_status look(struct fixture *f)
{
	struct lab_error *err = NULL;
	struct state *s = state_open(LAB, STATE_READ, &err);
	struct apply_ops ops = fake_ops(f->k);
	struct apply_status status;

	assert_non_null(s);
	assert_int_equal(apply_status(s, &ops, &status, &err), 0);
	state_close(s);
	return status;
}

static void status_names_drift_and_up_repairs(void **state)
{
	struct fixture *f = *state;

	must_up(f, f->a);
	for (size_t i = 0; i < kernel_objects(f->a); i++) {
		struct fake_object o = f->k->objects[0]; /* dropping moves others to its place */
		struct apply_status s = look(f);

		assert_int_equal(s.drift->n, 0);
		assert_true(s.supervised);
		assert_false(s.unfinished);
		apply_status_done(&s);
		if (o.kind == PLAN_NAMESPACE) {
			fake_sweep(f->k, o.ns[0], NULL);
			*fake_pin(f->k, o.ns[0]) = f->k->pins[--f->k->n_pins];
		} else {
			fake_drop(f->k, &f->k->objects[0]);
		}
		s = look(f);
		if (s.drift->n < 1)
			fail_msg("%s: no drift", o.key);
		apply_status_done(&s);
		must_up(f, f->a);
		assert_is(f, f->a, o.key, (int)i);
	}
}

static void status_sees_changed_values(void **state)
{
	struct fixture *f = *state;
	struct plan_step s = {PLAN_CHANGE, PLAN_SHAPER, &f->a->shapers[0], &f->b->shapers[0]};
	struct apply_status status;

	must_up(f, f->a);
	assert_int_equal(fake_step(f->k, &s, NULL), 0);
	status = look(f);
	assert_int_equal(status.drift->n, 1);
	assert_int_equal(status.drift->steps[0].op, PLAN_CHANGE);
	apply_status_done(&status);
	must_up(f, f->a);
	assert_is(f, f->a, "repair", 0);
}

/* It sees the same as a whole look, and compares nothing. */
static void what_is_there_without_a_comparison(void **state)
{
	struct fixture *f = *state;
	struct apply_ops ops = fake_ops(f->k);
	struct apply_status whole, seen;
	auto_free char *was = NULL, *is = NULL;
	struct state *s;

	must_up(f, f->a);
	fake_drop(f->k, &f->k->objects[f->k->n_objects - 1]);
	whole = look(f);
	assert_true(whole.drift->n > 0);
	s = state_open(LAB, STATE_READ, NULL);
	assert_int_equal(apply_status_observed(s, &ops, &seen, NULL), 0);
	assert_null(seen.drift);
	assert_true(seen.supervised);
	was = plan_write(whole.observed);
	is = plan_write(seen.observed);
	assert_string_equal(is, was);
	apply_status_done(&seen);
	apply_status_done(&whole);
	state_close(s);
}

static void dead_supervisor_is_seen_and_replaced(void **state)
{
	struct fixture *f = *state;
	pid_t old;
	struct apply_status s;

	must_up(f, f->a);
	old = f->k->supervisor;
	kill(old, SIGKILL);
	waitpid(old, NULL, 0);
	f->k->supervisor = 0;
	s = look(f);
	assert_false(s.supervised);
	apply_status_done(&s);
	must_up(f, f->a);
	assert_int_not_equal(f->k->supervisor, old);
	assert_is(f, f->a, "supervisor", 0);
}

static struct plan *planned(struct lab_error **err)
{
	struct state *s = state_open(LAB, STATE_READ, err);
	struct plan *p = s ? apply_planned(s) : NULL;

	state_close(s);
	return p;
}

static void a_copy_of_the_plan_is_there(const struct plan *wanted)
{
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *p = planned(&err);
	auto_free char *want = plan_write(wanted), *got = p ? plan_write(p) : NULL;

	assert_non_null(p);
	assert_string_equal(got, want);
}

static struct state *locked(void)
{
	struct state *s = state_open(LAB, STATE_LOCK, NULL);

	assert_non_null(s);
	return s;
}

/* Each `up` leaves one, one that is undone that of before, and a change of the document ends it. */
static void the_plan_has_a_copy_while_it_is_one(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	struct apply_report report;
	struct apply_status status;
	struct state *s;

	must_up(f, f->a);
	a_copy_of_the_plan_is_there(f->a);
	arm(f->k, 3, 0, 0);
	assert_int_equal(up(f, f->b, &report, &err), -1);
	assert_true(report.rolled_back);
	lab_error_free(steal_ptr(err));
	a_copy_of_the_plan_is_there(f->a);
	must_up(f, f->b);
	a_copy_of_the_plan_is_there(f->b);
	s = locked();
	assert_int_equal(state_write(s, "plan.json", "garbage", 7, &err), 0);
	state_close(s);
	assert_null(planned(&err));
	must_up(f, f->b);
	status = look(f);
	assert_int_equal(status.drift->n, 0);
	apply_status_done(&status);
	must_down(f);
	assert_false(has_file(f, "plan.packed"));
}

/* Byte for byte the same document, which is another file. */
static void a_copy_of_another_file_is_none(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	auto_free char *text = NULL;
	struct apply_status status;
	struct state *s;
	size_t len = 0;

	must_up(f, f->a);
	s = locked();
	text = state_read(s, "plan.json", &len, &err);
	assert_int_equal(state_write(s, "plan.json", text, len, &err), 0);
	assert_null(apply_planned(s));
	state_close(s);
	status = look(f);
	assert_non_null(status.plan);
	assert_int_equal(status.drift->n, 0);
	apply_status_done(&status);
}

/* Whatever stands where the copy should be: the document is read, and `up` writes the copy. */
static void what_is_no_copy_is_not_read(void **state)
{
	static const char *const files[] = {"plan.packed", "plan.packed.tmp", "plan.packed/folder"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct lab_error *err = NULL;
		struct apply_status status;
		struct state *s;

		must_up(f, f->a);
		s = locked();
		assert_int_equal(state_remove(s, "plan.packed", &err), 0);
		assert_int_equal(state_write(s, files[i], "garbage", 7, &err), 0);
		assert_null(apply_planned(s));
		state_close(s);
		status = look(f);
		assert_int_equal(status.drift->n, 0);
		apply_status_done(&status);
		must_up(f, f->a);
		a_copy_of_the_plan_is_there(f->a);
		must_down(f);
	}
}

static void a_run_that_was_cut_short_is_seen_beside_the_copy(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	struct apply_status status;
	struct state *s;

	must_up(f, f->a);
	s = locked();
	assert_int_equal(state_write(s, "target.json", "half", 4, &err), 0);
	assert_non_null(status.plan = apply_planned(s));
	plan_free(status.plan);
	state_close(s);
	status = look(f);
	assert_true(status.unfinished);
	apply_status_done(&status);
}

/* EMFILE says nothing about the process: `up` must not start a second supervisor beside it. */
static void supervisor_that_cannot_be_looked_at_counts(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none;
	struct state *s;
	bool supervised;

	must_up(f, f->a);
	s = state_open(LAB, STATE_READ, NULL);
	assert_non_null(s);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	supervised = apply_supervised(s);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(supervised);
	state_close(s);
}

static bool is_c(const char *ns, void *data)
{
	return strcmp(ns, "c") == 0;
}

static bool *open_only(const struct plan *p, const char *ns)
{
	bool *open = calloc(p->n_namespaces, sizeof(*open));

	assert_non_null(open);
	open[plan_find_namespace(p, ns) - p->namespaces] = true;
	return open;
}

/* A look at one namespace sees what lies in it, and its links to their other ends; of those no more. */
static void a_part_of_a_lab_is_seen_by_itself(void **state)
{
	struct fixture *f = *state;
	auto_free bool *open = open_only(f->b, "c");
	auto_plan struct plan *part = apply_part(f->b, open, APPLY_BOTH_ENDS);
	struct apply_ops ops = fake_ops(f->k);
	struct lab_error *err = NULL;
	struct apply_status status;
	struct state *s;

	assert_int_equal(part->n_namespaces, 2);
	assert_int_equal(part->n_links, 1);
	assert_int_equal(part->n_addresses, 1);
	assert_int_equal(part->n_routes + part->n_filters + part->n_shapers + part->n_workers, 0);
	must_up(f, f->b);
	s = state_open(LAB, STATE_READ, &err);
	assert_int_equal(apply_status_part(s, &ops, f->b, is_c, NULL, &status, &err), 0);
	assert_int_equal(status.drift->n, 0);
	apply_status_done(&status);
	state_close(s);
}

static void add_line(struct plan *p, const char *ns, const char *port)
{
	struct plan_link *l = plan_add_link(p);

	l->a = (struct plan_end){.ns = ns, .dev = "eth0"};
	l->b = (struct plan_end){.ns = "wire", .dev = port};
}

/* Of the lines that labctl-wire carries a glance sees those that begin in an open namespace; a status sees all. */
static void a_glance_at_the_wire_is_one_at_some_lines(void **state)
{
	const bool open[] = {true, false, true};
	auto_plan struct plan *p = plan_new("lines"), *nothing = plan_new("lines");
	auto_plan struct plan *glance = NULL, *all = NULL, *replaced = NULL;

	plan_add_namespace(p)->name = "a";
	plan_add_namespace(p)->name = "b";
	*plan_add_namespace(p) = (struct plan_namespace){.name = "wire", .role = "wire"};
	add_line(p, "a", "a.eth0");
	add_line(p, "b", "b.eth0");
	plan_sort(p);
	glance = apply_part(p, open, APPLY_OPEN_ENDS);
	assert_int_equal(glance->n_namespaces, 2);
	assert_int_equal(glance->n_links, 1);
	assert_string_equal(glance->links[0].a.ns, "a");
	assert_true(glance->some_lines);
	all = apply_part(p, open, APPLY_BOTH_ENDS);
	assert_int_equal(all->n_links, 2);
	assert_false(all->some_lines);
	replaced = apply_replaced(p, open, nothing);
	assert_int_equal(replaced->n_links, 1); /* as planned: it was not looked at */
	assert_string_equal(replaced->links[0].a.ns, "b");
}

static struct apply_glance glance_at(struct fixture *f, const char *ns)
{
	struct apply_ops ops = fake_ops(f->k);
	auto_free bool *open = open_only(f->b, ns);
	struct state *s = state_open(LAB, STATE_READ, NULL);
	struct apply_glance g;

	assert_non_null(s);
	assert_int_equal(apply_glance(s, &ops, f->b, open, &g, NULL), 0);
	state_close(s);
	return g;
}

/* Of the open namespace what is there, of the others what the plan has: in the order and number of all of it. */
static void a_glance_sees_what_is_open(void **state)
{
	struct fixture *f = *state;
	struct apply_glance g;
	struct plan_diff *d;

	must_up(f, f->b);
	g = glance_at(f, "c");
	assert_int_equal(g.part->n_namespaces, 1);
	assert_int_equal(g.part->n_links, 1);
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		assert_int_equal(plan_count(g.plan, kind), plan_count(f->b, kind));
	apply_glance_done(&g);
	for (size_t i = 0; i < f->k->n_objects; i++) {
		struct fake_object *o = &f->k->objects[i];

		if (o->kind == PLAN_ADDRESS || o->kind == PLAN_FILTER)
			fake_drop(f->k, o), i--;
	}
	g = glance_at(f, "c");
	d = plan_diff(g.plan, f->b);
	assert_int_equal(d->n, 1);
	assert_int_equal(d->steps[0].kind, PLAN_ADDRESS);
	assert_string_equal(((const struct plan_address *)d->steps[0].after)->ns, "c");
	assert_int_equal(g.plan->n_workers, f->b->n_workers);
	assert_string_equal(g.plan->summary, f->b->summary);
	plan_diff_free(d);
	apply_glance_done(&g);
}

static void a_glance_that_fails_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct apply_ops ops = fake_ops(f->k);
	auto_free bool *open = open_only(f->b, "c");
	struct lab_error *err = NULL;
	struct apply_glance g;
	struct state *s;

	must_up(f, f->b);
	s = state_open(LAB, STATE_READ, NULL);
	arm(f->k, 1, 0, 0);
	assert_int_equal(apply_glance(s, &ops, f->b, open, &g, &err), -1);
	assert_null(g.plan);
	assert_null(g.part);
	lab_error_free(err);
	state_close(s);
}

static void what_is_wrong_is_said_once(void **state)
{
	auto_plan struct plan *is = sample_plan();
	auto_plan struct plan *shall = sample_plan();
	struct plan_diff *d;
	size_t changed = 0, missing = 0, extra = 0;

	is->links[0].a.mac[5]++; /* the link is replaced, and what hangs on it made again */
	is->extra = plan_new("x");
	*plan_add_rule(is->extra) = (struct plan_rule){.ns = "a", .priority = 7};
	is->shapers[0].rate++;
	d = plan_diff(is, shall);
	for (size_t i = 0; i < d->n; i++) {
		const char *how = apply_drift_of(d, i);

		changed += how && strcmp(how, "changed") == 0;
		missing += how && strcmp(how, "missing") == 0;
		extra += how && strcmp(how, "extra") == 0;
	}
	assert_int_equal(changed, 1);
	assert_int_equal(extra, 1);
	assert_int_equal(missing, d->n - 3); /* of the link one step says nothing */
	plan_diff_free(d);
}

static void preview_is_what_up_does(void **state)
{
	struct fixture *f = *state;
	struct apply_ops ops = fake_ops(f->k);
	struct lab_error *err = NULL;
	struct apply_preview preview;
	struct apply_report report = {0};
	struct state *s;
	size_t steps;

	must_up(f, f->a);
	s = state_open(LAB, STATE_READ, &err);
	assert_int_equal(apply_preview(s, &ops, f->b, &preview, &err), 0);
	assert_true(preview.up);
	steps = preview.diff->n;
	apply_preview_done(&preview);
	state_close(s);
	assert_kernel_is(f->k, f->a, "preview", 0);
	assert_int_equal(up(f, f->b, &report, &err), 0);
	assert_int_equal(report.steps, steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_names_drift_and_up_repairs),
		TEST(status_sees_changed_values),
		TEST(what_is_there_without_a_comparison),
		TEST(dead_supervisor_is_seen_and_replaced),
		TEST(the_plan_has_a_copy_while_it_is_one),
		TEST(a_copy_of_another_file_is_none),
		TEST(what_is_no_copy_is_not_read),
		TEST(a_run_that_was_cut_short_is_seen_beside_the_copy),
		TEST(supervisor_that_cannot_be_looked_at_counts),
		TEST(a_part_of_a_lab_is_seen_by_itself),
		TEST(a_glance_at_the_wire_is_one_at_some_lines),
		TEST(a_glance_sees_what_is_open),
		TEST(a_glance_that_fails_leaves_nothing),
		TEST(what_is_wrong_is_said_once),
		TEST(preview_is_what_up_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
