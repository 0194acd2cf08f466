// SPDX-License-Identifier: GPL-2.0-only
#include "base/base64.h"

#include "base/cleanup.h"
#include "lib/test.h"

/* The vectors of RFC 4648 section 10, and bytes that use the whole alphabet. */
static void both_ways(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xef\xbe\xff", "++++/w=="},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].bytes), len = 99;
		char text[32] = "", bytes[32];

		base64_encode(rows[i].bytes, n, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(strlen(text), BASE64_LEN(n));
		assert_true(base64_decode(text, strlen(text), bytes, &len));
		assert_int_equal(len, n);
		assert_memory_equal(bytes, rows[i].bytes, n);
	}
}

static void only_canonical_text(void **state)
{
	static const char *const bad[] = {"Z",    "Zg",   "Zg=",  "Zg==Zg==", "Z===",
					  "====", "Zh==", "Zm9=", "Zm9v\n",   "Zm 9",
					  "Zm-_", "=Zg=", "Zg=a", "Zm9vZg",   "Zm9vZm8!"};
	unsigned char out[32];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (base64_decode(bad[i], strlen(bad[i]), out, &len))
			fail_msg("%s was decoded", bad[i]);
	}
}

static void url_alphabet(void **state)
{
	static const struct {
		const char *text, *bytes; /* NULL: it is none */
	} rows[] = {
		{"", ""},         {"Zg", "f"},        {"Zm8", "fo"},
		{"Zm9v", "foo"},  {"Zm9vYg", "foob"}, {"----_w", "\xfb\xef\xbe\xff"},
		{"Z", NULL},      {"Zg==", NULL},     {"Zm9vY", NULL},
		{"++++/w", NULL}, {"Zh", NULL},       {"Zm9=", NULL},
		{"Z.", NULL},
	};
	unsigned char out[32];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = 99;
		const bool good = base64url_decode(rows[i].text, strlen(rows[i].text), out, &len);

		if (good != (rows[i].bytes != NULL) ||
		    (good && (len != strlen(rows[i].bytes) || memcmp(out, rows[i].bytes, len))))
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(only_canonical_text),
		cmocka_unit_test(url_alphabet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
