// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/json_text.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "lib/test.h"

static json_t *read_back(struct http_slice value)
{
	auto_strbuf struct strbuf b = {0};
	json_t *j, *string;

	strbuf_add(&b, "{");
	gateway_json_member(&b, http_slice("\"a\":"), value);
	strbuf_add(&b, "}");
	j = json_loadb(b.s, b.len, 0, NULL);
	string = json_incref(json_object_get(j, "a"));
	json_decref(j);
	return string;
}

/* Eight bytes at a time, or one by one: each ASCII byte, at each place of each length around that. */
static void strings_are_what_they_were(void **state)
{
	char text[20];

	for (size_t n = 1; n <= sizeof(text); n++) {
		for (size_t at = 0; at < n; at++) {
			for (int c = 1; c < 128; c++) {
				json_t *j;

				memset(text, 's', n);
				text[at] = (char)c;
				j = read_back((struct http_slice){text, n});
				if (json_string_length(j) != n ||
				    memcmp(json_string_value(j), text, n) != 0)
					fail_msg("byte %d at %zu of %zu", c, at, n);
				json_decref(j);
			}
		}
	}
}

/* What is not UTF-8 is taken for ISO 8859-1. */
static void what_is_no_utf8_becomes_it(void **state)
{
	static const struct {
		const char *text, *read;
	} rows[] = {
		{"", ""},
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"caf\xe9", "caf\xc3\xa9"},
		{"\xe9 in the first eight", "\xc3\xa9 in the first eight"},
		{"in the last eight \xe9", "in the last eight \xc3\xa9"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *j = read_back(http_slice(rows[i].text));

		assert_string_equal(json_string_value(j), rows[i].read);
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_what_they_were),
		cmocka_unit_test(what_is_no_utf8_becomes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
