// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/path.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "http/chars.h"

/* The byte that "%XX" at p stands for, or -1. */
static int escape(struct http_slice s, size_t at)
{
	int high, low;

	if (s.n - at < 3)
		return -1;
	high = http_hex_value((unsigned char)s.p[at + 1]);
	low = http_hex_value((unsigned char)s.p[at + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool dots(struct http_slice s)
{
	return (s.n == 1 && s.p[0] == '.') || (s.n == 2 && s.p[0] == '.' && s.p[1] == '.');
}

bool gateway_path_is_param(struct http_slice segment)
{
	return segment.n > 2 && segment.p[0] == '[' && segment.p[segment.n - 1] == ']';
}

bool gateway_path_next(struct http_slice *path, struct http_slice *segment)
{
	const char *slash;

	if (path->n == 0)
		return false;
	segment->p = path->p + 1; /* behind the slash that every path begins with */
	slash = memchr(segment->p, '/', path->n - 1);
	segment->n = slash ? (size_t)(slash - segment->p) : path->n - 1;
	path->p += segment->n + 1;
	path->n -= segment->n + 1;
	return true;
}

const char *gateway_path_normalise(struct arena *a, struct http_slice path, struct http_slice *out)
{
	static const char hex[] = "0123456789ABCDEF";
	char *o = arena_alloc(a, path.n + 1);
	struct http_slice left, segment;
	size_t n = 0;

	if (!o)
		return "too long";
	if (path.n == 0 || path.p[0] != '/')
		return "no slash at the start";
	for (size_t i = 0; i < path.n; i++) {
		int c = (unsigned char)path.p[i];

		if (c != '%') {
			o[n++] = (char)c;
			continue;
		}
		c = escape(path, i);
		if (c <= 0)
			return "malformed percent-encoding";
		i += 2;
		if (http_is_unreserved((unsigned char)c)) {
			o[n++] = (char)c;
		} else {
			o[n++] = '%';
			o[n++] = hex[c >> 4];
			o[n++] = hex[c & 15];
		}
	}
	left = *out = (struct http_slice){o, n};
	while (gateway_path_next(&left, &segment)) {
		if (dots(segment))
			return "dot segment";
	}
	return NULL;
}

struct http_slice gateway_path_decode(struct arena *a, struct http_slice s, bool plus)
{
	char *o = arena_alloc(a, s.n + 1);
	size_t n = 0;

	if (!o)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			c = escape(s, i);
			if (c < 0)
				return s;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		o[n++] = (char)c;
	}
	return utf8_valid(o, n) ? (struct http_slice){o, n} : s;
}
