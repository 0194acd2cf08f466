// SPDX-License-Identifier: GPL-2.0-only
#include "http/head.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "lib/test.h"

#define H       "Host: x\r\n"
#define OK_LINE "GET / HTTP/1.1\r\n"

struct row {
	const char *what, *text;
	size_t len; /* 0: strlen(text) */
	int error;  /* 0: accepted */
};
#define WITH_NUL(s) (s), sizeof(s) - 1

static const struct row requests[] = {
	{"plain", OK_LINE H "\r\n", 0, 0},
	{"1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0, 0},
	{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" H "\r\n", 0, 0},
	{"absolute", "GET http://x/y?z HTTP/1.1\r\n" H "\r\n", 0, 0},
	{"absolute, default port in one", "GET http://X:80/y HTTP/1.1\r\n" H "\r\n", 0, 0},
	{"body on GET", OK_LINE H "Content-Length: 3\r\n\r\n", 0, 0},
	{"19 digits", OK_LINE H "Content-Length: 9999999999999999999\r\n\r\n", 0, 0},
	{"chunked in any case", OK_LINE H "Transfer-Encoding: CHUNKED\r\n\r\n", 0, 0},
	{"empty value", OK_LINE H "X:\r\n\r\n", 0, 0},
	{"value of spaces", OK_LINE H "X: \t \r\n\r\n", 0, 0},
	{"value with spaces behind", OK_LINE H "X: a b \t\r\n\r\n", 0, 0},
	{"obs-text in a value", OK_LINE H "X: \xff\x80\r\n\r\n", 0, 0},
	{"upgrade is ignored", OK_LINE H "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", 0, 0},
	{"IPv6 Host", OK_LINE "Host: [::1]:80\r\n\r\n", 0, 0},
	{"Expect", OK_LINE H "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", 0, 0},

	{"two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"tab in the request line", "GET\t/ HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"space before the method", " GET / HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"space behind the version", "GET / HTTP/1.1 \r\n" H "\r\n", 0, 400},
	{"HTTP/0.9", "GET /\r\n" H "\r\n", 0, 400},
	{"empty line first", "\r\n" OK_LINE H "\r\n", 0, 400},
	{"lower-case version", "GET / http/1.1\r\n" H "\r\n", 0, 400},
	{"two-digit version", "GET / HTTP/1.10\r\n" H "\r\n", 0, 400},
	{"HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 0, 505},
	{"HTTP/1.2", "GET / HTTP/1.2\r\n" H "\r\n", 0, 505},
	{"h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 505},
	{"bad method byte", "G(T / HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"target with obs-text", "GET /\xe4 HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"target with DEL", "GET /\x7f HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"fragment", "GET /#a HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"target without a slash", "GET x HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"* with GET", "GET * HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"unknown scheme", "GET ftp://x/ HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"absolute with user", "GET http://u@x/ HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"absolute and Host differ", "GET http://y/ HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"absolute and Host differ in port", "GET http://x:81/ HTTP/1.1\r\n" H "\r\n", 0, 400},
	{"CONNECT", "CONNECT x:443 HTTP/1.1\r\n" H "\r\n", 0, 501},
	{"TRACE", "TRACE / HTTP/1.1\r\n" H "\r\n", 0, 501},
	{"unknown method", "BREW / HTTP/1.1\r\n" H "\r\n", 0, 501},
	{"RTSP method", "DESCRIBE / HTTP/1.1\r\n" H "\r\n", 0, 501},

	{"bare LF in the request line", "GET / HTTP/1.1\n" H "\r\n", 0, 400},
	{"bare LF behind a header", OK_LINE "Host: x\n\r\n", 0, 400},
	{"bare LF at the end", OK_LINE H "\n", 0, 400},
	{"bare CR in a value", OK_LINE H "X: a\rb\r\n\r\n", 0, 400},
	{"CR CR LF", OK_LINE H "X: a\r\r\n\r\n", 0, 400},
	{"NUL in a value", WITH_NUL(OK_LINE H "X: a\0b\r\n\r\n"), 400},
	{"NUL in the target", WITH_NUL("GET /\0 HTTP/1.1\r\n" H "\r\n"), 400},
	{"control in a value", OK_LINE H "X: a\x01\r\n\r\n", 0, 400},
	{"DEL in a value", OK_LINE H "X: a\x7f\r\n\r\n", 0, 400},
	{"first header begins with space", OK_LINE " Host: x\r\n\r\n", 0, 400},
	{"fold", OK_LINE H "X: a\r\n b\r\n\r\n", 0, 400},
	{"fold with a tab", OK_LINE H "X: a\r\n\tb\r\n\r\n", 0, 400},
	{"line of spaces", OK_LINE H " \r\n\r\n", 0, 400},
	{"space before the colon", OK_LINE "Host : x\r\n\r\n", 0, 400},
	{"no colon", OK_LINE H "X\r\n\r\n", 0, 400},
	{"empty name", OK_LINE H ": a\r\n\r\n", 0, 400},
	{"bad name byte", OK_LINE H "X@: a\r\n\r\n", 0, 400},
	{"obs-text in a name", OK_LINE H "X\xe4: a\r\n\r\n", 0, 400},

	{"no Host", OK_LINE "\r\n", 0, 400},
	{"two Hosts", OK_LINE H H "\r\n", 0, 400},
	{"two Hosts in 1.0", "GET / HTTP/1.0\r\n" H H "\r\n", 0, 400},
	{"empty Host", OK_LINE "Host:\r\n\r\n", 0, 400},
	{"Host with a slash", OK_LINE "Host: x/y\r\n\r\n", 0, 400},
	{"Host with a list", OK_LINE "Host: x, y\r\n\r\n", 0, 400},
	{"Host with user", OK_LINE "Host: a@x\r\n\r\n", 0, 400},
	{"Host with an empty port", OK_LINE "Host: x:\r\n\r\n", 0, 400},
	{"Host with a bad port", OK_LINE "Host: x:8a\r\n\r\n", 0, 400},
	{"Host with an open bracket", OK_LINE "Host: [::1\r\n\r\n", 0, 400},

	{"two lengths", OK_LINE H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 0, 400},
	{"list of lengths", OK_LINE H "Content-Length: 1, 1\r\n\r\n", 0, 400},
	{"signed length", OK_LINE H "Content-Length: +1\r\n\r\n", 0, 400},
	{"negative length", OK_LINE H "Content-Length: -1\r\n\r\n", 0, 400},
	{"hex length", OK_LINE H "Content-Length: 0x1\r\n\r\n", 0, 400},
	{"empty length", OK_LINE H "Content-Length:\r\n\r\n", 0, 400},
	{"spaces in a length", OK_LINE H "Content-Length: 1 1\r\n\r\n", 0, 400},
	{"20 digits", OK_LINE H "Content-Length: 00000000000000000001\r\n\r\n", 0, 400},
	{"length and encoding", OK_LINE H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	 0, 400},
	{"encoding and length", OK_LINE H "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
	 0, 400},
	{"two encodings",
	 OK_LINE H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400},
	{"gzip, chunked", OK_LINE H "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, 400},
	{"identity", OK_LINE H "Transfer-Encoding: identity\r\n\r\n", 0, 400},
	{"chunked twice in a list", OK_LINE H "Transfer-Encoding: chunked, chunked\r\n\r\n", 0,
	 400},
	{"quoted chunked", OK_LINE H "Transfer-Encoding: \"chunked\"\r\n\r\n", 0, 400},
	{"chunked with a vertical tab",
	 OK_LINE H "Transfer-Encoding: \x0b"
		   "chunked\r\n\r\n",
	 0, 400},
	{"empty encoding", OK_LINE H "Transfer-Encoding:\r\n\r\n", 0, 400},
	{"encoding in 1.0", "GET / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, 400},
};

static const struct row responses[] = {
	{"plain", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 0, 0},
	{"1.0 until close", "HTTP/1.0 200 OK\r\n\r\n", 0, 0},
	{"empty reason", "HTTP/1.1 200 \r\n\r\n", 0, 0},
	{"interim", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 0, 0},
	{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0},

	{"no space behind the status", "HTTP/1.1 200\r\n\r\n", 0, 502},
	{"two digits", "HTTP/1.1 20 OK\r\n\r\n", 0, 502},
	{"status 600", "HTTP/1.1 600 Odd\r\n\r\n", 0, 502},
	{"status 099", "HTTP/1.1 099 Odd\r\n\r\n", 0, 502},
	{"HTTP/2", "HTTP/2 200 OK\r\n\r\n", 0, 502},
	{"ICY", "ICY 200 OK\r\n\r\n", 0, 502},
	{"bare LF", "HTTP/1.1 200 OK\nContent-Length: 3\n\n", 0, 502},
	{"fold", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", 0, 502},
	{"control in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n", 0, 502},
	{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 0,
	 502},
	{"length and encoding",
	 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 502},
	{"encoding in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 502},
};

/* Feeds `step` bytes at a time; whoever looks at what has not come yet sees line ends. */
static enum http_parse feed(struct http_head *h, bool response, const char *text, size_t len,
			    size_t step, char **held)
{
	enum http_parse r = HTTP_MORE;

	*held = malloc(len ? len : 1);
	assert_non_null(*held);
	memset(*held, '\n', len);
	if (response)
		http_head_init_response(h, false);
	else
		http_head_init(h);
	for (size_t n = step < len ? step : len; r == HTTP_MORE;
	     n = n + step < len ? n + step : len) {
		memcpy(*held, text, n);
		r = http_head_parse(h, *held, n);
		if (n == len)
			break;
	}
	return r;
}

static void check_row(const struct row *row, bool response)
{
	size_t len = row->len ? row->len : strlen(row->text);

	for (size_t step = 1; step <= len; step = step < 8                       ? step + 1
						  : step * 2 > len && step < len ? len
										 : step * 2) {
		struct http_head h;
		char *held;
		enum http_parse r = feed(&h, response, row->text, len, step, &held);
		int error = r == HTTP_BAD ? h.error : 0;

		if (r == HTTP_MORE || error != row->error)
			fail_msg("%s, %zu at a time: result %d, error %d (%s), expected %d",
				 row->what, step, (int)r, error, error ? h.error_text : "-",
				 row->error);
		if (r == HTTP_DONE)
			assert_int_equal(h.size, len);
		free(held);
	}
}

static void request_lines(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		check_row(&requests[i], false);
}

static void response_lines(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(responses); i++)
		check_row(&responses[i], true);
}

/* Values are looked at several bytes at once: at each place of one every byte is judged as by itself. */
static void each_byte_at_each_place(void **state)
{
	for (size_t place = 0; place < 20; place++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			char text[] = OK_LINE H "X: 01234567890123456789\r\n\r\n",
			     *value = strstr(text, "0123");
			const bool fine = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
			struct http_head h;

			value[place] = (char)byte;
			http_head_init(&h);
			if (http_head_parse(&h, text, sizeof(text) - 1) !=
			    (fine ? HTTP_DONE : HTTP_BAD))
				fail_msg("byte %02x at %zu", byte, place);
		}
	}
}

static struct http_head parse(const char *text)
{
	struct http_head h;

	http_head_init(&h);
	assert_int_equal(http_head_parse(&h, text, strlen(text)), HTTP_DONE);
	return h;
}

static void assert_slice(struct http_slice s, const char *expected)
{
	assert_int_equal(s.n, strlen(expected));
	assert_memory_equal(s.p, expected, s.n);
}

static void parts_of_a_request(void **state)
{
	struct http_head h = parse(
		"POST /a/b?c=d?e HTTP/1.1\r\nHOST: Ex.com:8080\r\n"
		"X-A:\t one two \t\r\nx-a: three\r\nContent-Length: 5\r\n\r\nhello");

	assert_slice(h.method, "POST");
	assert_slice(h.target, "/a/b?c=d?e");
	assert_slice(h.path, "/a/b");
	assert_true(h.has_query);
	assert_slice(h.query, "c=d?e");
	assert_slice(h.host, "Ex.com:8080");
	assert_int_equal(h.minor, 1);
	assert_int_equal(h.n_headers, 4);
	assert_slice(h.headers[1].name, "X-A");
	assert_slice(h.headers[1].value, "one two");
	assert_slice(http_head_get(&h, "x-a"), "one two");
	assert_null(http_head_get(&h, "x-b").p);
	assert_int_equal(h.framing, HTTP_BODY_LENGTH);
	assert_int_equal(h.content_length, 5);
	assert_true(h.keep_alive);

	h = parse("GET https://Ex.com?q HTTP/1.1\r\nHost: ex.com:443\r\n\r\n");
	assert_int_equal(h.form, HTTP_FORM_ABSOLUTE);
	assert_slice(h.host, "Ex.com");
	assert_slice(h.path, "/");
	assert_slice(h.query, "q");
}

static void keep_alive(void **state)
{
	static const struct {
		const char *text;
		bool keep;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" H "\r\n", true},
		{"GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" H "Connection: x , CLOSE\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", true},
		{"GET / HTTP/1.0\r\n\r\n", false},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
		{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_head h = parse(rows[i].text);

		if (h.keep_alive != rows[i].keep)
			fail_msg("row %zu", i);
	}
}

static void response_framing(void **state)
{
	static const struct {
		const char *text;
		bool head_request;
		enum http_framing framing;
		bool keep;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, HTTP_BODY_LENGTH, true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, HTTP_BODY_NONE, true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, HTTP_BODY_NONE, true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, HTTP_BODY_CHUNKED,
		 true},
		{"HTTP/1.1 200 OK\r\n\r\n", false, HTTP_BODY_UNTIL_CLOSE, false},
		{"HTTP/1.1 204 No Content\r\n\r\n", false, HTTP_BODY_NONE, true},
		{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, HTTP_BODY_NONE,
		 true},
		{"HTTP/1.1 100 Continue\r\n\r\n", false, HTTP_BODY_NONE, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_head h;

		http_head_init_response(&h, rows[i].head_request);
		assert_int_equal(http_head_parse(&h, rows[i].text, strlen(rows[i].text)),
				 HTTP_DONE);
		if (h.framing != rows[i].framing || h.keep_alive != rows[i].keep)
			fail_msg("row %zu", i);
	}
}

static enum http_parse sized(struct http_head *h, size_t target, size_t value, size_t headers)
{
	char text[40000];
	size_t n = 0;

	n += (size_t)snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\n" H, (int)target, 0);
	for (size_t i = 1; i < headers; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "A: b\r\n");
	if (value)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "V: %0*d\r\n", (int)value, 0);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
	http_head_init(h);
	return http_head_parse(h, text, n);
}

static void limits(void **state)
{
	struct http_head h;
	/* "GET /" " HTTP/1.1" CRLF, Host line, "V: " CRLF, CRLF */
	const size_t rest = 5 + 11 + 9 + 5 + 2;

	assert_int_equal(sized(&h, 1, HTTP_MAX_HEAD - rest - 1, 1), HTTP_DONE);
	assert_int_equal(h.size, HTTP_MAX_HEAD);
	assert_int_equal(sized(&h, 1, HTTP_MAX_HEAD - rest, 1), HTTP_BAD);
	assert_int_equal(h.error, 431);
	assert_int_equal(sized(&h, 9000, 0, 1), HTTP_BAD);
	assert_int_equal(h.error, 414);
	assert_int_equal(sized(&h, 1, 0, HTTP_MAX_HEADERS), HTTP_DONE);
	assert_int_equal(h.n_headers, HTTP_MAX_HEADERS);
	assert_int_equal(sized(&h, 1, 0, HTTP_MAX_HEADERS + 1), HTTP_BAD);
	assert_int_equal(h.error, 431);
}

static void hop_by_hop(void **state)
{
	static const char *const dropped[] = {
		"Connection",
		"keep-alive",
		"TE",
		"Proxy",
		"Trailer",
		"Upgrade",
		"Expect",
		"Content-Length",
		"X-Hop",
		"Transfer-Encoding",
		"Proxy-Connection",
		"x-other",
		"Proxy-Foo",
		"content_length",
		"Transfer_Encoding",
	};
	static const char *const kept[] = {"Host", "Content-Type", "X-Hopper", "Proxies", "Te-x"};
	struct http_head h = parse(OK_LINE H
				   "Connection: close, X-Hop\r\nConnection: x-Other\r\n\r\n");

	for (size_t i = 0; i < ARRAY_LEN(dropped); i++) {
		if (!http_head_hop_by_hop(&h, http_slice(dropped[i])))
			fail_msg("%s is kept", dropped[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (http_head_hop_by_hop(&h, http_slice(kept[i])))
			fail_msg("%s is dropped", kept[i]);
	}
}

static void names_that_begin(void **state)
{
	static const struct {
		const char *name;
		bool begins;
	} rows[] = {{"x-fc-status", true}, {"X-FC-", true},     {"x_fc_status", true},
		    {"X_Fc-Id", true},     {"x-fc", false},     {"x-fcode", false},
		    {"y-fc-id", false},    {"x-ca-fc-", false}, {"", false}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(http_header_begins(http_slice(rows[i].name), "x-fc-"),
				 rows[i].begins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_lines),
		cmocka_unit_test(response_lines),
		cmocka_unit_test(each_byte_at_each_place),
		cmocka_unit_test(parts_of_a_request),
		cmocka_unit_test(keep_alive),
		cmocka_unit_test(response_framing),
		cmocka_unit_test(limits),
		cmocka_unit_test(hop_by_hop),
		cmocka_unit_test(names_that_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
