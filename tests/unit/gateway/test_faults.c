// SPDX-License-Identifier: GPL-2.0-only
/* HTTP backends that fail, and clients that leave: nobody gets what is not his, nothing is used again that is spoilt. */
#include "unit/gateway/scripted.h"

static void functions_fail(void **state)
{
	static const struct {
		const char *answer;
		int status;
		const char *code, *message;
	} rows[] = {
		{"HTTP/1.1 404 Not Found\r\nx-fc-error-type: FunctionUnhandledError\r\n"
		 "Content-Length: 2\r\n\r\n{}",
		 502, "D502FC", "Function response invalid `FunctionUnhandledError`"},
		{"HTTP/1.1 404 Not Found\r\nx-fc-error-type: FunctionTimeout\r\n"
		 "Content-Length: 2\r\n\r\n{}",
		 504, "D504TO", "Backend service request timeout"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 502,
		 "D502FC", NULL},
		{"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 2\r\n\r\nmy", 504, "", NULL},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nmy", 404, "", NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = call(f, "GET /web/1 HTTP/1.1" TEST_HOST "\r\n",
					   rows[i].answer, KEEPS);

		assert_int_equal(atoi(got + 9), rows[i].status);
		assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Code"), rows[i].code);
		if (rows[i].message)
			assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Message"),
					    rows[i].message);
		assert_string_equal(body_of(got), *rows[i].code ? "" : "my");
	}
	auto_free char *denied = test_roundtrip(f->g.loop, f->g.port[0],
						"GET /web-denied HTTP/1.1" TEST_HOST "\r\n");

	assert_string_equal(test_header(&f->g, denied, "X-Ca-Error-Code"), "A403FC");
}

/* Row 12 of the faults: what is no answer is a 502, and its connection is never used again. */
static void hostile_answers(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
	struct fixture *f = *state;
	const char *huge = arena_printf(f->g.a, "HTTP/1.1 200 OK\r\nX: %09000d\r\n\r\n", 0);
	const char *flood = arena_strdup(f->g.a, "");
	const char *many = arena_strdup(f->g.a, "HTTP/1.1 200 OK\r\n");
	const char *half = arena_printf(f->g.a, "%shalf", head);

	for (int i = 0; i < 20; i++)
		flood = arena_printf(f->g.a, "%sHTTP/1.1 102 Processing\r\n\r\n", flood);
	for (int i = 0; i < 101; i++)
		many = arena_printf(f->g.a, "%sA: b\r\n", many);
	many = arena_printf(f->g.a, "%s\r\n", many);

	const struct {
		const char *answer;
		enum ending how;
	} rows[] = {
		{"", CLOSES},
		{"", RESETS},
		{"HTTP/1.1 200 OK\r\nContent-Le", CLOSES},
		{head, RESETS},
		{half, CLOSES},
		{half, RESETS},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n", CLOSES},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", KEEPS},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", KEEPS},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
		 KEEPS},
		{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nfine", KEEPS},
		{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", KEEPS},
		{"HTTP/1.1 200 OK\r\n X: folded\r\n\r\n", KEEPS},
		{"HTTP/1.1 200 OK\nContent-Length: 4\n\nfine", KEEPS},
		{"HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n", KEEPS},
		{"HTTP/2 200\r\n\r\n", KEEPS},
		{"SSH-2.0-OpenSSH\r\n", KEEPS},
		{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", KEEPS},
		{flood, KEEPS},
		{huge, KEEPS},
		{many, KEEPS},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = call(f, POST, rows[i].answer, rows[i].how);
		int before = f->n_accepted;

		if (strncmp(got, "HTTP/1.1 502 ", 13) != 0 ||
		    strcmp(test_header(&f->g, got, "X-Ca-Error-Code"), "D502BR") != 0 ||
		    strcmp(body_of(got), "") != 0)
			fail_msg("%s gave %s", rows[i].answer, got);
		check_log(f, 502, "D502BR", "http", f->port);
		next_call_is_fine(f, rows[i].answer);
		assert_int_equal(f->n_accepted, before + 1);
	}
}

static void unreachable_backends(void **state)
{
	struct fixture *f = *state;
	const struct {
		const char *path, *code, *message, *kind;
		uint16_t port;
	} rows[] = {
		{"/refused", "D504CO",
		 "Backend service connect failed `Connection refused: /127.0.0.1:1`", "http-vpc",
		 1},
		{"/full", "D504CO",
		 arena_printf(f->g.a,
			      "Backend service connect failed `Timeout connecting to "
			      "[/127.0.0.1:%u]`",
			      f->full_port),
		 "http-vpc", f->full_port},
		{"/no-device", "D504CO",
		 "Backend service connect failed `No such device: /127.0.0.1:1`", "http-vpc", 1},
		{"/no-source", "D504CO",
		 "Backend service connect failed `Cannot assign requested address: /127.0.0.1:1`",
		 "http-vpc", 1},
		{"/slow", "D504TO", "Backend service request timeout", "http", f->port},
		{"/no-tls", "D504CS",
		 arena_printf(f->g.a,
			      "Backend http ssl connect failed `handshake timed out: "
			      "/127.0.0.1:%u`",
			      f->port),
		 "http-vpc", f->port},
		{"/no-name", "D504RE", "Backend service domain resolve failed `api.example.com`",
		 "http", 0},
		{"/no-access", "X504VE", "Vpc access authorization `idc-service` invalid",
		 "http-vpc", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *request = arena_printf(f->g.a, "GET %s HTTP/1.1" TEST_HOST "\r\n",
						   rows[i].path);
		auto_free char *got = test_roundtrip(f->g.loop, f->g.port[0], request);

		assert_int_equal(atoi(got + 9), 504);
		assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Code"), rows[i].code);
		assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Message"), rows[i].message);
		check_log(f, 504, rows[i].code, rows[i].kind, rows[i].port);
	}
}

/* A byte now and then does not prolong a call. */
static void a_trickle_is_slow(void **state)
{
	struct fixture *f = *state;
	struct test_client c = ask(f, "GET /slow HTTP/1.1" TEST_HOST "\r\n");
	uint64_t deadline = test_clock_ms() + 10000;

	take_request(f);
	say(f, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 43);
	while (!strstr(strbuf_str(&c.got), "\r\n\r\n") && test_clock_ms() < deadline) {
		(void)send(f->conn, "x", 1, MSG_NOSIGNAL);
		assert_int_equal(loop_turn(f->g.loop, 1), 0);
		test_client_poll(&c);
	}
	assert_non_null(strstr(strbuf_str(&c.got), "X-Ca-Error-Code: D504TO\r\n"));
	test_client_close(&c);
	next_call_is_fine(f, "a trickle");
}

/* Of connecting, with TLS or without, however long the API's own timeout is; and of connections that wait. */
static void limits_of_backends(void **state)
{
	static const char *const patient[] = {
		TEST_API("any", "ANY", "/any/[id]", HTTP("9000" LOCAL("PORT"))),
		TEST_API("full", "GET", "/full", VPC("9000" LOCAL("FULL"))),
		TEST_API("no-tls", "GET", "/no-tls",
			 VPC("9000" LOCAL("PORT") ",\"scheme\":\"https\"")),
	};
	struct fixture *f = *state;
	const char *all = test_join(f->g.a, patient, ARRAY_LEN(patient));
	const uint64_t before = test_clock_ms();
	auto_free char *text = NULL, *got = NULL;

	all = test_replace(f->g.a, all, "PORT", arena_printf(f->g.a, "%u", f->port));
	all = test_replace(f->g.a, all, "FULL", arena_printf(f->g.a, "%u", f->full_port));
	text = test_config_with(all, TEST_LISTENER("vip-80"),
				",\"limits\":{\"connect_ms\":50,\"backend_idle_ms\":50}");
	gateway_free(f->g.gateway);
	tls_client_free(f->g.tls);
	test_gateway_serve(&f->g, text);
	test_gateway_expect(&f->g, "GET /full HTTP/1.1" TEST_HOST "\r\n", "504 D504CO");
	test_gateway_expect(&f->g, "GET /no-tls HTTP/1.1" TEST_HOST "\r\n", "504 D504CS");
	got = call(f, GET, FINE, KEEPS);
	assert_memory_equal(got + 9, "200", 3);
	assert_true(conn_is_gone(f));
	assert_true(test_clock_ms() - before < 9000);
}

/* The pooled connection dies under a request: only one that may safely be sent again is. */
static void retries(void **state)
{
	static const struct {
		const char *method;
		bool again;
	} rows[] = {
		{"GET", true},    {"HEAD", true},  {"OPTIONS", true}, {"PUT", true},
		{"DELETE", true}, {"POST", false}, {"PATCH", false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *request = arena_printf(f->g.a, "%s /any/1 HTTP/1.1" TEST_HOST "\r\n",
						   rows[i].method);
		auto_free char *got = NULL;
		struct test_client c;

		next_call_is_fine(f, rows[i].method);
		c = ask(f, request);
		take_request(f);
		end(f, CLOSES);
		if (rows[i].again) {
			take_request(f);
			say(f, FINE, sizeof(FINE) - 1);
		}
		got = answer_of(f, &c);
		if (atoi(got + 9) != (rows[i].again ? 200 : 502))
			fail_msg("%s: %s", rows[i].method, got);
	}
}

/* 3.11: the backend is hung up on, and not left at work for nobody. */
static void a_client_that_left(void **state)
{
	static const char request[] = GET;
	struct fixture *f = *state;
	struct test_client c = test_client_open(f->g.port[0]);
	json_t *line;

	assert_true(test_client_send(f->g.loop, &c, request, sizeof(request) - 1));
	take_request(f);
	line = test_gateway_abandon(&f->g, &c);
	json_decref(line);
	check_log(f, 502, "N502RE", "http", f->port);
	assert_true(conn_is_gone(f));
	next_call_is_fine(f, "a client that left");
}

/* The client goes while its answer, which waits in the gateway, is larger than any socket buffer. */
static void a_client_that_left_its_answer(void **state)
{
	const size_t n = LIMIT;
	static const char request[] = GET;
	struct fixture *f = *state;
	struct test_client c = test_client_open(f->g.port[0]);
	auto_free char *body = calloc(1, n);
	const char *head = arena_printf(f->g.a, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
					n);

	assert_int_equal(send(c.fd, request, sizeof(request) - 1, MSG_NOSIGNAL),
			 sizeof(request) - 1);
	take_request(f);
	say(f, head, strlen(head));
	say(f, body, n);
	json_decref(test_gateway_abandon(&f->g, &c));
	check_log(f, 502, "N502RE", "http", f->port);
	next_call_is_fine(f, "a client that left its answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(functions_fail),       TEST(hostile_answers),
		TEST(unreachable_backends), TEST(a_trickle_is_slow),
		TEST(limits_of_backends),   TEST(retries),
		TEST(a_client_that_left),   TEST(a_client_that_left_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
