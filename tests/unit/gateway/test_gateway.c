// SPDX-License-Identifier: GPL-2.0-only
/* The whole gateway on loopback, with a function service of our own behind it, in one loop. */
#include "gateway/gateway.h"

#include <time.h>

#include "httpd/httpd.h"
#include "unit/gateway/running.h"

struct fixture {
	struct test_gateway g;
	struct httpd *functions;
	int function_socket;
	uint16_t function_port;
	struct strbuf event; /* the last one that the functions got */
	int n_invoked;
};

/* The fake service: what it answers is the body of the request that the event carries. */
static void on_invoke(struct httpd_request *r, void *arg)
{
	struct fixture *f = arg;
	json_t *event = json_loadb(r->body.p, r->body.n, JSON_REJECT_DUPLICATES, NULL);
	const char *path = arena_strdup(f->g.a, json_string_value(json_object_get(event, "path")));
	struct http_header type = {http_slice("x-fc-error-type"),
				   http_slice("FunctionUnhandledError")};
	struct httpd_answer a = {.status = 200};

	f->n_invoked++;
	strbuf_trunc(&f->event, 0);
	strbuf_addn(&f->event, r->body.p, r->body.n);
	assert_true(http_slice_is(r->head->method, "POST"));
	assert_true(http_slice_is(r->head->path, "/invoke"));
	assert_true(
		http_slice_is(http_head_get(r->head, "content-type"), "application/octet-stream"));
	assert_int_equal(http_head_get(r->head, "x-fc-request-id").n, 36);
	assert_true(http_slice_is(http_head_get(r->head, "x-fc-function-name"), "f"));
	json_decref(event);
	if (strcmp(path, "/hang") == 0)
		return;
	if (strcmp(path, "/ok") == 0)
		a.body = http_slice(
			"{\"statusCode\":\"201\",\"headers\":{\"X-Fn\":\"yes\",\"Connection\":"
			"\"close\",\"Content-Length\":\"999\"},\"body\":\"aGVsbG8=\","
			"\"isBase64Encoded\":true}");
	else if (strcmp(path, "/not-json") == 0)
		a.body = http_slice("hello");
	if (strcmp(path, "/crash") == 0 || strcmp(path, "/slow-function") == 0) {
		a.status = strcmp(path, "/crash") == 0 ? 502 : 504;
		a.headers = &type;
		a.n_headers = 1;
		if (a.status == 504)
			type.value = http_slice("FunctionTimeout");
	}
	if (strcmp(path, "/large") == 0) {
		a.body.n = (6u << 20) + 1;
		a.body.p = a.free_body = calloc(1, a.body.n);
	}
	assert_int_equal(httpd_respond(r, &a), 0);
}

#define CALLS(name, method, path, timeout, role) \
	TEST_API(name, method, path,             \
		 TEST_OPEN TEST_CALLS ",\"port\":PORT,\"timeout_ms\":" timeout role)

static const char *const apis[] = {
	CALLS("ok", "POST", "/ok", "5000", TEST_ROLE),
	CALLS("not-json", "GET", "/not-json", "5000", TEST_ROLE),
	CALLS("crash", "GET", "/crash", "5000", TEST_ROLE),
	CALLS("slow-function", "GET", "/slow-function", "5000", TEST_ROLE),
	CALLS("large", "GET", "/large", "5000", TEST_ROLE),
	CALLS("hang", "GET", "/hang", "30", TEST_ROLE),
	CALLS("denied", "GET", "/denied", "5000", "}"),
	TEST_API("refused", "GET", "/refused",
		 TEST_OPEN TEST_CALLS ",\"port\":1,\"timeout_ms\":5000" TEST_ROLE),
	TEST_API("mock", "ANY", "/mock/[x]", TEST_OPEN TEST_MOCK),
	TEST_API("https", "GET", "/https",
		 "\"protocol\":[\"HTTPS\"],\"stages\":[\"RELEASE\"]," TEST_MOCK),
};

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	auto_free char *text = NULL;
	const char *port;

	test_gateway_init(&f->g);
	f->function_socket = test_listen(&f->function_port);
	f->functions = httpd_new(f->g.loop, &(struct httpd_options){.body_limit = 64u << 20},
				 &(struct httpd_handler){.on_request = on_invoke, .arg = f});
	assert_int_equal(httpd_listen(f->functions, f->function_socket, NULL, NULL), 0);
	port = arena_printf(f->g.a, "%u", f->function_port);
	text = test_config_with(
		test_replace(f->g.a, test_join(f->g.a, apis, ARRAY_LEN(apis)), "PORT", port),
		TEST_LISTENER("vip-80") "," TEST_LISTENER("public-80"),
		",\"state\":\"state\",\"public_daily_calls\":3");
	test_gateway_serve(&f->g, text);
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	httpd_free(f->functions);
	test_gateway_done(&f->g);
	strbuf_done(&f->event);
	close(f->function_socket);
	free(f);
	return 0;
}

static bool is_request_id(const char *s)
{
	if (strlen(s) != 36 || strspn(s, "0123456789ABCDEF-") != 36)
		return false;
	return s[8] == '-' && s[13] == '-' && s[14] == '4' && s[18] == '-' && s[23] == '-';
}

static void error_table(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *code, *message; /* NULL: any message that is not empty */
		const char *logged;         /* path of the log line; NULL: not looked at */
	} rows[] = {
		{"GET /mock/1 HTTP/1.1" TEST_HOST "\r\n", 200, "", "", "/mock/1"},
		{"GET /mock/%41?x=y HTTP/1.1" TEST_HOST "\r\n", 200, "", "", "/mock/A"},
		{"POST /ok HTTP/1.1" TEST_HOST "Content-Length: 2\r\n\r\nhi", 201, "", "", "/ok"},
		{"GET /mock/1 HTTP/1.1\r\nHost: 172.16.1.10:80\r\n\r\n", 404, "I404DO",
		 "Invalid Domain `172.16.1.10`", "/mock/1"},
		{"GET /mock/1 HTTP/1.0\r\n\r\n", 404, "I404DO", "Invalid Domain ``", "/mock/1"},
		{"GET /v2/x?y HTTP/1.1" TEST_HOST "\r\n", 404, "I404NF",
		 "API not found with `GET /v2/x`", "/v2/x"},
		{"DELETE /ok HTTP/1.1" TEST_HOST "\r\n", 404, "I404NF",
		 "API not found with `DELETE /ok`", "/ok"},
		{"OPTIONS * HTTP/1.1" TEST_HOST "\r\n", 404, "I404NF",
		 "API not found with `OPTIONS *`", "*"},
		{"GET /mock/1 HTTP/1.1" TEST_HOST "X-Ca-Stage: FOO\r\n\r\n", 400, "I400SG",
		 "Invalid Stage", "/mock/1"},
		{"GET /mock/1 HTTP/1.1" TEST_HOST "X-Ca-Stage: PRE\r\n\r\n", 404, "I404NF",
		 "API not found with `GET /mock/1`", "/mock/1"},
		{"GET /mock/1 HTTP/1.1" TEST_HOST "X-Ca-Stage: RELEASE\r\n\r\n", 200, "", "",
		 "/mock/1"},
		{"GET /mock/../ok HTTP/1.1" TEST_HOST "\r\n", 400, "I400PA",
		 "Invalid Request Path `dot segment`", "/mock/../ok"},
		{"GET /https HTTP/1.1" TEST_HOST "\r\n", 403, "I403PT",
		 "Invalid protocol HTTP unsupported", "/https"},
		{"GET /denied HTTP/1.1" TEST_HOST "\r\n", 403, "A403FC", NULL, "/denied"},
		{"GET /not-json HTTP/1.1" TEST_HOST "\r\n", 502, "D502FC",
		 "Function response invalid `not JSON`", "/not-json"},
		{"GET /crash HTTP/1.1" TEST_HOST "\r\n", 502, "D502FC",
		 "Function response invalid `FunctionUnhandledError`", "/crash"},
		{"GET /slow-function HTTP/1.1" TEST_HOST "\r\n", 504, "D504TO",
		 "Backend service request timeout", "/slow-function"},
		{"GET /large HTTP/1.1" TEST_HOST "\r\n", 502, "D502FC", NULL, "/large"},
		{"GET /hang HTTP/1.1" TEST_HOST "\r\n", 504, "D504TO",
		 "Backend service request timeout", "/hang"},
		{"GET /refused HTTP/1.1" TEST_HOST "\r\n", 504, "D504CO",
		 "Backend service connect failed `Connection refused: /127.0.0.1:1`", "/refused"},
		{"POST /ok HTTP/1.1" TEST_HOST "Content-Length: 34603008\r\n\r\n", 413, "I413RL",
		 "Request body too Large", "/ok"},
		{"POST /ok HTTP/1.1" TEST_HOST "Content-Length: x\r\n\r\n", 400, "I400HD", NULL,
		 NULL},
		{"POST /ok HTTP/1.1" TEST_HOST "Transfer-Encoding: chunked\r\n\r\nz", 400, "I400BD",
		 NULL, "/ok"},
		{"CONNECT " TEST_VPC ":80 HTTP/1.1" TEST_HOST "\r\n", 405, "I405UM", NULL, NULL},
		{"TRACE /mock/1 HTTP/1.1" TEST_HOST "\r\n", 405, "I405UM", NULL, NULL},
		{"GET http://" TEST_VPC "/mock/1 HTTP/1.1" TEST_HOST "\r\n", 200, "", "",
		 "/mock/1"},
		{"GET http://other/mock/1 HTTP/1.1" TEST_HOST "\r\n", 400, "I400HD", NULL, NULL},
		{"GET /mock/1 HTTP/1.1" TEST_HOST
		 "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		 200, "", "", "/mock/1"},
		{"BREW /ok HTTP/1.1" TEST_HOST "\r\n", 405, "I405UM", NULL, NULL},
		{"GET /ok HTTP/2.0" TEST_HOST "\r\n", 403, "I403PT", NULL, NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = test_roundtrip(f->g.loop, f->g.port[0], rows[i].request);
		const char *code = test_header(&f->g, got, "X-Ca-Error-Code");
		const char *message = test_header(&f->g, got, "X-Ca-Error-Message");
		const char *id = test_header(&f->g, got, "X-Ca-Request-Id");
		json_t *line = test_gateway_line(&f->g);

		if (atoi(got + 9) != rows[i].status || strcmp(code, rows[i].code) != 0)
			fail_msg("%s: %s", rows[i].request, got);
		if (rows[i].message ? strcmp(message, rows[i].message) != 0 : !*message)
			fail_msg("%s: message %s", rows[i].request, message);
		assert_true(is_request_id(id));
		if (*code) /* empty body */
			assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
		if (*code)
			assert_string_equal(test_header(&f->g, got, "Content-Length"), "0");
		assert_string_equal(json_string_value(json_object_get(line, "requestId")), id);
		assert_string_equal(json_string_value(json_object_get(line, "errorCode")), code);
		assert_int_equal(json_integer_value(json_object_get(line, "statusCode")),
				 rows[i].status);
		if (rows[i].logged)
			assert_string_equal(json_string_value(json_object_get(line, "path")),
					    rows[i].logged);
		json_decref(line);
	}
}

/* The vendor has one code for a head of more than 8 KB. */
static void long_urls(void **state)
{
	struct fixture *f = *state;
	const char *requests[] = {
		arena_printf(f->g.a, "GET /%09000d HTTP/1.1" TEST_HOST "\r\n", 0),
		arena_printf(f->g.a, "GET / HTTP/1.1" TEST_HOST "X: %09000d\r\n\r\n", 0),
	};

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		auto_free char *got = test_roundtrip(f->g.loop, f->g.port[0], requests[i]);

		assert_int_equal(atoi(got + 9), 413);
		assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Code"), "I413UL");
	}
}

/* Not time(2), whose clock is behind that of clock_gettime(2) until the next tick. */
static json_int_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All of the names, in that order, one after the other, and just now. */
static void check_moments(const json_t *line, const char *const *names, size_t n)
{
	const json_t *all = json_object_get(line, "exchangeTimestamp");
	json_int_t before = now_ms() - 60000;

	assert_int_equal(json_object_size(all), n);
	for (size_t i = 0; i < n; i++) {
		const json_int_t at = json_integer_value(json_object_get(all, names[i]));

		if (at < before)
			fail_msg("%s: %lld before %lld", names[i], (long long)at,
				 (long long)before);
		before = at;
	}
	assert_in_range(before, 0, now_ms() + 1);
}

static void a_function_call(void **state)
{
	static const char *const moments[] = {
		"FrontRequestStart",  "FrontRequestEnd",      "BackendRequestStart",
		"BackendRequestEnd",  "BackendResponseStart", "BackendResponseEnd",
		"FrontResponseStart", "FrontResponseEnd",
	};
	struct fixture *f = *state;
	auto_free char *got =
		test_roundtrip(f->g.loop, f->g.port[0],
			       "POST /ok?a=b HTTP/1.1" TEST_HOST
			       "X-Forwarded-For: 9.9.9.9\r\nX-Ca-Key: 1234\r\nX-Ca-Nonce: n-1\r\n"
			       "Content-Length: 2\r\n\r\nhi");
	json_t *event = json_loadb(f->event.s, f->event.len, 0, NULL), *headers, *line;

	/* the answer: our framing, the function's own headers, never its framing */
	assert_non_null(strstr(got, "HTTP/1.1 201 Created\r\n"));
	assert_non_null(strstr(got, "\r\nX-Fn: yes\r\n"));
	assert_non_null(strstr(got, "\r\nContent-Length: 5\r\n"));
	assert_int_equal(test_count(got, "Content-Length"), 1);
	assert_null(strstr(got, "Connection"));
	assert_null(strstr(got, "X-Ca-Error"));
	assert_null(strstr(got, "Content-Disposition"));
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\nhello");

	headers = json_object_get(event, "headers");
	assert_string_equal(json_string_value(json_object_get(headers, "X-Forwarded-For")),
			    "9.9.9.9, 127.0.0.1");
	assert_string_equal(json_string_value(json_object_get(headers, "X-Ca-Api-Gateway")),
			    test_header(&f->g, got, "X-Ca-Request-Id"));
	assert_string_equal(json_string_value(json_object_get(headers, "CA-Host")), TEST_VPC);
	assert_string_equal(json_string_value(json_object_get(event, "body")), "aGk=");
	json_decref(event);

	line = test_gateway_line(&f->g);
	assert_string_equal(json_string_value(json_object_get(line, "apiName")), "ok");
	assert_string_equal(json_string_value(json_object_get(line, "apiUid")), "id-ok");
	assert_string_equal(json_string_value(json_object_get(line, "apiGroupUid")), TEST_GROUP_ID);
	assert_int_equal(json_string_length(json_object_get(line, "apiStageUid")), 32);
	assert_string_equal(json_string_value(json_object_get(line, "apiStageName")), "RELEASE");
	assert_string_equal(json_string_value(json_object_get(line, "clientIp")), "127.0.0.1");
	assert_string_equal(json_string_value(json_object_get(line, "consumerAppKey")), "1234");
	assert_string_equal(json_string_value(json_object_get(line, "clientNonce")), "n-1");
	check_moments(line, moments, ARRAY_LEN(moments));
	assert_string_equal(json_string_value(json_object_get(line, "domain")), TEST_VPC);
	assert_string_equal(json_string_value(json_object_get(line, "instanceId")), "apigateway-1");
	assert_int_equal(json_integer_value(json_object_get(line, "responseSize")), strlen(got));
	json_decref(line);
}

static void the_public_domain_is_not_for_browsers(void **state)
{
	struct fixture *f = *state;
	auto_free char *got = test_roundtrip(
		f->g.loop, f->g.port[0], "GET /mock/1 HTTP/1.1\r\nHost: " TEST_PUBLIC "\r\n\r\n");

	assert_string_equal(test_header(&f->g, got, "Content-Disposition"),
			    "attachment; filename=ApiResponseForInnerDomain");
}

/* Both listeners lead to the same APIs, and what is counted is the domain. */
static void public_calls_are_counted(void **state)
{
	static const struct {
		const char *path, *host;
		int status;
	} rows[] = {
		{"/mock/1", TEST_VPC, 200},
		{"/mock/1", TEST_PUBLIC, 200},
		{"/nowhere", TEST_PUBLIC, 404},
		{"/mock/1", "G1-cn-hangzhou.ALICLOUDAPI.com:80", 200},
		{"/mock/1", TEST_PUBLIC, 429},
		{"/nowhere", TEST_PUBLIC, 429},
		{"/mock/1", TEST_VPC, 200},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *request = arena_printf(f->g.a, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
						   rows[i].path, rows[i].host);
		auto_free char *got = test_roundtrip(f->g.loop, f->g.port[i % 2], request);

		if (atoi(got + 9) != rows[i].status)
			fail_msg("row %zu: %s", i, got);
		if (rows[i].status != 429)
			continue;
		assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Code"), "T429ID");
		assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Message"),
				    "Throttled by DOMAIN Flow Control");
	}
}

static void head_requests_get_no_body(void **state)
{
	struct fixture *f = *state;
	auto_free char *got = test_roundtrip(f->g.loop, f->g.port[0],
					     "HEAD /mock/1 HTTP/1.1" TEST_HOST "\r\n");

	assert_string_equal(test_header(&f->g, got, "Content-Length"), "4");
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}

static void backend_connections_are_kept(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++) {
		auto_free char *got = test_roundtrip(f->g.loop, f->g.port[0],
						     "POST /ok HTTP/1.1" TEST_HOST "\r\n");

		assert_non_null(strstr(got, "201 Created"));
	}
	assert_int_equal(f->n_invoked, 5);
	assert_int_equal(httpd_connections(f->functions), 1);
}

/* C.7: the answer comes although the client still sends, and the client can read it. */
static void a_body_of_33_mb(void **state)
{
	static const char head[] = "POST /ok HTTP/1.1" TEST_HOST
				   "Transfer-Encoding: chunked\r\n\r\n2100000\r\n";
	struct fixture *f = *state;
	auto_free char *body = calloc(1, 0x2100000);
	struct test_client c = test_client_open(f->g.port[0]);

	assert_true(test_client_send(f->g.loop, &c, head, sizeof(head) - 1));
	(void)test_client_send(f->g.loop, &c, body, 0x2100000);
	assert_true(test_client_wait(f->g.loop, &c, NULL));
	assert_false(c.reset);
	assert_non_null(strstr(c.got.s, "X-Ca-Error-Code: I413RL"));
	assert_int_equal(f->n_invoked, 0);
	test_client_close(&c);
}

/* 3.11: the client is gone before the function answers. */
static void a_client_that_left_is_logged(void **state)
{
	static const char request[] = "GET /hang HTTP/1.1" TEST_HOST "\r\n";
	struct fixture *f = *state;
	struct test_client c = test_client_open(f->g.port[0]);
	json_t *line;

	assert_true(test_client_send(f->g.loop, &c, request, sizeof(request) - 1));
	test_turn_until(f->g.loop, f->n_invoked == 1);
	line = test_gateway_abandon(&f->g, &c);
	assert_string_equal(json_string_value(json_object_get(line, "errorCode")), "N502RE");
	assert_string_equal(json_string_value(json_object_get(line, "apiName")), "hang");
	json_decref(line);
}

/* One log line per request, also when answers cross in time. */
static void pipelined_calls(void **state)
{
	struct fixture *f = *state;
	auto_strbuf struct strbuf all = {0};
	auto_free char *got = NULL, *log = NULL;
	struct test_worker w = {.log = f->g.log};

	for (int i = 0; i < 50; i++)
		strbuf_add(&all, i % 2 ? "POST /ok HTTP/1.1" TEST_HOST "\r\n"
				       : "GET /v2/x HTTP/1.1" TEST_HOST "\r\n");
	got = test_roundtrip(f->g.loop, f->g.port[0], all.s);
	assert_int_equal(test_count(got, "HTTP/1.1 201"), 25);
	assert_int_equal(test_count(got, "HTTP/1.1 404"), 25);
	gateway_log_flush(f->g.gateway);
	log = test_worker_log(&w);
	assert_int_equal(test_count(log, "\n"), 50);
}

/* What only VPCs may call, from the Internet; and what is another instance's, from anywhere. */
static void not_here(void **state)
{
	static const struct {
		size_t port; /* vip, public */
		const char *request, *outcome;
	} rows[] = {
		{0, "GET /m HTTP/1.1" TEST_HOST "\r\n", "200 "},
		{1, "GET /m HTTP/1.1" TEST_HOST "\r\n", "403 A403IN"},
		{1, "GET /m HTTP/1.1\r\nHost: " TEST_PUBLIC "\r\n\r\n", "200 "},
		{0, "GET /m HTTP/1.1\r\nHost: other.example.com\r\n\r\n", "410 I410GG"},
		{1, "GET /m HTTP/1.1\r\nHost: other.example.com\r\n\r\n", "410 I410GG"},
	};
	struct test_gateway g = {0};
	auto_free char *text = test_config_with(
		TEST_API("m", "GET", "/m", TEST_OPEN TEST_MOCK),
		TEST_LISTENER("vip-80") ",{\"socket\":\"public-80\",\"protocol\":\"HTTP\","
					"\"internet\":true}",
		",\"elsewhere\":[\"other.example.com\"]");

	test_gateway_init(&g);
	test_gateway_serve(&g, text);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = test_roundtrip(g.loop, g.port[rows[i].port], rows[i].request);

		assert_string_equal(arena_printf(g.a, "%.3s %s", got + 9,
						 test_header(&g, got, "X-Ca-Error-Code")),
				    rows[i].outcome);
	}
	test_gateway_done(&g);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_here),
		TEST(error_table),
		TEST(long_urls),
		TEST(a_function_call),
		TEST(the_public_domain_is_not_for_browsers),
		TEST(public_calls_are_counted),
		TEST(head_requests_get_no_body),
		TEST(backend_connections_are_kept),
		TEST(a_body_of_33_mb),
		TEST(a_client_that_left_is_logged),
		TEST(pipelined_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
