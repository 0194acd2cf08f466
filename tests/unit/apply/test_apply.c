// SPDX-License-Identifier: GPL-2.0-only
/** up and down against a kernel in memory that fails, dies or is interrupted everywhere. */
#include "apply/apply.h"

#include "running.h"

#define MAX_POINTS 200 /* more than any run here has */

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

static void assert_nothing(struct fixture *f, const char *when, int n)
{
	if (f->k->n_objects || f->k->n_pins || f->k->supervisor || has_file(f, ""))
		fail_msg("%s %d: %zu objects, %zu names, supervisor %d, directory %d left", when, n,
			 f->k->n_objects, f->k->n_pins, (int)f->k->supervisor, has_file(f, ""));
}

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

static size_t asked_for;

static int no_room(void *data, size_t namespaces, struct lab_error **err)
{
	asked_for = namespaces;
	return lab_error_make(err, LAB_DENIED, "no room");
}

static int up_without_room(struct fixture *f, const struct plan *p, struct lab_error **err)
{
	struct state *s = state_open(LAB, STATE_CREATE, err);
	struct fake_backend b = fake_backend(f->k);
	struct apply_ops ops = fake_ops(f->k);
	struct apply_report report;
	int r;

	ops.room = no_room;
	asked_for = 0;
	r = apply_up(s, &b.backend, &ops, p, &f->k->cancel, &report, err);
	state_close(s);
	return r;
}

/* Only for what comes; and a refusal leaves nothing of the lab, or all of it. */
static void room_is_asked_for_before_anything_is_built(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	assert_int_equal(up_without_room(f, f->a, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_DENIED);
	assert_int_equal(asked_for, f->a->n_namespaces);
	lab_error_free(err);
	assert_nothing(f, "no room", 0);
	must_up(f, f->a);
	assert_int_equal(up_without_room(f, f->a, NULL), 0);
	assert_int_equal(asked_for, 0);
}

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
		TEST(damaged_files_are_survived),
		TEST(room_is_asked_for_before_anything_is_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
