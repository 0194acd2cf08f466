// SPDX-License-Identifier: GPL-2.0-only
#include "http/guard.h"

#include "http/chars.h"

#define T HTTP_TOKEN
#define U (HTTP_TOKEN | HTTP_UNRESERVED)

const unsigned char http_chars[256] = {
	['!'] = T, ['#'] = T, ['$'] = T, ['%'] = T,         ['&'] = T,         ['\''] = T,
	['*'] = T, ['+'] = T, ['-'] = U, ['.'] = U,         ['^'] = T,         ['_'] = U,
	['`'] = T, ['|'] = T, ['~'] = U, ['0' ... '9'] = U, ['a' ... 'z'] = U, ['A' ... 'Z'] = U,
};

bool http_guard_refuse(struct http_head *h, int status, const char *why)
{
	h->error = h->is_response ? 502 : status;
	h->error_text = why;
	return false;
}

/* The length of the run of token characters at the start. */
static size_t token_length(struct http_slice s)
{
	size_t n = 0;

	while (n < s.n && http_is_token_char((unsigned char)s.p[n]))
		n++;
	return n;
}

static struct http_slice skip(struct http_slice s, size_t n)
{
	return (struct http_slice){s.p + n, s.n - n};
}

static bool version_rules(struct http_head *h, struct http_slice v)
{
	if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || !http_is_digit((unsigned char)v.p[5]) ||
	    v.p[6] != '.' || !http_is_digit((unsigned char)v.p[7]))
		return http_guard_refuse(h, 400, "malformed HTTP version");
	if (v.p[5] != '1' || v.p[7] > '1')
		return http_guard_refuse(h, 505, "HTTP version not supported");
	h->minor = v.p[7] - '0';
	return true;
}

bool http_guard_request_line(struct http_head *h, struct http_slice line)
{
	size_t n = token_length(line), t = 0;
	struct http_slice rest;

	if (n == 0 || n == line.n || line.p[n] != ' ')
		return http_guard_refuse(h, 400, "malformed method");
	h->method = (struct http_slice){line.p, n};
	rest = skip(line, n + 1);
	while (t < rest.n && rest.p[t] > 0x20 && rest.p[t] < 0x7f && rest.p[t] != '#')
		t++;
	if (t == 0 || t == rest.n || rest.p[t] != ' ')
		return http_guard_refuse(h, 400, "malformed request target");
	h->target = (struct http_slice){rest.p, t};
	return version_rules(h, skip(rest, t + 1));
}

bool http_guard_status_line(struct http_head *h, struct http_slice line)
{
	if (line.n < 13 || line.p[8] != ' ' || line.p[12] != ' ')
		return http_guard_refuse(h, 502, "malformed status line");
	if (!version_rules(h, (struct http_slice){line.p, 8}))
		return false;
	h->status = 0;
	for (size_t i = 9; i < 12; i++) {
		if (!http_is_digit((unsigned char)line.p[i]))
			return http_guard_refuse(h, 502, "malformed status code");
		h->status = h->status * 10 + (line.p[i] - '0');
	}
	if (h->status < 100 || h->status > 599)
		return http_guard_refuse(h, 502, "status code out of range");
	h->reason = skip(line, 13);
	return http_is_value(h->reason.p, h->reason.n) ||
	       http_guard_refuse(h, 502, "malformed reason phrase");
}

bool http_guard_header_line(struct http_head *h, struct http_slice line)
{
	size_t n = token_length(line);

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return http_guard_refuse(h, 400, "header line begins with a space");
	if (n == 0 || n == line.n || line.p[n] != ':')
		return http_guard_refuse(h, 400, "malformed header name");
	if (!http_is_value(line.p + n + 1, line.n - n - 1))
		return http_guard_refuse(h, 400, "control character in a header value");
	h->headers[h->n_headers++] = (struct http_header){{line.p, n},
							  http_slice_trimmed(skip(line, n + 1))};
	return true;
}

/* ---- rules across lines ---- */

struct seen {
	const struct http_header *host, *length, *encoding;
	bool connection, close, keep_alive;
};

static void connection_options(struct seen *seen, struct http_slice value)
{
	seen->connection = true;
	while (value.n) {
		struct http_slice e = http_list_next(&value);

		seen->close |= http_slice_is(e, "close");
		seen->keep_alive |= http_slice_is(e, "keep-alive");
	}
}

static bool only(struct http_head *h, const struct http_header **slot, const struct http_header *x,
		 const char *why)
{
	if (*slot)
		return http_guard_refuse(h, 400, why);
	*slot = x;
	return true;
}

static bool collect(struct http_head *h, struct seen *seen)
{
	for (size_t i = 0; i < h->n_headers; i++) {
		const struct http_header *x = &h->headers[i];
		bool ok = true;

		if (http_slice_is(x->name, "host") && !h->is_response)
			ok = only(h, &seen->host, x, "more than one Host");
		else if (http_slice_is(x->name, "content-length"))
			ok = only(h, &seen->length, x, "more than one Content-Length");
		else if (http_slice_is(x->name, "transfer-encoding"))
			ok = only(h, &seen->encoding, x, "more than one Transfer-Encoding");
		else if (http_slice_is(x->name, "connection"))
			connection_options(seen, x->value);
		else if (http_slice_is(x->name, "expect"))
			h->expect_continue = h->minor == 1 && !h->is_response &&
					     http_slice_is(x->value, "100-continue");
		if (!ok)
			return false;
	}
	return true;
}

static bool content_length_rules(struct http_head *h, struct http_slice v)
{
	uint64_t n = 0;

	if (v.n < 1 || v.n > 19)
		return http_guard_refuse(h, 400, "malformed Content-Length");
	for (size_t i = 0; i < v.n; i++) {
		if (!http_is_digit((unsigned char)v.p[i]))
			return http_guard_refuse(h, 400, "malformed Content-Length");
		n = n * 10 + (uint64_t)(v.p[i] - '0'); /* 19 digits fit in 64 bits */
	}
	h->content_length = n;
	return true;
}

static bool framing_rules(struct http_head *h, const struct seen *seen)
{
	bool never = h->is_response &&
		     (h->head_request || h->status < 200 || h->status == 204 || h->status == 304);

	if (seen->length && seen->encoding)
		return http_guard_refuse(h, 400, "Content-Length and Transfer-Encoding");
	if (seen->encoding && h->minor == 0)
		return http_guard_refuse(h, 400, "Transfer-Encoding in HTTP/1.0");
	if (seen->encoding && !http_slice_is(seen->encoding->value, "chunked"))
		return http_guard_refuse(h, 400, "Transfer-Encoding is not \"chunked\"");
	if (seen->length && !content_length_rules(h, seen->length->value))
		return false;
	if (never)
		h->framing = HTTP_BODY_NONE;
	else if (seen->encoding)
		h->framing = HTTP_BODY_CHUNKED;
	else if (seen->length)
		h->framing = h->content_length ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
	else
		h->framing = h->is_response ? HTTP_BODY_UNTIL_CLOSE : HTTP_BODY_NONE;
	h->keep_alive = !seen->close && (h->minor == 1 || seen->keep_alive) &&
			h->framing != HTTP_BODY_UNTIL_CLOSE;
	return true;
}

/* host [":" port]: letters, digits and "-._~", or an address in brackets. */
static bool valid_authority(struct http_slice a)
{
	size_t i = 0;

	if (a.n && a.p[0] == '[') {
		for (i = 1; i < a.n && a.p[i] != ']'; i++) {
			if (http_hex_value((unsigned char)a.p[i]) < 0 && a.p[i] != ':' &&
			    a.p[i] != '.')
				return false;
		}
		if (i < 3 || i == a.n)
			return false;
		i++;
	} else {
		while (i < a.n && http_is_unreserved((unsigned char)a.p[i]))
			i++;
		if (i == 0)
			return false;
	}
	if (i == a.n)
		return true;
	if (a.p[i] != ':' || a.n - i < 2 || a.n - i > 6)
		return false;
	while (++i < a.n) {
		if (!http_is_digit((unsigned char)a.p[i]))
			return false;
	}
	return true;
}

static struct http_slice without_port(struct http_slice a, const char *port)
{
	size_t n = strlen(port);

	if (a.n > n && memcmp(a.p + a.n - n, port, n) == 0)
		a.n -= n;
	return a;
}

/* "http://authority/path": the authority is the Host, or agrees with the one that was sent. */
static bool absolute_form(struct http_head *h, const struct seen *seen)
{
	const char *port = ":80";
	struct http_slice rest, a, b;
	size_t n = 0;

	if (h->target.n > 7 && strncasecmp(h->target.p, "http://", 7) == 0) {
		rest = skip(h->target, 7);
	} else if (h->target.n > 8 && strncasecmp(h->target.p, "https://", 8) == 0) {
		rest = skip(h->target, 8);
		port = ":443";
	} else {
		return http_guard_refuse(h, 400, "malformed request target");
	}
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	a = (struct http_slice){rest.p, n};
	if (!valid_authority(a))
		return http_guard_refuse(h, 400, "malformed authority in the request target");
	if (seen->host) {
		b = without_port(seen->host->value, port);
		if (without_port(a, port).n != b.n || strncasecmp(a.p, b.p, b.n) != 0)
			return http_guard_refuse(h, 400, "Host and request target differ");
	}
	h->host = a;
	h->form = HTTP_FORM_ABSOLUTE;
	h->path = skip(rest, n);
	return true;
}

static void split_query(struct http_head *h)
{
	const char *mark = memchr(h->path.p, '?', h->path.n);

	if (mark) {
		h->has_query = true;
		h->query = skip(h->path, (size_t)(mark - h->path.p) + 1);
		h->path.n = (size_t)(mark - h->path.p);
	}
	if (h->form == HTTP_FORM_ABSOLUTE && h->path.n == 0)
		h->path = http_slice("/");
}

/* Methods are case-sensitive (RFC 9110 9.1). */
static bool method_is(const struct http_head *h, const char *name)
{
	return http_slice_equal(h->method, http_slice(name));
}

static bool target_rules(struct http_head *h, const struct seen *seen)
{
	if (method_is(h, "CONNECT") || method_is(h, "TRACE"))
		return http_guard_refuse(h, 501, "method not implemented");
	if (!seen->host && h->minor == 1)
		return http_guard_refuse(h, 400, "no Host");
	if (seen->host) {
		h->host = seen->host->value;
		if (!valid_authority(h->host))
			return http_guard_refuse(h, 400, "malformed Host");
	}
	h->path = h->target;
	if (h->target.p[0] == '/') {
		h->form = HTTP_FORM_ORIGIN;
	} else if (h->target.n == 1 && h->target.p[0] == '*') {
		h->form = HTTP_FORM_ASTERISK;
		return method_is(h, "OPTIONS") ||
		       http_guard_refuse(h, 400, "\"*\" goes with OPTIONS only");
	} else if (!absolute_form(h, seen)) {
		return false;
	}
	split_query(h);
	return true;
}

bool http_guard_message(struct http_head *h)
{
	struct seen seen = {0};

	if (!collect(h, &seen))
		return false;
	h->no_connection = !seen.connection;
	if (!h->is_response && !target_rules(h, &seen))
		return false;
	return framing_rules(h, &seen);
}
