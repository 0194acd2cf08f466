// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/breaker.h"
#include "gateway/quota.h"

#include "base/worker.h"
#include "lib/test.h"

#define T0 UINT64_C(1700000000000)

static const struct gateway_breaker_rules rules = {
	.threshold = 3, .window_ms = 10000, .open_ms = 15000};
static uint64_t memory[GATEWAY_MEMORY / sizeof(uint64_t)];

static void fail_at(uint64_t hash, uint64_t ms, bool probe)
{
	gateway_breaker_leave(memory, hash, &rules, probe, true, T0 + ms);
}

static void enters(uint64_t hash, uint64_t ms, enum gateway_breaker wanted)
{
	assert_int_equal(gateway_breaker_enter(memory, hash, T0 + ms), wanted);
}

static int clear(void **state)
{
	memset(memory, 0, sizeof(memory));
	return 0;
}

static void opens_and_closes(void **state)
{
	fail_at(8, 0, false);
	fail_at(8, 9000, false);
	enters(8, 9999, GATEWAY_BREAKER_PASS);
	fail_at(8, 9999, false); /* the third within ten seconds */
	enters(8, 9999, GATEWAY_BREAKER_OPEN);
	enters(10, 9999, GATEWAY_BREAKER_PASS);
	fail_at(8, 10000, false); /* had entered before: it stays open no longer */
	enters(8, 24998, GATEWAY_BREAKER_OPEN);
	enters(8, 24999, GATEWAY_BREAKER_PROBE);
	enters(8, 25000, GATEWAY_BREAKER_BUSY);
	fail_at(8, 26000, true);
	enters(8, 40999, GATEWAY_BREAKER_OPEN);
	enters(8, 41000, GATEWAY_BREAKER_PROBE);
	gateway_breaker_release(memory, 8); /* its client went away */
	enters(8, 41001, GATEWAY_BREAKER_PROBE);
	gateway_breaker_leave(memory, 8, &rules, true, false, T0 + 41002);
	enters(8, 41003, GATEWAY_BREAKER_PASS);
	/* counted anew */
	fail_at(8, 41004, false);
	fail_at(8, 41004, false);
	enters(8, 41005, GATEWAY_BREAKER_PASS);
}

static void windows_pass(void **state)
{
	fail_at(8, 0, false);
	fail_at(8, 1, false);
	fail_at(8, 10000, false); /* the first of the next window */
	fail_at(8, 19999, false);
	enters(8, 19999, GATEWAY_BREAKER_PASS);
	fail_at(8, 19999, false);
	enters(8, 19999, GATEWAY_BREAKER_OPEN);
}

static void nobody_waits_for_the_dead(void **state)
{
	for (int i = 0; i < 3; i++)
		fail_at(8, 0, false);
	enters(8, 15000, GATEWAY_BREAKER_PROBE);
	enters(8, 164999, GATEWAY_BREAKER_BUSY);
	enters(8, 165000, GATEWAY_BREAKER_PROBE); /* whoever probed has died */
	fail_at(8, 165000, true);
	/* a clock that was set back by a day */
	assert_int_equal(gateway_breaker_enter(memory, 8, T0 - 86400000), GATEWAY_BREAKER_PROBE);
}

static void slots_are_found_again(void **state)
{
	for (uint64_t i = 0; i < GATEWAY_BREAKER_SLOTS; i++) {
		fail_at(2 * i + 100, 0, false);
		fail_at(2 * i + 100, 0, false);
	}
	/* none is left: it is not counted, and nothing of the others is lost */
	for (int i = 0; i < 5; i++)
		fail_at(8, 1, false);
	enters(8, 2, GATEWAY_BREAKER_PASS);
	fail_at(100, 3, false);
	enters(100, 4, GATEWAY_BREAKER_OPEN);
	/* what is older than any window makes room; what is open does not */
	for (int i = 0; i < 3; i++)
		fail_at(8, 90000, false);
	enters(8, 90001, GATEWAY_BREAKER_OPEN);
	enters(100, 90001, GATEWAY_BREAKER_PROBE);
}

/* Whoever filled all slots and was never called again does not keep them. */
static void what_is_long_past_makes_room(void **state)
{
	for (uint64_t i = 0; i < GATEWAY_BREAKER_SLOTS; i++) {
		for (int n = 0; n < 3; n++)
			fail_at(2 * i + 100, 0, false);
		if (i % 2)
			enters(2 * i + 100, 15000, GATEWAY_BREAKER_PROBE);
	}
	for (int i = 0; i < 3; i++)
		fail_at(8, 164999,
			false); /* probes may be under way, and what is open has just been so */
	enters(8, 165000, GATEWAY_BREAKER_PASS);
	for (int i = 0; i < 3; i++)
		fail_at(8, 165001, false); /* a probe has died */
	enters(8, 165002, GATEWAY_BREAKER_OPEN);
	enters(100, 165003, GATEWAY_BREAKER_PROBE); /* the first was open, and is not forgotten */
}

static void what_was_open_makes_room(void **state)
{
	for (uint64_t i = 0; i < GATEWAY_BREAKER_SLOTS; i++) {
		for (int n = 0; n < 3; n++)
			fail_at(2 * i + 100, 0, false);
	}
	for (int i = 0; i < 3; i++)
		fail_at(8, 315000, false);
	enters(8, 315001, GATEWAY_BREAKER_PASS);
	for (int i = 0; i < 3; i++)
		fail_at(8, 315001, false);
	enters(8, 315002, GATEWAY_BREAKER_OPEN);
	/* a clock that was set back by a day: what is open longer than can be is over as well */
	for (int i = 0; i < 3; i++)
		gateway_breaker_leave(memory, 10, &rules, false, true, T0 - 86400000);
	assert_int_equal(gateway_breaker_enter(memory, 10, T0 - 86400000), GATEWAY_BREAKER_OPEN);
}

/* Circuits whose hashes lead to the same slot, one of which is long past. */
static void neighbours_are_told_apart(void **state)
{
	const uint64_t step = (uint64_t)2 * GATEWAY_BREAKER_SLOTS, end = step - 2;

	for (int i = 0; i < 3; i++)
		fail_at(end, 0, false); /* the last slot; the others go round */
	for (int i = 0; i < 3; i++) {
		fail_at(end + step, 100000, false);
		fail_at(end + 2 * step, 100000, false);
	}
	enters(end, 1, GATEWAY_BREAKER_OPEN);
	enters(end + step, 100001, GATEWAY_BREAKER_OPEN);
	enters(end + 3 * step, 100001, GATEWAY_BREAKER_PASS);
	for (int i = 0; i < 3; i++)
		fail_at(end + 3 * step, 330000, false); /* in place of the first */
	enters(end, 330001, GATEWAY_BREAKER_PASS);
	enters(end + 2 * step, 330001, GATEWAY_BREAKER_PROBE);
	enters(end + 3 * step, 330001, GATEWAY_BREAKER_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens_and_closes, clear),
		cmocka_unit_test_setup(windows_pass, clear),
		cmocka_unit_test_setup(nobody_waits_for_the_dead, clear),
		cmocka_unit_test_setup(slots_are_found_again, clear),
		cmocka_unit_test_setup(what_is_long_past_makes_room, clear),
		cmocka_unit_test_setup(what_was_open_makes_room, clear),
		cmocka_unit_test_setup(neighbours_are_told_apart, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
