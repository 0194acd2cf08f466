// SPDX-License-Identifier: GPL-2.0-only
/* labctl-gateway as the supervisor starts it: descriptors, readiness, SIGTERM, bad configurations. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/worker.h"
#include "unit/gateway/config.h"

static char program[4096];

static int find_program(void **state)
{
	const char *build = getenv("LABCTL_BUILD_DIR");

	snprintf(program, sizeof(program), "%s/libexec/labctl/labctl-gateway", build ? build : ".");
	if (access(program, X_OK) == 0)
		return 0;
	print_error("%s is not built (LABCTL_BUILD_DIR)\n", program);
	return -1;
}

static struct test_worker start(const char *config)
{
	struct test_worker w = {0};

	w.socket = test_listen(&w.port);
	assert_true(test_worker_start(&w, program, config));
	return w;
}

static void finish(struct test_worker *w)
{
	close(w->socket);
	close(w->log);
}

/* Blocking: sends the request, gives what comes until `enough` is in it or the end. */
static char *ask(int fd, const char *request, const char *enough)
{
	struct strbuf got = {0};
	char buf[4096];
	ssize_t n;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){10, 0},
				    sizeof(struct timeval)),
			 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	while ((!enough || !got.len || !strstr(got.s, enough)) &&
	       (n = recv(fd, buf, sizeof(buf), 0)) > 0)
		strbuf_addn(&got, buf, (size_t)n);
	return strbuf_take(&got);
}

static const char mock[] = TEST_API("mock", "GET", "/mock", TEST_OPEN TEST_MOCK);
static const char request[] = "GET /mock HTTP/1.1\r\nHost: " TEST_VPC "\r\n\r\n";

static void serves_and_ends(void **state)
{
	auto_free char *config = test_config(mock), *log = NULL;
	struct test_worker w = start(config);
	int fd = test_connect(w.port);

	/* twice: the connection is kept */
	for (int i = 0; i < 2; i++) {
		auto_free char *got = ask(fd, request, "mock");

		assert_non_null(strstr(got, "HTTP/1.1 200 OK"));
		assert_non_null(strstr(got, "X-Ca-Request-Id: "));
	}
	assert_int_equal(kill(w.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&w), 0);
	log = test_worker_log(&w);
	assert_non_null(strstr(log, "\"apiName\":\"mock\""));
	close(fd);
	finish(&w);
}

/* A successor gets the same socket: a client that connects between the two is served by it. */
static void a_successor_takes_over(void **state)
{
	auto_free char *config = test_config(mock), *got = NULL;
	struct test_worker first = start(config), second = first;
	int fd;

	assert_int_equal(kill(first.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&first), 0);
	fd = test_connect(first.port);
	assert_true(test_worker_start(&second, program, config));
	got = ask(fd, request, "mock");
	assert_non_null(strstr(got, "200 OK"));
	assert_int_equal(kill(second.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&second), 0);
	close(fd);
	close(first.log);
	finish(&second);
}

/* The calls of today are those of all processes that had the memory. */
static void the_quota_outlives_the_process(void **state)
{
	static const char public[] = "GET /mock HTTP/1.1\r\nHost: " TEST_PUBLIC "\r\n\r\n";
	auto_arena struct arena *a = arena_new(0);
	auto_free char *text = test_config_with(mock, TEST_LISTENER("vip-80"),
						",\"state\":\"state\",\"public_daily_calls\":3");
	const char *config = test_replace(a, text, "{\"name\":\"public-80\"},", "");
	struct test_worker w = {0};
	const int sockets[] = {test_listen(&w.port), memfd_create("state", MFD_CLOEXEC)};
	int n_fine = 0;

	assert_int_equal(ftruncate(sockets[1], WORKER_MEMORY), 0);
	w.sockets = sockets;
	w.n_sockets = ARRAY_LEN(sockets);
	for (int i = 0; i < 3; i++) {
		assert_true(test_worker_start(&w, program, config));
		for (int k = 0; k < 2; k++) {
			int fd = test_connect(w.port);
			auto_free char *got = ask(fd, public, "\r\n\r\n");

			n_fine += strstr(got, "HTTP/1.1 200 OK") != NULL;
			assert_int_equal(!strstr(got, "HTTP/1.1 200 OK"), 2 * i + k >= 3);
			close(fd);
		}
		assert_int_equal(kill(w.pid, i == 1 ? SIGKILL : SIGTERM), 0);
		(void)test_worker_wait(&w);
		close(w.log);
	}
	assert_int_equal(n_fine, 3);
	close(sockets[0]);
	close(sockets[1]);
}

static void bad_configurations_end_it(void **state)
{
	static const char *const rows[] = {"", "{", "{\"instance\":\"x\"}"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_worker w = {0};
		auto_free char *log = NULL;

		w.socket = test_listen(&w.port);
		assert_false(test_worker_start(&w, program, rows[i]));
		assert_true(test_worker_wait(&w) > 0);
		log = test_worker_log(&w);
		assert_non_null(strstr(log, "configuration"));
		finish(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_and_ends),
		cmocka_unit_test(a_successor_takes_over),
		cmocka_unit_test(the_quota_outlives_the_process),
		cmocka_unit_test(bad_configurations_end_it),
	};

	return cmocka_run_group_tests(tests, find_program, NULL);
}
