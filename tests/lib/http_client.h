// SPDX-License-Identifier: GPL-2.0-only
/** A raw HTTP client in the same thread as the server under test: it turns the server's loop. */
#pragma once

#include "base/loop.h"
#include "base/strbuf.h"
#include "lib/turn.h"
#include "lib/worker.h"

struct test_client {
	int fd;
	struct strbuf got;
	bool eof, reset;
};

static inline struct test_client test_client_with_room(uint16_t port, int room)
{
	struct test_client c = {.fd = test_connect_with_room(port, room)};

	assert_int_equal(fcntl(c.fd, F_SETFL, O_NONBLOCK), 0);
	return c;
}

static inline struct test_client test_client_open(uint16_t port)
{
	return test_client_with_room(port, 0);
}

/* Takes what has arrived. */
static inline void test_client_poll(struct test_client *c)
{
	char buf[65536];
	ssize_t n;

	while (!c->eof && (n = recv(c->fd, buf, sizeof(buf), 0)) >= 0) {
		if (n == 0)
			c->eof = true;
		strbuf_addn(&c->got, buf, (size_t)n);
	}
	if (!c->eof && errno != EAGAIN)
		c->eof = c->reset = true;
}

/* Sends all of it while the loop turns; false where the server closed before. */
static inline bool test_client_send(struct loop *l, struct test_client *c, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return false;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
		assert_int_equal(loop_turn(l, 0), 0);
		test_client_poll(c);
		if (c->eof)
			return n == 0;
	}
	return true;
}

/* Turns the loop until `text` has been received (NULL: until the server closed), at most 10 s. */
static inline bool test_client_wait(struct loop *l, struct test_client *c, const char *text)
{
	uint64_t deadline = test_clock_ms() + 10000;

	while (test_clock_ms() < deadline) {
		test_client_poll(c);
		if (text && c->got.len && strstr(c->got.s, text))
			return true;
		if (c->eof)
			return !text;
		assert_int_equal(loop_turn(l, 10), 0);
	}
	return false;
}

static inline void test_client_close(struct test_client *c)
{
	close(c->fd);
	strbuf_done(&c->got);
}

static inline size_t test_count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* Until so many answers have begun, or the server closed. */
static inline void test_client_wait_answers(struct loop *l, struct test_client *c, size_t n)
{
	uint64_t deadline = test_clock_ms() + 10000;

	while (test_clock_ms() < deadline && !c->eof &&
	       test_count(strbuf_str(&c->got), "HTTP/1.1 ") < n) {
		assert_int_equal(loop_turn(l, 10), 0);
		test_client_poll(c);
	}
}

/* Says that no more will come; gives all that came back; to be freed. */
static inline char *test_client_finish(struct loop *l, struct test_client *c, const char *request)
{
	char *all;

	shutdown(c->fd, SHUT_WR);
	if (!test_client_wait(l, c, NULL))
		fail_msg("no end of the answer to %.60s", request);
	all = strbuf_take(&c->got);
	test_client_close(c);
	return all;
}

/* Sends, waits until an answer to each of the requests has begun, as clients do, and finishes. */
static inline char *test_roundtrip(struct loop *l, uint16_t port, const char *request)
{
	struct test_client c = test_client_open(port);

	if (test_client_send(l, &c, request, strlen(request)))
		test_client_wait_answers(l, &c, test_count(request, " HTTP/1."));
	return test_client_finish(l, &c, request);
}

/* Sends and says at once that no more will come. */
static inline char *test_half_close(struct loop *l, uint16_t port, const char *request)
{
	struct test_client c = test_client_open(port);

	(void)test_client_send(l, &c, request, strlen(request));
	return test_client_finish(l, &c, request);
}

/*
 * Connects until a listening socket takes no more: from then on the kernel drops what comes, and a
 * connection attempt hears nothing. The caller closes the four sockets.
 */
static inline void test_fill_backlog(int listening, uint16_t port, int waiting[4])
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	assert_int_equal(listen(listening, 0), 0); /* the queue holds one */
	for (size_t i = 0; i < 4; i++) {
		waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_true(waiting[i] >= 0);
		assert_true(connect(waiting[i], (struct sockaddr *)&a, sizeof(a)) == 0 ||
			    errno == EINPROGRESS);
	}
}
