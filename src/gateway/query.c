// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/query.h"

#include "gateway/path.h"
#include "http/chars.h"

struct http_slice gateway_query_next(struct http_slice *query)
{
	const char *amp = query->n ? memchr(query->p, '&', query->n) : NULL;
	const struct http_slice field = {query->p, amp ? (size_t)(amp - query->p) : query->n};
	const size_t used = field.n + (amp ? 1 : 0);

	if (used)
		query->p += used;
	query->n -= used;
	return field;
}

struct http_slice gateway_query_name(struct http_slice field, struct http_slice *value)
{
	const char *equals = field.n ? memchr(field.p, '=', field.n) : NULL;
	const struct http_slice name = {field.p, equals ? (size_t)(equals - field.p) : field.n};

	*value = equals ? (struct http_slice){equals + 1, field.n - name.n - 1}
			: (struct http_slice){NULL, 0};
	return name;
}

struct http_slice gateway_query_get(struct arena *a, struct http_slice query, const char *name)
{
	while (query.n) {
		struct http_slice value, found;

		found = gateway_query_name(gateway_query_next(&query), &value);
		if (!http_slice_equal(gateway_path_decode(a, found, true), http_slice(name)))
			continue;
		return value.n ? gateway_path_decode(a, value, true) : http_slice("");
	}
	return (struct http_slice){NULL, 0};
}

size_t gateway_query_encode(char *out, struct http_slice text)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		const unsigned char c = (unsigned char)text.p[i];

		if (http_is_unreserved(c)) {
			out[n++] = text.p[i];
		} else {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	return n;
}
