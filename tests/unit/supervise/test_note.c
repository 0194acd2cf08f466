// SPDX-License-Identifier: GPL-2.0-only
/* Notes of workers, which are shown on terminals and put into JSON. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "supervise/note.h"

static void the_last_whole_line_counts(void **state)
{
	static const struct {
		const char *text, *note;
	} rows[] = {
		{"", ""},         {"half", ""},
		{"one\n", "one"}, {"one\ntwo\nthr", "two"},
		{"one\n\n", ""},  {"\033[2J \xc3\xa4\t\n", "?[2J ???"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct note whole = {0}, bytes = {0};

		supervise_note_add(&whole, rows[i].text, strlen(rows[i].text));
		assert_string_equal(whole.text, rows[i].note);
		for (const char *c = rows[i].text; *c; c++)
			supervise_note_add(&bytes, c, 1);
		assert_string_equal(bytes.text, rows[i].note);
	}
}

static void a_zero_byte_does_not_end_it(void **state)
{
	struct note n = {0};

	supervise_note_add(&n, "a\0b\n", 4);
	assert_string_equal(n.text, "a?b");
}

static void a_long_line_is_cut(void **state)
{
	struct note n = {0};

	for (int i = 0; i < 100000; i++)
		supervise_note_add(&n, "x", 1);
	supervise_note_add(&n, "y\n", 2);
	assert_int_equal(strlen(n.text), NOTE_MAX);
	assert_null(strchr(n.text, 'y'));
	supervise_note_add(&n, "short\n", 6);
	assert_string_equal(n.text, "short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_whole_line_counts),
		cmocka_unit_test(a_zero_byte_does_not_end_it),
		cmocka_unit_test(a_long_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
