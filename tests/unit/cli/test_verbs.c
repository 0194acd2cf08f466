// SPDX-License-Identifier: GPL-2.0-only
/* The verb table: what completion and the verbs read from it fits together. */
#include <string.h>

#include "cli/cli.h"
#include "lib/test.h"

static bool takes(const struct cli_verb *v, const char *what)
{
	for (const struct argp_option *o = v->argp->options; o && (o->name || o->key); o++)
		if (o->arg && strcmp(o->arg, what) == 0)
			return true;
	return false;
}

static void formats_are_known_where_one_is_taken(void **state)
{
	size_t n = 0;

	for (size_t i = 0; i < cli_n_verbs; i++) {
		assert_int_equal(takes(&cli_verbs[i], "FORMAT"), cli_verbs[i].formats != NULL);
		n += cli_verbs[i].formats != NULL;
	}
	assert_int_equal(n, 4);
}

static void no_option_stands_twice(void **state)
{
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const struct argp_option *all = cli_verbs[i].argp->options;

		for (const struct argp_option *a = all; a && (a->name || a->key); a++)
			for (const struct argp_option *b = all; b < a; b++)
				assert_true(a->key != b->key && strcmp(a->name, b->name) != 0);
	}
}

static void verbs_are_complete_and_apart(void **state)
{
	for (size_t i = 0; i < cli_n_verbs; i++) {
		assert_non_null(cli_verbs[i].fn);
		assert_in_range(strlen(cli_verbs[i].help), 10, 64);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(cli_verbs[i].name, cli_verbs[k].name);
			assert_ptr_not_equal(cli_verbs[i].argp, cli_verbs[k].argp);
			assert_true(cli_verbs[i].fn != cli_verbs[k].fn);
		}
	}
}

static void a_lesson_has_words(void **state)
{
	size_t n = 0;

	assert_string_equal(cli_lesson_word(0), "start");
	while (cli_lesson_word(n))
		n++;
	assert_int_equal(n, 9);
	assert_string_equal(cli_lesson_word(n - 1), "reset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_known_where_one_is_taken),
		cmocka_unit_test(no_option_stands_twice),
		cmocka_unit_test(verbs_are_complete_and_apart),
		cmocka_unit_test(a_lesson_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
