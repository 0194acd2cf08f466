// SPDX-License-Identifier: GPL-2.0-only
#include "ui/table.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "lib/test.h"
#include "ui/progress.h"

static const struct ui_column columns[] = {
	{"NAME", UI_TEXT}, {"LAST PID", UI_NUMBER}, {"UP", UI_BOOLEAN}};

static struct ui_table *sample(void)
{
	struct ui_table *t = ui_table_new("workers", columns, ARRAY_LEN(columns));

	ui_table_add(t, (const char *const[]){"dns", "42", "yes"});
	ui_table_colour(t, 0, UI_RED);
	ui_table_add(t, (const char *const[]){"say \"hi\"\n", NULL, "no"});
	return t;
}

static char *table_text(bool colour)
{
	auto_ui_table struct ui_table *t = sample();
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_int_equal(ui_table_print(t, f, colour, NULL), 0);
	fclose(f);
	return out;
}

static void aligns_for_people(void **state)
{
	auto_free char *out = table_text(false);

	assert_non_null(strstr(out, "NAME"));
	assert_non_null(strstr(out, "dns "));
	assert_non_null(strstr(out, " 42 yes\n"));
	assert_non_null(strstr(out, "- no\n")); /* what is empty shows as a dash */
	assert_null(strchr(out, '\033'));
}

static void colours_only_where_asked(void **state)
{
	auto_free char *out = table_text(true);

	assert_non_null(strstr(out, "\033[31m"));
}

static void a_rare_column_is_there_only_where_a_row_has_it(void **state)
{
	static const struct ui_column rare[] = {{"NAME", UI_TEXT}, {"NOTE", UI_RARE}};
	static const char *const notes[] = {NULL, "down for 3 s"};

	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		auto_ui_table struct ui_table *t = ui_table_new("x", rare, ARRAY_LEN(rare));
		auto_free char *out = NULL;
		size_t len = 0;
		FILE *f = open_memstream(&out, &len);

		ui_table_add(t, (const char *const[]){"a", NULL});
		ui_table_add(t, (const char *const[]){"b", notes[i]});
		assert_int_equal(ui_table_print(t, f, false, NULL), 0);
		fclose(f);
		assert_string_equal(out,
				    i ? "NAME NOTE\na    -\nb    down for 3 s\n" : "NAME\na\nb\n");
	}
}

static void prints_nothing_for_no_rows(void **state)
{
	auto_ui_table struct ui_table *t = ui_table_new("x", columns, ARRAY_LEN(columns));
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_int_equal(ui_table_print(t, f, false, NULL), 0);
	fclose(f);
	assert_int_equal(len, 0);
	free(out);
}

static void writes_json_by_type(void **state)
{
	auto_ui_table struct ui_table *t = sample();
	auto_ui_json struct ui_json *j = ui_json_new();
	struct ui_json *inner = ui_json_new();
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ui_json_text(j, "lab", NULL);
	ui_json_table(j, t);
	ui_json_append(j, "empty", NULL);
	ui_json_number(inner, "n", -7);
	ui_json_append(j, "list", inner);
	assert_int_equal(ui_json_print(j, f, NULL), 0);
	fclose(f);
	assert_string_equal(out, "{\n"
				 "  \"lab\": null,\n"
				 "  \"workers\": [\n"
				 "    {\n"
				 "      \"name\": \"dns\",\n"
				 "      \"last_pid\": 42,\n"
				 "      \"up\": true\n"
				 "    },\n"
				 "    {\n"
				 "      \"name\": \"say \\\"hi\\\"\\n\",\n"
				 "      \"last_pid\": null,\n"
				 "      \"up\": false\n"
				 "    }\n"
				 "  ],\n"
				 "  \"empty\": [],\n"
				 "  \"list\": [\n"
				 "    {\n"
				 "      \"n\": -7\n"
				 "    }\n"
				 "  ]\n"
				 "}\n");
	free(out);
}

/* Words are a list, and what is not so is false, for a reader who need not know of empty cells. */
static void writes_words_as_a_list(void **state)
{
	static const struct ui_column shape[] = {{"CHANGED", UI_WORDS}, {"DONE", UI_BOOLEAN}};
	auto_ui_table struct ui_table *t = ui_table_new("links", shape, 2);
	auto_ui_json struct ui_json *j = ui_json_new();
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ui_table_add(t, (const char *const[]){"state rate", "yes"});
	ui_table_add(t, (const char *const[]){NULL, NULL});
	ui_json_table(j, t);
	assert_int_equal(ui_json_print(j, f, NULL), 0);
	fclose(f);
	assert_string_equal(out, "{\n"
				 "  \"links\": [\n"
				 "    {\n"
				 "      \"changed\": [\n"
				 "        \"state\",\n"
				 "        \"rate\"\n"
				 "      ],\n"
				 "      \"done\": true\n"
				 "    },\n"
				 "    {\n"
				 "      \"changed\": [],\n"
				 "      \"done\": false\n"
				 "    }\n"
				 "  ]\n"
				 "}\n");
	free(out);
}

static void says_when_the_output_is_full(void **state)
{
	auto_ui_json struct ui_json *j = ui_json_new();
	auto_error struct lab_error *err = NULL;
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	assert_int_equal(ui_json_print(j, f, &err), -1);
	assert_non_null(err);
	fclose(f);
}

static void progress_is_for_terminals(void **state)
{
	struct ui_progress p;
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ui_progress_init(&p, f, false);
	p.last_ms -= 1000;
	ui_progress_show(&p, "links", 1, 2);
	ui_progress_clear(&p);
	fflush(f);
	assert_int_equal(len, 0);
	ui_progress_init(&p, f, true);
	ui_progress_show(&p, "links", 1, 2); /* too soon */
	fflush(f);
	assert_int_equal(len, 0);
	p.last_ms -= 1000;
	ui_progress_show(&p, "links", 1, 2);
	ui_progress_clear(&p);
	ui_progress_clear(&p);
	fclose(f);
	assert_string_equal(out, "\r\033[Klinks 1/2\r\033[K");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_for_people),
		cmocka_unit_test(colours_only_where_asked),
		cmocka_unit_test(a_rare_column_is_there_only_where_a_row_has_it),
		cmocka_unit_test(prints_nothing_for_no_rows),
		cmocka_unit_test(writes_json_by_type),
		cmocka_unit_test(writes_words_as_a_list),
		cmocka_unit_test(says_when_the_output_is_full),
		cmocka_unit_test(progress_is_for_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
