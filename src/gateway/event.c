// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/event.h"

#include <stdlib.h>

#include "base/base64.h"
#include "gateway/forward.h"
#include "gateway/json_text.h"
#include "gateway/path.h"
#include "gateway/query.h"
#include "gateway/set.h"

static bool seen_before(const struct http_head *h, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (http_slice_same(h->headers[i].name, h->headers[at].name))
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

static void add_sets(struct strbuf *out, const struct gateway_set *sets, enum gateway_place place)
{
	const struct gateway_set *s = sets;

	for (; (s = gateway_set_next(sets, s, place)); s = s->next)
		add_pair(out, http_slice(s->name), http_slice(s->value));
}

static void write_headers(struct strbuf *out, const struct gateway_event *ev)
{
	const struct http_head *h = ev->head;

	gateway_json_name(out, "headers");
	strbuf_addc(out, '{');
	for (size_t i = 0; i < h->n_headers; i++) {
		struct http_slice name = h->headers[i].name;

		if (gateway_forward_request_header(h, name) && !seen_before(h, i) &&
		    !gateway_set_of(ev->sets, GATEWAY_IN_HEAD, name))
			add_pair(out, name, gateway_forward_joined(ev->scratch, h, i));
	}
	for (size_t i = 0; i < ev->n_own; i++) {
		if (!gateway_set_of(ev->sets, GATEWAY_IN_HEAD, ev->own[i].name))
			add_pair(out, ev->own[i].name, ev->own[i].value);
	}
	add_sets(out, ev->sets, GATEWAY_IN_HEAD);
	gateway_json_pair(out, "X-Ca-Api-Gateway", ev->request_id);
	add_pair(out, http_slice("X-Forwarded-For"),
		 gateway_forward_for(ev->scratch, h, ev->client_ip));
	gateway_json_pair(out, "X-Forwarded-Proto", ev->protocol);
	gateway_json_pair(out, "X-Real-IP", ev->client_ip);
	add_pair(out, http_slice("CA-Host"), ev->domain);
	strbuf_addc(out, '}');
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
		const struct http_slice field = gateway_query_next(&query);
		struct http_slice name, value;

		if (field.n == 0)
			continue;
		name = gateway_query_name(field, &value);
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
		if (!fields[i].again && !gateway_set_of(ev->sets, GATEWAY_IN_QUERY, fields[i].name))
			add_pair(out, fields[i].name, fields[i].value);
	}
	add_sets(out, ev->sets, GATEWAY_IN_QUERY);
	strbuf_addc(out, '}');
}

static void write_path_parameters(struct strbuf *out, const struct gateway_event *ev)
{
	gateway_json_name(out, "pathParameters");
	strbuf_addc(out, '{');
	for (size_t i = 0; i < ev->n_values; i++)
		add_pair(out, http_slice(ev->names[i]),
			 gateway_path_decode(ev->scratch, ev->values[i], false));
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
