// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/forward.h"

#include "base/cleanup.h"

struct http_slice gateway_forward_scheme(struct http_slice authorization, const char *scheme)
{
	struct http_slice rest = authorization;

	if (rest.n < strlen(scheme) || strncasecmp(rest.p, scheme, strlen(scheme)) != 0)
		return (struct http_slice){NULL, 0};
	rest.p += strlen(scheme);
	rest.n -= strlen(scheme);
	while (rest.n && rest.p[0] == ' ') {
		rest.p++;
		rest.n--;
	}
	return rest;
}

struct http_slice gateway_forward_app_code(struct http_slice authorization)
{
	return gateway_forward_scheme(authorization, "APPCODE ");
}

/* All that came as Authorization is dropped where the first is an AppCode: it is the one that was looked at. */
static bool is_app_code(const struct http_head *h, struct http_slice name)
{
	return http_slice_is(name, "authorization") &&
	       gateway_forward_app_code(http_head_get(h, "authorization")).p;
}

/* Those that we write. By their lengths, in which most others differ; X_Real_IP is one, too. */
static bool is_ours(struct http_slice name)
{
	switch (name.n) {
	case 4: return http_header_same(name, http_slice("host"));
	case 7: return http_header_same(name, http_slice("ca-host"));
	case 9: return http_header_same(name, http_slice("x-real-ip"));
	case 10: return http_header_same(name, http_slice("caclientip"));
	case 15: return http_header_same(name, http_slice("x-forwarded-for"));
	case 16: return http_header_same(name, http_slice("x-ca-api-gateway"));
	case 17: return http_header_same(name, http_slice("x-forwarded-proto"));
	default: return false;
	}
}

bool gateway_forward_request_header(const struct http_head *h, struct http_slice name)
{
	return !is_ours(name) && !is_app_code(h, name) && !http_head_hop_by_hop(h, name);
}

bool gateway_forward_is_ca(struct http_slice name)
{
	return http_header_begins(name, "x-ca-");
}

bool gateway_forward_answer_header(const struct http_head *h, struct http_slice name)
{
	static const struct http_slice ours[] = {
		HTTP_LITERAL("date"),
		HTTP_LITERAL("x-ca-request-id"),
		HTTP_LITERAL("x-ca-error-code"),
		HTTP_LITERAL("x-ca-error-message"),
	};

	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (http_slice_same(name, ours[i]))
			return false;
	}
	return !http_head_hop_by_hop(h, name);
}

struct http_slice gateway_forward_joined(struct arena *a, const struct http_head *h, size_t first)
{
	const struct http_header *x = &h->headers[first];
	const char *comma = http_slice_is(x->name, "cookie") ? "; " : ", ";
	struct http_slice all = x->value;

	for (size_t i = first + 1; i < h->n_headers; i++) {
		const struct http_header *y = &h->headers[i];
		char *text;

		if (!http_slice_same(x->name, y->name))
			continue;
		text = arena_printf(a, "%.*s%s%.*s", (int)all.n, all.p, comma, (int)y->value.n,
				    y->value.p);
		if (text)
			all = http_slice(text);
	}
	return all;
}

struct http_slice gateway_forward_for(struct arena *a, const struct http_head *h,
				      const char *client_ip)
{
	for (size_t i = 0; i < h->n_headers; i++) {
		struct http_slice before;
		char *text;

		if (!http_slice_is(h->headers[i].name, "x-forwarded-for"))
			continue;
		before = gateway_forward_joined(a, h, i);
		text = arena_printf(a, "%.*s, %s", (int)before.n, before.p, client_ip);
		return http_slice(text && before.n ? text : client_ip);
	}
	return http_slice(client_ip);
}
