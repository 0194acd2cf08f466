// SPDX-License-Identifier: GPL-2.0-only
/* The client's side. */
#include "sign/sign.h"

#include "base/cleanup.h"

#define SIGNED_HEADERS "X-Ca-Key,X-Ca-Nonce,X-Ca-Signature-Method,X-Ca-Timestamp"

static struct http_slice content_type(const struct sign_request *r)
{
	for (size_t i = 0; i < r->n_headers; i++) {
		if (http_slice_is(r->headers[i].name, "content-type"))
			return r->headers[i].value;
	}
	return (struct http_slice){NULL, 0};
}

static void add(struct sign_headers *s, const char *name, const char *value)
{
	s->list[s->n++] = (struct http_header){http_slice(name), http_slice(value)};
}

/* The request's own headers and ours. */
static const struct http_header *joined(struct arena *a, const struct sign_request *r,
					const struct sign_headers *s)
{
	struct http_header *all = arena_alloc(a, (r->n_headers + s->n) * sizeof(*all));

	if (r->n_headers)
		memcpy(all, r->headers, r->n_headers * sizeof(*all));
	memcpy(all + r->n_headers, s->list, s->n * sizeof(*all));
	return all;
}

void sign_target(const char *url, struct http_slice *path, struct http_slice *query)
{
	const char *host = strstr(url, "://"), *at;
	size_t n;

	at = host ? host + strlen("://") : url;
	at += strcspn(at, "/?#");
	n = strcspn(at, "?#");
	*path = n ? (struct http_slice){at, n} : http_slice("/");
	at += n;
	*query = *at == '?' ? (struct http_slice){at + 1, strcspn(at + 1, "#")}
			    : (struct http_slice){NULL, 0};
}

struct sign_headers sign_call(struct arena *a, const struct sign_request *r, struct http_slice body,
			      const char *key, const char *secret, const char *timestamp,
			      const char *nonce)
{
	const bool form = sign_is_form(content_type(r));
	auto_strbuf struct strbuf text = {0};
	struct sign_request whole = *r;
	char signature[SIGN_ROOM], md5[SIGN_MD5_ROOM];
	struct sign_headers s = {0};

	add(&s, "X-Ca-Key", key);
	add(&s, "X-Ca-Nonce", nonce);
	add(&s, "X-Ca-Signature-Method", "HmacSHA256");
	add(&s, "X-Ca-Timestamp", timestamp);
	if (body.n && !form) {
		sign_md5(body, md5);
		add(&s, "Content-MD5", arena_strdup(a, md5));
	}
	whole.headers = joined(a, r, &s);
	whole.n_headers = r->n_headers + s.n;
	whole.signed_headers = http_slice(SIGNED_HEADERS);
	whole.form = form ? body : (struct http_slice){NULL, 0};
	if (sign_text(a, &whole, &text))
		return s;
	sign_make(SIGN_HMAC_SHA256, secret, (struct http_slice){text.s, text.len}, signature);
	s.text = arena_strdup(a, text.s);
	add(&s, "X-Ca-Signature-Headers", SIGNED_HEADERS);
	add(&s, "X-Ca-Signature", arena_strdup(a, signature));
	return s;
}
