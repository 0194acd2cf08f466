// SPDX-License-Identifier: GPL-2.0-only
/* What a ledger knows, and that it takes nothing for true that it was not told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/ledger.h"

#define BOOT "5e0f2a6c-boot"

static struct kernel_nft_generation at(uint64_t ns, uint32_t id)
{
	return (struct kernel_nft_generation){ns, id};
}

/* A transaction about `table` in namespace ns, from one generation to the other. */
static void commit(struct kernel_ledger *l, uint64_t ns, uint32_t from, uint32_t to,
		   const char *table, const char *text)
{
	const struct kernel_nft_commit c = {at(ns, from), at(ns, to)};

	kernel_ledger_commit(l, &c, table, text);
}

static void confirm(struct kernel_ledger *l, uint64_t ns, uint32_t from, uint32_t to,
		    const char *table, const char *text)
{
	const struct kernel_nft_commit c = {at(ns, from), at(ns, to)};

	kernel_ledger_confirm(l, &c, table, text);
}

static void only_that_text_of_that_table_at_that_generation_is_known(void **state)
{
	struct kernel_ledger *l = kernel_ledger_new(NULL, BOOT);

	assert_false(kernel_ledger_knows(l, at(7, 2), "sg", "text"));
	commit(l, 7, 1, 2, "sg", "text");
	assert_true(kernel_ledger_knows(l, at(7, 2), "sg", "text"));
	assert_false(kernel_ledger_knows(l, at(7, 2), "sg", "texs"));
	assert_false(kernel_ledger_knows(l, at(7, 2), "nat", "text"));
	assert_false(kernel_ledger_knows(l, at(7, 1), "sg", "text"));
	assert_false(kernel_ledger_knows(l, at(7, 3), "sg", "text"));
	assert_false(kernel_ledger_knows(l, at(8, 2), "sg", "text"));
	assert_false(kernel_ledger_knows(l, at(0, 0), "sg", "text"));
	kernel_ledger_free(l);
}

static void tables_of_a_namespace_move_on_together(void **state)
{
	struct kernel_ledger *l = kernel_ledger_new(NULL, BOOT);

	commit(l, 7, 1, 2, "sg", "a");
	commit(l, 7, 2, 3, "nat", "b");
	assert_true(kernel_ledger_knows(l, at(7, 3), "sg", "a"));
	assert_true(kernel_ledger_knows(l, at(7, 3), "nat", "b"));
	commit(l, 7, 3, 4, "sg", "c");
	assert_true(kernel_ledger_knows(l, at(7, 4), "sg", "c"));
	assert_true(kernel_ledger_knows(l, at(7, 4), "nat", "b"));
	commit(l, 7, 4, 5, "nat", NULL);
	assert_true(kernel_ledger_knows(l, at(7, 5), "sg", "c"));
	assert_false(kernel_ledger_knows(l, at(7, 5), "nat", "b"));
	/* somebody's table, which was never known */
	commit(l, 7, 5, 6, "inet other", NULL);
	assert_true(kernel_ledger_knows(l, at(7, 6), "sg", "c"));
	kernel_ledger_free(l);
}

/* Transactions of others, before and in between; ours that were told in another order than they were made in. */
static void what_others_did_leaves_nothing_known(void **state)
{
	struct kernel_ledger *l = kernel_ledger_new(NULL, BOOT);

	commit(l, 7, 1, 3, "sg", "a");
	for (uint32_t id = 1; id < 5; id++)
		assert_false(kernel_ledger_knows(l, at(7, id), "sg", "a"));
	commit(l, 7, 3, 4, "sg", "a");
	commit(l, 7, 5, 6, "nat", "b");
	assert_false(kernel_ledger_knows(l, at(7, 6), "sg", "a"));
	assert_true(kernel_ledger_knows(l, at(7, 6), "nat", "b"));
	commit(l, 7, 8, 9, "sg", "a");
	commit(l, 7, 7, 8, "nat", "b");
	for (uint32_t id = 6; id < 10; id++)
		assert_false(kernel_ledger_knows(l, at(7, id), "sg", "a"));
	assert_false(kernel_ledger_knows(l, at(7, 9), "nat", "b"));
	kernel_ledger_free(l);
}

static void what_is_unknown_or_of_two_namespaces_is_not_taken_down(void **state)
{
	struct kernel_ledger *l = kernel_ledger_new(NULL, BOOT);
	const struct kernel_nft_commit moved = {at(7, 1), at(8, 2)};

	commit(l, 0, 0, 0, "sg", "a");
	commit(l, 0, 0, 1, "sg", "a");
	commit(l, 7, 2, 2, "sg", "a");
	kernel_ledger_commit(l, &moved, "sg", "a");
	for (uint64_t ns = 0; ns < 9; ns++)
		for (uint32_t id = 0; id < 3; id++)
			assert_false(kernel_ledger_knows(l, at(ns, id), "sg", "a"));
	kernel_ledger_free(l);
}

static void what_was_seen_is_known_if_nothing_was_done_meanwhile(void **state)
{
	struct kernel_ledger *l = kernel_ledger_new(NULL, BOOT);

	confirm(l, 7, 4, 5, "sg", "a");
	assert_false(kernel_ledger_knows(l, at(7, 4), "sg", "a"));
	assert_false(kernel_ledger_knows(l, at(7, 5), "sg", "a"));
	confirm(l, 7, 5, 5, "sg", "a");
	confirm(l, 7, 5, 5, "nat", "b");
	assert_true(kernel_ledger_knows(l, at(7, 5), "sg", "a"));
	assert_true(kernel_ledger_knows(l, at(7, 5), "nat", "b"));
	confirm(l, 7, 6, 6, "nat", "b");
	assert_false(kernel_ledger_knows(l, at(7, 6), "sg", "a"));
	kernel_ledger_free(l);
}

/* Two tables in each of n namespaces. */
static char *text_of(size_t n)
{
	struct kernel_ledger *l = kernel_ledger_new(NULL, BOOT);
	char *text;

	for (uint64_t ns = 1; ns <= n; ns++) {
		commit(l, ns, 1, 2, "sg", "a");
		commit(l, ns, 2, 3, "nat", "b");
	}
	text = kernel_ledger_text(l);
	kernel_ledger_free(l);
	return text;
}

static bool knows_all(struct kernel_ledger *l, size_t n)
{
	bool all = true;

	for (uint64_t ns = 1; ns <= n; ns++)
		all = kernel_ledger_knows(l, at(ns, 3), "sg", "a") &&
		      kernel_ledger_knows(l, at(ns, 3), "nat", "b") && all;
	return all;
}

static void a_thousand_namespaces_are_written_down_and_read(void **state)
{
	char *text = text_of(1000);
	struct kernel_ledger *l = kernel_ledger_new(text, BOOT);

	assert_true(knows_all(l, 1000));
	assert_null(kernel_ledger_text(l)); /* there is nothing new */
	kernel_ledger_free(l);
	free(text);
}

static void namespaces_that_nobody_asks_for_are_dropped(void **state)
{
	char *text = text_of(3), *two = text_of(2), *now;
	struct kernel_ledger *l = kernel_ledger_new(text, BOOT);

	assert_true(knows_all(l, 2));
	now = kernel_ledger_text(l);
	assert_string_equal(now, two);
	free(now);
	free(two);
	free(text);
	kernel_ledger_free(l);
}

static void assert_knows_nothing(const char *text, const char *boot)
{
	struct kernel_ledger *l = kernel_ledger_new(text, boot);
	char *now;

	for (uint64_t ns = 0; ns < 4; ns++)
		for (uint32_t id = 0; id < 5; id++)
			assert_false(kernel_ledger_knows(l, at(ns, id), "sg", "a"));
	now = kernel_ledger_text(l);
	assert_non_null(now); /* what is of no use is written anew */
	free(now);
	kernel_ledger_free(l);
}

static void one_wrong_byte_is_enough_to_believe_nothing(void **state)
{
	char *text = text_of(2);
	const size_t n = strlen(text);

	assert_knows_nothing(text, "another-boot");
	assert_knows_nothing("", BOOT);
	for (size_t i = 0; i < n; i++) {
		char *cut = strndup(text, i);

		assert_knows_nothing(cut, BOOT);
		free(cut);
		text[i] ^= 1;
		assert_knows_nothing(text, BOOT);
		text[i] ^= 1;
	}
	free(text);
}

static void none_is_no_ledger(void **state)
{
	commit(NULL, 7, 1, 2, "sg", "a");
	confirm(NULL, 7, 2, 2, "sg", "a");
	assert_false(kernel_ledger_knows(NULL, at(7, 2), "sg", "a"));
	kernel_ledger_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_that_text_of_that_table_at_that_generation_is_known),
		cmocka_unit_test(tables_of_a_namespace_move_on_together),
		cmocka_unit_test(what_others_did_leaves_nothing_known),
		cmocka_unit_test(what_is_unknown_or_of_two_namespaces_is_not_taken_down),
		cmocka_unit_test(what_was_seen_is_known_if_nothing_was_done_meanwhile),
		cmocka_unit_test(a_thousand_namespaces_are_written_down_and_read),
		cmocka_unit_test(namespaces_that_nobody_asks_for_are_dropped),
		cmocka_unit_test(one_wrong_byte_is_enough_to_believe_nothing),
		cmocka_unit_test(none_is_no_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
