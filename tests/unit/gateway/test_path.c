// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/path.h"

#include "base/cleanup.h"
#include "lib/test.h"

static void normalised(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
		{"/", "/"},
		{"/a/b", "/a/b"},
		{"//a//", "//a//"},
		{"/%41%7e%2D", "/A~-"},
		{"/a%2fb%2Fc", "/a%2Fb%2Fc"},
		{"/%c3%a4", "/%C3%A4"},
		{"/%25%2e%2e%2e", "/%25..."},
		{"/...", "/..."},
		{"/.a/a..", "/.a/a.."},
		{"/a b", "/a b"},

		{"", NULL},
		{"a", NULL},
		{"/.", NULL},
		{"/..", NULL},
		{"/a/./b", NULL},
		{"/a/../b", NULL},
		{"/a/%2e%2E/b", NULL},
		{"/a/.%2e", NULL},
		{"/%", NULL},
		{"/%4", NULL},
		{"/%zz", NULL},
		{"/%00", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		struct http_slice out = {NULL, 0}, again;
		const char *why = gateway_path_normalise(a, http_slice(rows[i].in), &out);

		if (!rows[i].out != (why != NULL))
			fail_msg("%s: %s", rows[i].in, why ? why : "accepted");
		if (why)
			continue;
		assert_true(http_slice_equal(out, http_slice(rows[i].out)));
		/* what is normal stays as it is */
		assert_null(gateway_path_normalise(a, out, &again));
		assert_true(http_slice_equal(out, again));
	}
}

static void segments(void **state)
{
	static const char *const expected[] = {"a", "", "b", ""};
	struct http_slice path = http_slice("/a//b/"), s;

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_true(gateway_path_next(&path, &s));
		assert_true(http_slice_equal(s, http_slice(expected[i])));
	}
	assert_false(gateway_path_next(&path, &s));
}

static void decoded(void **state)
{
	static const struct {
		const char *in;
		bool plus;
		const char *out;
	} rows[] = {
		{"a+b%2Fc", true, "a b/c"},
		{"a+b%2Fc", false, "a+b/c"},
		{"%C3%A4", false, "\xc3\xa4"},
		{"%E4", false, "%E4"},
		{"%F0%9F%98%80", false, "\xf0\x9f\x98\x80"},
		{"%ED%A0%80", false, "%ED%A0%80"},
		{"%C0%AF", false, "%C0%AF"},
		{"%4", true, "%4"},
		{"", true, ""},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_slice s = gateway_path_decode(a, http_slice(rows[i].in), rows[i].plus);

		if (!http_slice_equal(s, http_slice(rows[i].out)))
			fail_msg("%s became %.*s", rows[i].in, (int)s.n, s.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normalised),
		cmocka_unit_test(segments),
		cmocka_unit_test(decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
