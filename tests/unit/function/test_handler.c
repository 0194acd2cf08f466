// SPDX-License-Identifier: GPL-2.0-only
/* include/labctl/function.h: events read, answers written, Base64 both ways. */
#include "lib/test.h"

#include <jansson.h>
#include <labctl/function.h>

#include "base/cleanup.h"

static void test_base64(void **state)
{
	static const struct {
		const char *plain;
		const char *encoded;
	} rows[] = {/* RFC 4648, section 10 */
		    {"", ""},
		    {"f", "Zg=="},
		    {"fo", "Zm8="},
		    {"foo", "Zm9v"},
		    {"foob", "Zm9vYg=="},
		    {"fooba", "Zm9vYmE="},
		    {"foobar", "Zm9vYmFy"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct function_text t = {0};
		size_t len = strlen(rows[i].encoded);
		auto_free char *text = strdup(rows[i].encoded);

		assert_non_null(text);
		assert_int_equal(function_text_add_base64(&t, rows[i].plain, strlen(rows[i].plain)),
				 0);
		assert_int_equal(t.len, len + 2);
		assert_memory_equal(t.s + 1, rows[i].encoded, len);
		assert_int_equal(function_base64_decode(text, &len), 0);
		assert_int_equal(len, strlen(rows[i].plain));
		assert_string_equal(text, rows[i].plain);
		free(t.s);
	}
}

static void test_base64_refused(void **state)
{
	static const char *const rows[] = {"Zg=", "Z", "Zg==Zg==", "====", "Z===", "Zm9\n", "Zm9-"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i]);
		auto_free char *text = strdup(rows[i]);

		assert_non_null(text);
		assert_int_equal(function_base64_decode(text, &len), -1);
	}
}

static void test_every_byte_survives(void **state)
{
	char all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	for (size_t n = 250; n <= 256; n++) {
		struct function_text t = {0};
		size_t len;

		assert_int_equal(function_text_add_base64(&t, all, n), 0);
		len = t.len - 2;
		assert_int_equal(function_base64_decode(t.s + 1, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(t.s + 1, all, n);
		free(t.s);
	}
}

/* *copy: of the text, to be freed; exactly as long, so that a look beyond it is seen. */
static const char *read_event(const char *text, struct function_event *ev, char **copy)
{
	*copy = strdup(text);
	assert_non_null(*copy);
	return function_event_read(ev, *copy, strlen(text));
}

static void test_event(void **state)
{
	struct function_event ev;
	auto_free char *text = NULL;

	assert_null(read_event(
		" {\"path\": \"/users/7\", \"httpMethod\": \"PUT\","
		"\"headers\": {\"x-forwarded-FOR\": \"192.168.1.10\", \"N\": 1, \"E\": \"\"},"
		"\"other\": [{\"path\": \"}\"}, -1.5e3, null],"
		"\"queryParameters\": {\"size\": \"3\", \"\": \"4\"},"
		"\"pathParameters\": {\"id\": \"7\"},"
		"\"body\": \"Zm9vAGI=\", \"isBase64Encoded\": true}\n",
		&ev, &text));
	assert_string_equal(ev.path, "/users/7");
	assert_string_equal(ev.method, "PUT");
	assert_string_equal(function_event_header(&ev, "X-Forwarded-For"), "192.168.1.10");
	assert_string_equal(function_event_header(&ev, "e"), "");
	assert_null(function_event_header(&ev, "X-Nothing"));
	assert_null(function_event_header(&ev, "N"));
	assert_string_equal(function_event_query(&ev, "size"), "3");
	assert_string_equal(function_event_query(&ev, ""), "4");
	assert_null(function_event_query(&ev, "SIZE"));
	assert_string_equal(function_event_parameter(&ev, "id"), "7");
	assert_int_equal(ev.body_len, 5);
	assert_memory_equal(ev.body, "foo\0b", 6);
}

static void test_event_plain_or_without_body(void **state)
{
	struct function_event ev;
	auto_free char *text = NULL, *empty = NULL;

	assert_null(read_event("{\"body\": \"Zm9v\", \"isBase64Encoded\": false}", &ev, &text));
	assert_string_equal(ev.body, "Zm9v");
	assert_int_equal(ev.body_len, 4);
	assert_null(read_event("{}", &ev, &empty));
	assert_string_equal(ev.body, "");
	assert_int_equal(ev.body_len, 0);
	assert_null(ev.path);
	assert_null(function_event_header(&ev, "a"));
}

static void test_event_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"[",
		"[]",
		"{",
		"{\"",
		"{\"a",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":}",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":[",
		"{\"a\":[\"",
		"{\"a\":\"\\",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u00e\"}",
		"{\"a\":\"\\ud83d\"}",
		"{\"a\":\"\\ud83d\\u0041\"}",
		"{\"a\":\"\\udca9\"}",
		"{\"path\":\"",
		"{\"headers\":{\"a\":\"1",
		"{\"headers\":{\"a\":\"1\"",
		"{} x",
		"{\"body\": \"!\", \"isBase64Encoded\": true}",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct function_event ev;
		auto_free char *text = NULL;

		assert_non_null(read_event(rows[i], &ev, &text));
	}
}

static void test_escapes(void **state)
{
	static const struct {
		const char *json;
		const char *plain;
	} rows[] = {
		{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
		{"\\u0041\\u00e9\\u20ac\\uD83D\\ude00.", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80."},
		{"h\xc3\xa9", "h\xc3\xa9"},
		{"cut\\u0000X\\u0000Y", "cut"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct function_event ev;
		auto_free char *text = NULL;
		char event[200];

		snprintf(event, sizeof(event),
			 "{\"queryParameters\":{\"a\":\"%s\",\"b\\n\":\"2\"}}", rows[i].json);
		assert_null(read_event(event, &ev, &text));
		assert_string_equal(function_event_query(&ev, "a"), rows[i].plain);
		assert_string_equal(function_event_query(&ev, "b\n"), "2");
		assert_null(function_event_query(&ev, "X"));
	}
}

/* The gateway adds its own last. */
static void test_last_one_counts(void **state)
{
	struct function_event ev;
	auto_free char *text = NULL;
	const char *name = NULL, *value = NULL;
	size_t n = 0;

	assert_null(read_event("{\"headers\": {\"a\": \"1\", \"b\": [\"x\"], \"A\": \"2\"},"
			       "\"pathParameters\": {\"p\": \"1\", \"p\": \"2\"}}",
			       &ev, &text));
	assert_string_equal(function_event_header(&ev, "a"), "2");
	assert_string_equal(function_event_parameter(&ev, "p"), "2");
	while (function_pairs_next(&ev.headers, &name, &value))
		assert_string_equal(value, ++n == 1 ? "1" : "2");
	assert_int_equal(n, 2);
}

static void check_answer(const struct function_answer *out, const char *want)
{
	struct function_text t = {0};

	assert_int_equal(function_answer_add(&t, out), 0);
	assert_int_equal(t.len, strlen(want));
	assert_memory_equal(t.s, want, t.len);
	free(t.s);
}

static void test_answer(void **state)
{
	struct function_answer out = {.status = 201};

	check_answer(&out, "{\"isBase64Encoded\":false,\"statusCode\":201,\"body\":\"\"}");
	assert_int_equal(function_answer_header(&out, "A", "1"), 0);
	assert_int_equal(function_answer_header(&out, "B", "\"\x01\""), 0);
	assert_int_equal(function_answer_header(&out, "A", "2"), 0);
	assert_int_equal(function_answer_text(&out, "h\xc3\xa9\n"), 0);
	check_answer(&out, "{\"isBase64Encoded\":false,\"statusCode\":201,"
			   "\"headers\":{\"B\":\"\\\"\\u0001\\\"\",\"A\":\"2\"},"
			   "\"body\":\"h\xc3\xa9\\n\"}");
	assert_int_equal(function_answer_header(&out, "B", "\xff"), -1);
	assert_int_equal(function_answer_body(&out, "\xff\0", 2), 0);
	check_answer(&out, "{\"isBase64Encoded\":true,\"statusCode\":201,"
			   "\"headers\":{\"B\":\"\\\"\\u0001\\\"\",\"A\":\"2\"},"
			   "\"body\":\"/wA=\"}");
	free(out.headers.at);
	free(out.body);
}

static void test_text_or_not(void **state)
{
	static const struct {
		const char *bytes;
		bool text;
	} rows[] = {{"", true},
		    {"a\x7f", true},
		    {"\xc2\x80\xdf\xbf", true},
		    {"\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf", true},
		    {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true},
		    {"\x80", false},
		    {"\xc1\xbf", false},
		    {"\xc3", false},
		    {"\xe0\x9f\xbf", false},
		    {"\xed\xa0\x80", false},
		    {"\xe2\x82", false},
		    {"\xf0\x8f\xbf\xbf", false},
		    {"\xf4\x90\x80\x80", false},
		    {"\xf5\x80\x80\x80", false}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(function_is_text(rows[i].bytes, strlen(rows[i].bytes)),
				 rows[i].text);
}

static void test_large_answer(void **state)
{
	enum { SIZE = 300000 };
	struct function_answer out = {.status = 200, .body = malloc(SIZE), .body_len = SIZE};
	struct function_text text = {0};
	json_t *json;

	assert_non_null(out.body);
	for (size_t i = 0; i < SIZE; i++)
		out.body[i] = "a\0\"\\\n\x1f"[i % 6];
	assert_int_equal(function_answer_add(&text, &out), 0);
	json = json_loadb(text.s, text.len, JSON_ALLOW_NUL, NULL);
	assert_int_equal(json_string_length(json_object_get(json, "body")), SIZE);
	assert_memory_equal(json_string_value(json_object_get(json, "body")), out.body, SIZE);
	json_decref(json);
	free(text.s);
	free(out.body);
}

static int count(const struct function_event *ev, struct function_answer *out)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", ev->body_len);
	return ev->path ? function_answer_text(out, text) : -1;
}

/* As a process of its own: an event of any length, until its end. */
static void test_run_once(void **state)
{
	enum { SIZE = 100000 };
	auto_free char *event = malloc(SIZE + 100), *answer = NULL;
	auto_fclose FILE *from = NULL, *to = NULL;
	size_t len;

	assert_non_null(event);
	snprintf(event, SIZE + 100, "{\"path\":\"/\",\"body\":\"%0*d\"}", SIZE, 0);
	from = fmemopen(event, strlen(event), "r");
	to = open_memstream(&answer, &len);
	assert_int_equal(function_run_once(from, to, count), 0);
	assert_string_equal(answer,
			    "{\"isBase64Encoded\":false,\"statusCode\":200,\"body\":\"100000\"}");
	(void)fclose(from); /* only read */
	from = fmemopen((void *)"{}", 2, "r");
	assert_int_equal(function_run_once(from, to, count), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refused),
		cmocka_unit_test(test_every_byte_survives),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_plain_or_without_body),
		cmocka_unit_test(test_event_refused),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_last_one_counts),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_text_or_not),
		cmocka_unit_test(test_large_answer),
		cmocka_unit_test(test_run_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
