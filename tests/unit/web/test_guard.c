// SPDX-License-Identifier: GPL-2.0-only
/* Whom the page lets in: names, keys, and where a request comes from. */
#include "web/guard.h"

#include "base/cleanup.h"
#include "lib/test.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static const char *const names[] = {"127.0.0.1", "localhost", "192.0.2.10"};

static void only_its_own_names(void **state)
{
	static const struct {
		const char *host;
		bool fits;
	} rows[] = {
		{"127.0.0.1", true},
		{"127.0.0.1:8080", true},
		{"localhost:1", true},
		{"LOCALHOST:1", true},
		{"192.0.2.10:80", true},
		{"evil.example", false},
		{"evil.example:8080", false},
		{"127.0.0.1.evil.example:8080", false},
		{"localhost.evil.example", false},
		{"192.0.2.11:80", false},
		{"[::1]:80", false},
		{":80", false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (web_host_fits(http_slice(rows[i].host), names, ARRAY_LEN(names)) !=
		    rows[i].fits)
			fail_msg("%s", rows[i].host);
}

static void parse(struct http_head *h, const char *headers, char *text, size_t room)
{
	int n = snprintf(text, room, "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n%s\r\n", headers);

	http_head_init(h);
	assert_int_equal(http_head_parse(h, text, (size_t)n), HTTP_DONE);
}

static void only_its_own_key(void **state)
{
	static const struct {
		const char *headers;
		bool fits;
	} rows[] = {
		{"Authorization: Bearer " TOKEN "\r\n", true},
		{"authorization: bearer " TOKEN "\r\n", true},
		{"Authorization: Bearer " TOKEN "0\r\n", false},
		{"Authorization: Bearer 0123456789abcdef0123456789abcdee\r\n", false},
		{"Authorization: Bearer 0123\r\n", false},
		{"Authorization: Bearer \r\n", false},
		{"Authorization: Basic " TOKEN "\r\n", false},
		{"Authorization: " TOKEN "\r\n", false},
		{"Cookie: " TOKEN "\r\n", false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_head h;
		char text[512];

		parse(&h, rows[i].headers, text, sizeof(text));
		if (web_token_fits(&h, TOKEN) != rows[i].fits)
			fail_msg("%s", rows[i].headers);
		assert_false(web_token_fits(&h, ""));
	}
}

static void only_its_own_page(void **state)
{
	static const struct {
		const char *headers;
		bool fits;
	} rows[] = {
		{"", true}, /* no browser */
		{"Origin: http://127.0.0.1:8080\r\n", true},
		{"Sec-Fetch-Site: same-origin\r\n", true},
		{"Sec-Fetch-Site: none\r\n", true},
		{"Origin: http://127.0.0.1:8081\r\n", false},
		{"Origin: http://127.0.0.1\r\n", false},
		{"Origin: https://127.0.0.1:8080\r\n", false},
		{"Origin: http://evil.example\r\n", false},
		{"Origin: null\r\n", false},
		{"Sec-Fetch-Site: cross-site\r\n", false},
		{"Sec-Fetch-Site: same-site\r\n", false},
		{"Origin: http://127.0.0.1:8080\r\nSec-Fetch-Site: cross-site\r\n", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_head h;
		char text[512];

		parse(&h, rows[i].headers, text, sizeof(text));
		if (web_origin_fits(&h) != rows[i].fits)
			fail_msg("%s", rows[i].headers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_own_names),
		cmocka_unit_test(only_its_own_key),
		cmocka_unit_test(only_its_own_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
