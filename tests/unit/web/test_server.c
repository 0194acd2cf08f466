// SPDX-License-Identifier: GPL-2.0-only
/* A browser on one side, labctl on the other: what each gets to hear of the other. */
#include "web/server.h"

#include <sys/socket.h>

#include "base/cleanup.h"
#include "lib/http_client.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define KEY   "Authorization: Bearer " TOKEN "\r\n"

struct fixture {
	struct loop *loop;
	struct web_config *config;
	struct web_server *server;
	struct test_client labctl; /* this test's end of the feed */
	int feed, listener;
	uint16_t port;
};

static void open_fixture(struct fixture *f, const char *control)
{
	char text[256];
	int ends[2];

	(void)snprintf(text, sizeof(text),
		       "{\"token\": \"" TOKEN "\", \"hosts\": [\"x\"], \"control\": %s}", control);
	f->loop = loop_new();
	f->config = web_config_read(text, NULL);
	assert_non_null(f->config);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	f->feed = ends[1];
	f->labctl = (struct test_client){.fd = ends[0]};
	f->listener = test_listen(&f->port);
	f->server = web_server_new(f->loop, f->config, f->feed, f->listener, NULL);
	assert_non_null(f->server);
}

static void close_fixture(struct fixture *f)
{
	web_server_free(f->server);
	web_config_free(f->config);
	test_client_close(&f->labctl);
	close(f->feed);
	close(f->listener);
	loop_free(f->loop);
}

static struct test_client ask(struct fixture *f, const char *request)
{
	struct test_client c = test_client_open(f->port);

	assert_true(test_client_send(f->loop, &c, request, strlen(request)));
	return c;
}

static void say(struct fixture *f, const char *line)
{
	assert_true(test_client_send(f->loop, &f->labctl, line, strlen(line)));
}

static void expect(struct fixture *f, struct test_client *c, const char *text)
{
	if (!test_client_wait(f->loop, c, text))
		fail_msg("\"%s\" is not in:\n%s", text, c->got.len ? c->got.s : "");
}

static void answers(void **state)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "<!doctype html>"},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "script-src 'self'"},
		{"GET / HTTP/1.1\r\nHost: y\r\n\r\n", "HTTP/1.1 421 "},
		{"GET /none HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "},
		{"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "Allow: GET, HEAD\r\n"},
		{"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 401 "},
		{"GET /api/events HTTP/1.1\r\nHost: y\r\n" KEY "\r\n", "HTTP/1.1 421 "},
		{"GET /api/node?name=A HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", "HTTP/1.1 400 "},
		{"GET /api/node?name=A HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 401 "},
		{"GET /api/node?name=a HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\n" KEY "\r\n",
		 "HTTP/1.1 403 "},
		{"POST /api/run?do=test HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 0\r\n\r\n",
		 "HTTP/1.1 403 "},
		{"POST /api/run?do=test HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 9\r\n\r\n",
		 "HTTP/1.1 413 "},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
	};
	struct fixture f;

	open_fixture(&f, "false");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_client c = ask(&f, rows[i].request);

		expect(&f, &c, rows[i].answer);
		test_client_close(&c);
	}
	test_client_poll(&f.labctl);
	assert_int_equal(f.labctl.got.len, 0); /* nothing of all that was handed on */
	close_fixture(&f);
}

static void a_question_is_handed_on(void **state)
{
	struct test_client a, b;
	struct fixture f;

	open_fixture(&f, "true");
	a = ask(&f, "GET /api/node?name=vpc-1 HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
	expect(&f, &f.labctl, "ask 1 {\"what\":\"node\",\"name\":\"vpc-1\"}\n");
	b = ask(&f,
		"POST /api/run?do=next HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" KEY "\r\n");
	expect(&f, &f.labctl, "ask 2 {\"what\":\"run\",\"do\":\"next\"}\n");
	say(&f, "answer 2 202 {}\nanswer 7 200 {}\nanswer nonsense\nanswer 1 200 {\"b\":1}\n");
	expect(&f, &b, "HTTP/1.1 202 ");
	expect(&f, &a, "\r\n\r\n{\"b\":1}");
	test_client_close(&a);
	test_client_close(&b);
	close_fixture(&f);
}

static void events_begin_with_a_snapshot(void **state)
{
	struct test_client a, b;
	struct fixture f;

	open_fixture(&f, "false");
	a = ask(&f, "GET /api/events HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
	expect(&f, &f.labctl, "ask 1 {\"what\":\"snapshot\"}\n");
	say(&f, "event rates {\"too\":\"early\"}\nanswer 1 200 {\"n\":1}\nevent rates {\"n\":2}\n");
	expect(&f, &a, "event: snapshot\ndata: {\"n\":1}\n\nevent: rates\ndata: {\"n\":2}\n\n");
	assert_non_null(strstr(a.got.s, "Content-Type: text/event-stream"));
	assert_null(strstr(a.got.s, "early"));
	expect(&f, &f.labctl, "watched 1\n");
	b = ask(&f, "GET /api/events HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
	expect(&f, &f.labctl, "ask 2 ");
	say(&f, "answer 2 200 {\"n\":3}\nevent calls [4]\n");
	expect(&f, &f.labctl, "watched 2\n");
	expect(&f, &a, "data: [4]\n\n");
	expect(&f, &b, "data: {\"n\":3}\n\nevent: calls\ndata: [4]\n\n");
	test_client_close(&b);
	expect(&f, &f.labctl, "watched 2\nwatched 1\n");
	test_client_close(&a);
	expect(&f, &f.labctl, "watched 0\n");
	close_fixture(&f);
}

/* Whoever asks for much waits no longer than labctl does, and takes no memory. */
static void too_many_questions(void **state)
{
	struct test_client c[66];
	struct fixture f;

	open_fixture(&f, "false");
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[i] = ask(&f, "GET /api/node?name=a HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
	expect(&f, &c[65], "HTTP/1.1 503 ");
	test_client_close(&c[0]);
	expect(&f, &f.labctl, "ask 64 ");
	say(&f, "answer 1 200 {}\nanswer 2 200 {}\n"); /* the first one has left */
	expect(&f, &c[1], "HTTP/1.1 200 ");
	for (size_t i = 1; i < ARRAY_LEN(c); i++)
		test_client_close(&c[i]);
	close_fixture(&f);
}

static void the_end_of_labctl_is_the_end(void **state)
{
	struct fixture f;

	open_fixture(&f, "false");
	assert_int_equal(shutdown(f.labctl.fd, SHUT_RDWR), 0);
	assert_int_equal(loop_run(f.loop), 0);
	close_fixture(&f);
}

static void configurations(void **state)
{
	static const char *const bad[] = {"",
					  "[]",
					  "{}",
					  "{\"token\": \"a\"}",
					  "{\"token\": \"\", \"hosts\": [\"x\"]}",
					  "{\"token\": 1, \"hosts\": [\"x\"]}",
					  "{\"token\": \"a\", \"hosts\": [1]}"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (web_config_read(bad[i], NULL))
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(a_question_is_handed_on),
		cmocka_unit_test(events_begin_with_a_snapshot),
		cmocka_unit_test(too_many_questions),
		cmocka_unit_test(the_end_of_labctl_is_the_end),
		cmocka_unit_test(configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
