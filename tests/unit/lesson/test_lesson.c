// SPDX-License-Identifier: GPL-2.0-only
/** Where ways lead in a lesson, and what is remembered. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "lesson/lesson.h"
#include "parse/parse.h"

static const char text[] = "lab: x\n"
			   "steps:\n"
			   "  - id: one\n"
			   "    hints: [first, second]\n"
			   "    exercises:\n"
			   "      - {id: e, title: t, apply: {}, answer: a, hints: [other]}\n"
			   "  - id: two\n"
			   "    exercises:\n"
			   "      - {id: e, title: t, apply: {}, answer: a}\n"
			   "      - {id: f, title: t, apply: {}, answer: a}\n";

static struct lab *read_lab(void)
{
	static const struct source src = {"lab.yaml", text, sizeof(text) - 1};
	auto_diags struct diag_list *diags = diag_list_new();
	struct lab *lab = parse_lab(&src, NULL, diags);

	assert_int_equal(diag_errors(diags), 0);
	return lab;
}

static void ways(void **state)
{
	static const struct {
		const char *at, *next, *back;
	} rows[] = {
		{".", "one", NULL},   {"one", "two", "."},    {"one/e", "two", "one"},
		{"two", NULL, "one"}, {"two/f", NULL, "two"},
	};
	auto_lab struct lab *lab = read_lab();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *next = lesson_next(lab, rows[i].at),
			   *back = lesson_back(lab, rows[i].at);

		assert_string_equal(next ? next : "-", rows[i].next ? rows[i].next : "-");
		assert_string_equal(back ? back : "-", rows[i].back ? rows[i].back : "-");
	}
}

static void places_have_an_order(void **state)
{
	static const char *const order[] = {".", "one", "one/e", "two", "two/e"};
	auto_lab struct lab *lab = read_lab();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t k = 0; k < ARRAY_LEN(order); k++)
			assert_int_equal(lesson_precedes(lab, order[i], order[k]), i < k);
	assert_false(lesson_precedes(lab, "two/e", "two/f"));
}

static void words(void **state)
{
	static const struct {
		const char *word, *place, *hint;
	} rows[] = {
		{"start", ".", NULL},
		{"two", "two", NULL},
		{"1", "one", NULL}, /* as headings count */
		{"2", "two", NULL},
		{"3", NULL, NULL},
		{"0", NULL, NULL},
		{"2x", NULL, NULL},
		{"one/e", "one/e", NULL},
		{"tow", NULL, "did you mean two?"},
		{"nowhere", NULL, "there are: start, one, one/e, two, two/e, two/f"},
	};
	auto_lab struct lab *lab = read_lab();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;
		const char *place = lesson_find(lab, rows[i].word, &err);

		assert_string_equal(place ? place : "-", rows[i].place ? rows[i].place : "-");
		if (rows[i].hint)
			assert_string_equal(lab_error_hint_get(err), rows[i].hint);
	}
}

static void exercises(void **state)
{
	static const struct {
		const char *at, *word, *place;
	} rows[] = {
		{".", "e", "one/e"},     {"one", "e", "one/e"}, {"two", "e", "two/e"},
		{"two/f", "e", "two/e"}, {"one", "f", "two/f"}, {"two", "one/e", "one/e"},
		{"one", "g", NULL},
	};
	auto_lab struct lab *lab = read_lab();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *place = lesson_find_exercise(lab, rows[i].at, rows[i].word, NULL);

		assert_string_equal(place ? place : "-", rows[i].place ? rows[i].place : "-");
	}
}

static void hints(void **state)
{
	auto_lab struct lab *lab = read_lab();
	size_t n;

	(void)state;
	assert_string_equal(lesson_hints(lab, "one", &n)[1].s, "second");
	assert_int_equal(n, 2);
	assert_string_equal(lesson_hints(lab, "one/e", &n)[0].s, "other");
	assert_int_equal(n, 1);
	(void)lesson_hints(lab, "two", &n);
	assert_int_equal(n, 0);
	(void)lesson_hints(lab, LAB_BASE, &n);
	assert_int_equal(n, 0);
}

static void remembers(void **state)
{
	auto_progress struct lesson_progress p = {0}, again = {0};
	auto_free char *json = NULL;

	(void)state;
	assert_int_equal(lesson_read(NULL, &p, NULL), 0);
	assert_null(p.at);
	lesson_move(&p, "one");
	p.hints = 2;
	lesson_pass(&p);
	lesson_pass(&p);
	lesson_move(&p, "one");
	assert_int_equal(p.hints, 2);
	lesson_move(&p, "two");
	assert_int_equal(p.hints, 0);
	json = lesson_write(&p);
	assert_int_equal(lesson_read(json, &again, NULL), 0);
	assert_string_equal(again.at, "two");
	assert_int_equal(again.n_passed, 1);
	assert_true(lesson_passed(&again, "one"));
	assert_false(lesson_passed(&again, "two"));
}

static void refuses_what_it_did_not_write(void **state)
{
	static const char *const texts[] = {"",
					    "[]",
					    "{}",
					    "{\"version\": 2, \"at\": \"a\", \"passed\": []}",
					    "{\"version\": 1, \"passed\": []}",
					    "{\"version\": 1, \"at\": \"a\"}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_progress struct lesson_progress p = {0};
		auto_error struct lab_error *err = NULL;

		assert_int_equal(lesson_read(texts[i], &p, &err), -1);
		assert_non_null(strstr(lab_error_hint_get(err), "reset"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways),
		cmocka_unit_test(places_have_an_order),
		cmocka_unit_test(words),
		cmocka_unit_test(exercises),
		cmocka_unit_test(hints),
		cmocka_unit_test(remembers),
		cmocka_unit_test(refuses_what_it_did_not_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
