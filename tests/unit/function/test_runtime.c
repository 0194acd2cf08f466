// SPDX-License-Identifier: GPL-2.0-only
/*
 * Custom runtimes. This program is its own: started with FC_SERVER_PORT it serves, by what
 * include/labctl/function.h offers, and does what the path of an event says; or, with HOW=raw, it
 * answers requests as they are.
 */
#include "lib/test.h"
#include "lib/turn.h"

#include <labctl/function.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "function/runtime.h"
#include "unit/function/seen.h"

/* --- the function --- */

/* A process that is in no group of ours; its number. */
static void leave_stray(char *text, size_t room)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setsid(); /* a child leads no group */
		for (;;)
			pause();
	}
	snprintf(text, room, "%d", (int)pid);
}

static int act(const struct function_event *ev, struct function_answer *out)
{
	const char *id = getenv("FC_REQUEST_ID");
	char text[64];

	if (strcmp(ev->path, "exit") == 0)
		_exit(3);
	if (strcmp(ev->path, "signal") == 0)
		(void)kill(getpid(), SIGKILL);
	if (strcmp(ev->path, "hang") == 0)
		pause();
	if (strcmp(ev->path, "fail") == 0)
		return -1;
	if (strcmp(ev->path, "id") == 0)
		return id ? function_answer_text(out, id) : -1;
	if (strcmp(ev->path, "echo") == 0)
		return function_answer_body(out, ev->body, ev->body_len);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	if (strcmp(ev->path, "stray") == 0)
		leave_stray(text, sizeof(text));
	return function_answer_text(out, text);
}

/* One request, to the end of its body. False: there is none any more. */
static bool take_request(int fd, char *buf, size_t room)
{
	const char *end = NULL, *length;
	size_t n = 0;
	ssize_t got;

	do {
		got = read(fd, buf + n, room - n - 1);
		if (got <= 0)
			return false;
		n += (size_t)got;
		buf[n] = '\0';
		end = strstr(buf, "\r\n\r\n");
		length = strstr(buf, "\r\nContent-Length: ");
	} while (!end ||
		 n < (size_t)(end + 4 - buf) + (length ? strtoul(length + 18, NULL, 10) : 0));
	return true;
}

/* What it got is the body, unless the path says otherwise. */
static void answer_raw(int fd, const char *request)
{
	if (strstr(request, " /bad "))
		dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
	else if (strstr(request, " /failed "))
		dprintf(fd, "HTTP/1.1 200 OK\r\nx-fc-status: 404\r\nContent-Length: 0\r\n\r\n");
	else if (strstr(request, "HEAD "))
		dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
	else
		dprintf(fd, "HTTP/1.1 418 Teapot\r\nContent-Length: %zu\r\n\r\n%s", strlen(request),
			request);
}

static int be_raw(const char *port)
{
	const struct sockaddr_in where = {.sin_family = AF_INET,
					  .sin_port = htons((uint16_t)atoi(port))};
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	char request[65536];

	if (bind(server, (const struct sockaddr *)&where, sizeof(where)) < 0 ||
	    listen(server, 10) < 0)
		return 1;
	while ((fd = accept4(server, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		while (take_request(fd, request, sizeof(request)))
			answer_raw(fd, request);
		close(fd);
	}
	return 1;
}

static int be_the_function(const char *port)
{
	const char *how = getenv("HOW"), *when = getenv("WHEN");

	if (how && strcmp(how, "raw") == 0)
		return be_raw(port);
	if (how && strcmp(how, "exit") == 0)
		return 7;
	while (how && strcmp(how, "deaf") == 0)
		pause();
	while (when && access(when, F_OK) < 0) /* it listens when the file is there */
		usleep(1000);
	return function_serve((unsigned short)atoi(port), act);
}

/* --- the tests --- */

static char program[4096];

static struct function_settings settings(char *const *environment)
{
	static char *const none[] = {"K=V", NULL};

	return (struct function_settings){.name = "hello",
					  .region = "cn-hangzhou",
					  .handler = program,
					  .environ = environment ? environment : none,
					  .timeout_ms = 20000,
					  .concurrency = 1};
}

struct world {
	struct loop *loop;
	struct function_runtime *t;
};

static struct world world(const struct function_settings *s)
{
	struct world w = {.loop = loop_new()};

	assert_non_null(w.loop);
	w.t = function_runtime_new(w.loop, s);
	return w;
}

static void world_done(struct world *w)
{
	function_runtime_free(w->t);
	loop_free(w->loop);
}
#define auto_world __attribute__((cleanup(world_done)))

/* Turns the loop until so many answers are there, at most 10 s. */
static void await(struct world *w, const struct seen *s, size_t calls)
{
	test_turn_until(w->loop, s->calls >= calls);
	assert_int_equal(s->calls, calls);
}

static void await_instances(struct world *w, size_t n)
{
	test_turn_until(w->loop, function_runtime_instances(w->t) == n);
}

static struct function_request *begin(struct world *w, const char *event, struct seen *s)
{
	return function_runtime_invoke(w->t, "ID-1", event, strlen(event), note, s);
}

static void call(struct world *w, const char *event, struct seen *s)
{
	seen_done(s);
	assert_non_null(begin(w, event, s));
	assert_int_equal(s->calls, 0);
	await(w, s, 1);
}

#define EVENT(path) "{\"path\": \"" path "\"}"

static void test_warm(void **state)
{
	struct function_settings s = settings(NULL);
	auto_world struct world w = world(&s);
	auto_seen struct seen first = {0}, then = {0};

	assert_int_equal(function_runtime_instances(w.t), 0); /* nothing before the first call */
	call(&w, EVENT("pid"), &first);
	assert_int_equal(first.outcome, FUNCTION_ANSWERED);
	for (int i = 0; i < 5; i++) {
		call(&w, EVENT("pid"), &then);
		assert_string_equal(strbuf_str(&then.body), strbuf_str(&first.body));
	}
	call(&w, EVENT("id"), &then);
	assert_non_null(strstr(strbuf_str(&then.body), "\"body\":\"ID-1\""));
	assert_int_equal(function_runtime_instances(w.t), 1);
}

static void test_large(void **state)
{
	struct function_settings s = settings(NULL);
	auto_strbuf struct strbuf event = {0};
	auto_seen struct seen seen = {0};

	s.max_answer = 1u << 20;
	auto_world struct world w = world(&s);

	strbuf_add(&event, "{\"path\": \"echo\", \"body\": \"");
	memset(strbuf_extend(&event, 1000000), 'x', 1000000);
	strbuf_add(&event, "\"}");
	call(&w, strbuf_str(&event), &seen);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
	assert_in_range(seen.body.len, 1000000, 1000200);
	strbuf_trunc(&event, event.len - 2);
	memset(strbuf_extend(&event, 100000), 'x', 100000);
	strbuf_add(&event, "\"}");
	call(&w, strbuf_str(&event), &seen);
	assert_int_equal(seen.outcome, FUNCTION_TOO_LARGE);
}

static void test_failures(void **state)
{
	static const struct {
		const char *event;
		enum function_outcome outcome;
		const char *message;
	} rows[] = {
		{EVENT("exit"), FUNCTION_CRASHED, ""},   /* its end and that of its connection: */
		{EVENT("signal"), FUNCTION_CRASHED, ""}, /* nobody knows which is seen first */
		{EVENT("fail"), FUNCTION_CRASHED,
		 "Function failed: it answered with HTTP status 404 and x-fc-status 404"},
		{"[]", FUNCTION_CRASHED,
		 "Function failed: it answered with HTTP status 404 and x-fc-status 404"},
		{EVENT("hang"), FUNCTION_TIMED_OUT, "Function timed out after 300 ms"},
	};
	struct function_settings s = settings(NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_seen struct seen seen = {0};

		s.timeout_ms = rows[i].outcome == FUNCTION_TIMED_OUT ? 300 : 20000;
		auto_world struct world w = world(&s);

		call(&w, rows[i].event, &seen);
		assert_int_equal(seen.outcome, rows[i].outcome);
		assert_true(seen.message.len > 0);
		if (*rows[i].message)
			assert_string_equal(strbuf_str(&seen.message), rows[i].message);
	}
}

static void test_again_after_a_crash(void **state)
{
	struct function_settings s = settings(NULL);
	auto_world struct world w = world(&s);
	auto_seen struct seen seen = {0};

	for (int i = 0; i < 3; i++) {
		call(&w, EVENT("exit"), &seen);
		assert_int_equal(seen.outcome, FUNCTION_CRASHED);
		call(&w, EVENT("pid"), &seen);
		assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
	}
	await_instances(&w, 1);
}

static void test_hung_one_is_ended(void **state)
{
	struct function_settings s = settings(NULL);
	auto_world struct world w = world(&s);
	auto_seen struct seen seen = {0}, left = {0};
	struct function_request *hung;

	call(&w, EVENT("pid"), &seen);
	hung = begin(&w, EVENT("hang"), &left);
	function_runtime_cancel(hung);
	await_instances(&w, 0);
	assert_int_equal(left.calls, 0);
	call(&w, EVENT("pid"), &seen);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
}

static void test_not_started(void **state)
{
	static char *const deaf[] = {"HOW=deaf", NULL}, *const gone[] = {"HOW=exit", NULL};
	static const struct {
		char *const *environment;
		const char *handler, *message;
	} rows[] = {
		{deaf, program, "Function was not started: nothing listens on port "},
		{gone, program, "Process exited with status 7 before it listened"},
		{deaf, "/nonexistent", "Function could not be started: /nonexistent: No such file"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct function_settings s = settings(rows[i].environment);
		auto_seen struct seen seen = {0};

		s.handler = rows[i].handler;
		s.start_ms = rows[i].environment == deaf ? 100 : 20000;
		auto_world struct world w = world(&s);

		call(&w, EVENT("pid"), &seen);
		assert_int_equal(seen.outcome, FUNCTION_NOT_STARTED);
		assert_ptr_equal(strstr(strbuf_str(&seen.message), rows[i].message),
				 strbuf_str(&seen.message));
		await_instances(&w, 0);
	}
}

/* Requests that come while it starts wait for it, as many as it may have at a time. */
static void test_cold_start_and_concurrency(void **state)
{
	char when[] = "WHEN=/tmp/labctl-runtime-XXXXXX";
	char *const late[] = {when, NULL};
	struct function_settings s = settings(late);
	auto_seen struct seen seen = {0};
	int fd = mkstemp(when + 5);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(when + 5), 0);
	s.concurrency = 3;
	s.instances = 2;
	auto_world struct world w = world(&s);

	for (int i = 0; i < 8; i++)
		assert_non_null(begin(&w, EVENT("pid"), &seen));
	assert_int_equal(function_runtime_instances(w.t), 2); /* 3 each; 2 requests wait */
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_turn(w.loop, 10), 0);
	assert_int_equal(seen.calls, 0);
	fd = open(when + 5, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	await(&w, &seen, 8);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
	assert_int_equal(function_runtime_instances(w.t), 2);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(when + 5), 0);
}

static void test_queue_is_bounded(void **state)
{
	struct function_settings s = settings(NULL);
	auto_seen struct seen seen = {0};

	s.instances = 1;
	auto_world struct world w = world(&s);

	for (int i = 0; i < 1 + FUNCTION_QUEUE; i++)
		assert_non_null(begin(&w, EVENT("hang"), &seen));
	assert_int_equal(seen.calls, 0);
	assert_null(begin(&w, EVENT("hang"), &seen));
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.outcome, FUNCTION_TURNED_AWAY);
}

static void test_strays_end_with_their_instance(void **state)
{
	struct function_settings s = settings(NULL);
	auto_seen struct seen seen = {0};
	const char *body;
	pid_t stray;

	s.adopt = true;
	s.idle_ms = 50;
	auto_world struct world w = world(&s);

	call(&w, EVENT("stray"), &seen);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
	body = strstr(strbuf_str(&seen.body), "\"body\":\"");
	assert_non_null(body);
	stray = (pid_t)strtol(body + strlen("\"body\":\""), NULL, 10);
	assert_int_equal(kill(stray, 0), 0);
	await_instances(&w, 0);
	assert_int_equal(kill(stray, 0), -1);
}

static void pass(struct world *w, const char *text, const char *body, struct seen *s)
{
	struct http_head head;

	seen_done(s);
	http_head_init(&head);
	assert_int_equal(http_head_parse(&head, text, strlen(text)), HTTP_DONE);
	assert_non_null(function_runtime_pass(w->t, "ID-1", &head, http_slice(body), note, s));
	await(w, s, 1);
}

static void test_requests_as_they_are(void **state)
{
	static char *const raw[] = {"HOW=raw", NULL};
	struct function_settings s = settings(raw);
	auto_seen struct seen seen = {0};
	char want[1024];

	s.memory_mb = 256;
	s.http_trigger = true;
	s.access_key_id = "STS.x";
	s.access_key_secret = "secret";
	s.security_token = "CAIS";
	auto_world struct world w = world(&s);

	pass(&w,
	     "PUT /a/%62?c=d&c= HTTP/1.1\r\nHost:f:9000\r\nX-Fc-Request-Id: mine\r\nx_fc_status: 1\r\n"
	     "X-Two: 1\r\nTE: trailers\r\nConnection: X-Gone\r\nX-Gone: 1\r\nX-Two: 2\r\n"
	     "X-Fcode: kept\r\nContent-Length: 4\r\n\r\n",
	     "body", &seen);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
	assert_int_equal(seen.status, 418);
	snprintf(
		want, sizeof(want),
		"PUT /a/%%62?c=d&c= HTTP/1.1\r\nHost: f:9000\r\nX-Two: 1\r\nX-Two: 2\r\nX-Fcode: kept\r\n"
		"Content-Length: 4\r\nx-fc-request-id: ID-1\r\nx-fc-control-path: /http-invoke\r\nx-fc-function-name: hello\r\n"
		"x-fc-region: cn-hangzhou\r\nx-fc-function-memory: 256\r\nx-fc-function-timeout: 20\r\n"
		"x-fc-function-handler: %s\r\nx-fc-access-key-id: STS.x\r\n"
		"x-fc-access-key-secret: secret\r\nx-fc-security-token: CAIS\r\n\r\nbody",
		strrchr(program, '/') + 1);
	assert_string_equal(strbuf_str(&seen.body), want);

	pass(&w, "HEAD / HTTP/1.1\r\nHost: f\r\n\r\n", "", &seen);
	assert_int_equal(seen.status, 200);
	assert_int_equal(seen.body.len, 0);
	pass(&w, "GET /failed HTTP/1.1\r\nHost: f\r\n\r\n", "", &seen);
	assert_int_equal(seen.outcome, FUNCTION_CRASHED);
	assert_string_equal(
		strbuf_str(&seen.message),
		"Function failed: it answered with HTTP status 200 and x-fc-status 404");
	assert_int_equal(function_runtime_instances(w.t), 1);

	pass(&w, "GET /bad HTTP/1.1\r\nHost: f\r\n\r\n", "", &seen);
	assert_int_equal(seen.outcome, FUNCTION_CRASHED);
	assert_int_equal(seen.status, 0);
	await_instances(&w, 0); /* who has lost its way gets nothing any more */
}

static void test_idle_one_ends(void **state)
{
	struct function_settings s = settings(NULL);
	auto_seen struct seen seen = {0};

	s.idle_ms = 50;
	auto_world struct world w = world(&s);

	call(&w, EVENT("pid"), &seen);
	assert_int_equal(function_runtime_instances(w.t), 1);
	await_instances(&w, 0);
	call(&w, EVENT("pid"), &seen);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_again_after_a_crash),
		cmocka_unit_test(test_hung_one_is_ended),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_cold_start_and_concurrency),
		cmocka_unit_test(test_queue_is_bounded),
		cmocka_unit_test(test_strays_end_with_their_instance),
		cmocka_unit_test(test_requests_as_they_are),
		cmocka_unit_test(test_idle_one_ends),
	};
	const char *port = getenv("FC_SERVER_PORT");

	if (port)
		return be_the_function(port);
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
