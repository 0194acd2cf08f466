// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/cache.h"

#include <stdio.h>

#include "lib/test.h"

static void put(struct gateway_cache *c, const char *key, const char *body, uint64_t now,
		uint64_t expires)
{
	struct http_header type = {http_slice("Content-Type"), http_slice("text/plain")};

	gateway_cache_put(c, http_slice(key),
			  &(struct gateway_cached){&type, 1, http_slice(body), now}, expires);
}

static bool has(struct gateway_cache *c, const char *key, uint64_t now, const char *body)
{
	struct gateway_cached found;

	if (!gateway_cache_get(c, http_slice(key), now, &found))
		return false;
	assert_int_equal(found.n_headers, 1);
	assert_true(http_slice_is(found.headers[0].value, "text/plain"));
	return http_slice_equal(found.body, http_slice(body));
}

static void what_is_kept(void **state)
{
	struct gateway_cache *c = gateway_cache_new(1 << 20);

	put(c, "a", "1", 0, 10);
	put(c, "b", "", 0, 20);
	assert_true(has(c, "a", 9, "1"));
	assert_false(has(c, "a", 10, "1"));
	assert_true(has(c, "b", 10, ""));
	assert_false(has(c, "c", 1, ""));
	put(c, "b", "3", 11, 30);
	assert_true(has(c, "b", 29, "3"));
	gateway_cache_free(c);
}

static void it_is_bounded(void **state)
{
	struct gateway_cache *c = gateway_cache_new(4096);
	char key[16], body[600];
	unsigned int kept = 0;

	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(key, sizeof(key), "%u", i);
		put(c, key, body, 1, 5000);
	}
	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(key, sizeof(key), "%u", i);
		kept += has(c, key, 2, body);
	}
	assert_in_range(kept, 4, 6);
	assert_true(has(c, "0", 2, body)); /* the first ones stay */
	/* what has expired makes room, looked for at most once in a second */
	put(c, "late", body, 5001, 9000);
	assert_true(has(c, "late", 5002, body));
	gateway_cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(it_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
