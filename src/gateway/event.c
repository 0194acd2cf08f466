// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/event.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "gateway/json_text.h"
#include "gateway/path.h"

/* Set by the gateway, so a client cannot forge them. */
static bool is_ours(struct http_slice name)
{
	static const char *const names[] = {"host",      "x-ca-api-gateway",  "x-forwarded-for",
					    "x-real-ip", "x-forwarded-proto", "ca-host"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (http_slice_is(name, names[i]))
			return true;
	}
	return false;
}

static bool same_name(struct http_slice a, struct http_slice b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* All values of the header at `first`, joined as RFC 9110 5.3 allows (and RFC 6265 for cookies). */
static struct http_slice joined(const struct gateway_event *ev, size_t first)
{
	const struct http_header *x = &ev->head->headers[first];
	const char *comma = http_slice_is(x->name, "cookie") ? "; " : ", ";
	struct http_slice all = x->value;

	for (size_t i = first + 1; i < ev->head->n_headers; i++) {
		const struct http_header *y = &ev->head->headers[i];
		char *text;

		if (!same_name(x->name, y->name))
			continue;
		text = arena_printf(ev->scratch, "%.*s%s%.*s", (int)all.n, all.p, comma,
				    (int)y->value.n, y->value.p);
		if (text)
			all = http_slice(text);
	}
	return all;
}

static bool seen_before(const struct http_head *h, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (same_name(h->headers[i].name, h->headers[at].name))
			return true;
	}
	return false;
}

static void add_pair(struct strbuf *out, struct http_slice name, struct http_slice value)
{
	if (out->s[out->len - 1] != '{')
		strbuf_addc(out, ',');
	gateway_json_string(out, name);
	strbuf_addc(out, ':');
	gateway_json_string(out, value);
}

static struct http_slice forwarded_for(const struct gateway_event *ev)
{
	for (size_t i = 0; i < ev->head->n_headers; i++) {
		struct http_slice before;
		char *text;

		if (!http_slice_is(ev->head->headers[i].name, "x-forwarded-for"))
			continue;
		before = joined(ev, i);
		text = arena_printf(ev->scratch, "%.*s, %s", (int)before.n, before.p,
				    ev->client_ip);
		if (text && before.n)
			return http_slice(text);
	}
	return http_slice(ev->client_ip);
}

static void write_headers(struct strbuf *out, const struct gateway_event *ev)
{
	const struct http_head *h = ev->head;

	gateway_json_name(out, "headers");
	strbuf_addc(out, '{');
	for (size_t i = 0; i < h->n_headers; i++) {
		struct http_slice name = h->headers[i].name;

		if (!is_ours(name) && !http_head_hop_by_hop(h, name) && !seen_before(h, i))
			add_pair(out, name, joined(ev, i));
	}
	gateway_json_pair(out, "X-Ca-Api-Gateway", ev->request_id);
	add_pair(out, http_slice("X-Forwarded-For"), forwarded_for(ev));
	gateway_json_pair(out, "X-Forwarded-Proto", ev->protocol);
	gateway_json_pair(out, "X-Real-IP", ev->client_ip);
	add_pair(out, http_slice("CA-Host"), ev->domain);
	strbuf_addc(out, '}');
}

static struct http_slice next_field(struct http_slice *query)
{
	const char *amp = memchr(query->p, '&', query->n);
	struct http_slice f = {query->p, amp ? (size_t)(amp - query->p) : query->n};
	size_t used = amp ? f.n + 1 : f.n;

	query->p += used;
	query->n -= used;
	return f;
}

/* The names of a query that have been seen: open addressing, at most half full. */
struct names {
	struct http_slice *slots;
	size_t mask;
};

static bool is_new(struct names *t, struct http_slice name)
{
	size_t i = hash_bytes(0, name.p, name.n) & t->mask;

	for (; t->slots[i].p; i = (i + 1) & t->mask) {
		if (http_slice_equal(t->slots[i], name))
			return false;
	}
	t->slots[i] = name;
	return true;
}

static struct names names_for(const struct gateway_event *ev, struct http_slice query)
{
	size_t fields = 1, room = 4;

	for (size_t i = 0; i < query.n; i++)
		fields += query.p[i] == '&';
	while (room < fields * 2)
		room *= 2;
	return (struct names){arena_alloc(ev->scratch, room * sizeof(struct http_slice)), room - 1};
}

static void write_query(struct strbuf *out, const struct gateway_event *ev)
{
	struct http_slice query = ev->head->query;
	struct names seen = names_for(ev, query);

	gateway_json_name(out, "queryParameters");
	strbuf_addc(out, '{');
	while (query.n && seen.slots) {
		struct http_slice value = next_field(&query), name = value;
		const char *equals;

		if (name.n == 0)
			continue;
		equals = memchr(name.p, '=', name.n);
		if (equals)
			name.n = (size_t)(equals - name.p);
		value.p += equals ? name.n + 1 : name.n;
		value.n -= equals ? name.n + 1 : name.n;
		name = gateway_path_decode(ev->scratch, name, true);
		if (is_new(&seen, name))
			add_pair(out, name, gateway_path_decode(ev->scratch, value, true));
	}
	strbuf_addc(out, '}');
}

static void write_path_parameters(struct strbuf *out, const struct gateway_event *ev)
{
	gateway_json_name(out, "pathParameters");
	strbuf_addc(out, '{');
	for (size_t i = 0; i < ev->match->api->n_params; i++)
		add_pair(out, http_slice(ev->match->api->params[i]),
			 gateway_path_decode(ev->scratch, ev->match->params[i], false));
	strbuf_addc(out, '}');
}

static void write_body(struct strbuf *out, struct http_slice body)
{
	char text[4096];
	const size_t piece = sizeof(text) / 4 * 3;

	gateway_json_name(out, "body");
	strbuf_addc(out, '"');
	while (body.n) {
		size_t n = body.n < piece ? body.n : piece;

		base64_encode(body.p, n, text);
		strbuf_addn(out, text, BASE64_LEN(n));
		body.p += n;
		body.n -= n;
	}
	strbuf_addc(out, '"');
}

void gateway_event_write(struct strbuf *out, const struct gateway_event *ev)
{
	strbuf_addc(out, '{');
	gateway_json_name(out, "path");
	gateway_json_string(out, ev->path);
	gateway_json_name(out, "httpMethod");
	gateway_json_string(out, ev->head->method);
	write_headers(out, ev);
	write_query(out, ev);
	write_path_parameters(out, ev);
	write_body(out, ev->body);
	/* true even with an empty body, as the cloud does */
	strbuf_add(out, ",\"isBase64Encoded\":true}");
}
