// SPDX-License-Identifier: GPL-2.0-only
/* The backend is a script: what it answers, in which pieces, and whether it then closes. */
#include "httpd/upstream.h"

#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "lib/http_client.h"
#include "lib/together.h"

struct outcome {
	bool done;
	enum upstream_outcome outcome;
	int errnum, status;
	struct strbuf body;
	struct upstream_body *taken; /* where the body shall be kept, or NULL */
};

struct fixture {
	struct loop *loop;
	struct upstream *upstream;
	int listening, conn;
	uint16_t port;
	int n_accepted;
	size_t max_body;
	const char *device;
	uint32_t source;
	uint64_t network;
};

static const char request_head[] = "POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n";

static void open_fixture_with(struct fixture *f, struct upstream_options options)
{
	*f = (struct fixture){
		.loop = loop_new(), .conn = -1, .max_body = 100, .source = 0x7f000002};
	f->listening = test_listen(&f->port);
	assert_int_equal(fcntl(f->listening, F_SETFL, O_NONBLOCK), 0);
	f->upstream = upstream_new(f->loop, &options);
	loop_send_together(f->loop, test_sender, NULL);
}

static void open_fixture(struct fixture *f)
{
	open_fixture_with(f, (struct upstream_options){0});
}

static void close_fixture(struct fixture *f)
{
	upstream_free(f->upstream);
	loop_free(f->loop);
	close(f->listening);
	if (f->conn >= 0)
		close(f->conn);
}

static void on_done(struct upstream_call *call, const struct upstream_result *r, void *arg)
{
	struct outcome *o = arg;

	assert_false(o->done);
	o->done = true;
	o->outcome = r->outcome;
	o->errnum = r->errnum;
	assert_non_null(r->why);
	if (r->outcome == UPSTREAM_OK) {
		o->status = r->head->status;
		strbuf_addn(&o->body, r->body.p, r->body.n);
		if (o->taken)
			*o->taken = upstream_take_body(call);
	}
}

static struct upstream_call *start(struct fixture *f, struct outcome *o, bool idempotent,
				   unsigned int total_ms)
{
	struct upstream_request r = {
		.peer = {.sin_family = AF_INET,
			 .sin_port = htons(f->port),
			 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
		.source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(f->source)},
		.device = f->device,
		.network = f->network,
		.head = {request_head, sizeof(request_head) - 1},
		.body = {"body", 4},
		.idempotent = idempotent,
		.connect_ms = 1000,
		.total_ms = total_ms,
		.max_body = f->max_body,
		.done = on_done,
		.arg = o,
	};
	struct upstream_call *call;

	*o = (struct outcome){0};
	call = upstream_start(f->upstream, &r);
	assert_false(o->done);
	return call;
}

static void turn_until(struct fixture *f, const bool *done)
{
	test_turn_until(f->loop, *done);
}

/* Takes a new connection if there is one, then a whole request from the current one. */
static void take_request(struct fixture *f)
{
	uint64_t deadline = test_clock_ms() + 10000;
	const size_t whole = sizeof(request_head) - 1 + 4;
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	char buf[256];
	size_t got = 0;

	while (got < whole && test_clock_ms() < deadline) {
		int fd = accept4(f->listening, (struct sockaddr *)&from, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		ssize_t n;

		if (fd >= 0) {
			assert_int_equal(ntohl(from.sin_addr.s_addr), f->source);
			if (f->conn >= 0)
				close(f->conn);
			f->conn = fd;
			f->n_accepted++;
			got = 0;
		}
		n = f->conn >= 0 ? recv(f->conn, buf + got, sizeof(buf) - got, 0) : -1;
		if (n > 0)
			got += (size_t)n;
		assert_int_equal(loop_turn(f->loop, 1), 0);
	}
	assert_int_equal(got, whole);
	assert_memory_equal(buf, request_head, sizeof(request_head) - 1);
	assert_memory_equal(buf + sizeof(request_head) - 1, "body", 4);
}

static void say(struct fixture *f, const char *text)
{
	assert_int_equal(send(f->conn, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Brings an answer, whose connection is kept. */
static void pool_a_connection(struct fixture *f)
{
	struct outcome o;

	start(f, &o, false, 5000);
	take_request(f);
	say(f, GOOD);
	turn_until(f, &o.done);
	strbuf_done(&o.body);
}

static void answers(void **state)
{
	static const struct {
		const char *what, *text;
		bool close; /* the backend closes behind it */
		enum upstream_outcome outcome;
		const char *body;
		bool reused; /* the connection serves the next call */
	} rows[] = {
		{"plain", GOOD, false, UPSTREAM_OK, "ok", true},
		{"chunked",
		 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false,
		 UPSTREAM_OK, "ok", true},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", false, UPSTREAM_OK, "", true},
		{"interim answers",
		 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nL: x\r\n\r\n" GOOD, false,
		 UPSTREAM_OK, "ok", true},
		{"Connection: close",
		 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", false,
		 UPSTREAM_OK, "ok", false},
		{"until close", "HTTP/1.1 200 OK\r\n\r\nok", true, UPSTREAM_OK, "ok", false},
		{"two answers", GOOD GOOD, false, UPSTREAM_OK, "ok", false},
		{"a byte too much", GOOD "x", false, UPSTREAM_OK, "ok", false},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Le", true, UPSTREAM_CLOSED, "", false},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true,
		 UPSTREAM_CLOSED, "", false},
		{"half of the chunks",
		 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", true,
		 UPSTREAM_CLOSED, "", false},
		{"nothing", "", true, UPSTREAM_CLOSED, "", false},
		{"not HTTP", "SSH-2.0-x\r\n", false, UPSTREAM_MALFORMED, "", false},
		{"bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", false, UPSTREAM_MALFORMED,
		 "", false},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz", false,
		 UPSTREAM_MALFORMED, "", false},
		{"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", false, UPSTREAM_MALFORMED, "",
		 false},
		{"claims too much", "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", false,
		 UPSTREAM_TOO_LARGE, "", false},
		{"sends too much",
		 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
		 "0123456789012345678901234567890123456789012345678901234567890123456"
		 "7890123456789012345678901234567890",
		 false, UPSTREAM_TOO_LARGE, "", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outcome o;
		struct fixture f;

		open_fixture(&f);
		start(&f, &o, false, 5000);
		take_request(&f);
		say(&f, rows[i].text);
		if (rows[i].close)
			close(steal_fd(&f.conn));
		turn_until(&f, &o.done);
		if (o.outcome != rows[i].outcome || strcmp(strbuf_str(&o.body), rows[i].body) != 0)
			fail_msg("%s: outcome %d, body %s", rows[i].what, (int)o.outcome,
				 strbuf_str(&o.body));
		strbuf_done(&o.body);

		start(&f, &o, false, 5000);
		take_request(&f);
		say(&f, GOOD);
		turn_until(&f, &o.done);
		assert_int_equal(o.outcome, UPSTREAM_OK);
		strbuf_done(&o.body);
		if (f.n_accepted != (rows[i].reused ? 1 : 2))
			fail_msg("%s: %d connections", rows[i].what, f.n_accepted);
		close_fixture(&f);
	}
}

static void interim_flood(void **state)
{
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	start(&f, &o, false, 5000);
	take_request(&f);
	for (int i = 0; i < 20; i++)
		say(&f, "HTTP/1.1 102 Processing\r\n\r\n");
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_MALFORMED);
	close_fixture(&f);
}

static void byte_at_a_time(void **state)
{
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	start(&f, &o, false, 5000);
	take_request(&f);
	for (const char *p = GOOD; *p; p++) {
		const char one[] = {*p, '\0'};

		assert_false(o.done);
		say(&f, one);
		assert_int_equal(loop_turn(f.loop, 100), 0);
	}
	turn_until(&f, &o.done);
	assert_string_equal(o.body.s, "ok");
	strbuf_done(&o.body);
	close_fixture(&f);
}

static void deadlines_and_refusals(void **state)
{
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	start(&f, &o, false, 50); /* the kernel accepts, nobody answers */
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_TIMEOUT);

	close(f.listening);
	start(&f, &o, false, 5000);
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_CONNECT);
	assert_int_equal(o.errnum, ECONNREFUSED);
	f.listening = test_listen(&(uint16_t){0});
	close_fixture(&f);
}

static void cancelled_calls_say_nothing(void **state)
{
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	upstream_cancel(start(&f, &o, false, 50));
	start(&f, &o, false, 50);
	take_request(&f);
	close_fixture(&f); /* cancels the other one */
	assert_false(o.done);
}

/* Over a pooled connection nothing leaves before the end of the turn, or at all where the call was cancelled. */
static void cancelled_before_it_is_sent(void **state)
{
	struct upstream_call *call;
	struct outcome o;
	struct fixture f;
	char byte;

	open_fixture(&f);
	pool_a_connection(&f);

	call = start(&f, &o, false, 5000);
	assert_int_equal(recv(f.conn, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	upstream_cancel(call);
	assert_int_equal(loop_turn(f.loop, 0), 0);
	assert_int_equal(recv(f.conn, &byte, 1, 0), 0); /* closed, and not a byte before */
	assert_false(o.done);
	close_fixture(&f);
}

/* The pooled connection dies after the request was written: only an idempotent one goes again. */
static void dead_pooled_connections(void **state)
{
	for (int idempotent = 0; idempotent < 2; idempotent++) {
		struct outcome o;
		struct fixture f;

		open_fixture(&f);
		pool_a_connection(&f);

		start(&f, &o, idempotent, 5000);
		take_request(&f);
		assert_int_equal(f.n_accepted, 1);
		close(steal_fd(&f.conn));
		if (idempotent) {
			take_request(&f);
			say(&f, GOOD);
		}
		turn_until(&f, &o.done);
		assert_int_equal(o.outcome, idempotent ? UPSTREAM_OK : UPSTREAM_CLOSED);
		assert_int_equal(f.n_accepted, idempotent ? 2 : 1);
		strbuf_done(&o.body);
		close_fixture(&f);
	}
}

/* The backend closed while the connection was pooled: nobody notices. */
static void closed_while_pooled(void **state)
{
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	pool_a_connection(&f);
	close(steal_fd(&f.conn));
	for (int i = 0; i < 5; i++)
		assert_int_equal(loop_turn(f.loop, 10), 0);
	start(&f, &o, false, 5000);
	take_request(&f);
	say(&f, GOOD);
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_int_equal(f.n_accepted, 2);
	strbuf_done(&o.body);
	close_fixture(&f);
}

/* It is closed, or something is said on it, after a call took it and before that was sent: another one is made. */
static void spoilt_before_it_is_sent(void **state)
{
	for (int says = 0; says < 2; says++) {
		struct outcome o;
		struct fixture f;

		open_fixture(&f);
		pool_a_connection(&f);
		start(&f, &o, false, 5000);
		if (says)
			say(&f, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
		else
			close(steal_fd(&f.conn));
		take_request(&f);
		assert_int_equal(f.n_accepted, 2);
		say(&f, GOOD);
		turn_until(&f, &o.done);
		assert_int_equal(o.outcome, UPSTREAM_OK);
		assert_int_equal(o.status, 200);
		strbuf_done(&o.body);
		close_fixture(&f);
	}
}

/*
 * An answer that fills our buffer to the last byte, and more behind it: what is still in the socket
 * has no edge left, and must not become the answer to the next call.
 */
static void unread_bytes_are_not_pooled(void **state)
{
	const size_t buffer = 16384; /* UPSTREAM_BUFFER */
	auto_strbuf struct strbuf answer = {0};
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	f.max_body = buffer;
	strbuf_add(&answer, "HTTP/1.1 200 OK\r\nContent-Length: 16300\r\nX: ");
	while (answer.len < buffer - 16300 - 4)
		strbuf_addc(&answer, 'x');
	strbuf_add(&answer, "\r\n\r\n");
	while (answer.len < buffer)
		strbuf_addc(&answer, 'b');
	strbuf_add(&answer, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");

	start(&f, &o, false, 5000);
	take_request(&f);
	say(&f, answer.s);
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_int_equal(o.body.len, 16300);
	strbuf_done(&o.body);
	start(&f, &o, false, 5000);
	take_request(&f);
	assert_int_equal(f.n_accepted, 2);
	say(&f, GOOD);
	turn_until(&f, &o.done);
	assert_int_equal(o.body.len, 2);
	strbuf_done(&o.body);
	close_fixture(&f);
}

/* One exchange, all well; true where it went over the connection of the one before. */
static bool reuses(struct fixture *f)
{
	int before = f->n_accepted;
	struct outcome o;

	start(f, &o, false, 5000);
	take_request(f);
	say(f, GOOD);
	turn_until(f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_OK);
	strbuf_done(&o.body);
	return f->n_accepted == before;
}

/* VPCs may have equal addresses: only the device tells their backends apart. */
static void device_and_source_are_kept_apart(void **state)
{
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	assert_false(reuses(&f));
	assert_true(reuses(&f));
	f.device = "lo";
	assert_false(reuses(&f));
	assert_true(reuses(&f));
	f.source = 0x7f000003;
	assert_false(reuses(&f));
	assert_true(reuses(&f));

	f.device = "nosuch0";
	start(&f, &o, false, 5000);
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_CONNECT);
	assert_int_equal(o.errnum, ENODEV);
	close_fixture(&f);
}

/* A full backlog drops what comes: nobody refuses, nobody accepts. */
static void count_pools(const struct upstream_pool *pool, void *arg)
{
	size_t *idle = arg; /* and how many backends */

	idle[0] += pool->idle;
	idle[1]++;
}

static void assert_pools(const struct fixture *f, size_t idle, size_t backends)
{
	size_t n[2] = {0};

	upstream_pools(f->upstream, count_pools, n);
	assert_int_equal(n[0], idle);
	assert_int_equal(n[1], backends);
}

/* What is forgotten leaves nothing, and nothing of others is. */
static void networks_are_forgotten(void **state)
{
	struct fixture f;

	open_fixture(&f);
	for (f.network = 1; f.network <= 3; f.network++)
		pool_a_connection(&f);
	assert_pools(&f, 1, 3); /* the script keeps the last one only */
	upstream_forget(f.upstream, 4);
	assert_pools(&f, 1, 3);
	upstream_forget(f.upstream, 2);
	assert_pools(&f, 1, 2);
	upstream_forget(f.upstream, 3);
	assert_pools(&f, 0, 1);
	upstream_forget(f.upstream, 1);
	assert_pools(&f, 0, 0);
	close_fixture(&f);
}

static void connect_deadline(void **state)
{
	int waiting[4];
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	test_fill_backlog(f.listening, f.port, waiting);
	start(&f, &o, false, 100);
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_CONNECT);
	assert_int_equal(o.errnum, ETIMEDOUT);
	for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
		close(waiting[i]);
	close_fixture(&f);
}

/*
 * A backend that sends head and body one by one, with Nagle's algorithm, waits in between for our
 * acknowledgement: the kernel would delay it by 40 ms. The best of several rounds counts, for busy
 * machines; the first ones are quick in any case.
 */
static void a_head_alone_is_acknowledged(void **state)
{
	uint64_t best = UINT64_MAX;
	struct outcome o;
	struct fixture f;

	open_fixture(&f);
	for (int i = 0; i < 30; i++) {
		uint64_t began;

		start(&f, &o, false, 5000);
		take_request(&f);
		began = test_clock_ms();
		say(&f, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
		say(&f, "ok");
		turn_until(&f, &o.done);
		assert_int_equal(o.outcome, UPSTREAM_OK);
		strbuf_done(&o.body);
		if (i >= 20 && test_clock_ms() - began < best)
			best = test_clock_ms() - began;
	}
	assert_true(best < 30);
	assert_int_equal(f.n_accepted, 1);
	close_fixture(&f);
}

/* An answer of n bytes, whose body is taken over where `taken` is not NULL. */
static void fetch(struct fixture *f, struct outcome *o, struct upstream_body *taken, int n)
{
	auto_strbuf struct strbuf text = {0};

	start(f, o, false, 5000);
	o->taken = taken;
	take_request(f);
	strbuf_printf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%0*d", n, n, 0);
	say(f, text.s);
	turn_until(f, &o->done);
	strbuf_done(&o->body);
}

static void bodies_together_are_bounded(void **state)
{
	struct upstream_body first = {0}, second = {0};
	struct outcome o;
	struct fixture f;

	open_fixture_with(&f, (struct upstream_options){.body_total = 8192});
	f.max_body = 1 << 20;
	fetch(&f, &o, NULL, 10000);
	assert_int_equal(o.outcome, UPSTREAM_BUSY);
	fetch(&f, &o, &first, 5000);
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_int_equal(first.n, 5000);
	fetch(&f, &o, &second, 1);
	assert_int_equal(o.outcome, UPSTREAM_BUSY);
	upstream_body_done(f.upstream, &first);
	fetch(&f, &o, &second, 1);
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_memory_equal(second.p, "0", 1);
	upstream_body_done(f.upstream, &second);
	upstream_body_done(f.upstream, &second); /* empty now */
	close_fixture(&f);
}

static void send_all(void *arg, struct loop_later *const *laters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		laters[i]->message.tried = true;
		laters[i]->message.result = test_send_all(laters[i]);
	}
}

/* What comes in between is not what the backend says, but that it is there. */
struct knock {
	struct loop_io io; /* first */
	struct fixture *f;
};

static void on_knock(struct loop_io *io, uint32_t events)
{
	say(((struct knock *)(void *)io)->f, "ok");
}

/*
 * The end of an answer comes between the event of its beginning and the read that takes both: its own event, which is
 * the connection's next one, has nothing to read. By then another request is put off there: it is sent once.
 */
static void one_put_off_is_sent_once(void **state)
{
	struct knock k = {.io.fn = on_knock};
	const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct outcome o;
	struct fixture f;
	char buf[1000];

	open_fixture(&f);
	loop_send_together(f.loop, send_all, NULL);
	k.f = &f;
	assert_int_equal(loop_add(f.loop, &k.io, fd, EPOLLIN | EPOLLET), 0);
	start(&f, &o, false, 5000);
	take_request(&f);
	assert_int_equal(eventfd_write(fd, 1), 0);
	say(&f, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
	turn_until(&f, &o.done);
	assert_int_equal(o.outcome, UPSTREAM_OK);
	strbuf_done(&o.body);
	start(&f, &o, false, 5000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_turn(f.loop, 0), 0);
	assert_int_equal(recv(f.conn, buf, sizeof(buf), 0), sizeof(request_head) - 1 + 4);
	close_fixture(&f);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(one_put_off_is_sent_once),
		cmocka_unit_test(interim_flood),
		cmocka_unit_test(byte_at_a_time),
		cmocka_unit_test(deadlines_and_refusals),
		cmocka_unit_test(cancelled_calls_say_nothing),
		cmocka_unit_test(cancelled_before_it_is_sent),
		cmocka_unit_test(dead_pooled_connections),
		cmocka_unit_test(closed_while_pooled),
		cmocka_unit_test(spoilt_before_it_is_sent),
		cmocka_unit_test(unread_bytes_are_not_pooled),
		cmocka_unit_test(device_and_source_are_kept_apart),
		cmocka_unit_test(networks_are_forgotten),
		cmocka_unit_test(connect_deadline),
		cmocka_unit_test(a_head_alone_is_acknowledged),
		cmocka_unit_test(bodies_together_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
