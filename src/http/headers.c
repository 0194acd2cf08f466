// SPDX-License-Identifier: GPL-2.0-only
/* Questions about the headers of a parsed head. */
#include "http/head.h"

struct http_slice http_list_next(struct http_slice *rest)
{
	const char *comma = memchr(rest->p, ',', rest->n);
	struct http_slice e = {rest->p, comma ? (size_t)(comma - rest->p) : rest->n};

	rest->p += comma ? e.n + 1 : e.n;
	rest->n -= comma ? e.n + 1 : e.n;
	return http_slice_trimmed(e);
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

/* By their lengths, in which most others differ. */
static bool always_hop_by_hop(struct http_slice name)
{
	if (name.n >= 6 && strncasecmp(name.p, "proxy-", 6) == 0)
		return true;
	switch (name.n) {
	case 2: return http_slice_is(name, "te");
	case 5: /* CGI programs would take it for HTTP_PROXY: httpoxy.org */
		return http_slice_is(name, "proxy");
	case 6: return http_slice_is(name, "expect");
	case 7: return http_slice_is(name, "trailer") || http_slice_is(name, "upgrade");
	case 10: return http_slice_is(name, "connection") || http_slice_is(name, "keep-alive");
	case 14: return http_header_same(name, http_slice("content-length"));
	case 15: return http_slice_is(name, "transfer_length");
	case 17: return http_header_same(name, http_slice("transfer-encoding"));
	default: return false;
	}
}

bool http_head_hop_by_hop(const struct http_head *h, struct http_slice name)
{
	return always_hop_by_hop(name) || (!h->no_connection && named_by_connection(h, name));
}
