// layer: sign
// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text that is signed. Input: a head, as it comes from a client, and what follows it is a form. Held to: the
 * order of parameters in the query does not matter, the text begins with the method and has no less than
 * five lines, it is not longer than what it is made of, and what it is of signs and verifies.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "sign/sign.h"

static size_t lines(const struct strbuf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->s[i] == '\n';
	return n;
}

/* The parameters from the last to the first; each name once, so that none hides another. */
static bool reversed(struct http_slice query, char *out)
{
	size_t n = query.n, used = 0;

	for (size_t i = 0; i < query.n; i++) {
		if (query.p[i] == '%' || query.p[i] == '+')
			return false; /* two spellings of one name */
	}
	while (n > 0) {
		size_t from = n;

		while (from > 0 && query.p[from - 1] != '&')
			from--;
		for (size_t i = from; i < n; i++)
			out[used++] = query.p[i];
		if (from > 0)
			out[used++] = '&';
		n = from ? from - 1 : 0;
	}
	return used <= query.n;
}

static bool names_differ(struct http_slice q)
{
	struct http_slice names[64];
	size_t n = 0, from = 0;

	for (size_t i = 0; i <= q.n; i++) {
		struct http_slice name = {q.p + from, i - from};
		const char *equals;

		if (i < q.n && q.p[i] != '&')
			continue;
		equals = name.n ? memchr(name.p, '=', name.n) : NULL;
		name.n = equals ? (size_t)(equals - name.p) : name.n;
		for (size_t k = 0; k < n; k++) {
			if (http_slice_equal(names[k], name))
				return false;
		}
		if (n == ARRAY_LEN(names))
			return false;
		names[n++] = name;
		from = i + 1;
	}
	return true;
}

static void order_does_not_matter(const struct sign_request *r, const struct strbuf *text)
{
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf again = {0};
	struct sign_request other = *r;
	char turned[HTTP_MAX_HEAD];

	if (r->query.n == 0 || r->form.n || !names_differ(r->query) || !reversed(r->query, turned))
		return;
	other.query.p = turned;
	assert(!sign_text(a, &other, &again));
	assert(again.len == text->len && memcmp(again.s, text->s, text->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena *a = arena_new(4u << 20);
	auto_strbuf struct strbuf text = {0};
	struct sign_request r = {0};
	struct http_head h;
	char signature[SIGN_ROOM];

	http_head_init(&h);
	if (http_head_parse(&h, (const char *)data, size) != HTTP_DONE)
		return 0;
	r = (struct sign_request){h.method,
				  h.path,
				  h.query,
				  h.headers,
				  h.n_headers,
				  http_head_get(&h, "x-ca-signature-headers"),
				  {(const char *)data + h.size, size - h.size}};
	if (sign_text(a, &r, &text))
		return 0;
	assert(text.len >= h.method.n && memcmp(text.s, h.method.p, h.method.n) == 0);
	assert(lines(&text) >= 5 && text.len <= 2 * size + 8);
	order_does_not_matter(&r, &text);
	sign_make(SIGN_HMAC_SHA256, "secret", (struct http_slice){text.s, text.len}, signature);
	assert(sign_matches(SIGN_HMAC_SHA256, "secret", (struct http_slice){text.s, text.len},
			    http_slice(signature)));
	return 0;
}
