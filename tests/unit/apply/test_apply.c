// SPDX-License-Identifier: GPL-2.0-only
/** up, down and status against a kernel in memory that fails, dies or is interrupted everywhere. */
#include "apply/apply.h"

#include <sys/resource.h>

#include "../plan/sample.h"
#include "apply/internal.h"
#include "base/strbuf.h"
#include "fake.h"

#define LAB        "sample"
#define MAX_POINTS 200 /* more than any run here has */

struct fixture {
	char base[40], root[64];
	struct fake *k;
	struct plan *a, *b;
};

/* b: a third namespace on a link of its own, another filter, no rule, a route that leads elsewhere, and
 * one more worker. */
static struct plan *other_plan(void)
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

static int set_up(void **state)
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

static int tear_down(void **state)
{
	struct fixture *f = *state;
	auto_strbuf struct strbuf command = {0};

	fake_free(f->k);
	plan_free(f->a);
	plan_free(f->b);
	strbuf_printf(&command, "rm -rf %s", f->base);
	free(f);
	return system(command.s);
}

/* --- runs --- */

static int up(struct fixture *f, const struct plan *p, struct apply_report *report,
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

static int down(struct fixture *f, bool *was_up, struct lab_error **err)
{
	struct state *s = state_open(LAB, STATE_CREATE, err);
	struct fake_backend b = fake_backend(f->k);
	struct apply_ops ops = fake_ops(f->k);
	int r = s ? apply_down(s, &b.backend, &ops, true, NULL, was_up, err) : -1;

	state_close(s);
	return r;
}

static void arm(struct fake *k, int fail_at, int die_at, int cancel_at)
{
	k->point = k->failures = 0;
	k->fail_on = false;
	k->cancel = 0;
	k->fail_at = fail_at;
	k->die_at = die_at;
	k->cancel_at = cancel_at;
}

static void must_up(struct fixture *f, const struct plan *p)
{
	struct apply_report report;
	struct lab_error *err = NULL;

	arm(f->k, 0, 0, 0);
	if (up(f, p, &report, &err))
		fail_msg("up: %s", lab_error_message(err));
}

static void must_down(struct fixture *f)
{
	struct lab_error *err = NULL;
	bool was_up;

	arm(f->k, 0, 0, 0);
	if (down(f, &was_up, &err))
		fail_msg("down: %s", lab_error_message(err));
}

enum verb { UP_A, UP_B, DOWN };

static int run_verb(struct fixture *f, enum verb verb, struct lab_error **err)
{
	struct apply_report report;
	bool was_up;

	switch (verb) {
	case UP_A: return up(f, f->a, &report, err);
	case UP_B: return up(f, f->b, &report, err);
	case DOWN: return down(f, &was_up, err);
	}
	return -1;
}

/* In a child, which dies at point n; false where it got through. */
static bool dies_at(struct fixture *f, enum verb verb, int n)
{
	int status;
	pid_t pid;

	arm(f->k, 0, n, 0);
	pid = fork();
	if (pid == 0) {
		struct lab_error *err = NULL;

		_exit(run_verb(f, verb, &err) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == FAKE_DIED) {
		if (f->k->supervisor && !f->k->detached) {
			waitpid(f->k->supervisor, NULL, 0);
			f->k->supervisor = 0;
		}
		return true;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* --- what is there --- */

static bool has_file(const struct fixture *f, const char *file)
{
	auto_strbuf struct strbuf path = {0};

	strbuf_printf(&path, "%s%s%s", f->root, *file ? "/" LAB "/" : "", file);
	return access(path.s, F_OK) == 0;
}

static void assert_nothing(struct fixture *f, const char *when, int n)
{
	if (f->k->n_objects || f->k->n_pins || f->k->supervisor || has_file(f, ""))
		fail_msg("%s %d: %zu objects, %zu names, supervisor %d, directory %d left", when, n,
			 f->k->n_objects, f->k->n_pins, (int)f->k->supervisor, has_file(f, ""));
}

static size_t kernel_objects(const struct plan *p)
{
	size_t n = 0;

	for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
		n += plan_count(p, kind);
	return n;
}

static void assert_kernel_is(struct fake *k, const struct plan *p, const char *when, int n)
{
	if (k->n_objects != kernel_objects(p))
		fail_msg("%s %d: %zu objects, not %zu", when, n, k->n_objects, kernel_objects(p));
	for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
		for (size_t i = 0; i < plan_count(p, kind); i++) {
			const void *o = plan_object(p, kind, i);
			const struct fake_object *there = fake_find(k, kind, o);
			struct fake_object wanted;

			fake_encode(&wanted, kind, o);
			if (!there)
				fail_msg("%s %d: %s is missing", when, n, wanted.key);
			if (strcmp(there->json, wanted.json))
				fail_msg("%s %d: %s\nnot %s", when, n, there->json, wanted.json);
		}
}

static void assert_is(struct fixture *f, const struct plan *p, const char *when, int n)
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

/* --- tests --- */

static void goes_up_changes_and_goes_down(void **state)
{
	struct fixture *f = *state;
	struct apply_report report;
	struct lab_error *err = NULL;
	bool was_up = false;

	assert_int_equal(up(f, f->a, &report, &err), 0);
	assert_true(report.fresh);
	assert_false(report.recovered);
	assert_is(f, f->a, "up", 0);
	assert_int_equal(up(f, f->b, &report, &err), 0);
	assert_false(report.fresh);
	assert_true(report.changed > 0 && report.added > 0 && report.removed > 0);
	assert_is(f, f->b, "up", 1);
	assert_int_equal(up(f, f->a, &report, &err), 0);
	assert_is(f, f->a, "up", 2);
	assert_int_equal(down(f, &was_up, &err), 0);
	assert_true(was_up);
	assert_nothing(f, "down", 0);
	assert_int_equal(down(f, &was_up, &err), 0);
	assert_false(was_up);
	assert_nothing(f, "down", 1);
}

static void second_up_does_nothing(void **state)
{
	struct fixture *f = *state;
	struct apply_report report;
	struct lab_error *err = NULL;
	pid_t supervisor;

	must_up(f, f->a);
	supervisor = f->k->supervisor;
	f->k->steps_run = 0;
	assert_int_equal(up(f, f->a, &report, &err), 0);
	assert_int_equal(report.steps, 0);
	assert_int_equal(f->k->steps_run, 0);
	assert_int_equal(f->k->supervisor, supervisor);
	assert_is(f, f->a, "up", 1);
}

static void failure_on_nothing_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	int n = 1;

	for (; n < MAX_POINTS; n++) {
		auto_error struct lab_error *err = NULL;
		struct apply_report report;

		arm(f->k, n, 0, 0);
		if (!up(f, f->a, &report, &err))
			break;
		assert_int_equal(lab_error_status(err), LAB_FAILED);
		assert_non_null(strstr(lab_error_message(err), "fake: failure"));
		assert_nothing(f, "failure", n);
	}
	assert_in_range(n, 15, MAX_POINTS - 1);
	assert_is(f, f->a, "after all failures", n);
}

static void failure_of_a_change_restores(void **state)
{
	struct fixture *f = *state;
	int n = 1;

	must_up(f, f->a);
	for (; n < MAX_POINTS; n++) {
		auto_error struct lab_error *err = NULL;
		struct apply_report report;

		arm(f->k, n, 0, 0);
		if (!up(f, f->b, &report, &err))
			break;
		assert_int_equal(lab_error_status(err), LAB_FAILED);
		assert_is(f, f->a, "failure", n);
	}
	assert_in_range(n, 10, MAX_POINTS - 1);
	assert_is(f, f->b, "after all failures", n);
}

/* From point n on nothing works any more, undoing included. */
static void failure_of_undoing_is_said(void **state)
{
	struct fixture *f = *state;
	int partial = 0;

	for (int n = 1; n < MAX_POINTS; n++) {
		auto_error struct lab_error *err = NULL;
		struct apply_report report;

		arm(f->k, n, 0, 0);
		f->k->fail_on = true;
		if (!up(f, f->a, &report, &err))
			break;
		if (lab_error_status(err) == LAB_PARTIAL) {
			partial++;
			assert_string_equal(lab_error_hint_get(err), "labctl down " LAB);
			assert_non_null(strstr(lab_error_message(err), "undoing it failed too"));
			must_down(f);
		}
		assert_nothing(f, "failure", n);
	}
	assert_true(partial > 10);
}

static void interruption_undoes(void **state)
{
	struct fixture *f = *state;
	int interrupted = 0;

	for (int n = 1; n < MAX_POINTS; n++) {
		auto_error struct lab_error *err = NULL;
		struct apply_report report;

		arm(f->k, 0, 0, n);
		if (!up(f, f->a, &report, &err)) {
			bool late = f->k->point < n; /* the run has fewer points than n */

			must_down(f);
			if (late)
				break;
			continue; /* too late to be heard: the lab is up */
		}
		interrupted++;
		assert_string_equal(lab_error_message(err), "interrupted");
		assert_true(report.rolled_back);
		assert_nothing(f, "interruption", n);
	}
	assert_true(interrupted > 5);
}

static void interruption_of_a_change_restores(void **state)
{
	struct fixture *f = *state;
	auto_error struct lab_error *err = NULL;
	struct apply_report report;

	must_up(f, f->a);
	arm(f->k, 0, 0, 2);
	assert_int_equal(up(f, f->b, &report, &err), -1);
	assert_is(f, f->a, "interruption", 2);
}

/* first, then a run of `verb` that dies at every point, then what must still work. */
static void death(struct fixture *f, const struct plan *first, enum verb verb, enum verb then)
{
	int n = 1;

	for (; n < MAX_POINTS; n++) {
		auto_error struct lab_error *err = NULL;
		bool died;

		if (first)
			must_up(f, first);
		died = dies_at(f, verb, n);
		arm(f->k, 0, 0, 0);
		if (run_verb(f, then, &err))
			fail_msg("death %d: %s", n, lab_error_message(err));
		if (then != DOWN)
			assert_is(f, then == UP_A ? f->a : f->b, "death", n);
		must_down(f);
		assert_nothing(f, "death", n);
		if (!died)
			break;
	}
	assert_in_range(n, 4, MAX_POINTS - 1);
}

static void death_in_up_then_down(void **state)
{
	death(*state, NULL, UP_A, DOWN);
}

static void death_in_up_then_up(void **state)
{
	death(*state, NULL, UP_A, UP_A);
}

static void death_in_up_then_another_up(void **state)
{
	death(*state, NULL, UP_A, UP_B);
}

static void death_in_change_then_down(void **state)
{
	struct fixture *f = *state;

	death(f, f->a, UP_B, DOWN);
}

static void death_in_change_then_up(void **state)
{
	struct fixture *f = *state;

	death(f, f->a, UP_B, UP_B);
}

static void death_in_change_then_back(void **state)
{
	struct fixture *f = *state;

	death(f, f->b, UP_A, UP_B);
}

static void death_in_down_then_down(void **state)
{
	struct fixture *f = *state;

	death(f, f->a, DOWN, DOWN);
}

static void death_in_down_then_up(void **state)
{
	struct fixture *f = *state;

	death(f, f->a, DOWN, UP_A);
}

static void failure_in_down_is_partial(void **state)
{
	struct fixture *f = *state;
	int n = 1;

	for (; n < MAX_POINTS; n++) {
		auto_error struct lab_error *err = NULL;
		bool was_up;

		must_up(f, f->a);
		arm(f->k, n, 0, 0);
		if (!down(f, &was_up, &err))
			break;
		assert_int_equal(lab_error_status(err), LAB_PARTIAL);
		assert_true(has_file(f, "journal"));
		must_down(f);
		assert_nothing(f, "failure in down", n);
	}
	assert_in_range(n, 4, MAX_POINTS - 1);
}

/* One failure does not keep `down` from removing the rest. */
static void down_goes_on_after_a_failure(void **state)
{
	struct fixture *f = *state;
	auto_error struct lab_error *err = NULL;
	bool was_up;

	must_up(f, f->b);
	arm(f->k, 2, 0, 0); /* the first namespace; 1 is the supervisor */
	assert_int_equal(down(f, &was_up, &err), -1);
	assert_int_equal(f->k->n_pins, 1);
}

static void foreign_namespace_is_left_alone(void **state)
{
	struct fixture *f = *state;
	auto_error struct lab_error *err = NULL;
	struct apply_report report;

	f->k->pins[f->k->n_pins++] = (struct fake_pin){"b", 77777};
	assert_int_equal(up(f, f->a, &report, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_STATE);
	assert_non_null(strstr(lab_error_message(err), LAB ".b"));
	assert_int_equal(f->k->n_pins, 1);
	assert_int_equal(f->k->n_objects, 0);
	assert_int_equal(f->k->steps_run, 0);
	assert_false(has_file(f, ""));
}

/* The user put a namespace of his own in the place of one of ours. */
static void replaced_namespace_is_foreign(void **state)
{
	struct fixture *f = *state;
	auto_error struct lab_error *err = NULL;
	struct apply_report report;

	must_up(f, f->a);
	fake_sweep(f->k, "b", NULL);
	fake_pin(f->k, "b")->ino = 77777;
	assert_int_equal(up(f, f->a, &report, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_STATE);
	must_down(f);
	assert_int_equal(f->k->n_pins, 1);
	assert_int_equal(f->k->pins[0].ino, 77777);
}

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

static void damaged_files_are_survived(void **state)
{
	static const struct {
		const char *file, *text;
	} cases[] = {
		{"plan.json", "garbage"}, {"plan.json", "{\"labctl\": 999}"},
		{"plan.json", ""},        {"target.json", "{\"labctl\": 1, \"lab\": \"sam"},
		{"target.json", "[]"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int then = UP_A; then <= DOWN; then++) {
			struct lab_error *err = NULL;
			struct state *s;

			must_up(f, f->b);
			s = state_open(LAB, STATE_LOCK, &err);
			assert_int_equal(state_write(s, cases[i].file, cases[i].text,
						     strlen(cases[i].text), &err),
					 0);
			state_close(s);
			arm(f->k, 0, 0, 0);
			if (run_verb(f, (enum verb)then, &err))
				fail_msg("case %zu: %s", i, lab_error_message(err));
			if (then != DOWN)
				assert_is(f, then == UP_A ? f->a : f->b, cases[i].file, (int)i);
			must_down(f);
			assert_nothing(f, "damage", (int)i);
		}
}

static bool is_c(const char *ns, void *data)
{
	return strcmp(ns, "c") == 0;
}

/* A look at one namespace sees what lies in it, and its links to their other ends; of those no more. */
static void a_part_of_a_lab_is_seen_by_itself(void **state)
{
	struct fixture *f = *state;
	auto_plan struct plan *part = apply_part(f->b, is_c, NULL);
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
	struct apply_report report;
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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_up_changes_and_goes_down),
		TEST(second_up_does_nothing),
		TEST(failure_on_nothing_leaves_nothing),
		TEST(failure_of_a_change_restores),
		TEST(failure_of_undoing_is_said),
		TEST(interruption_undoes),
		TEST(interruption_of_a_change_restores),
		TEST(death_in_up_then_down),
		TEST(death_in_up_then_up),
		TEST(death_in_up_then_another_up),
		TEST(death_in_change_then_down),
		TEST(death_in_change_then_up),
		TEST(death_in_change_then_back),
		TEST(death_in_down_then_down),
		TEST(death_in_down_then_up),
		TEST(failure_in_down_is_partial),
		TEST(down_goes_on_after_a_failure),
		TEST(foreign_namespace_is_left_alone),
		TEST(replaced_namespace_is_foreign),
		TEST(status_names_drift_and_up_repairs),
		TEST(status_sees_changed_values),
		TEST(dead_supervisor_is_seen_and_replaced),
		TEST(supervisor_that_cannot_be_looked_at_counts),
		TEST(damaged_files_are_survived),
		TEST(preview_is_what_up_does),
		TEST(a_part_of_a_lab_is_seen_by_itself),
		TEST(what_is_wrong_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
