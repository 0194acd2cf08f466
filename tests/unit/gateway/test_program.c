// SPDX-License-Identifier: GPL-2.0-only
/* labctl-gateway as the supervisor starts it: descriptors, readiness, SIGTERM, bad configurations. */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "gateway/quota.h"
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

	assert_int_equal(ftruncate(sockets[1], GATEWAY_MEMORY), 0);
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

/* Kilobytes of its own memory, without what it shares. */
static size_t memory_of(pid_t pid)
{
	char path[64], line[256];
	size_t kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && sscanf(line, "RssAnon: %zu", &kb) != 1)
		;
	fclose(f);
	assert_true(kb > 0);
	return kb;
}

#define IDLE         20000
#define IDLE_AT_ONCE 100
#define IDLE_OTHERS  100 /* descriptors that are no such connections */

/* Whether this process, and so its child, may have so many descriptors. */
static bool may_have(rlim_t wanted)
{
	struct rlimit r = {wanted, wanted};

	/* needs a capability where the hard limit is lower */
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < wanted) {
		r.rlim_cur = wanted;
		r.rlim_max = r.rlim_max < wanted ? wanted : r.rlim_max;
	}
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

/* From an address of its own: with most ports of one in use, the kernel takes a millisecond to find a free one. */
static int connect_from(uint32_t address, uint16_t port)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Several at a time, which is faster. */
static void connect_and_ask(int *fds, size_t n, uint16_t port)
{
	static uint32_t address = INADDR_LOOPBACK;

	address++;
	for (size_t i = 0; i < n; i++) {
		fds[i] = connect_from(address, port);
		assert_int_equal(send(fds[i], request, strlen(request), MSG_NOSIGNAL),
				 strlen(request));
	}
	for (size_t i = 0; i < n; i++)
		free(ask(fds[i], "", "mock"));
}

/* Each has had an answer before; the first and the last get another one. */
static void idle_connections_cost_little(void **state)
{
	auto_free int *fds = NULL;
	auto_free char *config = NULL;
	size_t before = 0, each;
	struct test_worker w;

	if (!may_have(IDLE + IDLE_OTHERS)) {
		print_message("needs %d descriptors: ulimit -n\n", IDLE + IDLE_OTHERS);
		skip();
	}
	fds = calloc(IDLE, sizeof(*fds));
	assert_non_null(fds);
	config = test_config(mock);
	w = start(config);
	for (size_t i = 0; i < IDLE; i += IDLE_AT_ONCE) {
		connect_and_ask(fds + i, IDLE_AT_ONCE, w.port);
		if (i == 0)
			before = memory_of(w.pid);
	}
	each = (memory_of(w.pid) - before) * 1024 / (IDLE - IDLE_AT_ONCE);
	print_message("%d idle connections: %zu bytes each\n", IDLE, each);
	assert_in_range(each, 1, 2048);
	for (size_t i = 0; i < IDLE; i += IDLE - 1) {
		auto_free char *got = ask(fds[i], request, "mock");

		assert_non_null(strstr(got, "200 OK"));
	}
	assert_int_equal(kill(w.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&w), 0);
	for (size_t i = 0; i < IDLE; i++)
		close(fds[i]);
	finish(&w);
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
		cmocka_unit_test(idle_connections_cost_little),
		cmocka_unit_test(bad_configurations_end_it),
	};

	return cmocka_run_group_tests(tests, find_program, NULL);
}
