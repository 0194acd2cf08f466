// SPDX-License-Identifier: GPL-2.0-only
/* Against byte by byte, at every place and with every neighbour that could carry or borrow. */
#include "base/bytes.h"

#include <stdbool.h>

#include "base/cleanup.h"
#include "lib/test.h"

static const unsigned char neighbours[] = {0x00, 0x01, 0x1f, 0x20, 0x21, 0x7e,
					   0x7f, 0x80, 0x9f, 0xa0, 0xff};

/* The first byte that is, 8: none. */
static size_t first(const unsigned char *text, bool (*is)(unsigned char b, unsigned char n),
		    unsigned char n)
{
	size_t i = 0;

	while (i < 8 && !is(text[i], n))
		i++;
	return i;
}

static bool is_below(unsigned char b, unsigned char n)
{
	return b < n;
}

static bool is_equal(unsigned char b, unsigned char n)
{
	return b == n;
}

static void check(const unsigned char *text, unsigned char n)
{
	const uint64_t word = bytes_load((const char *)text);
	const uint64_t below = bytes_below(word, n), equal = bytes_equal(word, n);

	assert_int_equal(below ? bytes_first(below) : 8, first(text, is_below, n));
	assert_int_equal(equal ? bytes_first(equal) : 8, first(text, is_equal, n));
}

static void words_are_what_their_bytes_are(void **state)
{
	static const unsigned char limits[] = {0x01, 0x20, 0x22, 0x7f, 0x80};
	unsigned char text[8];

	for (size_t place = 0; place < 8; place++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			for (size_t i = 0; i < ARRAY_LEN(neighbours); i++) {
				memset(text, neighbours[i], sizeof(text));
				text[place] = (unsigned char)byte;
				for (size_t k = 0; k < ARRAY_LEN(limits); k++)
					check(text, limits[k]);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_what_their_bytes_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
