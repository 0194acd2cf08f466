// SPDX-License-Identifier: GPL-2.0-only
/** Character classes of RFC 9110 and 3986, by byte value and never by locale. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

static inline bool http_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool http_is_alpha(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

enum { HTTP_TOKEN = 1, HTTP_UNRESERVED = 2 };

extern const unsigned char http_chars[256]; /* what each byte is */

/** Unreserved of RFC 3986 2.3: means in a URL the same encoded or not. */
static inline bool http_is_unreserved(unsigned char c)
{
	return http_chars[c] & HTTP_UNRESERVED;
}

/** tchar of RFC 9110 5.6.2: what methods and field names are made of. */
static inline bool http_is_token_char(unsigned char c)
{
	return http_chars[c] & HTTP_TOKEN;
}

/** What a field value may hold: HTAB, 0x20-0x7e, 0x80-0xff. */
static inline bool http_is_value_char(unsigned char c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7f);
}

/** Eight bytes that may stand in a field value, tabs apart. */
static inline bool http_are_value_chars(const char *p)
{
	const uint64_t word = bytes_load(p);

	return !(bytes_below(word, 0x20) | bytes_equal(word, 0x7f));
}

/** Whether all n bytes may stand in a field value. From a tab on, which is rare, it goes byte by byte. */
static inline bool http_is_value(const char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && http_are_value_chars(p + i))
		i += 8;
	if (n >= 8 && n - i < 8 && http_are_value_chars(p + n - 8))
		return true; /* the last ones, with some before them once more */
	while (i < n && http_is_value_char((unsigned char)p[i]))
		i++;
	return i == n;
}

/** The value of a hexadecimal digit, or -1. */
static inline int http_hex_value(unsigned char c)
{
	if (http_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
