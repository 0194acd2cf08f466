// SPDX-License-Identifier: GPL-2.0-only
/* Who is to run before others, and for how long. */
#include "lib/test.h"

#include "wire/prompt.h"

#define LITTLE (WIRE_PROMPT_NS / 10)

static void who_works_little_stays_prompt(void **state)
{
	struct wire_prompt p = {0};

	for (int i = 0; i < 1000; i++)
		assert_false(wire_prompt_count(&p, LITTLE, LITTLE));
	assert_false(p.ordinary);
}

static void who_does_not_sleep_becomes_ordinary_once(void **state)
{
	struct wire_prompt p = {0};
	int changes = 0;

	for (int i = 0; i < 1000; i++)
		changes += wire_prompt_count(&p, LITTLE, 0);
	assert_int_equal(changes, 1);
	assert_true(p.ordinary);
}

static void sleep_repays_work(void **state)
{
	struct wire_prompt p = {0};

	assert_true(wire_prompt_count(&p, WIRE_PROMPT_NS + 1, 0));
	assert_false(wire_prompt_count(&p, 0, WIRE_PROMPT_NS));
	assert_true(p.ordinary); /* 1 ns is left */
	assert_true(wire_prompt_count(&p, 0, 1));
	assert_false(p.ordinary);
}

static void a_long_time_of_work_is_repaid_soon(void **state)
{
	struct wire_prompt p = {0};

	assert_true(wire_prompt_count(&p, UINT64_C(3600000000000), 0));
	assert_true(wire_prompt_count(&p, 0, 2 * WIRE_PROMPT_NS));
	assert_false(p.ordinary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_works_little_stays_prompt),
		cmocka_unit_test(who_does_not_sleep_becomes_ordinary_once),
		cmocka_unit_test(sleep_repays_work),
		cmocka_unit_test(a_long_time_of_work_is_repaid_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
