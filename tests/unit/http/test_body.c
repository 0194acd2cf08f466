// SPDX-License-Identifier: GPL-2.0-only
#include "http/body.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "lib/test.h"

struct row {
	const char *what, *in;
	const char *data; /* NULL: refused */
	int error;
	size_t left; /* bytes of `in` that belong to the next message */
};

static const struct row rows[] = {
	{"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", 0, 0},
	{"two chunks and the next message", "2\r\nab\r\n1\r\nc\r\n0\r\n\r\nGET", "abc", 0, 3},
	{"empty", "0\r\n\r\n", "", 0, 0},
	{"hexadecimal, leading zeros", "00A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0, 0},
	{"16 digits", "0000000000000001\r\na\r\n0\r\n\r\n", "a", 0, 0},
	{"extension", "1;x=y; z=\"q\"\r\na\r\n0;last\r\n\r\n", "a", 0, 0},
	{"trailers", "1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n!", "a", 0, 1},
	{"data with line ends", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", 0, 0},

	{"no size", "\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"17 digits", "00000000000000001\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"space before the size", " 1\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"space behind the size", "1 \r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"0x", "0x1\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"sign", "+1\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"negative", "-1\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"too large", "FFFFFFFFFFFFFFFF\r\na", NULL, 400, 0},
	{"bare LF behind the size", "1\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"CR without LF behind the size", "1\rXa\r\n0\r\n\r\n", NULL, 400, 0},
	{"bare LF in an extension", "1;x\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"control in an extension", "1;\x01\r\na\r\n0\r\n\r\n", NULL, 400, 0},
	{"data longer than said", "1\r\nab\r\n0\r\n\r\n", NULL, 400, 0},
	{"bare LF behind the data", "1\r\na\n0\r\n\r\n", NULL, 400, 0},
	{"no line end behind the data", "1\r\na0\r\n\r\n", NULL, 400, 0},
	{"bare LF at the end", "0\r\n\n", NULL, 400, 0},
	{"folded trailer", "0\r\nX: y\r\n z\r\n\r\n", NULL, 400, 0},
	{"trailer without a colon", "0\r\nX\r\n\r\n", NULL, 400, 0},
	{"trailer without a name", "0\r\n: y\r\n\r\n", NULL, 400, 0},
	{"space before the colon", "0\r\nX : y\r\n\r\n", NULL, 400, 0},
	{"control in a trailer", "0\r\nX: \x01\r\n\r\n", NULL, 400, 0},
	{"bare LF in trailers", "0\r\nX: y\n\r\n", NULL, 400, 0},
};

static struct http_head chunked(void)
{
	struct http_head h;

	http_head_init(&h);
	h.framing = HTTP_BODY_CHUNKED;
	return h;
}

/* Decodes `step` bytes at a time; *left counts what was not taken. */
static enum http_parse run(struct http_body *b, const char *in, size_t len, size_t step, char *out,
			   size_t *n_out, size_t *left)
{
	enum http_parse r = HTTP_MORE;
	size_t at = 0;

	*n_out = 0;
	while (at < len && r == HTTP_MORE) {
		struct http_slice piece = {in + at, step < len - at ? step : len - at}, data;

		do {
			size_t before = piece.n;

			r = http_body_decode(b, &piece, &data);
			memcpy(out + *n_out, data.p, data.n);
			*n_out += data.n;
			at += before - piece.n;
		} while (r == HTTP_MORE && piece.n);
	}
	*left = len - at;
	return r;
}

static void chunks(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];

		for (size_t step = 1; step <= strlen(row->in); step++) {
			struct http_head h = chunked();
			struct http_body b;
			char out[256];
			size_t n, left;
			enum http_parse r;

			http_body_init(&b, &h);
			r = run(&b, row->in, strlen(row->in), step, out, &n, &left);
			if (r != (row->data ? HTTP_DONE : HTTP_BAD))
				fail_msg("%s, %zu at a time: result %d", row->what, step, (int)r);
			if (!row->data) {
				assert_int_equal(b.error, row->error);
				continue;
			}
			assert_int_equal(n, strlen(row->data));
			assert_memory_equal(out, row->data, n);
			assert_int_equal(left, row->left);
			assert_int_equal(b.total, n);
		}
	}
}

static void lengths(void **state)
{
	struct http_head h = chunked();
	struct http_body b;
	char out[16];
	size_t n, left;

	h.framing = HTTP_BODY_LENGTH;
	h.content_length = 3;
	http_body_init(&b, &h);
	assert_int_equal(run(&b, "abcdef", 6, 2, out, &n, &left), HTTP_DONE);
	assert_int_equal(n, 3);
	assert_int_equal(left, 3);
	http_body_init(&b, &h);
	assert_int_equal(run(&b, "ab", 2, 2, out, &n, &left), HTTP_MORE);
	assert_int_equal(http_body_eof(&b), HTTP_BAD);

	h.framing = HTTP_BODY_UNTIL_CLOSE;
	http_body_init(&b, &h);
	assert_int_equal(run(&b, "abc", 3, 1, out, &n, &left), HTTP_MORE);
	assert_int_equal(n, 3);
	assert_int_equal(http_body_eof(&b), HTTP_DONE);
}

/* A million one-byte chunks are fine; framing that is mostly extensions or trailers is not. */
static void proportion(void **state)
{
	static const char plain[] = "1\r\na\r\n";
	static const char padded[] = "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\na\r\n";
	struct http_head h = chunked();
	struct http_body b;
	char out[64], bomb[10];
	size_t n, left, i;
	enum http_parse r = HTTP_MORE;

	http_body_init(&b, &h);
	for (i = 0; i < 1000000; i++)
		assert_int_equal(run(&b, plain, strlen(plain), 64, out, &n, &left), HTTP_MORE);
	assert_int_equal(b.total, 1000000);

	http_body_init(&b, &h);
	for (i = 0; i < 10000 && r == HTTP_MORE; i++)
		r = run(&b, padded, strlen(padded), 64, out, &n, &left);
	assert_int_equal(r, HTTP_BAD);
	assert_int_equal(b.error, 400);

	http_body_init(&b, &h);
	assert_int_equal(run(&b, "0\r\n", 3, 3, out, &n, &left), HTTP_MORE);
	for (i = 0, r = HTTP_MORE; i < 10000 && r == HTTP_MORE; i++) {
		int len = snprintf(bomb, sizeof(bomb), "a%zu:\r\n", i);

		r = run(&b, bomb, (size_t)len, 64, out, &n, &left);
	}
	assert_int_equal(r, HTTP_BAD);
	assert_int_equal(b.error, 431);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks),
		cmocka_unit_test(lengths),
		cmocka_unit_test(proportion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
