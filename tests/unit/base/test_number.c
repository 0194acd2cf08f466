// SPDX-License-Identifier: GPL-2.0-only
#include "base/number.h"

#include "base/cleanup.h"
#include "lib/test.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		double n;
	} rows[] = {
		{"0", 0},    {"42", 42},    {"-1", -1},       {"+1", 1},
		{".5", 0.5}, {"2.0", 2},    {"1e3", 1000},    {"-2.5E-1", -0.25},
		{"007", 7},  {"1e-999", 0}, {"1e300", 1e300},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double n = -99;

		if (!number_parse(rows[i].text, &n) || n < rows[i].n || n > rows[i].n)
			fail_msg("%s is %g", rows[i].text, n);
	}
}

static void others(void **state)
{
	static const char *const rows[] = {
		"",      " ",  "nan",   "-nan", "inf",   "-inf",   "infinity", "0x5",
		"0x1p3", " 5", "5 ",    "\t5",  "1x",    "1e",     "e",        "-",
		"+",     ".",  "1.2.3", "--1",  "1e999", "-1e999",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double n = -99;

		if (number_parse(rows[i], &n) || n > -99)
			fail_msg("'%s' is a number: %g", rows[i], n);
	}
}

static void written(void **state)
{
	char buf[NUMBER_LEN];

	assert_string_equal(number_format(0, buf), "0");
	assert_string_equal(number_format(4094, buf), "4094");
	assert_string_equal(number_format(UINT64_MAX, buf), "18446744073709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(others),
		cmocka_unit_test(written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
