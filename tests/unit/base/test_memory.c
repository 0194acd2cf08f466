// SPDX-License-Identifier: GPL-2.0-only
/* The arena, the string buffer, errors and names. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/name.h"
#include "base/strbuf.h"

#include <errno.h>

#include "lib/test.h"

static void arena_gives_zeroed_aligned_memory(void **state)
{
	auto_arena struct arena *a = arena_new(0);

	for (size_t size = 0; size < 9000; size += 331) {
		unsigned char *p = arena_alloc(a, size);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	for (int n = 0; n < 40; n++) {
		const unsigned char *p = arena_alloc(a, 1000);

		for (size_t i = 0; i < 1000; i++)
			assert_int_equal(p[i], 0);
	}
}

static void arena_keeps_its_cap(void **state)
{
	auto_arena struct arena *a = arena_new(100);

	assert_non_null(arena_alloc(a, 64));
	assert_null(arena_alloc(a, 64));
	assert_non_null(arena_alloc(a, 32));
	assert_null(arena_alloc(a, (size_t)1 << 62));
}

static void arrays_keep_their_elements(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	size_t *items = NULL, n = 0;

	for (size_t i = 0; i < 1000; i++)
		*arena_push(a, items, n) = i;
	assert_int_equal(n, 1000);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(items[i], i);
}

static void strbuf_grows(void **state)
{
	auto_strbuf struct strbuf b = {0};
	auto_free char *taken = NULL;

	assert_string_equal(strbuf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&b, "%d,", i % 10);
	assert_int_equal(b.len, 2000);
	strbuf_trunc(&b, 3);
	strbuf_addc(&b, '!');
	assert_string_equal(strbuf_str(&b), "0,1!");
	taken = strbuf_take(&b);
	assert_string_equal(taken, "0,1!");
	assert_int_equal(b.len, 0);
}

static void an_arena_knows_its_own(void **state)
{
	auto_arena struct arena *a = arena_new(0), *b = arena_new(0);
	const char *first = arena_strdup(a, "first"), *big = arena_alloc(a, 5 << 20);

	assert_true(arena_has(a, first));
	assert_true(arena_has(a, big));
	assert_true(arena_has(a, big + (5 << 20) - 1));
	assert_true(arena_has(
		a, arena_printf(a, "%0500d", 7))); /* longer than what is formatted once */
	assert_false(arena_has(a, arena_strdup(b, "other")));
	assert_false(arena_has(a, "literal"));
	assert_false(arena_has(a, NULL));
	assert_int_equal(strlen(arena_printf(a, "%0500d", 7)), 500);
}

static void strbuf_formats_long_and_short(void **state)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_printf(&b, "%d", 1);
	strbuf_printf(&b, "%0300d", 2);
	assert_int_equal(b.len, 301);
	assert_int_equal(strlen(b.s), 301);
}

/* The same bytes as jansson's. */
static void strbuf_writes_json(void **state)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_add_json(&b, "");
	strbuf_add_json(&b, "a/b \xc3\xa4\x7f");
	strbuf_add_json(&b, "\"\\\b\f\n\r\t\x01\x1f.");
	assert_string_equal(b.s,
			    "\"\"\"a/b \xc3\xa4\x7f\"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F.\"");
	strbuf_trunc(&b, 0);
	strbuf_add_json_spaced(&b, "{\"a:b,\\\\\":[1,-2.5,{},[]],\"c\\\",\":{\"d\":null}}");
	assert_string_equal(b.s, "{\"a:b,\\\\\": [1, -2.5, {}, []], \"c\\\",\": {\"d\": null}}");
}

static void strbuf_takes_numbers_and_grows_for_others(void **state)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_add_number(&b, 0);
	strbuf_add(&b, " ");
	strbuf_add_number(&b, UINT64_MAX);
	memcpy(strbuf_extend(&b, 4), " end", 4);
	assert_string_equal(strbuf_str(&b), "0 18446744073709551615 end");
	assert_int_equal(b.len, strlen(b.s));
}

static void errors_carry_context(void **state)
{
	auto_error struct lab_error *err = NULL;

	assert_int_equal(lab_error_errno(&err, LAB_DENIED, EPERM, "netns %s", "a"), -1);
	assert_int_equal(lab_error_prefix(&err, "vpc %s", "vpc-1"), -1);
	assert_int_equal(lab_error_hint(&err, "run as %s", "root"), -1);
	assert_string_equal(lab_error_message(err), "vpc vpc-1: netns a: Operation not permitted");
	assert_string_equal(lab_error_hint_get(err), "run as root");
	assert_int_equal(lab_error_status(err), LAB_DENIED);
	assert_int_equal(lab_error_errnum(err), EPERM);
	assert_int_equal(lab_error_make(&err, LAB_STATE, "again"), -1); /* replaces, frees */
	assert_string_equal(lab_error_message(err), "again");
	assert_null(lab_error_hint_get(err));
	assert_int_equal(lab_error_make(NULL, LAB_STATE, "nobody listens"), -1);
}

static void names_are_checked(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} rows[] = {
		{"a", true},
		{"vpc-1", true},
		{"0", true},
		{"", false},
		{"-rf", false},
		{"../x", false},
		{"a/b", false},
		{"A", false},
		{"a b", false},
		{"a\n", false},
		{"%s", false},
		{"$(id)", false},
		{"\xc3\xa9", false},
		{"a.b", false},
		{"abcdefghijklmnopqrstuvwxyz01234", true},
		{"abcdefghijklmnopqrstuvwxyz012345", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("'%s'\n", rows[i].name);
		assert_int_equal(name_valid(rows[i].name), rows[i].ok);
	}
}

static void interface_names_fit_and_differ(void **state)
{
	char a[IFNAME_LEN], b[IFNAME_LEN];
	unsigned char m[6], n[6];

	assert_string_equal(name_ifname("fifteen-letters", a), "fifteen-letters");
	name_ifname("a-rather-long-name-1", a);
	name_ifname("a-rather-long-name-2", b);
	assert_int_equal(strlen(a), IFNAME_LEN - 1);
	assert_string_not_equal(a, b);
	name_mac("lab", "ns", "eth0", m);
	name_mac("lab", "ns", "eth1", n);
	assert_memory_not_equal(m, n, 6);
	assert_int_equal(m[0] & 3, 2); /* local, unicast */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(arena_keeps_its_cap),
		cmocka_unit_test(arrays_keep_their_elements),
		cmocka_unit_test(an_arena_knows_its_own),
		cmocka_unit_test(strbuf_grows),
		cmocka_unit_test(strbuf_formats_long_and_short),
		cmocka_unit_test(strbuf_writes_json),
		cmocka_unit_test(strbuf_takes_numbers_and_grows_for_others),
		cmocka_unit_test(errors_carry_context),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(interface_names_fit_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
