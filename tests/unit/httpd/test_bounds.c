// SPDX-License-Identifier: GPL-2.0-only
/* What a server lets go of, and when: time, connections, descriptors, memory, streams, itself. */
#include "httpd/httpd.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "unit/httpd/serving.h"

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
		c = open_narrow_client(&f);
		assert_true(test_client_send(f.loop, &c, rows[i].sent, strlen(rows[i].sent)));
		test_turn_until(f.loop, httpd_connections(f.httpd) == 1);
		while (httpd_connections(f.httpd) > 0) {
			if (test_clock_ms() > deadline)
				fail_msg("%s: not closed", rows[i].what);
			assert_int_equal(loop_turn(f.loop, 100), 0);
		}
		test_client_poll(&c);
		if (rows[i].answer)
			assert_has(c.got.len ? c.got.s : "", rows[i].answer);
		else
			assert_int_equal(f.n_sent, 0);
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
	test_turn_until(f.loop, f.parked && httpd_connections(f.httpd) == 3);
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

/* Whether nothing that the client sent is on its way, or waits for the server, whose descriptor is one of ours. */
static bool all_is_read(const struct test_client *c)
{
	struct sockaddr_in client, peer = {0};
	socklen_t len = sizeof(client);
	int n = 0;

	assert_int_equal(ioctl(c->fd, SIOCOUTQ, &n), 0);
	assert_int_equal(getsockname(c->fd, (struct sockaddr *)&client, &len), 0);
	for (int fd = 0; n == 0 && fd < 256; fd++) {
		len = sizeof(peer);
		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    peer.sin_family == AF_INET && peer.sin_port == client.sin_port)
			return ioctl(fd, SIOCINQ, &n) == 0 && n == 0;
	}
	return false;
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
	test_turn_until(f.loop, all_is_read(&a));
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
	c = open_narrow_client(f);
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
	test_turn_until(f.loop, !f.parked);
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
	test_turn_until(f.loop, !f.parked);
	assert_int_equal(f.n_sent, 0);
	test_client_close(&c);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
