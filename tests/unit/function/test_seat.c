// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances with networks of their own. This program is the function, too: started with FC_SERVER_PORT it listens on
 * port 9000, which only one can in a network.
 */
#include "lib/test.h"
#include "lib/turn.h"

#include <labctl/function.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "function/runtime.h"
#include "function/seat.h"
#include "lib/sandbox.h"
#include "priv/priv.h"
#include "unit/function/seen.h"

#define SEATS 3

/* --- the function --- */

static int act(const struct function_event *ev, struct function_answer *out)
{
	char text[32];

	if (strcmp(ev->path, "exit") == 0)
		_exit(3);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	return function_answer_text(out, text);
}

/* --- the tests --- */

static char program[4096];
static struct function_seats *seats;

static struct sockaddr_in nine(uint32_t address)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(9000), .sin_addr.s_addr = htonl(address)};
}

static int listen_at(struct function_seat *seat)
{
	const struct sockaddr_in any = nine(INADDR_ANY);
	int fd = function_seat_socket(seat);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_networks_are_apart(void **state)
{
	struct function_seat *a = function_seat_take(seats), *b = function_seat_take(seats);
	const struct sockaddr_in any = nine(INADDR_ANY), to = nine(INADDR_LOOPBACK);
	int at_a = listen_at(a), at_b = listen_at(b), client = function_seat_socket(b), again;

	again = function_seat_socket(b);
	assert_int_equal(bind(again, (const struct sockaddr *)&any, sizeof(any)), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(connect(client, (const struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(poll(&(struct pollfd){at_b, POLLIN, 0}, 1, 10000), 1);
	assert_int_equal(poll(&(struct pollfd){at_a, POLLIN, 0}, 1, 0), 0);
	close(at_a);
	close(at_b);
	close(client);
	close(again);
	function_seat_leave(b);
	function_seat_leave(a);
}

static void test_the_one_left_longest_ago(void **state)
{
	struct function_seat *all[SEATS];

	for (size_t i = 0; i < SEATS; i++)
		all[i] = function_seat_take(seats);
	assert_null(function_seat_take(seats));
	function_seat_leave(all[1]);
	function_seat_leave(all[2]);
	assert_ptr_equal(function_seat_take(seats), all[1]);
	function_seat_leave(all[0]);
	assert_ptr_equal(function_seat_take(seats), all[2]);
	assert_ptr_equal(function_seat_take(seats), all[0]);
	assert_null(function_seat_take(seats));
	for (size_t i = 0; i < SEATS; i++)
		function_seat_leave(all[i]);
}

static void test_a_start_that_fails(void **state)
{
	struct function_seat *seat = function_seat_take(seats);
	static char *const none[] = {NULL};
	struct function_child c;

	assert_int_equal(function_seat_start(seat, &c, "/nonexistent", none), ENOENT);
	function_seat_leave(seat);
}

static void await(struct loop *loop, const struct seen *s, size_t calls)
{
	test_turn_until(loop, s->calls >= calls);
	assert_int_equal(s->calls, calls);
}

static void call(struct loop *loop, struct function_runtime *t, const char *event, size_t times,
		 struct seen *s)
{
	seen_done(s);
	for (size_t i = 0; i < times; i++)
		assert_non_null(function_runtime_invoke(t, "ID-1", event, strlen(event), note, s));
	await(loop, s, times);
}

static const struct function_settings *settings_of_all(void)
{
	static char *const environment[] = {"K=V", NULL};
	static struct function_settings settings = {.name = "hello",
						    .region = "cn-hangzhou",
						    .handler = program,
						    .environ = environment,
						    .timeout_ms = 20000,
						    .concurrency = 1,
						    .instances = SEATS,
						    .port = 9000};

	settings.seats = seats;
	return &settings;
}

/* As many as there are seats at a time; and a new one is never given a connection to the one before. */
static void test_instances_on_one_port(void **state)
{
	struct loop *loop = loop_new();
	struct function_runtime *t = function_runtime_new(loop, settings_of_all());
	auto_seen struct seen s = {0};

	call(loop, t, "{\"path\": \"pid\"}", SEATS, &s);
	assert_int_equal(s.outcome, FUNCTION_ANSWERED);
	assert_int_equal(function_runtime_instances(t), SEATS);
	for (int i = 0; i < 20; i++) {
		call(loop, t, "{\"path\": \"exit\"}", SEATS, &s);
		assert_int_equal(s.outcome, FUNCTION_CRASHED);
		call(loop, t, "{\"path\": \"pid\"}", SEATS, &s);
		if (s.outcome != FUNCTION_ANSWERED)
			fail_msg("round %d: %s", i, strbuf_str(&s.message));
	}
	function_runtime_free(t);
	loop_free(loop);
}

/* What an instance left behind holds the port of the seat that is next: another one is taken. */
static void test_a_seat_that_is_not_free(void **state)
{
	struct function_seat *held = function_seat_take(seats);
	const int fd = listen_at(held);
	struct function_seat *others[SEATS - 1];
	struct loop *loop = loop_new();
	struct function_runtime *t = function_runtime_new(loop, settings_of_all());
	auto_seen struct seen s = {0};

	for (int i = 0; i < SEATS - 1; i++)
		others[i] = function_seat_take(seats);
	function_seat_leave(held);
	for (int i = 0; i < SEATS - 1; i++)
		function_seat_leave(others[i]);
	call(loop, t, "{\"path\": \"pid\"}", SEATS - 1, &s);
	assert_int_equal(s.outcome, FUNCTION_ANSWERED);
	assert_int_equal(function_runtime_instances(t), SEATS - 1);
	(void)close(fd);
	function_runtime_free(t);
	loop_free(loop);
}

/* What made the networks is gone. */
static void test_no_privilege_is_left(void **state)
{
	auto_error struct lab_error *err = NULL;

	assert_null(function_seats_new(1, &err));
	assert_int_equal(lab_error_status(err), LAB_DENIED);
	assert_string_equal(lab_error_message(err),
			    "a network for each instance: Operation not permitted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks_are_apart),
		cmocka_unit_test(test_the_one_left_longest_ago),
		cmocka_unit_test(test_a_start_that_fails),
		cmocka_unit_test(test_instances_on_one_port),
		cmocka_unit_test(test_a_seat_that_is_not_free),
		cmocka_unit_test(test_no_privilege_is_left),
	};
	const char *port = getenv("FC_SERVER_PORT");
	auto_error struct lab_error *err = NULL;
	int failed;

	if (port)
		return strcmp(port, "9000") ? 1 : function_serve(9000, act);
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return 1;
	sandbox_enter();
	seats = function_seats_new(SEATS, &err);
	if (!seats || priv_give_back(&err) < 0) {
		(void)fprintf(stderr, "%s\n", lab_error_message(err));
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	function_seats_free(seats);
	return failed;
}
