// SPDX-License-Identifier: GPL-2.0-only
/* Apps at the whole gateway: who is let in, and what the others are told. */
#include <time.h>

#include "gateway/auth.h"
#include "gateway/nonce.h"
#include "sign/sign.h"
#include "unit/gateway/running.h"

#define KEY    "203753385"
#define SECRET "lab-app-secret"
#define CODE   "code-1"

#define AUTH(nonce, code, apps) \
	"\"auth\":{\"nonce\":" nonce ",\"app_code\":\"" code "\",\"apps\":[" apps "]},"
#define ONE "{\"app\":\"app-1\",\"stages\":[\"RELEASE\"]}"

static const char *const apis[] = {
	TEST_API("hello", "ANY", "/hello", TEST_OPEN AUTH("false", "HEADER", ONE) TEST_MOCK),
	TEST_API("forced", "GET", "/forced", TEST_OPEN AUTH("true", "DISABLE", ONE) TEST_MOCK),
	TEST_API("query", "GET", "/query", TEST_OPEN AUTH("false", "HEADER_QUERY", ONE) TEST_MOCK),
	TEST_API("nobody", "GET", "/nobody", TEST_OPEN AUTH("false", "HEADER", "") TEST_MOCK),
	TEST_API("open", "GET", "/open", TEST_OPEN TEST_MOCK),
};

static const char more[] =
	",\"state\":\"state\",\"public_daily_calls\":1000,\"apps\":["
	"{\"name\":\"app-2\",\"id\":\"2\",\"key\":\"9\",\"secret\":\"s\",\"code\":\"code-2\"},"
	"{\"name\":\"app-1\",\"id\":\"1\",\"key\":\"" KEY "\",\"secret\":\"" SECRET
	"\",\"code\":\"" CODE "\"}]";

static int open_gateway(void **state)
{
	return test_gateway_up(state, apis, ARRAY_LEN(apis), more);
}

/* "200 " or "403 A403IS" */
static const char *outcome(struct test_gateway *g, const char *request)
{
	auto_free char *got = test_roundtrip(g->loop, g->port[0], request);

	return arena_printf(g->a, "%.3s %s", got + 9, test_header(g, got, "X-Ca-Error-Code"));
}

static const char *now_ms(struct test_gateway *g, long minutes)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return arena_printf(g->a, "%lld", ((long long)ts.tv_sec + minutes * 60) * 1000);
}

/* A signed request. body: JSON, or NULL; target: with its query. */
static const char *signed_call(struct test_gateway *g, const char *target, const char *timestamp,
			       const char *nonce, const char *body)
{
	const struct http_header type = {http_slice("Content-Type"),
					 http_slice("application/json")};
	struct sign_request r = {.method = http_slice(body ? "POST" : "GET"),
				 .headers = &type,
				 .n_headers = body ? 1 : 0};
	const struct http_slice content = http_slice(body ? body : "");
	struct sign_headers s;
	const char *out;

	sign_target(target, &r.path, &r.query);
	s = sign_call(g->a, &r, content, KEY, SECRET, timestamp, nonce);
	assert_non_null(s.text);
	out = arena_printf(g->a, "%s %s HTTP/1.1" TEST_HOST, body ? "POST" : "GET", target);
	for (size_t i = 0; i < s.n; i++)
		out = arena_printf(g->a, "%s%.*s: %.*s\r\n", out, (int)s.list[i].name.n,
				   s.list[i].name.p, (int)s.list[i].value.n, s.list[i].value.p);
	if (body)
		out = arena_printf(g->a,
				   "%sContent-Type: application/json\r\nContent-Length: %zu\r\n",
				   out, content.n);
	return arena_printf(g->a, "%s\r\n%s", out, content.p);
}

static void who_is_let_in(void **state)
{
	static const struct {
		const char *request, *outcome;
	} rows[] = {
		{"GET /open HTTP/1.1" TEST_HOST "\r\n", "200 "},
		{"GET /hello HTTP/1.1" TEST_HOST "\r\n", "400 A400MA"},
		{"GET /hello HTTP/1.1" TEST_HOST "Authorization: Basic eA==\r\n\r\n", "400 A400MA"},
		{"GET /hello HTTP/1.1" TEST_HOST "Authorization: APPCODE " CODE "\r\n\r\n", "200 "},
		{"GET /hello HTTP/1.1" TEST_HOST "Authorization: appcode   " CODE "\r\n\r\n",
		 "200 "},
		{"GET /hello HTTP/1.1" TEST_HOST "Authorization: APPCODE code\r\n\r\n",
		 "400 A400AC"},
		{"GET /hello HTTP/1.1" TEST_HOST "Authorization: APPCODE code-2\r\n\r\n",
		 "403 I403AA"},
		{"GET /nobody HTTP/1.1" TEST_HOST "Authorization: APPCODE " CODE "\r\n\r\n",
		 "403 I403AA"},
		{"GET /hello?AppCode=" CODE " HTTP/1.1" TEST_HOST "\r\n", "400 A400MA"},
		{"GET /query?x&AppCode=code%2D1&y HTTP/1.1" TEST_HOST "\r\n", "200 "},
		{"GET /query?AppCode=code-3 HTTP/1.1" TEST_HOST "\r\n", "400 A400AC"},
		{"GET /forced HTTP/1.1" TEST_HOST "Authorization: APPCODE " CODE "\r\n\r\n",
		 "400 A400MA"},
		{"GET /hello HTTP/1.1" TEST_HOST "X-Ca-Key: 1\r\n\r\n", "400 A400IK"},
		{"GET /hello HTTP/1.1" TEST_HOST "X-Ca-Key: " KEY "\r\n\r\n", "400 I400MH"},
		{"GET /hello HTTP/1.1" TEST_HOST "X-Ca-Key: " KEY
		 "\r\nX-Ca-Signature: x\r\nX-Ca-Signature-Method: MD5\r\n\r\n",
		 "400 I400HD"},
		{"GET /forced HTTP/1.1" TEST_HOST "X-Ca-Key: " KEY "\r\n\r\n", "400 I400MH"},
		/* the vector of the documentation */
		{"GET /hello HTTP/1.1" TEST_HOST "Accept: application/json\r\nX-Ca-Key: " KEY
		 "\r\nX-Ca-Signature-Headers: X-Ca-Key\r\nX-Ca-Signature: "
		 "U1flrld18inbyrpMHVuZfAn06shtRKcaHek2GxKhZTE=\r\n\r\n",
		 "200 "},
		{"GET /hello HTTP/1.1" TEST_HOST "Accept: application/xml\r\nX-Ca-Key: " KEY
		 "\r\nX-Ca-Signature-Headers: X-Ca-Key\r\nX-Ca-Signature: "
		 "U1flrld18inbyrpMHVuZfAn06shtRKcaHek2GxKhZTE=\r\n\r\n",
		 "403 A403IS"},
	};
	struct test_gateway *g = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = outcome(g, rows[i].request);

		if (strcmp(got, rows[i].outcome) != 0)
			fail_msg("%s: %s", rows[i].request, got);
	}
}

static void the_echo_is_the_text_in_one_line(void **state)
{
	struct test_gateway *g = *state;
	auto_free char *got = test_roundtrip(
		g->loop, g->port[0],
		"GET /hello?a=%0d%0aX:1 HTTP/1.1" TEST_HOST "Accept: a\r\nX-Ca-Key: " KEY
		"\r\nX-Ca-Signature-Headers: X-Ca-Key\r\nX-Ca-Signature: x\r\n\r\n");

	assert_string_equal(test_header(g, got, "X-Ca-Error-Message"),
			    "Invalid Signature, Server StringToSign:`GET#a####X-Ca-Key:" KEY
			    "#/hello?a=?#X:1`");
}

static void signed_calls(void **state)
{
	struct test_gateway *g = *state;
	json_t *line;

	assert_string_equal(
		outcome(g, signed_call(g, "/hello?b=2&a=1%41", now_ms(g, 0), "n-1", NULL)), "200 ");
	line = test_gateway_line(g);
	assert_string_equal(json_string_value(json_object_get(line, "appName")), "app-1");
	assert_string_equal(json_string_value(json_object_get(line, "appId")), "1");
	json_decref(line);
	assert_string_equal(outcome(g, signed_call(g, "/forced", now_ms(g, 0), "n-2", NULL)),
			    "200 ");
	assert_string_equal(outcome(g, signed_call(g, "/hello", now_ms(g, 0), "n-3", "{}")),
			    "200 ");
}

static void a_body_is_what_was_signed(void **state)
{
	struct test_gateway *g = *state;
	char *request = arena_strdup(g->a, signed_call(g, "/hello", now_ms(g, 0), "n-4", "{}"));

	request[strlen(request) - 1] = ']';
	assert_string_equal(outcome(g, request), "400 I400I5");
}

static void a_call_is_fresh(void **state)
{
	struct test_gateway *g = *state;
	const char *again = signed_call(g, "/hello", now_ms(g, 0), "n-5", NULL);

	assert_string_equal(outcome(g, again), "200 ");
	assert_string_equal(outcome(g, again), "403 S403NU");
	assert_string_equal(outcome(g, signed_call(g, "/hello", now_ms(g, -16), "n-6", NULL)),
			    "403 S403TE");
	assert_string_equal(outcome(g, signed_call(g, "/hello", now_ms(g, 16), "n-7", NULL)),
			    "403 S403TE");
	assert_string_equal(outcome(g, signed_call(g, "/hello", now_ms(g, 14), "n-8", NULL)),
			    "200 ");
	assert_string_equal(outcome(g, signed_call(g, "/hello", "1e3", "n-9", NULL)), "400 I400HD");
}

/* A nonce comes back after 15 minutes; a full set forgets the oldest one. */
static void nonces_are_remembered(void **state)
{
	static uint64_t memory[GATEWAY_MEMORY / sizeof(uint64_t)];
	const time_t now = 1700000000;

	assert_true(gateway_nonce_take(memory, 7, now));
	assert_false(gateway_nonce_take(memory, 7, now));
	assert_false(gateway_nonce_take(memory, 7, now + 14 * 60));
	assert_true(gateway_nonce_take(memory, 7, now + 17 * 60));
	for (uint64_t i = 1; i <= GATEWAY_NONCE_WAYS; i++)
		assert_true(gateway_nonce_take(memory, 7 + i * GATEWAY_NONCE_SETS, now + 18 * 60));
	assert_true(gateway_nonce_take(memory, 7, now + 18 * 60));
	assert_true(gateway_nonce_take(memory, 8, now + 18 * 60));
}

static void bad_configurations(void **state)
{
	static const struct {
		const char *api, *more;
	} rows[] = {
		{TEST_API("a", "GET", "/a", TEST_OPEN AUTH("false", "HEADER", ONE) TEST_MOCK), ""},
		{TEST_API("a", "GET", "/a", TEST_OPEN AUTH("false", "COOKIE", "") TEST_MOCK), ""},
		{TEST_API("a", "GET", "/a", TEST_OPEN AUTH("1", "HEADER", "") TEST_MOCK), ""},
		{TEST_API("a", "GET", "/a", TEST_OPEN TEST_MOCK), ",\"apps\":{}"},
		{TEST_API("a", "GET", "/a", TEST_OPEN TEST_MOCK),
		 ",\"apps\":[{\"name\":\"x\",\"id\":\"1\",\"key\":\"a b\",\"secret\":\"s\","
		 "\"code\":\"c\"}]"},
		{TEST_API("a", "GET", "/a", TEST_OPEN TEST_MOCK),
		 ",\"apps\":[{\"name\":\"x\",\"id\":\"1\",\"key\":\"k\",\"secret\":\"s\",\"code\":\"c\"},"
		 "{\"name\":\"y\",\"id\":\"2\",\"key\":\"k\",\"secret\":\"s\",\"code\":\"d\"}]"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *text = test_config_with(rows[i].api, TEST_LISTENER("vip-80"),
							rows[i].more);
		auto_error struct lab_error *err = NULL;

		if (gateway_config_read(a, text, strlen(text), &err))
			fail_msg("row %zu was read", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_let_in, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(the_echo_is_the_text_in_one_line, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(signed_calls, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(a_body_is_what_was_signed, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(a_call_is_fresh, open_gateway, test_gateway_down),
		cmocka_unit_test(nonces_are_remembered),
		cmocka_unit_test(bad_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
