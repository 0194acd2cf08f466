// SPDX-License-Identifier: GPL-2.0-only
/* include/labctl/function.h: events read, answers written, Base64 both ways. */
#include "lib/test.h"

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
		size_t len = 99;
		auto_free char *encoded = function_base64_encode(rows[i].plain,
								 strlen(rows[i].plain));
		auto_free char *plain = function_base64_decode(rows[i].encoded,
							       strlen(rows[i].encoded), &len);

		assert_string_equal(encoded, rows[i].encoded);
		assert_non_null(plain);
		assert_int_equal(len, strlen(rows[i].plain));
		assert_string_equal(plain, rows[i].plain);
	}
}

static void test_base64_refused(void **state)
{
	static const char *const rows[] = {"Zg=", "Z", "Zg==Zg==", "====", "Z===", "Zm9\n", "Zm9-"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len;

		assert_null(function_base64_decode(rows[i], strlen(rows[i]), &len));
	}
}

static void test_every_byte_survives(void **state)
{
	unsigned char all[256];
	size_t len;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	for (size_t n = 250; n <= 256; n++) {
		auto_free char *encoded = function_base64_encode(all, n);
		auto_free char *plain = function_base64_decode(encoded, strlen(encoded), &len);

		assert_int_equal(len, n);
		assert_memory_equal(plain, all, n);
	}
}

static int read_event(const char *text, struct function_event *ev, char **body)
{
	auto_fclose FILE *f = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(f);
	return function_event_read(f, ev, body);
}

static void test_event(void **state)
{
	struct function_event ev = {0};
	auto_free char *body = NULL;

	assert_int_equal(
		read_event(
			"{\"path\": \"/users/7\", \"httpMethod\": \"PUT\","
			"\"headers\": {\"x-forwarded-FOR\": \"192.168.1.10\", \"N\": 1},"
			"\"queryParameters\": {\"size\": \"3\"}, \"pathParameters\": {\"id\": \"7\"},"
			"\"body\": \"Zm9vAGI=\", \"isBase64Encoded\": true}",
			&ev, &body),
		0);
	assert_string_equal(ev.path, "/users/7");
	assert_string_equal(ev.method, "PUT");
	assert_string_equal(function_event_header(&ev, "X-Forwarded-For"), "192.168.1.10");
	assert_null(function_event_header(&ev, "X-Nothing"));
	assert_null(function_event_header(&ev, "N"));
	assert_string_equal(function_event_query(&ev, "size"), "3");
	assert_null(function_event_query(&ev, "SIZE"));
	assert_string_equal(function_event_parameter(&ev, "id"), "7");
	assert_int_equal(ev.body_len, 5);
	assert_memory_equal(ev.body, "foo\0b", 5);
	json_decref(ev.json);
}

static void test_event_plain_or_without_body(void **state)
{
	struct function_event ev = {0}, none = {0};
	auto_free char *body = NULL;

	assert_int_equal(read_event("{\"body\": \"Zm9v\", \"isBase64Encoded\": false}", &ev, &body),
			 0);
	assert_string_equal(ev.body, "Zm9v");
	json_decref(ev.json);
	assert_int_equal(read_event("{}", &none, &body), 0);
	assert_string_equal(none.body, "");
	assert_int_equal(none.body_len, 0);
	assert_null(none.path);
	assert_null(function_event_header(&none, "a"));
	json_decref(none.json);
}

static void test_event_refused(void **state)
{
	static const char *const rows[] = {"[", "[]", "{\"a\":", "{} x",
					   "{\"body\": \"!\", \"isBase64Encoded\": true}"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct function_event ev = {0};
		auto_free char *body = NULL;

		assert_int_equal(read_event(rows[i], &ev, &body), -1);
		json_decref(ev.json);
	}
}

static void check_answer(const struct function_answer *out, const char *want)
{
	auto_free char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(function_answer_write(f, out), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, want);
}

static void test_answer(void **state)
{
	struct function_answer out = {.status = 201};

	check_answer(&out, "{\"isBase64Encoded\":false,\"statusCode\":201,\"body\":\"\"}");
	assert_int_equal(function_answer_header(&out, "A", "1"), 0);
	assert_int_equal(function_answer_header(&out, "A", "2"), 0);
	assert_int_equal(function_answer_text(&out, "h\xc3\xa9\n"), 0);
	check_answer(&out,
		     "{\"isBase64Encoded\":false,\"statusCode\":201,\"headers\":{\"A\":\"2\"},"
		     "\"body\":\"h\xc3\xa9\\n\"}");
	assert_int_equal(function_answer_body(&out, "\xff\0", 2), 0);
	check_answer(&out, "{\"isBase64Encoded\":true,\"statusCode\":201,\"headers\":{\"A\":\"2\"},"
			   "\"body\":\"/wA=\"}");
	free(out.body);
	json_decref(out.headers);
}

static void test_large_answer(void **state)
{
	enum { SIZE = 300000 };
	struct function_answer out = {.status = 200, .body = malloc(SIZE), .body_len = SIZE};
	struct function_text text = {0};
	json_t *json;

	assert_non_null(out.body);
	for (size_t i = 0; i < SIZE; i++)
		out.body[i] = "a\0\"\\\n"[i % 5];
	assert_int_equal(function_answer_add(&text, &out), 0);
	json = json_loadb(text.s, text.len, JSON_ALLOW_NUL, NULL);
	assert_int_equal(json_string_length(json_object_get(json, "body")), SIZE);
	assert_memory_equal(json_string_value(json_object_get(json, "body")), out.body, SIZE);
	json_decref(json);
	free(text.s);
	free(out.body);
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
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_large_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
