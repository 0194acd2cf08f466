// SPDX-License-Identifier: GPL-2.0-only
/* The slips of people who write YAML: the place and the words, whatever libfyaml says of them. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "parse/tree.h"

/* place: of the error; note: line of the second place, 0 for none; hint: in the last note. */
static const struct {
	const char *text;
	uint32_t line, col;
	const char *message;
	uint32_t note;
	const char *hint;
} rows[] = {
	/* no colon: before another key, before a map, last in a map, in an entry of a list */
	{"a:\n  b c\n  d: e\n", 2, 3, "a key without a ':'", 0, "write `b: ...`"},
	{"a\n  b: c\n", 1, 1, "a key without a ':'", 0, "write `a:`"},
	{"a:\n  b: c\n  d e\n", 3, 3, "a key without a ':'", 0, "write `d: ...`"},
	{"a:\n  b: c\n  d e\nf: g\n", 3, 3, "a key without a ':'", 0, "write `d: ...`"},
	{"a:\n  - b: c\n    d e\n  - b: f\n", 3, 5, "a key without a ':'", 0, "write `d: ...`"},
	{"a:\n  b:c\n  d: e\n", 2, 3, "no space behind the ':'", 0, "write `b: c`"},
	{"a:\n  -b: c\n   d: e\n", 2, 3, "no space behind the '-'", 0, "write `- b: c`"},
	{"a: b: c\n", 1, 5, "a second ': ' in one line", 0, "needs quotes"},
	/* too deep, too shallow */
	{"a:\n  b: c\n\n    d: e\n", 4, 5, "indented too far", 2, "indented alike"},
	{"a:\n  b: {c: d}\n   e: f\n", 3, 4, "by 3 spaces, further", 2, "indented alike"},
	{"a:\n  b: c\n d: e\n", 3, 2, "by 1 space, less", 2, "indented alike"},
	{"a:\n  b:\n    c: d\n   e: f\n", 4, 4, "by 3 spaces, less", 3, "indented alike"},
	{"a:\n  - b: c\n   d: e\n", 3, 4, "by 3 spaces, less", 2, "indented alike"},
	{"a:\n    - b: c\n  - d: e\n", 3, 5, "by 2 spaces, less", 2, "indented alike"},
	{"a: |\n  b\n c\n", 3, 2, "by 1 space, less", 2, "indented alike"},
	/* lists and maps */
	{"a:\n  - b\n  c: d\n", 3, 3, "no '- ' before", 2, "begins with '- '"},
	{"a:\n  b: c\n  - d\n", 3, 5, "a list among the keys", 2, "have none"},
	{"a: - b\n", 1, 4, "in the line of its key", 0, "next line"},
	/* brackets: in the same section, in the next one, at the end, of another kind */
	{"a:\n  b: {c: d\n  e: f\n", 2, 6, "this '{' is not closed", 3, "a '}' is missing"},
	{"a:\n  b: {c: [d]\ne:\n  f: g\n", 2, 6, "this '{' is not closed", 3, "a '}' is missing"},
	{"a:\n  b: [c, d\ne: f\n", 2, 6, "this '[' is not closed", 3, "a ']' is missing"},
	{"a: {b: c\n", 1, 4, "this '{' is not closed", 0, "a '}' is missing"},
	{"a: |\n  {\"\nb: ']'\nc: {d: '}', # }\n  e: f\ng: h\n", 4, 4, "this '{' is not closed", 6,
	 "a '}' is missing"},
	{"a: {b: [c, d}\n", 1, 13, "'}' where a ']' is due", 1, "a ']' is missing"},
	{"a: {b: c}}\n", 1, 10, "this '}' closes nothing", 0, "one too many"},
	{"a: {b: \"c\" d: e}\n", 1, 12, "a ',' is missing before this", 1, "divided by ','"},
	{"a: {b: \"c\"\n    d: e}\n", 2, 5, "a ',' or a '}' is missing", 1, "divided by ','"},
	{"a:\n  b: {c: d,\n\"e\": f\n", 2, 6, "this '{' is not closed", 3, "a '}' is missing"},
	{"# a: {b: c,\n#   d: e}\n# f: \"g\n# h: |\na:\n  b: [c\nd: e\n", 6, 6,
	 "this '[' is not closed", 7, "a ']' is missing"},
	{"a:\n  - b: |\n      c {\n    d: {e: f\ng: h\n", 4, 8, "this '{' is not closed", 5,
	 "a '}' is missing"},
	/* quotes */
	{"a:\n  b: \"c\nd: e\n", 2, 6, "this quote is not closed", 0, "a \" is missing"},
	{"a: {b: 'c, d: e}\n", 1, 8, "this quote is not closed", 0, "a ' is missing"},
	{"a: 'b's'\n", 1, 7, "text behind a closing quote", 1, "written twice"},
	{"a: \"b\\d\"\n", 1, 6, "invalid escape", 0, "written twice"},
	{"a: @b\n", 1, 4, "begins with @ needs quotes", 0, "\"@...\""},
	{"a: | b\n  c\n", 1, 6, "in the line of a '|'", 0, "next line"},
	/* a tab goes before all that comes of it */
	{"a:\n\tb: c\n", 2, 1, "a tab in the indentation", 0, "with spaces"},
};

static bool as_wanted(size_t i, const struct diag_view *d)
{
	uint32_t note = 0;

	for (size_t j = 0; j < d->n_notes; j++)
		if (d->notes[j].at.line)
			note = d->notes[j].at.line;
	return d->at.line == rows[i].line && d->at.col == rows[i].col &&
	       strstr(d->message, rows[i].message) && note == rows[i].note && d->n_notes &&
	       strstr(d->notes[d->n_notes - 1].message, rows[i].hint);
}

static void says_what_was_done(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *arena = arena_new(0);
		auto_diags struct diag_list *diags = diag_list_new();
		const struct source src = {
			.path = "t.yaml", .text = rows[i].text, .len = strlen(rows[i].text)};
		struct report r = {.diags = diags, .arena = arena};
		struct diag_view d;

		assert_null(parse_tree(arena, arena, &src, &r));
		assert_int_equal(diag_count(diags), 1);
		d = diag_get(diags, 0);
		if (as_wanted(i, &d))
			continue;
		print_error("%s-> not \"%s\" at %u:%u, note %u, but\n", rows[i].text,
			    rows[i].message, rows[i].line, rows[i].col, rows[i].note);
		diag_print(diags, stderr, false);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_was_done)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
