// SPDX-License-Identifier: GPL-2.0-only
#include "base/utf8.h"

#include "base/bytes.h"

/* The length of the well-formed UTF-8 sequence at s, or 0 (Unicode 15, table 3-7). */
static size_t sequence(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (n < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

/* How many of the first bytes are ASCII, eight at a time. */
static size_t plain(const unsigned char *s, size_t n)
{
	size_t at = 0;

	while (n - at >= sizeof(uint64_t) && !(bytes_load((const char *)s + at) & BYTES_EACH(0x80)))
		at += sizeof(uint64_t);
	return at;
}

bool utf8_valid(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	while (n) {
		size_t len = plain(u, n);

		if (!len)
			len = sequence(u, n);
		if (!len)
			return false;
		u += len;
		n -= len;
	}
	return true;
}
