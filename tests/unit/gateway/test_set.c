// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/set.h"

#include "base/cleanup.h"
#include "gateway/query.h"
#include "lib/test.h"

static void newest_counts(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_set *sets = NULL, *s;

	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_HEAD, "X-User", "1"));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_QUERY, "user", "2"));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_HEAD, "x-user", "3"));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_HEAD, "Authorization", NULL));
	s = gateway_set_of(sets, GATEWAY_IN_HEAD, http_slice("X_USER"));
	assert_string_equal(s->value, "3");
	assert_null(gateway_set_of(sets, GATEWAY_IN_HEAD, http_slice("X-User2")));
	assert_null(gateway_set_of(sets, GATEWAY_IN_QUERY, http_slice("USER")));
	assert_null(gateway_set_of(sets, GATEWAY_IN_HEAD, http_slice("authorization"))->value);
	s = gateway_set_next(sets, sets, GATEWAY_IN_HEAD);
	assert_string_equal(s->value, "3");
	assert_null(gateway_set_next(sets, s->next, GATEWAY_IN_HEAD));
}

static void queries(void **state)
{
	static const struct {
		const char *query, *wanted;
	} rows[] = {
		{"", "user=a%20%26%C3%BC"},
		{"a=1&user=x&b=2", "a=1&b=2&user=a%20%26%C3%BC"},
		{"%75ser=x&User=y&user", "User=y&user=a%20%26%C3%BC"},
		{"gone=1&a", "a&user=a%20%26%C3%BC"},
		{"&&a=&", "a=&user=a%20%26%C3%BC"},
	};
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_set *sets = NULL;

	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_QUERY, "gone", NULL));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_HEAD, "a", "x"));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_QUERY, "user", "a &\xc3\xbc"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_slice got = gateway_set_query(a, sets, http_slice(rows[i].query));

		if (!http_slice_equal(got, http_slice(rows[i].wanted)))
			fail_msg("%s: %.*s", rows[i].query, (int)got.n, got.p);
	}
}

/* RFC 3986 2.3: these stay, all else is encoded. */
static void encodings(void **state)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char out[3];

	for (int i = 0; i < 256; i++) {
		const char c = (char)i;
		const bool stays = i && strchr(letters, c);
		char wanted[4];

		(void)snprintf(wanted, sizeof(wanted), stays ? "%c" : "%%%02X", i);
		assert_int_equal(gateway_query_encode(out, (struct http_slice){&c, 1}),
				 strlen(wanted));
		assert_memory_equal(out, wanted, strlen(wanted));
	}
	assert_int_equal(gateway_query_encode(out, http_slice("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_counts),
		cmocka_unit_test(queries),
		cmocka_unit_test(encodings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
