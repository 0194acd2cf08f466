// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include "wire/heap.h"

#define N 64

static void gives_the_soonest_first(void **state)
{
	struct wire_turn turns[N] = {0}, *room[N];
	struct wire_heap h = {.turns = room};
	uint64_t last = 0;

	for (size_t i = 0; i < N; i++)
		wire_heap_set(&h, &turns[i], i * 37 % N); /* every number once */
	for (size_t i = 0; i < N; i++) {
		struct wire_turn *t = wire_heap_first(&h);

		assert_int_equal(t->due, i);
		assert_true(t->due >= last);
		last = t->due;
		wire_heap_clear(&h, t);
		assert_int_equal(t->slot, 0);
	}
	assert_null(wire_heap_first(&h));
}

static void moves_both_ways(void **state)
{
	struct wire_turn a = {0}, b = {0}, c = {0}, *room[3];
	struct wire_heap h = {.turns = room};

	wire_heap_set(&h, &a, 10);
	wire_heap_set(&h, &b, 20);
	wire_heap_set(&h, &c, 30);
	assert_ptr_equal(wire_heap_first(&h), &a);
	wire_heap_set(&h, &a, 40); /* later */
	assert_ptr_equal(wire_heap_first(&h), &b);
	wire_heap_set(&h, &c, 5); /* sooner */
	assert_ptr_equal(wire_heap_first(&h), &c);
	assert_int_equal(h.n, 3);
}

static void what_waits_for_nothing_can_be_cleared(void **state)
{
	struct wire_turn a = {0}, b = {0}, *room[2];
	struct wire_heap h = {.turns = room};

	wire_heap_clear(&h, &a);
	wire_heap_set(&h, &b, 1);
	wire_heap_clear(&h, &a);
	assert_ptr_equal(wire_heap_first(&h), &b);
}

/* Against a plain search, with whatever comes. */
static void agrees_with_a_search(void **state)
{
	struct wire_turn turns[N] = {0}, *room[N];
	struct wire_heap h = {.turns = room};
	uint32_t x = 1;

	for (int round = 0; round < 20000; round++) {
		struct wire_turn *t, *soonest = NULL;

		x = x * 1664525 + 1013904223;
		t = &turns[(x >> 8) % N];
		if ((x >> 20) % 3)
			wire_heap_set(&h, t, x >> 16);
		else
			wire_heap_clear(&h, t);
		for (size_t i = 0; i < N; i++)
			if (turns[i].slot && (!soonest || turns[i].due < soonest->due))
				soonest = &turns[i];
		t = wire_heap_first(&h);
		assert_int_equal(t != NULL, soonest != NULL);
		if (t)
			assert_int_equal(t->due, soonest->due);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_soonest_first),
		cmocka_unit_test(moves_both_ways),
		cmocka_unit_test(what_waits_for_nothing_can_be_cleared),
		cmocka_unit_test(agrees_with_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
