// SPDX-License-Identifier: GPL-2.0-only
#include "base/condition.h"

#include <string.h>

#include "base/cleanup.h"
#include "lib/test.h"

static const char *get(const char *name, void *arg)
{
	static const struct {
		const char *name, *value;
	} all[] = {{"StatusCode", "503"}, {"CaStage", "TEST"},
		   {"Version", "2.0.4"},  {"CaClientIp", "10.1.2.3"},
		   {"Flag", "true"},      {"Empty", ""},
		   {"Nan", "nan"},        {"Inf", "inf"},
		   {"Hex", "0x2"},        {"Spaced", " 2"},
		   {"Exponent", "2e0"}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (strcmp(all[i].name, name) == 0)
			return all[i].value;
	}
	return NULL;
}

static void conditions(void **state)
{
	static const struct {
		const char *text;
		bool holds;
	} rows[] = {
		{"$StatusCode == 503", true},
		{"$StatusCode = 503.0", true},
		{"503=$StatusCode", true},
		{"$StatusCode != 503", false},
		{"$StatusCode >= 500 and $StatusCode < 600", true},
		{"$StatusCode > 60", true},
		{"$StatusCode > '60'", false}, /* as text */
		{"$Version < '2.0.5'", true},
		{"$CaStage = 'TEST'", true},
		{"$CaStage = \"test\"", false},
		{"$CaStage <> 'RELEASE' AND $Flag = true", true},
		{"$Unknown = 1", false},
		{"$Unknown <> 1", false},
		{"$Unknown = 1 or $CaStage = 'TEST'", true},
		{"$CaStage = 'X' and $CaStage = 'X' or $Flag = true", true},
		{"$CaStage = 'X' and ($CaStage = 'X' or $Flag = true)", false},
		{"(((1 = 1)))", true},
		{"Random() < 0.3", true},
		{"Random() < 0.2", false},
		{"$CaStage like 'T%T'", true},
		{"$CaStage like '%S'", false},
		{"$CaStage like '%E%S%'", true},
		{"$Empty like '%'", true},
		{"$Empty < 1", false},
		{"$CaClientIp in_cidr '10.0.0.0/8'", true},
		{"$CaClientIp in_cidr '10.2.0.0/16'", false},
		{"$CaStage in_cidr '0.0.0.0/0'", false},
		{"-1 < 0", true},
		/* what only strtod() takes for a number */
		{"$Nan = 2", false},
		{"$Nan <> 2", false},
		{"$Nan <= 2", false},
		{"$Nan >= 2", false},
		{"Random() = $Nan", false},
		{"$Inf > 2", false},
		{"$Hex = 2", false},
		{"$Spaced = 2", false},
		{"$Exponent = 2", true},
	};
	const struct condition_values values = {.get = get, .random = 0.25};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why;
		size_t at;
		const struct condition *c = condition_read(a, rows[i].text, &why, &at);

		if (!c)
			fail_msg("%s: %s at %zu", rows[i].text, why, at);
		if (condition_holds(c, &values) != rows[i].holds)
			fail_msg("%s is not %d", rows[i].text, rows[i].holds);
	}
}

static const char *get_some(const char *name, void *arg)
{
	return strcmp(name, "Secret") == 0 ? condition_unknown : get(name, arg);
}

/* What is not known may be as it has to be; what is not there is not. */
static void unknown_values(void **state)
{
	static const struct {
		const char *text;
		enum condition_truth wanted;
	} rows[] = {
		{"$Secret = 1", CONDITION_PERHAPS},
		{"1 = $Secret", CONDITION_PERHAPS},
		{"$Secret like '%'", CONDITION_PERHAPS},
		{"Random() < 0.5", CONDITION_PERHAPS},
		{"$Unknown = $Secret", CONDITION_NO},
		{"$Secret = 1 and $Flag = true", CONDITION_PERHAPS},
		{"$Secret = 1 and $Flag = false", CONDITION_NO},
		{"$Secret = 1 or $Flag = true", CONDITION_YES},
		{"$Secret = 1 or $Flag = false", CONDITION_PERHAPS},
		{"$Flag = true", CONDITION_YES},
	};
	const struct condition_values values = {.get = get_some, .any_random = true};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why;
		size_t at;
		const struct condition *c = condition_read(a, rows[i].text, &why, &at);

		assert_non_null(c);
		if (condition_judge(c, &values) != rows[i].wanted)
			fail_msg("%s is not %d", rows[i].text, (int)rows[i].wanted);
		assert_int_equal(condition_holds(c, &values), rows[i].wanted == CONDITION_YES);
	}
}

static void malformed_ones(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} rows[] = {
		{"", 0},
		{"$", 1},
		{"$A", 2},
		{"$A =", 4},
		{"$A = 'x", 6},
		{"$A = 'x' and", 12},
		{"$A = 'x' $B = 'y'", 9},
		{"($A = 1", 7},
		{"$A = 1)", 6},
		{"$A = 1.2.3", 5},
		{"$A = 1x", 5},
		{"$A = -", 5},
		{"$A = B", 5},
		{"$A ~ 1", 3},
		{"$A in_cidr 'x'", 14},
		{"$A in_cidr $B", 13},
		{"Random = 1", 7},
	};
	auto_arena struct arena *a = arena_new(0);
	char text[CONDITION_MAX + 2];
	const char *why;
	size_t at;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (condition_read(a, rows[i].text, &why, &at) || !why || at != rows[i].at)
			fail_msg("%s: at %zu", rows[i].text, at);
	}
	memset(text, '(', sizeof(text));
	text[40] = '\0';
	assert_null(condition_read(a, text, &why, &at));
	assert_string_equal(why, "too many brackets");
	memset(text, ' ', sizeof(text));
	text[CONDITION_MAX + 1] = '\0';
	assert_null(condition_read(a, text, &why, &at));
	assert_string_equal(why, "more than 512 characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions),
		cmocka_unit_test(unknown_values),
		cmocka_unit_test(malformed_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
