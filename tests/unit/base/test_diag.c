// SPDX-License-Identifier: GPL-2.0-only
#include "base/diag.h"

#include "base/cleanup.h"
#include "lib/test.h"

static const char text[] = "lab: x\nvpcs:\n  vpc-1: {cidr_blok: 10.0.0.0/8}\n";
static const struct source source = {"lab.yaml", text, sizeof(text) - 1};

static char *printed(struct diag_list *l)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	diag_print(l, f, false);
	fclose(f);
	return out;
}

static void prints_place_line_caret_and_notes(void **state)
{
	auto_diags struct diag_list *l = diag_list_new();
	auto_free char *out = NULL;

	diag_error(l, "unknown-key", ((struct span){&source, 3, 11, 9}), "unknown key '%s'",
		   "cidr_blok");
	diag_note(l, (struct span){0}, "did you mean 'cidr_block'?");
	diag_note(l, (struct span){&source, 2, 1, 4}, "in this map");
	diag_warning(l, "name", ((struct span){&source, 1, 6, 1}), "short name");
	out = printed(l);
	assert_string_equal(out, "lab.yaml:1:6: warning: short name [name]\n"
				 "     1 | lab: x\n"
				 "       |      ^\n"
				 "lab.yaml:3:11: error: unknown key 'cidr_blok' [unknown-key]\n"
				 "     3 |   vpc-1: {cidr_blok: 10.0.0.0/8}\n"
				 "       |           ^~~~~~~~~\n"
				 "hint: did you mean 'cidr_block'?\n"
				 "lab.yaml:2:1: note: in this map\n"
				 "     2 | vpcs:\n"
				 "       | ^~~~\n");
	assert_int_equal(diag_errors(l), 1);
	assert_int_equal(diag_count(l), 2);
}

static void stays_within_the_source(void **state)
{
	auto_diags struct diag_list *l = diag_list_new();
	auto_free char *out = NULL;

	diag_error(l, "x", ((struct span){&source, 99, 500, 50}), "beyond the end");
	diag_error(l, "x", ((struct span){.src = &source}), "nowhere");
	diag_error(l, "x", ((struct span){0}), "not even a file");
	out = printed(l);
	assert_non_null(strstr(out, "lab.yaml:99:500: error: beyond the end [x]"));
	assert_non_null(strstr(out, "lab.yaml: error: nowhere [x]"));
	assert_non_null(strstr(out, "error: not even a file [x]"));
}

static void suggests_the_nearest(void **state)
{
	static const char *const keys[] = {"cidr_block", "region", "vswitches", "route_tables"};
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{"cidr_blok", "cidr_block"},
		{"cidrblock", "cidr_block"},
		{"regoin", "region"},
		{"Region", "region"},
		{"vswitch", "vswitches"},
		{"zzz", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *found = diag_nearest(rows[i].word, keys, ARRAY_LEN(keys));

		print_message("%s\n", rows[i].word);
		if (rows[i].nearest)
			assert_string_equal(found, rows[i].nearest);
		else
			assert_null(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_place_line_caret_and_notes),
		cmocka_unit_test(stays_within_the_source),
		cmocka_unit_test(suggests_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
