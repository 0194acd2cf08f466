// SPDX-License-Identifier: GPL-2.0-only
/* Questions about the headers of a parsed head. */
#include "http/head.h"

#include "base/cleanup.h"

struct http_slice http_list_next(struct http_slice *rest)
{
	const char *comma = memchr(rest->p, ',', rest->n);
	struct http_slice e = {rest->p, comma ? (size_t)(comma - rest->p) : rest->n};

	rest->p += comma ? e.n + 1 : e.n;
	rest->n -= comma ? e.n + 1 : e.n;
	while (e.n && (e.p[0] == ' ' || e.p[0] == '\t'))
		e = (struct http_slice){e.p + 1, e.n - 1};
	while (e.n && (e.p[e.n - 1] == ' ' || e.p[e.n - 1] == '\t'))
		e.n--;
	return e;
}

struct http_slice http_head_value(const struct http_head *h, struct http_slice name)
{
	for (size_t i = 0; i < h->n_headers; i++) {
		if (http_slice_same(h->headers[i].name, name))
			return h->headers[i].value;
	}
	return (struct http_slice){NULL, 0};
}

static bool named_by_connection(const struct http_head *h, struct http_slice name)
{
	for (size_t i = 0; i < h->n_headers; i++) {
		struct http_slice value = h->headers[i].value;

		if (!http_slice_is(h->headers[i].name, "connection"))
			continue;
		while (value.n) {
			if (http_slice_same(http_list_next(&value), name))
				return true;
		}
	}
	return false;
}

bool http_head_hop_by_hop(const struct http_head *h, struct http_slice name)
{
	static const struct http_slice names[] = {
		HTTP_LITERAL("connection"),
		HTTP_LITERAL("keep-alive"),
		HTTP_LITERAL("te"),
		HTTP_LITERAL("proxy"), /* CGI programs would take it for HTTP_PROXY: httpoxy.org */
		HTTP_LITERAL("trailer"),
		HTTP_LITERAL("upgrade"),
		HTTP_LITERAL("expect"),
		HTTP_LITERAL("transfer-encoding"),
		HTTP_LITERAL("content-length"),
		HTTP_LITERAL("transfer_length"),
		HTTP_LITERAL("transfer_encoding"),
		HTTP_LITERAL("content_length"),
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (http_slice_same(name, names[i]))
			return true;
	}
	if (name.n >= 6 && strncasecmp(name.p, "proxy-", 6) == 0)
		return true;
	return named_by_connection(h, name);
}
