// SPDX-License-Identifier: GPL-2.0-only
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	bool valid;
} cases[] = {
	{"", true},
	{"a", true},
	{"\x7f", true},
	{"\xc2\x80", true},
	{"\xdf\xbf", true},
	{"\xe0\xa0\x80", true},
	{"\xed\x9f\xbf", true},
	{"\xef\xbf\xbf", true},
	{"\xf0\x90\x80\x80", true},
	{"\xf4\x8f\xbf\xbf", true},
	{"\x80", false}, /* the rest of nothing */
	{"\xbf", false},
	{"\xc0\x80", false}, /* overlong */
	{"\xc1\xbf", false},
	{"\xe0\x9f\xbf", false},
	{"\xf0\x8f\xbf\xbf", false},
	{"\xed\xa0\x80", false},     /* a surrogate */
	{"\xf4\x90\x80\x80", false}, /* beyond the last */
	{"\xf5\x80\x80\x80", false},
	{"\xff", false},
	{"\xc2", false}, /* cut */
	{"\xe2\x82", false},
	{"\xf0\x9f\x98", false},
	{"\xc2\x61", false}, /* something else in its place */
	{"\xe2\x82\x61", false},
};

/* Eight bytes of ASCII are taken at once: whatever stands wherever beside them is seen. */
static void sequences_anywhere(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t before = 0; before < 20; before++)
			for (size_t after = 0; after < 20; after++) {
				const size_t len = strlen(cases[i].text);
				const size_t n = before + len + after;
				char *text = malloc(n ? n : 1);

				assert_non_null(text);
				memset(text, 'x', n);
				memcpy(text + before, cases[i].text, len);
				if (utf8_valid(text, n) != cases[i].valid)
					fail_msg("case %zu, %zu before it, %zu behind", i, before,
						 after);
				free(text);
			}
}

static void zero_bytes_are_characters(void **state)
{
	const char text[32] = {0};

	for (size_t n = 0; n <= sizeof(text); n++)
		assert_true(utf8_valid(text, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_anywhere),
		cmocka_unit_test(zero_bytes_are_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
