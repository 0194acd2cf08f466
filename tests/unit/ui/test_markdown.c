// SPDX-License-Identifier: GPL-2.0-only
/** Markdown on a terminal, row by row. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "ui/markdown.h"

static const struct {
	const char *what, *text, *plain, *colour;
} rows[] = {
	{"a paragraph is wrapped", "one two three four five six", "one two three\nfour five six\n",
	 NULL},
	{"lines of a paragraph are joined", "one\ntwo", "one two\n", NULL},
	{"a blank line parts paragraphs", "one\n\n\ntwo\n", "one\n\ntwo\n", NULL},
	{"an item hangs", "- one two three four\n- five", "- one two three\n  four\n- five\n",
	 NULL},
	{"numbers", "1. one\n2. two", "1. one\n2. two\n", NULL},
	{"a list after a paragraph", "say:\n- one", "say:\n- one\n", NULL},
	{"a list ends", "- one\n\ntwo", "- one\n\ntwo\n", NULL},
	{"a heading", "# Title\ntext", "Title\n\ntext\n", "\033[0m\033[1mTitle\033[0m\n\ntext\n"},
	{"bold", "a **b c** d", "a **b c** d\n", "a \033[0m\033[1mb c\033[0m d\n"},
	{"code", "`a b` c", "`a b` c\n", "\033[0m\033[36ma b\033[0m c\n"},
	{"stars in code", "`a**b`", "`a**b`\n", "\033[0m\033[36ma**b\033[0m\n"},
	{"code is not broken", "say `one two three four` five", "say\n`one two three four`\nfive\n",
	 "say\n\033[0m\033[36mone two three four\033[0m\nfive\n"},
	{"nor where its line ends", "`one two\n  three four`: five\nsix",
	 "`one two three four`:\nfive six\n",
	 "\033[0m\033[36mone two three four\033[0m:\nfive six\n"},
	{"blanks of code are kept", "`a  b` c", "`a  b` c\n", "\033[0m\033[36ma  b\033[0m c\n"},
	{"code in an item", "- `one two three\n  four` five", "- `one two three four`\n  five\n",
	 "- \033[0m\033[36mone two three four\033[0m\n  five\n"},
	{"a mark without a second one", "a ` b one two three\nfour\n\nfive",
	 "a ` b one two\nthree four\n\nfive\n",
	 "a \033[0m\033[36m b one two\nthree four\n\nfive\n\033[0m"},
	{"the same before an item", "a `b one two three\n- four", "a `b one two\nthree\n- four\n",
	 "a \033[0m\033[36mb one two\nthree\n- four\n\033[0m"},
	{"a fence is literal", "```\na  b    c d e f g h i j\n```", "    a  b    c d e f g h i j\n",
	 "    \033[36ma  b    c d e f g h i j\033[0m\n"},
	{"four blanks are literal", "a\n\n    b  c\n", "a\n\n    b  c\n",
	 "a\n\n    \033[36mb  c\033[0m\n"},
	{"a long word is not broken", "aaaaaaaaaaaaaaaaaaaaaaaa b", "aaaaaaaaaaaaaaaaaaaaaaaa\nb\n",
	 NULL},
	{"columns, not bytes", "äöü äöü äöü äöü", "äöü äöü äöü äöü\n", NULL},
	{"an open mark is closed at the end", "**a", "**a\n", "\033[0m\033[1ma\n\033[0m"},
	{"nothing", "", "", ""},
};

static void all_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ui_markdown style = {.width = 15};
		auto_strbuf struct strbuf plain = {0}, colour = {0};

		ui_markdown(&plain, rows[i].text, &style);
		style.colour = true;
		ui_markdown(&colour, rows[i].text, &style);
		print_message("%s\n", rows[i].what);
		assert_string_equal(strbuf_str(&plain), rows[i].plain);
		assert_string_equal(strbuf_str(&colour),
				    rows[i].colour ? rows[i].colour : rows[i].plain);
	}
}

static void marks_take_no_width(void **state)
{
	const struct ui_markdown style = {.width = 9, .colour = true};
	auto_strbuf struct strbuf out = {0};

	(void)state;
	ui_markdown(&out, "`abcd` `efgh`", &style);
	assert_null(strchr(out.s, '\n')[1] ? "a second line" : NULL);
}

static void indents_every_line(void **state)
{
	const struct ui_markdown style = {.width = 10, .indent = 2};
	auto_strbuf struct strbuf out = {0};

	(void)state;
	ui_markdown(&out, "- one two three", &style);
	assert_string_equal(out.s, "  - one\n    two\n    three\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows),
		cmocka_unit_test(marks_take_no_width),
		cmocka_unit_test(indents_every_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
