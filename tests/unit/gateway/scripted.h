// SPDX-License-Identifier: GPL-2.0-only
/** A gateway whose backend is a script, honest or hostile: what it gets, and what it says to that. */
#pragma once

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
	TEST_API("no-tls", "GET", "/no-tls", VPC("60" LOCAL("PORT") ",\"scheme\":\"https\"")),
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

static inline int open_fixture(void **state)
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

static inline int close_fixture(void **state)
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

static inline bool whole(const struct strbuf *b)
{
	const char *end = b->len ? strstr(b->s, "\r\n\r\n") : NULL;
	const char *length = b->len ? strcasestr(b->s, "\r\nContent-Length: ") : NULL;
	size_t body = end && length && length < end ? strtoul(length + 18, NULL, 10) : 0;

	return end && b->len == (size_t)(end - b->s) + 4 + body;
}

static inline void accept_new(struct fixture *f)
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
static inline void take_request(struct fixture *f)
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
static inline void say(struct fixture *f, const char *p, size_t n)
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

static inline void end(struct fixture *f, enum ending how)
{
	if (how == RESETS)
		assert_int_equal(setsockopt(f->conn, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
					    sizeof(struct linger)),
				 0);
	if (how != KEEPS)
		close(steal_fd(&f->conn));
}

/* The backend has been hung up on. */
static inline bool conn_is_gone(struct fixture *f)
{
	uint64_t deadline = test_clock_ms() + 10000;
	char byte;

	while (recv(f->conn, &byte, 1, 0) < 0 && errno == EAGAIN && test_clock_ms() < deadline)
		assert_int_equal(loop_turn(f->g.loop, 10), 0);
	return test_clock_ms() < deadline;
}

/* ---- whole calls ---- */

static inline struct test_client ask(struct fixture *f, const char *request)
{
	struct test_client c = test_client_open(f->g.port[0]);

	assert_true(test_client_send(f->g.loop, &c, request, strlen(request)));
	return c;
}

static inline char *answer_of(struct fixture *f, struct test_client *c)
{
	test_client_wait_answers(f->g.loop, c, 1);
	return test_client_finish(f->g.loop, c, "the backend");
}

static inline char *call(struct fixture *f, const char *request, const char *answer,
			 enum ending how)
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
static inline void next_call_is_fine(struct fixture *f, const char *after)
{
	auto_free char *got = call(f, GET, FINE, KEEPS);

	if (strncmp(got, "HTTP/1.1 200 ", 13) != 0 || strcmp(body_of(got), "fine") != 0)
		fail_msg("after %s: %s", after, got);
}

/* The log has the error that the answer has, and who the backend was. */
static inline void check_log(struct fixture *f, int status, const char *code, const char *kind,
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

#define LIMIT (32u << 20) /* of a backend's answer */

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
