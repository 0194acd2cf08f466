// SPDX-License-Identifier: GPL-2.0-only
/* What a link is like, as it is written: nothing of it is rounded away, as events hand it on. */
#include "cli/figure.h"

#include "base/cleanup.h"
#include "lib/test.h"

static void test_figures(void **state)
{
	auto_arena struct arena *a = arena_new(0);

	assert_string_equal(cli_rate_text(a, 500), "0.5kbit");
	assert_string_equal(cli_rate_text(a, 2000000), "2Mbit");
	assert_string_equal(cli_rate_text(a, 999999999), "999.999999Mbit");
	assert_string_equal(cli_rate_text(a, 12345678901), "12.345678901Gbit");
	assert_string_equal(cli_time_text(a, 50000), "50ms");
	assert_string_equal(cli_time_text(a, 1999999), "1999.999ms");
	assert_string_equal(cli_time_text(a, 0), "0ms");
	assert_string_equal(cli_share_text(a, 100000), "10%");
	assert_string_equal(cli_share_text(a, 123456), "12.3456%");
	assert_string_equal(cli_share_text(a, 1000000), "100%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_figures)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
