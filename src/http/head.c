// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes become lines here, in one pass that remembers where it stopped: the outcome depends only on
 * the bytes, never on how they were cut into reads. Each line goes to the guard when its LF arrives, which
 * makes slices of it. At the empty line the head is handed to llhttp, and both readings compared.
 */
#include "http/head.h"

#include <llhttp.h>

#include "base/bytes.h"
#include "http/guard.h"

void http_head_init(struct http_head *h)
{
	/* the header table is written before it is read: clearing it would cost more than parsing */
	memset(h, 0, offsetof(struct http_head, headers));
	h->n_headers = 0;
	memset(&h->n_headers, 0, sizeof(*h) - offsetof(struct http_head, n_headers));
}

void http_head_init_response(struct http_head *h, bool head_request)
{
	http_head_init(h);
	h->is_response = true;
	h->head_request = head_request;
}

/* ---- the second opinion ---- */

struct opinion {
	llhttp_t parser; /* first: callbacks get its address */
	const struct http_head *head;
	size_t names, values; /* headers that llhttp has begun */
	const char *url;
	size_t url_length;
	bool complete, differs;
};

static struct opinion *opinion(llhttp_t *p)
{
	return (struct opinion *)(void *)p;
}

static int on_url(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = opinion(p);

	if (o->url && o->url + o->url_length != at)
		o->differs = true;
	if (!o->url)
		o->url = at;
	o->url_length += n;
	return 0;
}

static int on_name(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = opinion(p);
	const struct http_header *x = &o->head->headers[o->names];

	if (o->names == o->head->n_headers || x->name.p != at || x->name.n != n)
		o->differs = true;
	else
		o->names++;
	return 0;
}

/* llhttp may give a value in pieces and keeps spaces behind it: each piece must lie in our line. */
static int on_value(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = opinion(p);
	const struct http_header *x;

	if (o->names == 0) {
		o->differs = true;
		return 0;
	}
	x = &o->head->headers[o->names - 1];
	if (n && (at < x->value.p || (x->value.n && at >= x->value.p + x->value.n)))
		o->differs = true;
	return 0;
}

static int on_complete(llhttp_t *p)
{
	opinion(p)->complete = true;
	return HPE_PAUSED;
}

static bool same_message(const struct opinion *o, const struct http_head *h)
{
	const llhttp_t *p = &o->parser;
	bool chunked = (p->flags & F_CHUNKED) != 0;

	if (o->differs || !o->complete || o->names != h->n_headers || p->http_major != 1 ||
	    p->http_minor != h->minor)
		return false;
	if (h->is_response ? p->status_code != h->status
			   : o->url != h->target.p || o->url_length != h->target.n)
		return false;
	if (!h->is_response) {
		const char *name = llhttp_method_name((llhttp_method_t)p->method);

		if (!http_slice_equal(h->method, http_slice(name)))
			return false;
		if (chunked != (h->framing == HTTP_BODY_CHUNKED))
			return false;
	}
	return p->content_length == h->content_length;
}

static bool agree(struct http_head *h, const char *buf, size_t len)
{
	static const llhttp_settings_t settings = {
		.on_url = on_url,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_complete,
	};
	struct opinion o = {.head = h};
	llhttp_errno_t e;

	llhttp_init(&o.parser, h->is_response ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
	e = llhttp_execute(&o.parser, buf, len);
	/* the guard has seen the line: what llhttp dislikes now is a method it does not know */
	if (e == HPE_INVALID_METHOD || e == HPE_INVALID_CONSTANT || e == HPE_PAUSED_H2_UPGRADE)
		return http_guard_refuse(h, 501, "method not implemented");
	if (e != HPE_PAUSED || !same_message(&o, h))
		return http_guard_refuse(h, 400, "malformed message");
	return true;
}

/* ---- lines ---- */

static enum http_parse finish(struct http_head *h, const char *buf)
{
	if (h->n_lines == 0) {
		(void)http_guard_refuse(h, 400, "empty start line"); /* always false */
		return HTTP_BAD;
	}
	h->size = h->pos;
	if (!http_guard_message(h) || !agree(h, buf, h->size))
		return HTTP_BAD;
	return HTTP_DONE;
}

static bool take_line(struct http_head *h, struct http_slice line)
{
	if (h->n_lines == 0)
		return h->is_response ? http_guard_status_line(h, line)
				      : http_guard_request_line(h, line);
	if (h->n_lines > HTTP_MAX_HEADERS)
		return http_guard_refuse(h, 431, "too many headers");
	return http_guard_header_line(h, line);
}

static bool is_ordinary(char c)
{
	return c != '\r' && c != '\n' && c != '\0';
}

/* How many bytes from p on are none of CR, LF and NUL. */
static size_t ordinary_run(const char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= 8) {
		const uint64_t controls = bytes_below(bytes_load(p + i), 0x20);

		i += controls ? bytes_first(controls) : 8;
		if (controls && !is_ordinary(p[i]))
			return i;
		i += controls != 0;
	}
	while (i < n && is_ordinary(p[i]))
		i++;
	return i;
}

enum http_parse http_head_parse(struct http_head *h, const char *buf, size_t len)
{
	size_t limit = len < HTTP_MAX_HEAD ? len : HTTP_MAX_HEAD;

	while (h->pos < limit) {
		bool after_cr = h->pos > h->line_start && buf[h->pos - 1] == '\r';
		struct http_slice line;

		if (!after_cr) {
			h->pos += ordinary_run(buf + h->pos, limit - h->pos);
			if (h->pos == limit)
				break;
		}
		if (after_cr != (buf[h->pos] == '\n') || buf[h->pos] == '\0') {
			(void)http_guard_refuse(h, 400, "a line must end in CR LF");
			return HTTP_BAD;
		}
		h->pos++;
		if (!after_cr)
			continue; /* a CR: its LF must follow */
		line = (struct http_slice){buf + h->line_start, h->pos - h->line_start - 2};
		if (line.n == 0)
			return finish(h, buf);
		if (!take_line(h, line))
			return HTTP_BAD;
		h->n_lines++;
		h->line_start = h->pos;
	}
	if (h->pos < HTTP_MAX_HEAD)
		return HTTP_MORE;
	(void)http_guard_refuse(h, h->n_lines == 0 ? 414 : 431,
				h->n_lines == 0 ? "request line too long" : "headers too large");
	return HTTP_BAD;
}

/* ---- names ---- */

static char folded(char c)
{
	if (c == '_')
		return '-';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool http_header_same(struct http_slice a, struct http_slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < b.n; i++) {
		if (folded(a.p[i]) != folded(b.p[i]))
			return false;
	}
	return true;
}

bool http_header_begins(struct http_slice name, const char *begin)
{
	const struct http_slice b = http_slice(begin);

	return name.n >= b.n && http_header_same((struct http_slice){name.p, b.n}, b);
}

bool http_expects_body(struct http_slice method)
{
	return http_slice_equal(method, http_slice("POST")) ||
	       http_slice_equal(method, http_slice("PUT")) ||
	       http_slice_equal(method, http_slice("PATCH"));
}
