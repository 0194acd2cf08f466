// SPDX-License-Identifier: GPL-2.0-only
/** A piece of somebody else's buffer; not NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct http_slice {
	const char *p;
	size_t n;
};

/** A string literal, in a table. */
#define HTTP_LITERAL(text)             \
	{                              \
		text, sizeof(text) - 1 \
	}

static inline struct http_slice http_slice(const char *s)
{
	return (struct http_slice){s, strlen(s)};
}

static inline bool http_slice_equal(struct http_slice a, struct http_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/** Equal, ASCII letters of either case. */
static inline bool http_slice_same(struct http_slice a, struct http_slice b)
{
	if (a.n != b.n || a.n == 0)
		return a.n == b.n;
	/* most names differ in their first letter or, as those that begin with "X-Ca-", in their last */
	return ((a.p[0] ^ b.p[0]) & ~0x20) == 0 && ((a.p[a.n - 1] ^ b.p[a.n - 1]) & ~0x20) == 0 &&
	       strncasecmp(a.p, b.p, a.n) == 0;
}

/** Equal to a string literal, ASCII letters of either case (the worker's locale is always C). */
static inline bool http_slice_is(struct http_slice a, const char *literal)
{
	return http_slice_same(a, http_slice(literal));
}

/** Without spaces and tabs around it. */
static inline struct http_slice http_slice_trimmed(struct http_slice s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct http_slice){s.p + 1, s.n - 1};
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}
