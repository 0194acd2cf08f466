// SPDX-License-Identifier: GPL-2.0-only
/* HTTP backends. The backend is a script, honest or hostile: what it gets, and what it says to that. */
#include "gateway/gateway.h"

#include "unit/gateway/running.h"

struct fixture {
	struct test_gateway g;
	int listening, full, conn; /* conn: the last connection to the backend, or -1 */
	uint16_t port, full_port;
	int waiting[4];
	int n_accepted;
	struct sockaddr_in from;
	struct strbuf request; /* the last one that the backend got */
};

#define HTTP(more)                                                                              \
	TEST_OPEN                                                                               \
	"\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"api.example.com:8080\"," \
	"\"timeout_ms\":" more "}"
#define VPC(more)                                                                                \
	TEST_OPEN                                                                                \
	"\"backend\":{\"kind\":\"http-vpc\",\"access\":\"idc-service\",\"host\":\"10.10.1.20\"," \
	"\"timeout_ms\":" more "}"
#define LOCAL(port) ",\"address\":\"127.0.0.1\",\"port\":" port

static const char *const apis[] = {
	TEST_API("any", "ANY", "/any/[id]", HTTP("5000" LOCAL("PORT"))),
	TEST_API("mapped", "ANY", "/users/[id]/posts/[post]",
		 HTTP("5000" LOCAL("PORT") ",\"method\":\"POST\","
					   "\"path\":\"/v2/[post]/%61-[id].json\"")),
	TEST_API("head", "GET", "/head", HTTP("5000" LOCAL("PORT") ",\"method\":\"HEAD\"")),
	TEST_API("get", "HEAD", "/get", HTTP("5000" LOCAL("PORT") ",\"method\":\"GET\"")),
	TEST_API("vpc", "GET", "/vpc",
		 VPC("5000" LOCAL("PORT") ",\"device\":\"lo\",\"source\":\"127.0.0.3\"")),
	TEST_API("slow", "GET", "/slow", HTTP("60" LOCAL("PORT"))),
	TEST_API("full", "GET", "/full", VPC("60" LOCAL("FULL"))),
	TEST_API("refused", "GET", "/refused", VPC("5000" LOCAL("1"))),
	TEST_API("no-device", "GET", "/no-device",
		 VPC("5000" LOCAL("1") ",\"device\":\"nosuch0\"")),
	TEST_API("no-source", "GET", "/no-source",
		 VPC("5000" LOCAL("1") ",\"source\":\"192.0.2.1\"")),
	TEST_API("no-name", "GET", "/no-name", HTTP("5000")),
	TEST_API("no-access", "GET", "/no-access", VPC("5000,\"port\":80")),
	TEST_API("web", "ANY", "/web/[id]",
		 TEST_OPEN TEST_CALLS
		 ",\"port\":PORT,\"timeout_ms\":5000,\"trigger\":\"http\"" TEST_ROLE),
	TEST_API("web-mapped", "GET", "/web-mapped/[id]",
		 TEST_OPEN TEST_CALLS
		 ",\"port\":PORT,\"timeout_ms\":5000,\"trigger\":\"http\",\"method\":\"POST\","
		 "\"path\":\"/v2/[id]\"" TEST_ROLE),
	TEST_API("web-denied", "GET", "/web-denied",
		 TEST_OPEN TEST_CALLS ",\"port\":PORT,\"timeout_ms\":5000,\"trigger\":\"http\"}"),
	TEST_API("repeated", "GET", "/repeated/[id]",
		 HTTP("5000" LOCAL("PORT") ",\"path\":\"/REPEATED\"")),
};

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	auto_free char *text = NULL;
	auto_strbuf struct strbuf repeated = {0};
	const char *all;

	test_gateway_init(&f->g);
	f->conn = -1;
	f->listening = test_listen(&f->port);
	assert_int_equal(fcntl(f->listening, F_SETFL, O_NONBLOCK), 0);
	f->full = test_listen(&f->full_port);
	test_fill_backlog(f->full, f->full_port, f->waiting);
	for (int i = 0; i < 1000; i++)
		strbuf_add(&repeated, "[id]");
	all = test_join(f->g.a, apis, ARRAY_LEN(apis));
	all = test_replace(f->g.a, all, "PORT", arena_printf(f->g.a, "%u", f->port));
	all = test_replace(f->g.a, all, "FULL", arena_printf(f->g.a, "%u", f->full_port));
	all = test_replace(f->g.a, all, "REPEATED", repeated.s);
	text = test_config(all);
	test_gateway_serve(&f->g, text);
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	test_gateway_done(&f->g);
	for (size_t i = 0; i < ARRAY_LEN(f->waiting); i++)
		close(f->waiting[i]);
	close(f->full);
	close(f->listening);
	if (f->conn >= 0)
		close(f->conn);
	strbuf_done(&f->request);
	free(f);
	return 0;
}

/* ---- the backend ---- */

static bool whole(const struct strbuf *b)
{
	const char *end = b->len ? strstr(b->s, "\r\n\r\n") : NULL;
	const char *length = b->len ? strcasestr(b->s, "\r\nContent-Length: ") : NULL;
	size_t body = end && length && length < end ? strtoul(length + 18, NULL, 10) : 0;

	return end && b->len == (size_t)(end - b->s) + 4 + body;
}

static void accept_new(struct fixture *f)
{
	socklen_t len = sizeof(f->from);
	int fd = accept4(f->listening, (struct sockaddr *)&f->from, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (f->conn >= 0)
		close(f->conn);
	f->conn = fd;
	f->n_accepted++;
	strbuf_trunc(&f->request, 0);
}

/* A whole request, over a new connection if there is one. */
static void take_request(struct fixture *f)
{
	uint64_t deadline = test_clock_ms() + 10000;
	char buf[65536];

	strbuf_trunc(&f->request, 0);
	while (!whole(&f->request) && test_clock_ms() < deadline) {
		ssize_t n;

		accept_new(f);
		n = f->conn >= 0 ? recv(f->conn, buf, sizeof(buf), 0) : -1;
		if (n > 0)
			strbuf_addn(&f->request, buf, (size_t)n);
		assert_int_equal(loop_turn(f->g.loop, 1), 0);
	}
	assert_true(whole(&f->request));
}

/* Until the gateway has hung up; the rest is lost then, as it should be. */
static void say(struct fixture *f, const char *p, size_t n)
{
	uint64_t deadline = test_clock_ms() + 10000;

	while (n && test_clock_ms() < deadline) {
		ssize_t sent = send(f->conn, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
		assert_int_equal(loop_turn(f->g.loop, 0), 0);
	}
	assert_int_equal(n, 0);
}

enum ending { KEEPS, CLOSES, RESETS };

static void end(struct fixture *f, enum ending how)
{
	if (how == RESETS)
		assert_int_equal(setsockopt(f->conn, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
					    sizeof(struct linger)),
				 0);
	if (how != KEEPS)
		close(steal_fd(&f->conn));
}

/* The backend has been hung up on. */
static bool conn_is_gone(struct fixture *f)
{
	uint64_t deadline = test_clock_ms() + 10000;
	char byte;

	while (recv(f->conn, &byte, 1, 0) < 0 && errno == EAGAIN && test_clock_ms() < deadline)
		assert_int_equal(loop_turn(f->g.loop, 10), 0);
	return test_clock_ms() < deadline;
}

/* ---- whole calls ---- */

static struct test_client ask(struct fixture *f, const char *request)
{
	struct test_client c = test_client_open(f->g.port[0]);

	assert_true(test_client_send(f->g.loop, &c, request, strlen(request)));
	return c;
}

static char *answer_of(struct fixture *f, struct test_client *c)
{
	test_client_wait_answers(f->g.loop, c, 1);
	return test_client_finish(f->g.loop, c, "the backend");
}

static char *call(struct fixture *f, const char *request, const char *answer, enum ending how)
{
	struct test_client c = ask(f, request);

	take_request(f);
	say(f, answer, strlen(answer));
	end(f, how);
	return answer_of(f, &c);
}

static const char *body_of(const char *answer)
{
	const char *empty_line = strstr(answer, "\r\n\r\n");

	assert_non_null(empty_line);
	return empty_line + 4;
}

#define GET  "GET /any/1 HTTP/1.1" TEST_HOST "\r\n"
#define POST "POST /any/1 HTTP/1.1" TEST_HOST "\r\n" /* is never sent twice */
#define FINE "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"

/* No answer reaches another call, whatever the backend did before. */
static void next_call_is_fine(struct fixture *f, const char *after)
{
	auto_free char *got = call(f, GET, FINE, KEEPS);

	if (strncmp(got, "HTTP/1.1 200 ", 13) != 0 || strcmp(body_of(got), "fine") != 0)
		fail_msg("after %s: %s", after, got);
}

/* The log has the error that the answer has, and who the backend was. */
static void check_log(struct fixture *f, int status, const char *code, const char *kind,
		      uint16_t port)
{
	json_t *line = test_gateway_line(&f->g);
	const char *address = port ? arena_printf(f->g.a, "127.0.0.1:%u", port) : "";

	assert_string_equal(json_string_value(json_object_get(line, "errorCode")), code);
	assert_int_equal(json_integer_value(json_object_get(line, "statusCode")), status);
	assert_string_equal(json_string_value(json_object_get(line, "backendKind")), kind);
	assert_string_equal(json_string_value(json_object_get(line, "backendAddress")), address);
	assert_true(json_is_integer(json_object_get(line, "serviceLatency")));
	json_decref(line);
}

static void answers_pass_through(void **state)
{
	static const struct {
		const char *request, *answer;
		enum ending how;
		int status;
		const char *length; /* Content-Length; "" for none */
		const char *body;
	} rows[] = {
		{GET, FINE, KEEPS, 200, "4", "fine"},
		{GET,
		 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nfine\r\n"
		 "2\r\n()\r\n0\r\nT: railer\r\n\r\n",
		 KEEPS, 200, "6", "fine()"},
		{GET, "HTTP/1.1 200 OK\r\n\r\nuntil close", CLOSES, 200, "11", "until close"},
		{GET, "HTTP/1.0 200 OK\r\n\r\nold", CLOSES, 200, "3", "old"},
		{GET, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" FINE,
		 KEEPS, 200, "4", "fine"},
		{GET, FINE FINE, KEEPS, 200, "4", "fine"},
		{GET, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", KEEPS, 404, "2",
		 "no"},
		{GET, "HTTP/1.1 503 \r\nContent-Length: 4\r\n\r\nbusy", KEEPS, 503, "4", "busy"},
		{GET, "HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n", KEEPS, 299, "0", ""},
		{GET, "HTTP/1.1 204 No Content\r\n\r\n", KEEPS, 204, "", ""},
		{GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", KEEPS, 304, "", ""},
		{"HEAD /any/1 HTTP/1.1" TEST_HOST "\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", KEEPS, 200, "12345", ""},
		{"HEAD /any/1 HTTP/1.1" TEST_HOST "\r\n",
		 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", KEEPS, 200, "", ""},
		{"HEAD /get HTTP/1.1" TEST_HOST "\r\n", FINE, KEEPS, 200, "4", ""},
		{"GET /head HTTP/1.1" TEST_HOST "\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", KEEPS, 200, "0", ""},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = call(f, rows[i].request, rows[i].answer, rows[i].how);

		if (atoi(got + 9) != rows[i].status || strstr(got, "X-Ca-Error") ||
		    strcmp(test_header(&f->g, got, "Content-Length"), rows[i].length) != 0 ||
		    strcmp(body_of(got), rows[i].body) != 0 || strstr(got, "Transfer-Encoding"))
			fail_msg("%s gave %s", rows[i].answer, got);
		assert_int_equal(strlen(test_header(&f->g, got, "X-Ca-Request-Id")), 36);
		check_log(f, rows[i].status, "", "http", f->port);
		next_call_is_fine(f, rows[i].answer);
	}
}

/* ---- functions with an HTTP trigger ---- */

static void functions_get_the_request(void **state)
{
	struct fixture *f = *state;
	auto_free char *got = call(
		f,
		"PATCH /web/%61?x=1 HTTP/1.1" TEST_HOST "X-Mine: 1\r\nX-Fc-Request-Id: forged\r\n"
		"x_fc_function_name: g\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 201 Made\r\nX-Fn: yes\r\nContent-Length: 4\r\n\r\nfine", KEEPS);
	const char *id = test_header(&f->g, got, "X-Ca-Request-Id");
	const char *want = arena_printf(f->g.a,
					"PATCH /web/a?x=1 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
					"x-fc-request-id: %s\r\nx-fc-function-name: f\r\n",
					f->port, id);

	assert_int_equal(atoi(got + 9), 201);
	assert_string_equal(test_header(&f->g, got, "X-Fn"), "yes");
	assert_string_equal(body_of(got), "fine");
	assert_int_equal(strncmp(f->request.s, want, strlen(want)), 0);
	assert_int_equal(test_count(f->request.s, "fc"), 2);
	assert_non_null(strstr(f->request.s, "\r\nX-Mine: 1\r\n"));
	assert_string_equal(body_of(f->request.s), "hi");
	check_log(f, 201, "", "function", f->port);

	free(got);
	got = call(f, "GET /web-mapped/7 HTTP/1.1" TEST_HOST "\r\n", FINE, KEEPS);
	assert_int_equal(strncmp(f->request.s, "POST /v2/7 HTTP/1.1\r\n", 21), 0);
	assert_string_equal(body_of(got), "fine");
}

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

/* ---- what the backend gets ---- */

#define OURS(client)                                                                         \
	"X-Forwarded-For: " client "\r\nX-Forwarded-Proto: http\r\nX-Real-IP: 127.0.0.1\r\n" \
	"CaClientIp: 127.0.0.1\r\nX-Ca-Request-Id: ID\r\n"
#define API_HOST "Host: api.example.com:8080\r\n"

/* The request with the call's id replaced. */
static char *without_id(struct fixture *f, const char *answer)
{
	const char *id = test_header(&f->g, answer, "X-Ca-Request-Id");

	assert_int_equal(strlen(id), 36);
	return arena_strdup(f->g.a, test_replace(f->g.a, f->request.s, id, "ID"));
}

static void requests(void **state)
{
	static const struct {
		const char *request, *expected;
	} rows[] = {
		{"GET /any/1 HTTP/1.1" TEST_HOST "\r\n",
		 "GET /any/1 HTTP/1.1\r\n" API_HOST OURS("127.0.0.1") "\r\n"},
		{"GET /any/%7e%2f%3f%C3%a4?a=1&b=%2F&b=/? HTTP/1.1" TEST_HOST "\r\n",
		 "GET /any/~%2F%3F%C3%A4?a=1&b=%2F&b=/? HTTP/1.1\r\n" API_HOST OURS(
			 "127.0.0.1") "\r\n"},
		{"DELETE http://" TEST_VPC "/any/1? HTTP/1.1" TEST_HOST "\r\n",
		 "DELETE /any/1? HTTP/1.1\r\n" API_HOST OURS("127.0.0.1") "\r\n"},
		/* the path's parameters in another order, the method of the backend */
		{"PUT /users/a%20b/posts/7%2F8?q HTTP/1.1" TEST_HOST "Content-Length: 2\r\n\r\nhi",
		 "POST /v2/7%2F8/a-a%20b.json?q HTTP/1.1\r\n" API_HOST OURS(
			 "127.0.0.1") "Content-Length: 2\r\n\r\nhi"},
		{"GET /users/1/posts/2 HTTP/1.1" TEST_HOST "\r\n",
		 "POST /v2/2/a-1.json HTTP/1.1\r\n" API_HOST OURS(
			 "127.0.0.1") "Content-Length: 0\r\n\r\n"},
		/* our own framing */
		{"POST /any/1 HTTP/1.1" TEST_HOST
		 "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n",
		 "POST /any/1 HTTP/1.1\r\n" API_HOST OURS(
			 "127.0.0.1") "Content-Length: 3\r\n\r\nhi!"},
		{"PUT /any/1 HTTP/1.1" TEST_HOST "Content-Length: 0\r\n\r\n",
		 "PUT /any/1 HTTP/1.1\r\n" API_HOST OURS("127.0.0.1") "Content-Length: 0\r\n\r\n"},
		{"GET /any/1 HTTP/1.1" TEST_HOST "Content-Length: 4\r\n\r\nbody",
		 "GET /any/1 HTTP/1.1\r\n" API_HOST OURS(
			 "127.0.0.1") "Content-Length: 4\r\n\r\nbody"},
		/* of this connection only, in every spelling */
		{"GET /any/1 HTTP/1.1" TEST_HOST
		 "Connection: close, x-hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
		 "Upgrade: h2c\r\nProxy-Authorization: x\r\nTransfer_Encoding: chunked\r\n"
		 "Content_Length: 5\r\nExpect: 100-continue\r\nAccept: a\r\n\r\n",
		 "GET /any/1 HTTP/1.1\r\n" API_HOST "Accept: a\r\n" OURS("127.0.0.1") "\r\n"},
		/* what a client cannot say of itself */
		{"GET /any/1 HTTP/1.1" TEST_HOST
		 "X-Forwarded-For: 1.2.3.4\r\nx-forwarded-proto: https\r\nX-REAL-IP: 6.6.6.6\r\n"
		 "X_Real_IP: 6.6.6.6\r\nX-Forwarded_For: 6.6.6.6\r\ncaclientip: 6.6.6.6\r\n"
		 "CA-Host: x\r\nx-forwarded-for: 5.6.7.8\r\nX-Ca-Request-Id: mine\r\n\r\n",
		 "GET /any/1 HTTP/1.1\r\n" API_HOST OURS("1.2.3.4, 5.6.7.8, 127.0.0.1") "\r\n"},
		/* between client and gateway */
		{"GET /any/1 HTTP/1.1" TEST_HOST
		 "X-Ca-Key: 1\r\nX-Ca-Signature: 2\r\nX-Ca-Nonce: 3\r\nx_ca_key: 4\r\n"
		 "X-Ca-Stage: RELEASE\r\nX-Cat: 5\r\n\r\n",
		 "GET /any/1 HTTP/1.1\r\n" API_HOST
		 "X-Ca-Stage: RELEASE\r\nX-Cat: 5\r\n" OURS("127.0.0.1") "\r\n"},
		/* everything else as it came, also twice */
		{"GET /any/1 HTTP/1.1" TEST_HOST
		 "Cookie: a=b\r\nCookie: c=d\r\nAuthorization: Basic x\r\nuser-agent:curl\r\n"
		 "X-Latin: \xe4\r\nX-Empty:\r\n\r\n",
		 "GET /any/1 HTTP/1.1\r\n" API_HOST
		 "Cookie: a=b\r\nCookie: c=d\r\nAuthorization: Basic x\r\nuser-agent: curl\r\n"
		 "X-Latin: \xe4\r\nX-Empty: \r\n" OURS("127.0.0.1") "\r\n"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = call(f, rows[i].request, FINE, KEEPS);

		assert_string_equal(without_id(f, got), rows[i].expected);
	}
	assert_int_equal(f->n_accepted, 1);
}

static void the_base_path_is_the_groups(void **state)
{
	struct fixture *f = *state;
	auto_free char *text = NULL, *got = NULL;
	const char *all, *port = arena_printf(f->g.a, "%u", f->port);

	all = test_replace(f->g.a, apis[0], "PORT", port);
	text = test_config(all);
	all = test_replace(f->g.a, text, "\"base_path\":\"/\"", "\"base_path\":\"/v1/%62\"");
	gateway_free(f->g.gateway);
	test_gateway_serve(&f->g, all);
	got = call(f, "GET /v1/b/any/x%2Fy?z HTTP/1.1" TEST_HOST "\r\n", FINE, KEEPS);
	assert_non_null(strstr(got, "200 OK"));
	assert_int_equal(strncmp(f->request.s, "GET /any/x%2Fy?z HTTP/1.1\r\n", 27), 0);
}

/* The access leg of a VPC: from that device and address, under the Host of the authorization. */
static void device_and_source(void **state)
{
	struct fixture *f = *state;
	auto_free char *got = call(f, "GET /vpc HTTP/1.1" TEST_HOST "\r\n", FINE, KEEPS);

	assert_non_null(strstr(got, "200 OK"));
	assert_int_equal(ntohl(f->from.sin_addr.s_addr), 0x7f000003);
	assert_non_null(strstr(f->request.s, "\r\nHost: 10.10.1.20\r\n"));
	check_log(f, 200, "", "http-vpc", f->port);
}

/* A short request that would become a long one. */
static void a_path_that_grows(void **state)
{
	struct fixture *f = *state;
	const char *request = arena_printf(f->g.a, "GET /repeated/%0100d HTTP/1.1" TEST_HOST "\r\n",
					   0);
	auto_free char *got = test_roundtrip(f->g.loop, f->g.port[0], request), *fine = NULL;

	assert_string_equal(test_header(&f->g, got, "X-Ca-Error-Code"), "I413UL");
	fine = call(f, "GET /repeated/0123456789 HTTP/1.1" TEST_HOST "\r\n", FINE, KEEPS);
	assert_non_null(strstr(fine, "200 OK"));
	assert_int_equal(strcspn(f->request.s + 4, " "), 10001);
}

/* ---- answers again ---- */

static void headers_of_answers(void **state)
{
	static const char answer[] =
		"HTTP/1.1 200 OK\r\nServer: x\r\nConnection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
		"Date: yesterday\r\nProxy-Authenticate: y\r\nX-Ca-Request-Id: forged\r\n"
		"X-Ca-Error-Code: forged\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
		"Content-Disposition: inline\r\nContent-Length: 0\r\n\r\n";
	struct fixture *f = *state;
	auto_free char *vpc = call(f, GET, answer, KEEPS), *public = NULL;

	assert_non_null(strstr(vpc, "\r\nServer: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
				    "Content-Disposition: inline\r\nX-Ca-Request-Id: "));
	assert_null(strstr(vpc, "forged"));
	assert_null(strstr(vpc, "yesterday"));
	assert_null(strcasestr(vpc, "hop"));
	assert_null(strstr(vpc, "Keep-Alive"));
	assert_null(strstr(vpc, "Proxy"));

	public = call(f, "GET /any/1 HTTP/1.1\r\nHost: " TEST_PUBLIC "\r\n\r\n", answer, KEEPS);
	assert_int_equal(test_count(public, "Content-Disposition"), 1);
	assert_string_equal(test_header(&f->g, public, "Content-Disposition"),
			    "attachment; filename=ApiResponseForInnerDomain");
}

#define LIMIT (32u << 20)

/* A body of n bytes behind the head; true where the client got all of it. */
static bool large(struct fixture *f, const char *head, size_t n, const char *tail)
{
	struct test_client c = ask(f, GET);
	auto_free char *body = calloc(1, n), *got = NULL;
	bool all;

	take_request(f);
	say(f, head, strlen(head));
	say(f, body, n);
	say(f, tail, strlen(tail));
	test_client_wait_answers(f->g.loop, &c, 1);
	shutdown(c.fd, SHUT_WR);
	assert_true(test_client_wait(f->g.loop, &c, NULL));
	all = c.got.len > n;
	got = answer_of(f, &c);
	assert_non_null(strstr(got, all ? "HTTP/1.1 200 OK" : "X-Ca-Error-Code: D502BR"));
	next_call_is_fine(f, "a large body");
	return all;
}

static void large_bodies(void **state)
{
	struct fixture *f = *state;
	const char *length = "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n";
	const char *chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	assert_true(large(f, arena_printf(f->g.a, length, LIMIT), LIMIT, ""));
	assert_false(large(f, arena_printf(f->g.a, length, LIMIT + 1), LIMIT + 1, ""));
#pragma GCC diagnostic pop
	assert_true(
		large(f, arena_printf(f->g.a, "%s%x\r\n", chunked, LIMIT), LIMIT, "\r\n0\r\n\r\n"));
	assert_false(large(f, arena_printf(f->g.a, "%s%x\r\n", chunked, LIMIT + 1), LIMIT + 1,
			   "\r\n0\r\n\r\n"));
}

/* ---- connections ---- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(functions_get_the_request),
		TEST(functions_fail),
		TEST(answers_pass_through),
		TEST(hostile_answers),
		TEST(unreachable_backends),
		TEST(a_trickle_is_slow),
		TEST(requests),
		TEST(the_base_path_is_the_groups),
		TEST(device_and_source),
		TEST(a_path_that_grows),
		TEST(headers_of_answers),
		TEST(large_bodies),
		TEST(retries),
		TEST(a_client_that_left),
		TEST(a_client_that_left_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
