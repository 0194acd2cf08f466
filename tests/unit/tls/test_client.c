// SPDX-License-Identifier: GPL-2.0-only
/* Calls over TLS, at httpd behind TLS and at servers that are none, on one loop. */
#include "tls/client.h"

#include "lib/http_client.h"

#include "base/cleanup.h"
#include "certify/authority.h"
#include "httpd/httpd.h"
#include "httpd/upstream.h"
#include "tls/tls.h"

#define NAME "backend.example.com"

struct outcome {
	bool done;
	enum upstream_outcome outcome;
	int errnum, status;
	size_t n;
	char begin[32]; /* of the body */
};

struct fixture {
	struct loop *loop;
	struct httpd *httpd; /* NULL: the test plays the server */
	struct tls_server *server;
	struct tls_client *client;
	struct upstream *upstream;
	int listening;
	uint16_t port;
};

/* "/big": 4 MiB; "/stream": what only its end delimits; else how long the body was. */
static void on_request(struct httpd_request *r, void *arg)
{
	struct httpd_answer a = {.status = 200};

	assert_true(r->secure);
	if (http_slice_is(r->head->path, "/big")) {
		a.body.n = 4u << 20;
		a.body.p = a.free_body = calloc(1, a.body.n);
	} else if (http_slice_is(r->head->path, "/stream")) {
		a.stream = true;
		a.body = http_slice("all");
	} else {
		a.body = http_slice(arena_printf(r->arena, "got %zu", r->body.n));
	}
	assert_int_equal(httpd_respond(r, &a), 0);
	if (a.stream)
		httpd_stream_end(r);
}

enum server { SERVES_TLS, SERVES_PLAIN, SERVES_NOT };

static void open_fixture(struct fixture *f, enum server kind, struct httpd_options o)
{
	struct certificate own = {0};
	struct authority *a = authority_new("test", NULL);

	*f = (struct fixture){.loop = loop_new(), .server = tls_server_new(NULL)};
	assert_int_equal(authority_issue(a, NAME, &own, NULL), 0);
	assert_int_equal(tls_server_add(f->server, NAME, own.certificate, own.key, NULL), 0);
	certificate_done(&own);
	authority_free(a);
	f->listening = test_listen(&f->port);
	f->client = tls_client_new(NULL);
	assert_non_null(f->client);
	f->upstream = upstream_new(f->loop, &(struct upstream_options){0});
	if (kind == SERVES_NOT)
		return;
	f->httpd = httpd_new(f->loop, &o,
			     &(struct httpd_handler){.on_request = on_request, .arg = f});
	assert_int_equal(httpd_listen_secure(
				 f->httpd, f->listening, NULL,
				 kind == SERVES_TLS ? tls_server_security(f->server) : NULL, NULL),
			 0);
}

static void close_fixture(struct fixture *f)
{
	upstream_free(f->upstream);
	httpd_free(f->httpd);
	tls_client_free(f->client);
	tls_server_free(f->server);
	loop_free(f->loop);
	close(f->listening);
}

static void on_done(struct upstream_call *call, const struct upstream_result *r, void *arg)
{
	struct outcome *o = arg;

	o->done = true;
	o->outcome = r->outcome;
	o->errnum = r->errnum;
	if (r->outcome != UPSTREAM_OK)
		return;
	o->status = r->head->status;
	o->n = r->body.n;
	memcpy(o->begin, r->body.p, r->body.n < 31 ? r->body.n : 31);
}

struct wanted {
	const char *path, *name; /* NULL: "/" and NAME */
	struct http_slice body;
	unsigned int connect_ms; /* 0: 5 s */
};

static void start(struct fixture *f, struct wanted w, struct outcome *o)
{
	static char head[256]; /* of one call at a time */
	const int n = snprintf(head, sizeof(head),
			       "PUT %s HTTP/1.1\r\nHost: " NAME "\r\nContent-Length: %zu\r\n\r\n",
			       w.path ? w.path : "/", w.body.n);

	*o = (struct outcome){0};
	(void)upstream_start(
		f->upstream,
		&(struct upstream_request){
			.peer = {.sin_family = AF_INET,
				 .sin_port = htons(f->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
			.head = {head, (size_t)n},
			.body = w.body,
			.idempotent = true,
			.security = tls_client_security(f->client, w.name ? w.name : NAME),
			.connect_ms = w.connect_ms ? w.connect_ms : 5000,
			.total_ms = 10000,
			.max_body = 8u << 20,
			.done = on_done,
			.arg = o,
		});
}

static struct outcome call(struct fixture *f, struct wanted w)
{
	struct outcome o;

	start(f, w, &o);
	test_turn_until(f->loop, o.done);
	return o;
}

static void count(const struct upstream_pool *p, void *arg)
{
	struct upstream_pool *sum = arg;

	assert_string_equal(p->secured, NAME);
	sum->connects += p->connects;
	sum->reuses += p->reuses;
	sum->idle += p->idle;
}

static void connections_are_used_again(void **state)
{
	struct upstream_pool sum = {.idle = 0};
	struct fixture f;

	open_fixture(&f, SERVES_TLS, (struct httpd_options){.body_limit = 100});
	for (int i = 0; i < 3; i++) {
		const struct outcome o = call(&f, (struct wanted){.body = http_slice("four")});

		assert_int_equal(o.outcome, UPSTREAM_OK);
		assert_int_equal(o.status, 200);
		assert_string_equal(o.begin, "got 4");
	}
	upstream_pools(f.upstream, count, &sum);
	assert_int_equal(sum.connects, 1);
	assert_int_equal(sum.reuses, 2);
	assert_int_equal(sum.idle, 1);
	close_fixture(&f);
}

static void large_bodies_both_ways(void **state)
{
	const size_t n = 3u << 20;
	auto_free char *body = calloc(1, n);
	struct fixture f;
	struct outcome o;

	open_fixture(&f, SERVES_TLS, (struct httpd_options){.body_limit = n});
	o = call(&f, (struct wanted){.body = {body, n}});
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_string_equal(o.begin, "got 3145728");
	o = call(&f, (struct wanted){.path = "/big"});
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_int_equal(o.n, 4u << 20);
	close_fixture(&f);
}

/* The server ends an idle connection; the next call gets another one. */
static void a_connection_that_was_closed(void **state)
{
	struct fixture f;
	struct outcome o;

	open_fixture(&f, SERVES_TLS, (struct httpd_options){.body_limit = 100, .idle_ms = 30});
	o = call(&f, (struct wanted){0});
	assert_int_equal(o.outcome, UPSTREAM_OK);
	test_turn_until(f.loop, httpd_connections(f.httpd) == 0);
	o = call(&f, (struct wanted){0});
	assert_int_equal(o.outcome, UPSTREAM_OK);
	close_fixture(&f);
}

static void names(void **state)
{
	struct fixture f;
	struct outcome o;

	open_fixture(&f, SERVES_TLS, (struct httpd_options){0});
	assert_ptr_equal(tls_client_security(f.client, "a"), tls_client_security(f.client, "a"));
	assert_ptr_not_equal(tls_client_security(f.client, "a"),
			     tls_client_security(f.client, "b"));
	assert_string_equal(tls_client_security(f.client, "a")->name, "a");
	/* this server wants to hear its name; an address is none */
	o = call(&f, (struct wanted){.name = "other.example.com"});
	assert_int_equal(o.outcome, UPSTREAM_SECURITY);
	o = call(&f, (struct wanted){.name = "127.0.0.1"});
	assert_int_equal(o.outcome, UPSTREAM_SECURITY);
	close_fixture(&f);
}

static void a_server_without_tls(void **state)
{
	struct fixture f;
	struct outcome o;

	open_fixture(&f, SERVES_PLAIN, (struct httpd_options){0});
	o = call(&f, (struct wanted){0});
	assert_int_equal(o.outcome, UPSTREAM_SECURITY);
	assert_int_equal(o.errnum, EPROTO);
	close_fixture(&f);
}

static void a_server_that_says_nothing(void **state)
{
	struct fixture f;
	struct outcome o;

	open_fixture(&f, SERVES_NOT, (struct httpd_options){0});
	o = call(&f, (struct wanted){.connect_ms = 50});
	assert_int_equal(o.outcome, UPSTREAM_SECURITY);
	assert_int_equal(o.errnum, ETIMEDOUT);
	close_fixture(&f);
}

/* What only its end delimits is whole where the server said that it ends, and not where only TCP did. */
static void ends(void **state)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhal";
	const struct iovec part = {(void *)(uintptr_t)answer, sizeof(answer) - 1};
	const struct httpd_security *s;
	struct fixture f;
	struct outcome o;
	void *session;
	int fd;

	open_fixture(&f, SERVES_TLS, (struct httpd_options){0});
	o = call(&f, (struct wanted){.path = "/stream"});
	assert_int_equal(o.outcome, UPSTREAM_OK);
	assert_string_equal(o.begin, "all");
	close_fixture(&f);

	open_fixture(&f, SERVES_NOT, (struct httpd_options){0});
	s = tls_server_security(f.server);
	start(&f, (struct wanted){0}, &o);
	fd = accept4(f.listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	session = s->open(s->arg, fd);
	test_turn_until(f.loop, s->handshake(session) == 0);
	assert_int_equal(s->send(session, &part, 1), part.iov_len);
	s->close(session);
	close(fd);
	test_turn_until(f.loop, o.done);
	assert_int_equal(o.outcome, UPSTREAM_CLOSED);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_used_again),
		cmocka_unit_test(large_bodies_both_ways),
		cmocka_unit_test(a_connection_that_was_closed),
		cmocka_unit_test(names),
		cmocka_unit_test(a_server_without_tls),
		cmocka_unit_test(a_server_that_says_nothing),
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
