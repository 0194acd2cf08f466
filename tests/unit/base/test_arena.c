// SPDX-License-Identifier: GPL-2.0-only
/* Memory of an arena is zeroed, its own, and there until it is freed, in blocks of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

#define PIECE 1000u
#define MANY  12000u /* 12 MB: many blocks */

static void many(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	unsigned char **pieces = arena_alloc(a, MANY * sizeof(*pieces));

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		pieces[i] = arena_alloc(a, PIECE);
		for (size_t k = 0; k < PIECE; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i % 251) + 1, PIECE);
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(pieces[i][0], i % 251 + 1);
		assert_int_equal(pieces[i][PIECE - 1], i % 251 + 1);
		assert_true(arena_has(a, pieces[i]));
	}
	assert_false(arena_has(a, &state));
}

/* One that no block has room for gets its own, also behind others. */
static void large(void **state)
{
	auto_arena struct arena *a = arena_new(0);

	(void)state;
	for (size_t size = 1; size <= 16u << 20; size *= 4) {
		unsigned char *p = arena_alloc(a, size);

		assert_int_equal(p[0] | p[size - 1], 0);
		memset(p, 1, size);
	}
}

static void again(void **state)
{
	auto_arena struct arena *a = arena_new(0);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < MANY; i++) {
			unsigned char *p = arena_alloc(a, PIECE);

			assert_int_equal(p[0] | p[PIECE - 1], 0);
			memset(p, 1, PIECE);
		}
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
}

/* An array keeps its place while nothing stands behind it, and its elements wherever it goes. */
static void arrays(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	size_t n = 0, *items = NULL, *first;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		*arena_push(a, items, n) = i;
	first = items;
	assert_int_equal(arena_used(a), 128 * sizeof(*items));
	(void)arena_alloc(a, 1);
	for (size_t i = 100; i < 1000; i++) {
		size_t *new = arena_push(a, items, n);

		assert_int_equal(*new, 0);
		*new = i;
	}
	assert_ptr_not_equal(items, first);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

static void joined(void **state)
{
	auto_arena struct arena *a = arena_new(0), *small = arena_new(32);

	(void)state;
	assert_string_equal(arena_join(a, "vpcs", ".", "", "vpc-1", NULL), "vpcs.vpc-1");
	assert_string_equal(arena_join(a, "", NULL), "");
	assert_string_equal(arena_join(a, "1", "22", "", "4", "5", "6", "7", "8", "99", "0", NULL),
			    "12245678990");
	assert_string_equal(arena_join(small, "0123456789", "abcdef", NULL), "0123456789abcdef");
	assert_null(
		arena_join(small, "x", NULL)); /* with its NUL, the text before has all there is */
}

/* Pieces of both, and later ones, for every order of sizes. */
static void adopted(void **state)
{
	static const size_t counts[] = {0, 1, 3, 4000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts) * ARRAY_LEN(counts); i++) {
		const size_t n[2] = {counts[i / ARRAY_LEN(counts)], counts[i % ARRAY_LEN(counts)]};
		struct arena *from[2] = {arena_new(0), arena_new(0)};
		unsigned char *pieces[2][4000], *later[300];

		for (size_t side = 0; side < 2; side++)
			for (size_t k = 0; k < n[side]; k++)
				pieces[side][k] = memset(arena_alloc(from[side], PIECE),
							 (int)(side + 1), PIECE);
		arena_adopt(from[0], from[1]);
		for (size_t k = 0; k < ARRAY_LEN(later); k++) {
			later[k] = arena_alloc(from[0], PIECE);
			assert_int_equal(later[k][0] | later[k][PIECE - 1], 0);
			memset(later[k], 3, PIECE);
		}
		for (size_t side = 0; side < 2; side++)
			for (size_t k = 0; k < n[side]; k++) {
				assert_true(arena_has(from[0], pieces[side][k]));
				assert_int_equal(pieces[side][k][0], side + 1);
				assert_int_equal(pieces[side][k][PIECE - 1], side + 1);
			}
		assert_int_equal(arena_used(from[0]), (n[0] + n[1] + ARRAY_LEN(later)) * 1008);
		arena_free(from[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many),   cmocka_unit_test(large),  cmocka_unit_test(again),
		cmocka_unit_test(arrays), cmocka_unit_test(joined), cmocka_unit_test(adopted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
