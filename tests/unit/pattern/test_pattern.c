// SPDX-License-Identifier: GPL-2.0-only
#include "pattern/pattern.h"

#include <time.h>

#include "base/strbuf.h"
#include "lib/test.h"

static struct pattern *pattern_of(struct arena *a, const char *expression)
{
	char why[PATTERN_WHY] = "";
	struct pattern *p = pattern_new(a, expression, why);

	if (!p)
		fail_msg("%s: %s", expression, why);
	return p;
}

static const char *fault(const char *expression, const char *text)
{
	auto_arena struct arena *a = arena_new(0);

	return pattern_fault(pattern_of(a, expression), text, strlen(text));
}

#define DIFFERS "does not match the regular expression"
#define COSTLY  "takes too many steps of the regular expression"

static void whole_texts_match(void **state)
{
	static const struct {
		const char *expression, *text, *fault; /* NULL: it matches */
	} rows[] = {
		{"[a-z]+", "abc", NULL},
		{"[a-z]+", "abc1", DIFFERS},
		{"[a-z]+", "1abc", DIFFERS},
		{"^\\d{3}$", "123", NULL},
		{"^\\d{3}$", "123\n", DIFFERS},
		{"^\\d{3}$", "\xd9\xa1\xd9\xa2\xd9\xa3", DIFFERS}, /* other digits */
		{"a|ab", "ab", NULL},
		{"(?i)yes|no", "YES", NULL},
		{"(?!admin).*", "admin2", DIFFERS},
		{"(?!admin).*", "user", NULL},
		{".{2}", "\xc3\xa9\xc3\xa9", NULL}, /* characters, not bytes */
		{"", "", NULL},
		{"", "a", DIFFERS},
		{".*", "\xff", "not UTF-8"},
		{"(a)\\1", "aa", NULL},
		{"(a+)+[bd]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", COSTLY},
		{"(?=(a+)+[bd])a.*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", COSTLY},
		{"(x(?R)?)+[yz]", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", COSTLY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = fault(rows[i].expression, rows[i].text);

		if (strcmp(got ? got : "", rows[i].fault ? rows[i].fault : "") != 0)
			fail_msg("%s at %s: %s", rows[i].expression, rows[i].text,
				 got ? got : "matches");
	}
}

static void texts_have_a_limit(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct pattern *p = pattern_of(a, "x*");
	char text[PATTERN_TEXT_MAX + 1];

	memset(text, 'x', sizeof(text));
	assert_null(pattern_fault(p, text, PATTERN_TEXT_MAX));
	assert_string_equal(pattern_fault(p, text, PATTERN_TEXT_MAX + 1),
			    "too long for a regular expression");
}

/* What goes back over all of a long text for each of its bytes does not run for long. */
static void matches_end(void **state)
{
	static const char *const expressions[] = {"(.*)*[yz]", ".*.*.*[yz]", "(x?){200}(x*)*[yz]",
						  "(?:(?=(x*))\\1)*[yz]"};
	char text[PATTERN_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		auto_arena struct arena *a = arena_new(0);
		const clock_t before = clock();

		assert_non_null(pattern_fault(pattern_of(a, expressions[i]), text, sizeof(text)));
		if (clock() - before > CLOCKS_PER_SEC / 2)
			fail_msg("%s takes too long", expressions[i]);
	}
}

static void malformed_expressions(void **state)
{
	static const struct {
		const char *expression, *why; /* begins with that */
	} rows[] = {
		{"a(b", "missing closing parenthesis"},
		{"[a-", "missing terminating ]"},
		{"*a", "quantifier does not follow a repeatable item"},
		{"\\C", "using \\C is disabled"},
		{"((((((((((((((((((((((((((((((((((((((((((((((((((((x"
		 "))))))))))))))))))))))))))))))))))))))))))))))))))))",
		 "parentheses are too deeply nested"},
		{"(((x{9,99}){9,99}){9,99}){9,99}", "regular expression is too "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_arena struct arena *a = arena_new(0);
		char why[PATTERN_WHY] = "";

		assert_null(pattern_new(a, rows[i].expression, why));
		if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: %s", rows[i].expression, why);
	}
}

static void expressions_have_a_limit(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	char expression[PATTERN_MAX + 2] = "", why[PATTERN_WHY];

	memset(expression, 'x', PATTERN_MAX);
	assert_non_null(pattern_new(a, expression, why));
	expression[PATTERN_MAX] = 'x';
	assert_null(pattern_new(a, expression, why));
	assert_string_equal(why, "more than 1000 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_texts_match),
		cmocka_unit_test(texts_have_a_limit),
		cmocka_unit_test(matches_end),
		cmocka_unit_test(malformed_expressions),
		cmocka_unit_test(expressions_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
