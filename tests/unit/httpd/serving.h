// SPDX-License-Identifier: GPL-2.0-only
/** A server in one loop with the test, and a handler that does what the path says. */
#pragma once

#include "base/cleanup.h"
#include "httpd/httpd.h"
#include "lib/http_client.h"
#include "lib/together.h"

#ifndef TEST_BY_RING
#define TEST_BY_RING false /* lib/ring_loop.h */
#endif

#define BIG (4u << 20)

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
 * Answers with path and body; "/stream" goes on when the test says so; "/later" waits until the test
 * answers; "/big" gives BIG bytes; "/given" and "/unknown" are about the length in answers to HEAD.
 */
static inline void on_request(struct httpd_request *r, void *arg)
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
		a.body.n = BIG;
		a.body.p = a.free_body = calloc(1, a.body.n);
	} else {
		a.body = http_slice(arena_printf(r->arena, "[%.*s %zu]", (int)r->head->path.n,
						 r->head->path.p, r->body.n));
	}
	assert_int_equal(httpd_respond(r, &a), 0);
}

static inline void on_refuse(struct httpd_request *r, int status, const char *why, void *arg)
{
	struct fixture *f = arg;

	f->n_refused++; /* and leaves the answer to the default */
}

static inline void on_end(struct httpd_request *r, bool sent, void *arg)
{
	struct fixture *f = arg;

	f->n_ends++;
	f->n_sent += sent;
	if (f->parked == r)
		f->parked = NULL;
}

static inline void open_fixture(struct fixture *f, struct httpd_options o)
{
	*f = (struct fixture){.loop = loop_new()};
	loop_send_together(f->loop, test_sender, NULL);
	f->listening = test_listen(&f->port);
	f->httpd = httpd_new(f->loop, &o,
			     &(struct httpd_handler){on_request, on_refuse, on_end, f});
	assert_int_equal(httpd_listen(f->httpd, f->listening, NULL, NULL), 0);
}

static inline void close_fixture(struct fixture *f)
{
	httpd_free(f->httpd);
	loop_free(f->loop);
	close(f->listening);
}

/*
 * A client that cannot be sent BIG unless it reads: the buffers of both ends are small and stay so, while the
 * kernel lets others grow to more than that.
 */
static inline struct test_client open_narrow_client(struct fixture *f)
{
	const int room = 64 << 10;

	/* the sockets that it accepts inherit it */
	assert_int_equal(setsockopt(f->listening, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	return test_client_with_room(f->port, room);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}
