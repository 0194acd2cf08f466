// SPDX-License-Identifier: GPL-2.0-only
#include "http/write.h"

#include <stdio.h>

#include "base/cleanup.h"
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

const char *http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

static void put(struct http_writer *w, const char *p, size_t n)
{
	if (w->bad || n > w->room - w->len) {
		w->bad = true;
		return;
	}
	if (n)
		memcpy(w->buf + w->len, p, n);
	w->len += n;
}

static void put_str(struct http_writer *w, const char *s)
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
	for (size_t i = 0; i < value.n; i++) {
		if (!http_is_value_char((unsigned char)value.p[i]))
			return false;
	}
	return is_token(name);
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

void http_write_status_line(struct http_writer *w, int status)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "HTTP/1.1 %03d %s\r\n", status, http_reason(status));

	w->bad |= status < 100 || status > 599;
	put(w, line, (size_t)n); /* the longest reason is far shorter than the buffer */
}

void http_write_header(struct http_writer *w, struct http_slice name, struct http_slice value)
{
	w->bad |= !http_header_valid(name, value);
	put(w, name.p, name.n);
	put_str(w, ": ");
	put(w, value.p, value.n);
	put_str(w, "\r\n");
}

void http_write_length(struct http_writer *w, uint64_t content_length)
{
	char line[48];
	int n = snprintf(line, sizeof(line), "Content-Length: %llu\r\n",
			 (unsigned long long)content_length);

	put(w, line, (size_t)n); /* 20 digits at most */
}

bool http_write_end(struct http_writer *w)
{
	put_str(w, "\r\n");
	return !w->bad;
}
