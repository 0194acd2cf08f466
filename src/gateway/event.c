// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/event.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
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

struct field {
	struct http_slice name, value; /* decoded */
	bool again;                    /* an earlier one has the same name */
};

static size_t read_fields(const struct gateway_event *ev, struct field *fields)
{
	struct http_slice query = ev->head->query;
	size_t n = 0;

	while (query.n) {
		struct http_slice value = next_field(&query), name = value;
		const char *equals;

		if (name.n == 0)
			continue;
		equals = memchr(name.p, '=', name.n);
		if (equals)
			name.n = (size_t)(equals - name.p);
		value.p += equals ? name.n + 1 : name.n;
		value.n -= equals ? name.n + 1 : name.n;
		fields[n].name = gateway_path_decode(ev->scratch, name, true);
		fields[n++].value = gateway_path_decode(ev->scratch, value, true);
	}
	return n;
}

/* By name, and among equal names as they came: their places in memory tell. */
static int by_name(const void *a, const void *b)
{
	const struct field *x = *(struct field *const *)a, *y = *(struct field *const *)b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = n ? memcmp(x->name.p, y->name.p, n) : 0;

	if (order)
		return order;
	if (x->name.n != y->name.n)
		return x->name.n < y->name.n ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Sorted rather than hashed: the names are chosen by whoever wants a table to degenerate. */
static void mark_repeated(struct field *fields, struct field **sorted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sorted[i] = &fields[i];
	qsort(sorted, n, sizeof(struct field *), by_name);
	for (size_t i = 1; i < n; i++)
		sorted[i]->again = http_slice_equal(sorted[i - 1]->name, sorted[i]->name);
}

static void write_query(struct strbuf *out, const struct gateway_event *ev)
{
	size_t room = 1, n;
	struct field *fields, **sorted;

	for (size_t i = 0; i < ev->head->query.n; i++)
		room += ev->head->query.p[i] == '&';
	fields = arena_alloc(ev->scratch, room * sizeof(*fields));
	sorted = arena_alloc(ev->scratch, room * sizeof(struct field *));
	gateway_json_name(out, "queryParameters");
	strbuf_addc(out, '{');
	n = fields && sorted ? read_fields(ev, fields) : 0;
	if (n)
		mark_repeated(fields, sorted, n);
	for (size_t i = 0; i < n; i++) {
		if (!fields[i].again)
			add_pair(out, fields[i].name, fields[i].value);
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
