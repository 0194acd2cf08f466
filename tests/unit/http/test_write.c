// SPDX-License-Identifier: GPL-2.0-only
#include "http/write.h"

#include "http/chars.h"
#include "http/head.h"
#include "lib/test.h"

static void a_response_reads_back(void **state)
{
	char buf[256];
	struct http_writer w = http_writer(buf, sizeof(buf));
	struct http_head h;

	http_write_status_line(&w, 404);
	http_write_header(&w, http_slice("X-A"), http_slice("b c"));
	http_write_header(&w, http_slice("Empty"), http_slice(""));
	http_write_length(&w, 12);
	assert_true(http_write_end(&w));
	http_head_init_response(&h, false);
	assert_int_equal(http_head_parse(&h, buf, w.len), HTTP_DONE);
	assert_int_equal(h.size, w.len);
	assert_int_equal(h.status, 404);
	assert_true(http_slice_is(h.reason, "Not Found"));
	assert_int_equal(h.content_length, 12);
	assert_true(http_slice_is(http_head_get(&h, "x-a"), "b c"));
}

static void a_request_reads_back(void **state)
{
	char buf[256];
	struct http_writer w = http_writer(buf, sizeof(buf));
	struct http_head h;

	http_write_request_line(&w, http_slice("POST"), http_slice("/invoke"));
	http_write_header(&w, http_slice("Host"), http_slice("1.2.3.4:9000"));
	assert_true(http_write_end(&w));
	http_head_init(&h);
	assert_int_equal(http_head_parse(&h, buf, w.len), HTTP_DONE);
	assert_true(http_slice_is(h.path, "/invoke"));
}

static void lines_of_another_writer(void **state)
{
	char buf[64], lines[64];
	struct http_writer w = http_writer(buf, sizeof(buf)), l = http_writer(lines, sizeof(lines));

	http_write_header(&l, http_slice("A"), http_slice("1"));
	http_write_header(&l, http_slice("B"), http_slice("2"));
	http_write_status_line(&w, 200);
	http_write_lines(&w, &l);
	http_write_lines(&w, &l);
	assert_true(http_write_end(&w));
	assert_int_equal(w.len, 43);
	assert_memory_equal(buf, "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nA: 1\r\nB: 2\r\n\r\n", 43);

	w = http_writer(buf, 16 + l.len);
	http_write_status_line(&w, 200);
	http_write_lines(&w, &l);
	assert_false(http_write_end(&w)); /* one byte too long */

	w = http_writer(buf, sizeof(buf));
	http_write_header(&l, http_slice("C"), http_slice("\n"));
	http_write_lines(&w, &l);
	assert_false(http_write_end(&w));
}

static void nothing_ends_a_line_early(void **state)
{
	static const struct http_header bad[] = {
		{{"X", 1}, {"a\r\nY: b", 7}}, {{"X", 1}, {"a\n", 2}},  {{"X", 1}, {"\0", 1}},
		{{"X Y", 3}, {"a", 1}},       {{"X:", 2}, {"a", 1}},   {{"", 0}, {"a", 1}},
		{{"X\r\nY", 4}, {"a", 1}},    {{"X", 1}, {"\x7f", 1}},
	};
	char buf[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct http_writer w = http_writer(buf, sizeof(buf));

		http_write_status_line(&w, 200);
		http_write_header(&w, bad[i].name, bad[i].value);
		if (http_write_end(&w))
			fail_msg("row %zu was written", i);
	}
	for (size_t room = 0; room < 19; room++) {
		struct http_writer w = http_writer(buf, room);

		http_write_status_line(&w, 200); /* 17 bytes, and 2 for the end */
		assert_false(http_write_end(&w));
		assert_true(w.len <= room);
	}
	struct http_writer w = http_writer(buf, sizeof(buf));

	http_write_request_line(&w, http_slice("GET"), http_slice("/a b"));
	assert_false(http_write_end(&w));
}

/* Eight bytes at a time, or one by one: each byte, at each place of each length around that. */
static void values_are_looked_at_whole(void **state)
{
	char text[20];

	for (size_t n = 1; n <= sizeof(text); n++) {
		for (size_t at = 0; at < n; at++) {
			for (int c = 0; c < 256; c++) {
				memset(text, 'v', n);
				text[at] = (char)c;
				if (http_is_value(text, n) != http_is_value_char((unsigned char)c))
					fail_msg("byte %d at %zu of %zu", c, at, n);
			}
		}
	}
	memset(text, '\t', sizeof(text));
	assert_true(http_is_value(text, sizeof(text)));
	text[sizeof(text) - 1] = '\n';
	assert_false(http_is_value(text, sizeof(text)));
	assert_true(http_is_value(text, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_response_reads_back),
		cmocka_unit_test(a_request_reads_back),
		cmocka_unit_test(lines_of_another_writer),
		cmocka_unit_test(nothing_ends_a_line_early),
		cmocka_unit_test(values_are_looked_at_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
