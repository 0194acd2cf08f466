// SPDX-License-Identifier: GPL-2.0-only
#include "service/wish.h"

#include <stdint.h>

#include "http/chars.h"

#define DIGITS_MAX 9 /* so that no number overflows */

/* Moves *s behind the digits at its beginning; how many there were, their value in *n. */
static size_t take_number(struct http_slice *s, unsigned int *n)
{
	size_t digits = 0;

	*n = 0;
	while (digits < s->n && digits < DIGITS_MAX && http_is_digit((unsigned char)s->p[digits]))
		*n = *n * 10 + (unsigned int)(s->p[digits++] - '0');
	s->p += digits;
	s->n -= digits;
	return digits;
}

static bool begins(struct http_slice path, const char *prefix, struct http_slice *rest)
{
	size_t n = strlen(prefix);

	if (path.n < n || memcmp(path.p, prefix, n) != 0)
		return false;
	*rest = (struct http_slice){path.p + n, path.n - n};
	return true;
}

static struct wish refused(const char *why)
{
	return (struct wish){.status = 400, .answer = WISH_REFUSED, .why = why};
}

static struct wish wish_status(struct http_slice rest)
{
	unsigned int status;

	if (take_number(&rest, &status) != 3 || rest.n || status < 200 || status > 599)
		return refused("/status/ takes a status from 200 to 599");
	return (struct wish){.status = (int)status};
}

/* Seconds, with up to three decimals that count. */
static struct wish wish_delay(struct http_slice rest)
{
	static const unsigned int scale[] = {0, 100, 10, 1};
	unsigned int seconds, part = 0;
	size_t digits = take_number(&rest, &seconds);

	if (digits && rest.n && rest.p[0] == '.') {
		rest = (struct http_slice){rest.p + 1, rest.n - 1};
		digits = take_number(&rest, &part);
		if (digits > 3)
			digits = 0;
		part *= scale[digits];
	}
	if (!digits || rest.n || seconds * 1000ull + part > WISH_DELAY_MAX * 1000ull)
		return refused("/delay/ takes seconds from 0 to 300, with up to three decimals");
	return (struct wish){.status = 200, .delay_ms = seconds * 1000 + part};
}

static struct wish wish_bytes(struct http_slice rest)
{
	unsigned int n;

	if (!take_number(&rest, &n) || rest.n || n > WISH_BYTES_MAX)
		return refused("/bytes/ takes a number of bytes up to 67108864");
	return (struct wish){.status = 200, .answer = WISH_BYTES, .bytes = n};
}

struct wish service_wish(struct http_slice path)
{
	struct http_slice rest;

	if (begins(path, "/status/", &rest))
		return wish_status(rest);
	if (begins(path, "/delay/", &rest))
		return wish_delay(rest);
	if (begins(path, "/bytes/", &rest))
		return wish_bytes(rest);
	return (struct wish){.status = 200};
}
