// SPDX-License-Identifier: GPL-2.0-only
#include "httpd/httpd.h"

#include <sys/resource.h>

#include "base/cleanup.h"
#include "lib/http_client.h"

struct fixture {
	struct loop *loop;
	struct httpd *httpd;
	int listening;
	uint16_t port;
	int n_requests, n_ends, n_sent, n_refused;
	struct httpd_request *parked; /* answered later */
	bool stopped;
};

/*
 * Answers with path and body; "/stream" goes on when the test says so; "/later" waits until the test answers; "/big" gives 4 MiB; "/given" and
 * "/unknown" are about the length in answers to HEAD.
 */
static void on_request(struct httpd_request *r, void *arg)
{
	struct fixture *f = arg;
	struct httpd_answer a = {.status = 200};
	struct http_header nasty = {http_slice("X"), http_slice("a\r\nb")};

	f->n_requests++;
	if (http_slice_is(r->head->path, "/stream")) {
		a.stream = true;
		a.body = http_slice("first;");
		f->parked = r;
		assert_int_equal(httpd_respond(r, &a), 0);
		return;
	}
	if (http_slice_is(r->head->path, "/later")) {
		f->parked = r;
		return;
	}
	if (http_slice_is(r->head->path, "/nasty")) {
		a.headers = &nasty;
		a.n_headers = 1;
		assert_int_equal(httpd_respond(r, &a), -1);
		a.n_headers = 0;
	}
	if (http_slice_is(r->head->path, "/given"))
		a.length = HTTPD_LENGTH_GIVEN;
	if (http_slice_is(r->head->path, "/unknown"))
		a.length = HTTPD_LENGTH_UNKNOWN;
	a.head_length = 123;
	if (http_slice_is(r->head->path, "/big")) {
		a.body.n = 4u << 20;
		a.body.p = a.free_body = calloc(1, a.body.n);
	} else {
		a.body = http_slice(arena_printf(r->arena, "[%.*s %zu]", (int)r->head->path.n,
						 r->head->path.p, r->body.n));
	}
	assert_int_equal(httpd_respond(r, &a), 0);
}

static void on_refuse(struct httpd_request *r, int status, const char *why, void *arg)
{
	struct fixture *f = arg;

	f->n_refused++; /* and leaves the answer to the default */
}

static void on_end(struct httpd_request *r, bool sent, void *arg)
{
	struct fixture *f = arg;

	f->n_ends++;
	f->n_sent += sent;
	if (f->parked == r)
		f->parked = NULL;
}

static void open_fixture(struct fixture *f, struct httpd_options o)
{
	*f = (struct fixture){.loop = loop_new()};
	f->listening = test_listen(&f->port);
	f->httpd = httpd_new(f->loop, &o,
			     &(struct httpd_handler){on_request, on_refuse, on_end, f});
	assert_int_equal(httpd_listen(f->httpd, f->listening, NULL, NULL), 0);
}

static void close_fixture(struct fixture *f)
{
	httpd_free(f->httpd);
	loop_free(f->loop);
	close(f->listening);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void answers(void **state)
{
	static const struct {
		const char *request, *part;
		size_t n_answers;
	} rows[] = {
		{"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "[/a 0]", 1},
		{"GET /a HTTP/1.0\r\n\r\n", "Connection: close\r\n", 1},
		{"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n",
		 1},
		{"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "Connection: close\r\n",
		 1},
		{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: "
		 "x\r\n\r\n",
		 "[/b 0]", 2},
		{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
		 "[/a 2]", 2},
		{"GET /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", "[/b 4]", 1},
		{"GET /nasty HTTP/1.1\r\nHost: x\r\n\r\n", "[/nasty 0]", 1},
		{"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 6\r\n\r\n", 1},
		{"HEAD /given HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 123\r\n\r\n", 1},
		{"GET /given HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 10\r\n\r\n", 1},
		{"GET /unknown HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 12\r\n\r\n", 1},
		{"GET  /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request",
		 1},
		{"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "501 Not Implemented", 1},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz", "400 Bad",
		 1},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", "413 ", 1},
		{"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		 "2000000\r\n\r\n",
		 "413 ", 1},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc", "", 0},
	};
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.body_limit = 1 << 20});
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = test_half_close(f.loop, f.port, rows[i].request);

		assert_has(got, rows[i].part);
		if (test_count(got, "HTTP/1.1 ") != rows[i].n_answers)
			fail_msg("row %zu: %s", i, got);
		if (strncmp(rows[i].request, "HEAD", 4) == 0)
			assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
	}
	assert_int_equal(f.n_ends, f.n_requests + f.n_refused);
	assert_int_equal(f.n_sent, f.n_ends);
	assert_int_equal(httpd_connections(f.httpd), 0);
	close_fixture(&f);
}

/*
 * A session whose socket is full once, at the first write: of that it takes `taken` bytes, or none (0). It
 * keeps the rest and says at the next write, whatever that is of, what it has kept, as GnuTLS does.
 */
struct full_once {
	size_t taken, kept_len;
	char kept[64];
	bool was_full;
	int fd;
};

static void *open_full(void *arg, int fd)
{
	struct full_once *s = arg;

	s->fd = fd;
	return s;
}

static int no_handshake(void *session)
{
	return 0;
}

static ssize_t recv_full(void *session, void *to, size_t room)
{
	return recv(((struct full_once *)session)->fd, to, room, 0);
}

static ssize_t send_full(void *session, const struct iovec *parts, int n)
{
	struct full_once *s = session;

	if (s->kept_len) {
		const size_t kept = s->kept_len;

		s->kept_len = 0;
		return send(s->fd, s->kept, kept, MSG_NOSIGNAL);
	}
	if (s->was_full)
		return writev(s->fd, parts, n);
	s->was_full = true;
	if (s->taken)
		return send(s->fd, parts->iov_base, s->taken, MSG_NOSIGNAL);
	assert_in_range(parts->iov_len, 1, sizeof(s->kept));
	memcpy(s->kept, parts->iov_base, parts->iov_len);
	s->kept_len = parts->iov_len;
	errno = EAGAIN;
	return -1;
}

static void end_full(void *session)
{
}

static void continue_meets_a_full_socket(void **state)
{
	static const char head[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
				   "Expect: 100-continue\r\n\r\n";

	for (size_t taken = 0; taken < 25; taken += 10) {
		struct full_once full = {.taken = taken};
		const struct httpd_security security = {.arg = &full,
							.open = open_full,
							.handshake = no_handshake,
							.recv = recv_full,
							.send = send_full,
							.end = end_full,
							.close = end_full};
		struct test_client c;
		struct fixture f;
		uint16_t port;
		int listening = test_listen(&port);

		open_fixture(&f, (struct httpd_options){.body_limit = 100});
		assert_int_equal(httpd_listen_secure(f.httpd, listening, NULL, &security, NULL), 0);
		c = test_client_open(port);
		assert_true(test_client_send(f.loop, &c, head, sizeof(head) - 1));
		for (int i = 0; !full.was_full && i < 100; i++)
			assert_int_equal(loop_turn(f.loop, 10), 0);
		assert_true(full.was_full);
		assert_true(test_client_send(f.loop, &c, "abc", 3));
		assert_true(test_client_wait(f.loop, &c, "[/a 3]"));
		assert_memory_equal(c.got.s, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
				    42);
		test_client_close(&c);
		close_fixture(&f);
		close(listening);
	}
}

static void head_of_unknown_length(void **state)
{
	auto_free char *got = NULL;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){0});
	got = test_half_close(f.loop, f.port, "HEAD /unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_has(got, "HTTP/1.1 200 OK\r\n");
	assert_null(strstr(got, "Content-Length"));
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
	close_fixture(&f);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	auto_strbuf struct strbuf all = {0};
	auto_free char *got = NULL;
	const char *at;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.body_limit = 100});
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&all,
			      "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%.*s", i,
			      i % 3, i % 3, "ab");
	got = test_half_close(f.loop, f.port, all.s);
	at = got;
	for (int i = 0; i < 1000; i++) {
		char part[32];

		snprintf(part, sizeof(part), "[/%d %d]", i, i % 3);
		at = strstr(at, part);
		assert_non_null(at);
	}
	assert_int_equal(f.n_sent, 1000);
	close_fixture(&f);
}

static void byte_at_a_time_is_the_same(void **state)
{
	static const char request[] =
		"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n0\r\nT: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
	struct test_client c;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.body_limit = 100});
	c = test_client_open(f.port);
	for (size_t i = 0; i < sizeof(request) - 1; i++)
		assert_true(test_client_send(f.loop, &c, request + i, 1));
	assert_true(test_client_wait(f.loop, &c, "[/b 2]"));
	assert_has(c.got.s, "[/a 3]");
	test_client_close(&c);
	close_fixture(&f);
}

static void a_late_answer_and_a_client_that_left(void **state)
{
	static const char request[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
	struct test_client c;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){0});
	c = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &c, request, sizeof(request) - 1));
	while (!f.parked)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_int_equal(httpd_respond(f.parked, &(struct httpd_answer){.status = 202}), 0);
	assert_true(test_client_wait(f.loop, &c, "202 Accepted"));
	assert_int_equal(f.n_sent, 1);

	/* the same connection again, reset while the answer is being computed */
	assert_true(test_client_send(f.loop, &c, request, sizeof(request) - 1));
	while (!f.parked)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
				    sizeof(struct linger)),
			 0);
	test_client_close(&c);
	for (int i = 0; i < 100 && f.parked; i++)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_null(f.parked);
	assert_int_equal(f.n_ends, 2);
	assert_int_equal(f.n_sent, 1);

	/* closed without a reset: seen when the answer is not taken */
	c = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &c, request, sizeof(request) - 1));
	while (!f.parked)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	test_client_close(&c);
	assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_int_equal(httpd_respond(f.parked, &(struct httpd_answer){.status = 200}), 0);
	for (int i = 0; i < 100 && f.n_ends < 3; i++)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_int_equal(f.n_ends, 3);
	assert_int_equal(f.n_sent, 1);
	close_fixture(&f);
}

/* Where no client stops sending before it has its answer, one that closed is known to have left. */
static void a_client_that_closed_has_left(void **state)
{
	static const char request[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
	struct test_client c;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.half_close = HTTPD_HAS_LEFT});
	c = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &c, request, sizeof(request) - 1));
	while (!f.parked)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	test_client_close(&c);
	for (int i = 0; i < 100 && f.parked; i++)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_null(f.parked);
	assert_int_equal(f.n_ends, 1);
	assert_int_equal(f.n_sent, 0);
	assert_int_equal(httpd_connections(f.httpd), 0);

	/* the request and its client's end are seen at once: nothing is begun */
	c = test_client_open(f.port);
	assert_int_equal(send(c.fd, request, sizeof(request) - 1, MSG_NOSIGNAL),
			 sizeof(request) - 1);
	test_client_close(&c);
	for (int i = 0; i < 10; i++)
		assert_int_equal(loop_turn(f.loop, 10), 0);
	assert_int_equal(f.n_requests, 1);
	assert_int_equal(f.n_ends, 1);
	assert_int_equal(httpd_connections(f.httpd), 0);
	close_fixture(&f);
}

/* The first answer is there at once, the second request is parked. */
static void a_client_that_sends_no_more_does_not_wait(void **state)
{
	static const char requests[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
				       "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
	auto_free char *got = NULL;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.half_close = HTTPD_WAITS_NO_MORE});
	got = test_half_close(f.loop, f.port, requests);
	assert_int_equal(test_count(got, "HTTP/1.1 200"), 1);
	assert_null(f.parked);
	assert_int_equal(f.n_ends, 2);
	assert_int_equal(f.n_sent, 1);
	assert_int_equal(httpd_connections(f.httpd), 0);
	close_fixture(&f);
}

static void a_refused_upload_still_gets_its_answer(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 33000000\r\n\r\n";
	auto_free char *body = calloc(1, 33000000);
	struct test_client c;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.body_limit = 32u << 20});
	assert_true(33000000 < 32u << 20); /* so this one is accepted */
	c = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &c, head, sizeof(head) - 1));
	assert_true(test_client_send(f.loop, &c, body, 33000000));
	assert_true(test_client_wait(f.loop, &c, "[/ 33000000]"));
	test_client_close(&c);
	close_fixture(&f);

	open_fixture(&f, (struct httpd_options){.body_limit = 1u << 20});
	c = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &c, head, sizeof(head) - 1));
	(void)test_client_send(f.loop, &c, body, 33000000); /* the server may hang up meanwhile */
	assert_true(test_client_wait(f.loop, &c, NULL));
	assert_false(c.reset);
	assert_has(c.got.s, "413 ");
	test_client_close(&c);
	close_fixture(&f);
}

static void a_large_answer_to_a_slow_reader(void **state)
{
	static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct test_client c;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){0});
	c = test_client_open(f.port);
	assert_int_equal(send(c.fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_turn(f.loop, 1), 0); /* nobody reads yet */
	assert_int_equal(f.n_ends, 0);
	assert_true(test_client_wait(f.loop, &c, NULL));
	assert_true(c.got.len > 4u << 20);
	assert_int_equal(f.n_sent, 1);
	test_client_close(&c);
	close_fixture(&f);
}

static void deadlines(void **state)
{
	static const struct {
		const char *what, *sent, *answer;
		struct httpd_options o;
	} rows[] = {
		{"idle", "", "", {.idle_ms = 20}},
		{"half a head", "GET / HT", "408 ", {.head_ms = 20, .linger_ms = 20}},
		{"half a body",
		 "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na",
		 "408 ",
		 {.stall_ms = 20, .linger_ms = 20, .body_limit = 100}},
		{"idle after an answer",
		 "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		 "[/ 0]",
		 {.idle_ms = 20}},
		{"an answer that is not read",
		 "GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
		 NULL,
		 {.stall_ms = 200}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t deadline = test_clock_ms() + 10000;
		struct test_client c;
		struct fixture f;

		open_fixture(&f, rows[i].o);
		c = test_client_open(f.port);
		assert_true(test_client_send(f.loop, &c, rows[i].sent, strlen(rows[i].sent)));
		while (httpd_connections(f.httpd) == 0)
			assert_int_equal(loop_turn(f.loop, 100), 0);
		while (httpd_connections(f.httpd) > 0) {
			if (test_clock_ms() > deadline)
				fail_msg("%s: not closed", rows[i].what);
			assert_int_equal(loop_turn(f.loop, 100), 0);
		}
		test_client_poll(&c);
		if (rows[i].answer)
			assert_has(c.got.len ? c.got.s : "", rows[i].answer);
		assert_int_equal(f.n_ends, f.n_requests + f.n_refused);
		test_client_close(&c);
		close_fixture(&f);
	}
}

static void on_stopped(void *arg)
{
	((struct fixture *)arg)->stopped = true;
}

static void stopping_finishes_what_is_under_way(void **state)
{
	static const char request[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char last[] = "GET /last HTTP/1.1\r\nHost: x\r\n\r\n";
	struct test_client busy, idle, late, crossing;
	struct fixture f;
	int successor;

	open_fixture(&f, (struct httpd_options){.drain_ms = 100});
	idle = test_client_open(f.port);
	crossing = test_client_open(f.port);
	busy = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &busy, request, sizeof(request) - 1));
	while (!f.parked || httpd_connections(f.httpd) < 3)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	httpd_stop(f.httpd, 5000, on_stopped, &f);
	/* a request that crosses our decision gets its answer, and hears that it was the last */
	assert_true(test_client_send(f.loop, &crossing, last, sizeof(last) - 1));
	assert_true(test_client_wait(f.loop, &crossing, NULL));
	assert_false(crossing.reset);
	assert_has(crossing.got.s, "[/last 0]");
	assert_has(crossing.got.s, "Connection: close");
	test_client_close(&crossing);
	/* one that has nothing to say does not hold us up */
	assert_true(test_client_wait(f.loop, &idle, NULL));
	assert_int_equal(idle.got.len, 0);
	assert_false(f.stopped);
	/* whoever shares the listening socket gets new clients */
	late = test_client_open(f.port);
	assert_int_equal(loop_turn(f.loop, 10), 0);
	assert_int_equal(httpd_connections(f.httpd), 1);
	assert_int_equal(httpd_respond(f.parked, &(struct httpd_answer){.status = 200}), 0);
	assert_true(test_client_wait(f.loop, &busy, NULL));
	assert_has(busy.got.s, "Connection: close");
	assert_true(f.stopped);
	successor = accept4(f.listening, NULL, NULL, SOCK_NONBLOCK);
	assert_true(successor >= 0);
	close(successor);
	test_client_close(&idle);
	test_client_close(&busy);
	test_client_close(&late);
	close_fixture(&f);
}

/* Without descriptors: the loop rests (few turns in a while), and serves again when there are some. */
static void exhausted_descriptors_are_no_busy_loop(void **state)
{
	struct rlimit old, tight;
	struct test_client c[2];
	struct fixture f;
	uint64_t until;
	int turns = 0, top;

	open_fixture(&f, (struct httpd_options){0});
	for (int i = 0; i < 2; i++)
		c[i] = test_client_open(f.port);
	top = fcntl(0, F_DUPFD, 0);
	close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = (struct rlimit){(rlim_t)top, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	until = test_clock_ms() + 300;
	while (test_clock_ms() < until) {
		assert_int_equal(loop_turn(f.loop, 50), 0);
		turns++;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(turns < 50);
	for (int i = 0; i < 2; i++)
		test_client_close(&c[i]);
	auto_free char *got = test_half_close(f.loop, f.port, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_has(got, "[/a 0]");
	close_fixture(&f);
}

static void idle_connections_make_room(void **state)
{
	static const char request[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
	struct test_client c[4];
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.max_connections = 3});
	for (int i = 0; i < 4; i++) {
		c[i] = test_client_open(f.port);
		assert_true(test_client_send(f.loop, &c[i], request, sizeof(request) - 1));
		assert_true(test_client_wait(f.loop, &c[i], "[/a 0]"));
	}
	assert_int_equal(httpd_connections(f.httpd), 3);
	assert_true(test_client_wait(f.loop, &c[0], NULL)); /* the one that was idle longest */
	for (int i = 0; i < 4; i++)
		test_client_close(&c[i]);
	close_fixture(&f);
}

static void memory_for_bodies_is_bounded(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n";
	auto_free char *body = calloc(1, 900000);
	struct test_client a, b;
	struct fixture f;

	open_fixture(&f, (struct httpd_options){.body_limit = 1u << 20, .body_total = 1200000});
	a = test_client_open(f.port);
	b = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &a, head, sizeof(head) - 1));
	assert_true(test_client_send(f.loop, &a, body, 600000));
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_turn(f.loop, 5), 0); /* until all of it has been read */
	assert_true(test_client_send(f.loop, &b, head, sizeof(head) - 1));
	(void)test_client_send(f.loop, &b, body, 600000);
	assert_true(test_client_wait(f.loop, &b, "503 "));
	assert_true(test_client_send(f.loop, &a, body, 300000));
	assert_true(test_client_wait(f.loop, &a, "[/ 900000]"));
	test_client_close(&a);
	test_client_close(&b);
	close_fixture(&f);
}

static struct test_client open_stream(struct fixture *f)
{
	static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
	struct test_client c;

	open_fixture(f, (struct httpd_options){.stall_ms = 100});
	c = test_client_open(f->port);
	assert_true(test_client_send(f->loop, &c, request, sizeof(request) - 1));
	assert_true(test_client_wait(f->loop, &c, "first;"));
	return c;
}

static void a_stream_goes_on_until_its_end(void **state)
{
	struct fixture f;
	struct test_client c = open_stream(&f);
	uint64_t until = test_clock_ms() + 250;

	assert_has(c.got.s, "Connection: close");
	assert_null(strstr(c.got.s, "Content-Length"));
	while (test_clock_ms() < until) /* silence is no stall */
		assert_int_equal(loop_turn(f.loop, 20), 0);
	assert_non_null(f.parked);
	assert_int_equal(httpd_stream_send(f.parked, "second;", 7), 0);
	assert_true(test_client_wait(f.loop, &c, "first;second;"));
	assert_int_equal(httpd_stream_send(f.parked, "third;", 6), 0);
	assert_int_equal(httpd_stream_send(f.parked, "fourth", 6), 0);
	httpd_stream_end(f.parked);
	assert_true(test_client_wait(f.loop, &c, NULL));
	assert_has(c.got.s, "first;second;third;fourth");
	assert_false(c.reset);
	assert_int_equal(f.n_sent, 1);
	assert_int_equal(f.n_ends, 1);
	test_client_close(&c);
	close_fixture(&f);
}

static void a_stream_ends_when_its_client_leaves(void **state)
{
	struct fixture f;
	struct test_client c = open_stream(&f);

	test_client_close(&c);
	while (f.parked)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_int_equal(f.n_ends, 1);
	assert_int_equal(httpd_connections(f.httpd), 0);
	close_fixture(&f);
}

/* Who does not read is told so by the sender, and is let go of after a while. */
static void a_stream_that_nobody_reads_is_bounded(void **state)
{
	struct fixture f;
	struct test_client c = open_stream(&f);
	auto_free char *much = calloc(1, HTTPD_STREAM_MAX);
	int sent = 0;

	while (sent < 9 && httpd_stream_send(f.parked, much, HTTPD_STREAM_MAX) == 0)
		sent++;
	assert_in_range(sent, 1,
			3); /* one that is under way, one that waits, what the socket takes */
	while (f.parked)
		assert_int_equal(loop_turn(f.loop, 100), 0);
	assert_int_equal(f.n_sent, 0);
	test_client_close(&c);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(continue_meets_a_full_socket),
		cmocka_unit_test(head_of_unknown_length),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(byte_at_a_time_is_the_same),
		cmocka_unit_test(a_late_answer_and_a_client_that_left),
		cmocka_unit_test(a_client_that_closed_has_left),
		cmocka_unit_test(a_client_that_sends_no_more_does_not_wait),
		cmocka_unit_test(a_refused_upload_still_gets_its_answer),
		cmocka_unit_test(a_large_answer_to_a_slow_reader),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(stopping_finishes_what_is_under_way),
		cmocka_unit_test(exhausted_descriptors_are_no_busy_loop),
		cmocka_unit_test(idle_connections_make_room),
		cmocka_unit_test(memory_for_bodies_is_bounded),
		cmocka_unit_test(a_stream_goes_on_until_its_end),
		cmocka_unit_test(a_stream_ends_when_its_client_leaves),
		cmocka_unit_test(a_stream_that_nobody_reads_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
