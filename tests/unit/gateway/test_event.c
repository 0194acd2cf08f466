// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/event.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "gateway/set.h"
#include "lib/test.h"

static const char *const params[] = {"id", "na\"me"};
static const struct http_slice values[] = {{"7%2F8", 5}, {"%E4", 3}};
static const struct http_header own[] = {{{"X-Own", 5}, {"o", 1}}};

static void write_event(struct strbuf *out, struct arena *a, const char *request, const char *body,
			size_t body_len)
{
	struct http_head h;

	http_head_init(&h);
	assert_int_equal(http_head_parse(&h, request, strlen(request)), HTTP_DONE);
	gateway_event_write(out, &(struct gateway_event){
					 .head = &h,
					 .path = h.path,
					 .body = {body, body_len},
					 .own = own,
					 .n_own = 1,
					 .names = params,
					 .values = values,
					 .n_values = 2,
					 .request_id = "REQ-1",
					 .client_ip = "192.168.1.10",
					 .protocol = "http",
					 .domain = {"d.example", 9},
					 .scratch = a,
				 });
}

static void golden(void **state)
{
	static const char request[] =
		"POST /users/7%2F8?a=1&b=x+y%21&a=2&empty&&e=%zz&=v HTTP/1.1\r\nHost: d.example:80\r\n"
		"User-Agent: curl/\"8\"\r\nX-Forwarded-For: 1.2.3.4\r\nX-Real-IP: 6.6.6.6\r\n"
		"x-ca-api-gateway: forged\r\nCA-Host: forged\r\nAccept: a\r\nCookie: c=1\r\n"
		"accept: b\r\ncookie: d=2\r\nConnection: x-hop\r\nX-Hop: dropped\r\nTE: trailers\r\n"
		"Content-Type: text/plain\r\nX-Latin: \xe4\r\nX-Utf: \xc3\xa4\r\nContent-Length: 5\r\n\r\n";
	static const char expected[] =
		"{\"path\":\"/users/7%2F8\",\"httpMethod\":\"POST\",\"headers\":{"
		"\"User-Agent\":\"curl/\\\"8\\\"\",\"Accept\":\"a, b\",\"Cookie\":\"c=1; d=2\","
		"\"Content-Type\":\"text/plain\",\"X-Latin\":\"\xc3\xa4\",\"X-Utf\":\"\xc3\xa4\","
		"\"X-Own\":\"o\",\"X-Ca-Api-Gateway\":\"REQ-1\",\"X-Forwarded-For\":\"1.2.3.4, 192.168.1.10\","
		"\"X-Forwarded-Proto\":\"http\",\"X-Real-IP\":\"192.168.1.10\","
		"\"CA-Host\":\"d.example\"},"
		"\"queryParameters\":{\"a\":\"1\",\"b\":\"x y!\",\"empty\":\"\",\"e\":\"%zz\",\"\":\"v\"},"
		"\"pathParameters\":{\"id\":\"7/8\",\"na\\\"me\":\"%E4\"},"
		"\"body\":\"aABsbG8=\",\"isBase64Encoded\":true}";
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf out = {0};
	json_t *j;

	write_event(&out, a, request, "h\0llo", 5);
	assert_string_equal(out.s, expected);
	j = json_loadb(out.s, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	json_decref(j);
}

/* What a plug-in sets stands in place of the API's own header, and of a client's. */
static void sets_come_first(void **state)
{
	static const char request[] =
		"GET /?x=1&AppCode=c HTTP/1.1\r\nHost: h\r\nX_Own: forged\r\n\r\n";
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf out = {0}, none = {0};
	const struct gateway_set *sets = NULL;
	struct http_head h;
	struct gateway_event ev = {.head = &h, .own = own, .n_own = 1, .scratch = a};

	http_head_init(&h);
	assert_int_equal(http_head_parse(&h, request, strlen(request)), HTTP_DONE);
	ev.request_id = ev.client_ip = ev.protocol = "-";
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_HEAD, "x-own", "set"));
	ev.sets = sets;
	gateway_event_write(&out, &ev);
	assert_non_null(strstr(out.s, "\"headers\":{\"x-own\":\"set\",\"X-Ca-Api-Gateway\":"));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_HEAD, "x-own", NULL));
	assert_true(gateway_set_add(a, &sets, GATEWAY_IN_QUERY, "AppCode", NULL));
	ev.sets = sets;
	gateway_event_write(&none, &ev);
	assert_non_null(strstr(none.s, "\"headers\":{\"X-Ca-Api-Gateway\":"));
	assert_non_null(strstr(none.s, "\"queryParameters\":{\"x\":\"1\"},"));
}

static void nothing_sent(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf out = {0};

	write_event(&out, a, "GET / HTTP/1.0\r\n\r\n", NULL, 0);
	assert_non_null(strstr(out.s, "\"X-Forwarded-For\":\"192.168.1.10\""));
	assert_non_null(strstr(out.s, "\"queryParameters\":{},"));
	assert_non_null(strstr(out.s, "\"body\":\"\",\"isBase64Encoded\":true}"));
}

/* A body that is longer than the encoder's piece, and not a multiple of three. */
static void long_body(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf out = {0};
	auto_free char *body = calloc(1, 10000);
	json_t *j;

	write_event(&out, a, "GET / HTTP/1.0\r\n\r\n", body, 10000);
	j = json_loadb(out.s, out.len, 0, NULL);
	assert_int_equal(json_string_length(json_object_get(j, "body")), 13336);
	json_decref(j);
}

/* Thousands of different names: time must not grow with their square. */
static void many_parameters(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf request = {0}, out = {0};
	json_t *j;

	strbuf_add(&request, "GET /?");
	for (int i = 0; request.len < 8000; i++)
		strbuf_printf(&request, "%x&", i);
	strbuf_add(&request, " HTTP/1.1\r\nHost: x\r\n\r\n");
	write_event(&out, a, request.s, NULL, 0);
	j = json_loadb(out.s, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_object_size(json_object_get(j, "queryParameters")) > 1800);
	json_decref(j);
}

static void answers(void **state)
{
	static const struct {
		const char *text;
		int status;                /* 0: refused */
		const char *body, *header; /* "Name: value" of the first that is left */
	} rows[] = {
		{"{\"statusCode\":200,\"body\":\"hi\",\"isBase64Encoded\":false}", 200, "hi", NULL},
		{"{\"statusCode\":\"404\"}", 404, "", NULL},
		{"{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":true}", 200, "hi",
		 NULL},
		{"{\"statusCode\":200,\"body\":\"\",\"isBase64Encoded\":true}", 200, "", NULL},
		{"{\"statusCode\":200,\"body\":null,\"headers\":null}", 200, "", NULL},
		{"{\"statusCode\":200,\"headers\":{\"A\":\"b\"}}", 200, "", "A: b"},
		{"{\"statusCode\":200,\"headers\":{\"A\":7}}", 200, "", "A: 7"},
		{"{\"statusCode\":200,\"headers\":{\"A\":true}}", 200, "", "A: true"},
		{"{\"statusCode\":200,\"headers\":{\"A\":[\"b\",\"c\"]}}", 200, "", "A: b"},
		{"{\"statusCode\":200,\"headers\":{\"content-length\":\"9\",\"Connection\":\"B\","
		 "\"B\":\"x\",\"Transfer-Encoding\":\"chunked\",\"X-Ca-Request-Id\":\"y\",\"C\":\"d\"}}",
		 200, "", "C: d"},

		{"", 0, NULL, NULL},
		{"hello", 0, NULL, NULL},
		{"\"hello\"", 0, NULL, NULL},
		{"[]", 0, NULL, NULL},
		{"{}", 0, NULL, NULL},
		{"{\"statusCode\":200} x", 0, NULL, NULL},
		{"{\"statusCode\":200,\"statusCode\":201}", 0, NULL, NULL},
		{"{\"statusCode\":\"abc\"}", 0, NULL, NULL},
		{"{\"statusCode\":\"0200\"}", 0, NULL, NULL},
		{"{\"statusCode\":200.5}", 0, NULL, NULL},
		{"{\"statusCode\":101}", 0, NULL, NULL},
		{"{\"statusCode\":600}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"body\":7}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"body\":{}}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"body\":\"h!\",\"isBase64Encoded\":true}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"isBase64Encoded\":\"yes\"}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"headers\":[]}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"headers\":{\"A\":{}}}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"headers\":{\"A\":\"b\\r\\nC: d\"}}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"headers\":{\"A b\":\"c\"}}", 0, NULL, NULL},
		{"{\"statusCode\":200,\"headers\":{\"\":\"c\"}}", 0, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		struct gateway_answer answer;
		const char *why = gateway_answer_read(a, rows[i].text, strlen(rows[i].text),
						      &answer);

		if ((why == NULL) != (rows[i].status != 0))
			fail_msg("%s: %s", rows[i].text, why ? why : "accepted");
		if (why)
			continue;
		assert_int_equal(answer.status, rows[i].status);
		assert_true(http_slice_equal(answer.body, http_slice(rows[i].body)));
		if (rows[i].header) {
			assert_true(answer.n_headers > 0);
			assert_string_equal(arena_printf(a, "%.*s: %.*s",
							 (int)answer.headers[0].name.n,
							 answer.headers[0].name.p,
							 (int)answer.headers[0].value.n,
							 answer.headers[0].value.p),
					    rows[i].header);
		} else {
			assert_int_equal(answer.n_headers, 0);
		}
		free(answer.free_body);
		json_decref(answer.root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),    cmocka_unit_test(nothing_sent),
		cmocka_unit_test(long_body), cmocka_unit_test(many_parameters),
		cmocka_unit_test(answers),   cmocka_unit_test(sets_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
