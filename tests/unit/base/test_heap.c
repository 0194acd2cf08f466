// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include "base/heap.h"

#define N 64

static void gives_the_soonest_first(void **state)
{
	struct heap_node nodes[N] = {0};
	struct heap h = {0};
	uint64_t last = 0;

	for (size_t i = 0; i < N; i++)
		heap_set(&h, &nodes[i], i * 37 % N); /* every number once */
	for (size_t i = 0; i < N; i++) {
		struct heap_node *t = heap_first(&h);

		assert_int_equal(t->due, i);
		assert_true(t->due >= last);
		last = t->due;
		heap_clear(&h, t);
		assert_int_equal(t->slot, 0);
	}
	assert_null(heap_first(&h));
	heap_done(&h);
}

static void moves_both_ways(void **state)
{
	struct heap_node a = {0}, b = {0}, c = {0};
	struct heap h = {0};

	heap_set(&h, &a, 10);
	heap_set(&h, &b, 20);
	heap_set(&h, &c, 30);
	assert_ptr_equal(heap_first(&h), &a);
	heap_set(&h, &a, 40); /* later */
	assert_ptr_equal(heap_first(&h), &b);
	heap_set(&h, &c, 5); /* sooner */
	assert_ptr_equal(heap_first(&h), &c);
	assert_int_equal(h.n, 3);
	heap_done(&h);
}

static void what_waits_for_nothing_can_be_cleared(void **state)
{
	struct heap_node a = {0}, b = {0};
	struct heap h = {0};

	heap_clear(&h, &a);
	heap_set(&h, &b, 1);
	heap_clear(&h, &a);
	assert_ptr_equal(heap_first(&h), &b);
	heap_done(&h);
	assert_null(heap_first(&h));
}

/* Against a plain search, with whatever comes. */
static void agrees_with_a_search(void **state)
{
	struct heap_node nodes[N] = {0};
	struct heap h = {0};
	uint32_t x = 1;

	for (int round = 0; round < 20000; round++) {
		struct heap_node *t, *soonest = NULL;

		x = x * 1664525 + 1013904223;
		t = &nodes[(x >> 8) % N];
		if ((x >> 20) % 3)
			heap_set(&h, t, x >> 16);
		else
			heap_clear(&h, t);
		for (size_t i = 0; i < N; i++)
			if (nodes[i].slot && (!soonest || nodes[i].due < soonest->due))
				soonest = &nodes[i];
		t = heap_first(&h);
		assert_int_equal(t != NULL, soonest != NULL);
		if (t)
			assert_int_equal(t->due, soonest->due);
	}
	heap_done(&h);
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
