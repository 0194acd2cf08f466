// SPDX-License-Identifier: GPL-2.0-only
/* Frames of any length come out as they went in, and take no more memory than they may. */
#include "lib/test.h"

#include <stdbool.h>
#include <string.h>

#include "wire/hold.h"

#define MIB ((size_t)1 << 20)

static bool put(struct wire_hold *h, uint32_t len, unsigned char mark)
{
	struct wire_frame *f = wire_hold_room(h);

	if (!f)
		return false;
	memset(f->data, mark, len);
	f->len = len;
	wire_hold_add(h, f);
	return true;
}

static void assert_next(struct wire_hold *h, uint32_t len, unsigned char mark)
{
	const struct wire_frame *f = wire_hold_oldest(h);

	assert_non_null(f);
	assert_int_equal(f->len, len);
	assert_int_equal(f->data[0], mark);
	assert_int_equal(f->data[len - 1], mark);
	wire_hold_drop_oldest(h);
}

/* Short ones, and now and then one as long as can be. */
static uint32_t len_of(uint32_t i)
{
	return 1 + (i * 2654435761u >> 8) % (i % 7 ? 1514 : WIRE_FRAME_MAX);
}

static void order_and_bytes_are_kept(void **state)
{
	struct wire_pool *pool = wire_pool_new(64 * MIB);
	struct wire_hold h = {.pool = pool, .limit = 64 * MIB};
	uint32_t out = 0;

	/* of three that come in, two leave: it grows over many chunks */
	for (uint32_t in = 0; in < 3000; in++) {
		assert_true(put(&h, len_of(in), (unsigned char)in));
		if (in % 3 == 2)
			continue;
		assert_next(&h, len_of(out), (unsigned char)out);
		out++;
	}
	assert_int_equal(h.n, 1000);
	for (; out < 3000; out++)
		assert_next(&h, len_of(out), (unsigned char)out);
	assert_null(wire_hold_oldest(&h));
	assert_int_equal(h.bytes, 0);
	wire_pool_free(pool);
}

static void full_is_full(void **state)
{
	struct wire_pool *pool = wire_pool_new(64 * MIB);
	struct wire_hold h = {.pool = pool, .limit = 10000};
	size_t n = 0;

	while (put(&h, 1000, 0))
		n++;
	assert_int_equal(n, 10);
	wire_hold_drop_oldest(&h);
	assert_true(put(&h, 1000, 0));
	assert_false(put(&h, 1000, 0));
	wire_hold_empty(&h);
	assert_true(put(&h, 1000, 0));
	wire_hold_empty(&h);
	wire_pool_free(pool);
}

/* Two ways share what there is; what one gives back, the other can have. */
static void the_pool_is_shared(void **state)
{
	struct wire_pool *pool = wire_pool_new(MIB);
	struct wire_hold a = {.pool = pool, .limit = 8 * MIB}, b = a;
	size_t n = 0;

	while (put(&a, 60000, 1))
		n++;
	assert_in_range(n, 8, 16);
	assert_false(put(&b, 60000, 2));
	wire_hold_empty(&a);
	assert_true(put(&b, 60000, 2));
	assert_next(&b, 60000, 2);
	assert_int_equal(b.n, 0);
	wire_pool_free(pool);
}

static void room_that_is_not_used_goes_back(void **state)
{
	struct wire_pool *pool = wire_pool_new((size_t)256 * 1024); /* one chunk */
	struct wire_hold a = {.pool = pool, .limit = MIB}, b = a;

	assert_non_null(wire_hold_room(&a));
	assert_null(wire_hold_room(&b));
	wire_hold_tidy(&a);
	assert_true(put(&b, 100, 3));
	wire_hold_tidy(&b); /* holds something: stays */
	assert_null(wire_hold_room(&a));
	assert_next(&b, 100, 3);
	assert_non_null(wire_hold_room(&a));
	wire_hold_tidy(&a);
	wire_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_bytes_are_kept),
		cmocka_unit_test(full_is_full),
		cmocka_unit_test(the_pool_is_shared),
		cmocka_unit_test(room_that_is_not_used_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
