// SPDX-License-Identifier: GPL-2.0-only
/* HTTP backends: what they get, and what becomes of what they say. */
#include "unit/gateway/scripted.h"

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
	tls_client_free(f->g.tls);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(functions_get_the_request),
		TEST(answers_pass_through),
		TEST(requests),
		TEST(the_base_path_is_the_groups),
		TEST(device_and_source),
		TEST(a_path_that_grows),
		TEST(headers_of_answers),
		TEST(large_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
