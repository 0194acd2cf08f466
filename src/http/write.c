// SPDX-License-Identifier: GPL-2.0-only
#include "http/write.h"

#include "base/cleanup.h"
#include "base/number.h"
#include "http/chars.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{100, "Continue"},
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{206, "Partial Content"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{303, "See Other"},
	{304, "Not Modified"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{411, "Length Required"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Gateway Timeout"},
	{505, "HTTP Version Not Supported"},
};

/* The usual phrase of RFC 9110 for a status. */
static const char *reason_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

static inline void put(struct http_writer *w, const char *p, size_t n)
{
	if (w->bad || n > w->room - w->len) {
		w->bad = true;
		return;
	}
	if (n)
		memcpy(w->buf + w->len, p, n);
	w->len += n;
}

/* inline: the length of a literal is known then */
static inline void put_str(struct http_writer *w, const char *s)
{
	put(w, s, strlen(s));
}

static bool is_token(struct http_slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!http_is_token_char((unsigned char)s.p[i]))
			return false;
	}
	return s.n > 0;
}

bool http_header_valid(struct http_slice name, struct http_slice value)
{
	return http_is_value(value.p, value.n) && is_token(name);
}

void http_write_request_line(struct http_writer *w, struct http_slice method,
			     struct http_slice target)
{
	w->bad |= !is_token(method) || target.n == 0;
	for (size_t i = 0; i < target.n; i++)
		w->bad |= target.p[i] <= 0x20 || target.p[i] >= 0x7f;
	put(w, method.p, method.n);
	put_str(w, " ");
	put(w, target.p, target.n);
	put_str(w, " HTTP/1.1\r\n");
}

static void put_number(struct http_writer *w, uint64_t n)
{
	char digits[NUMBER_LEN];

	put_str(w, number_format(n, digits));
}

void http_write_status_line(struct http_writer *w, int status)
{
	w->bad |= status < 100 || status > 599;
	put_str(w, "HTTP/1.1 ");
	put_number(w, (uint64_t)status);
	put_str(w, " ");
	put_str(w, reason_of(status));
	put_str(w, "\r\n");
}

static inline void put_header(struct http_writer *w, struct http_slice name,
			      struct http_slice value)
{
	const size_t n = name.n + value.n + 4;
	char *to = w->buf + w->len;

	w->bad |= n > w->room - w->len;
	if (w->bad)
		return;
	memcpy(to, name.p, name.n);
	to[name.n] = ':';
	to[name.n + 1] = ' ';
	if (value.n)
		memcpy(to + name.n + 2, value.p, value.n);
	to[n - 2] = '\r';
	to[n - 1] = '\n';
	w->len += n;
}

void http_write_header(struct http_writer *w, struct http_slice name, struct http_slice value)
{
	w->bad |= !http_header_valid(name, value);
	put_header(w, name, value);
}

void http_write_named(struct http_writer *w, const char *name, struct http_slice value)
{
	w->bad |= !http_is_value(value.p, value.n);
	put_header(w, http_slice(name), value);
}

void http_write_length(struct http_writer *w, uint64_t content_length)
{
	put_str(w, "Content-Length: ");
	put_number(w, content_length);
	put_str(w, "\r\n");
}

void http_write_lines(struct http_writer *w, const struct http_writer *lines)
{
	w->bad |= lines->bad;
	put(w, lines->buf, lines->len);
}

bool http_write_end(struct http_writer *w)
{
	put_str(w, "\r\n");
	return !w->bad;
}
