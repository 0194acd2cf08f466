// SPDX-License-Identifier: GPL-2.0-only
/* Specifications read and refused; connections on loopback. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/probe.h"

static void test_refused(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{"{}", "probe: \"kind\": no text"},
		{"{\"kind\":\"ping\"}", "probe: \"timeout_ms\": no number from 1 to 3600000"},
		{"{\"kind\":\"smell\",\"timeout_ms\":1}", "probe: unknown kind 'smell'"},
		{"{\"kind\":\"ping\",\"timeout_ms\":0}",
		 "probe: \"timeout_ms\": no number from 1 to 3600000"},
		{"{\"kind\":\"ping\",\"timeout_ms\":-1}",
		 "probe: \"timeout_ms\": no number from 1 to 3600000"},
		{"{\"kind\":\"ping\",\"timeout_ms\":1}", "probe: \"host\": no text"},
		{"{\"kind\":\"ping\",\"timeout_ms\":1,\"host\":\"a\",\"count\":0}",
		 "probe: \"count\": no number from 1 to 10000"},
		{"{\"kind\":\"http\",\"timeout_ms\":1,\"method\":\"GET\"}",
		 "probe: \"url\": no text"},
		{"{\"kind\":\"http\",\"timeout_ms\":1,\"method\":\"GET\",\"url\":\"u\",\"headers\":[1]}",
		 "probe: \"headers\": 0: no text"},
		{"{\"kind\":\"http\",\"timeout_ms\":1,\"method\":\"GET\",\"url\":\"u\",\"app\":{\"key\":\"k\"}}",
		 "probe: \"secret\": no text"},
		{"{\"kind\":\"http\",\"timeout_ms\":1,\"method\":\"GET\",\"url\":\"u\",\"body\":1}",
		 "probe: \"body\": no text"},
		{"{\"kind\":\"dns\",\"timeout_ms\":1,\"name\":\"a\"}", "probe: \"type\": no text"},
		{"{\"kind\":\"tcp\",\"timeout_ms\":1,\"host\":\"a\",\"port\":65536}",
		 "probe: \"port\": no number from 1 to 65535"},
		{"{\"kind\":\"outage\",\"timeout_ms\":1,\"host\":\"a\",\"quiet_ms\":1}",
		 "probe: \"interval_ms\": no number from 1 to 60000"},
		{"{\"kind\":\"outage\",\"timeout_ms\":1,\"host\":\"a\",\"interval_ms\":20}",
		 "probe: \"quiet_ms\": no number from 1 to 3600000"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;
		json_t *json = json_loads(rows[i].json, 0, NULL);
		struct probe_spec spec;

		assert_int_equal(probe_spec_read(json, &spec, &err), -1);
		json_decref(json);
		assert_string_equal(lab_error_message(err), rows[i].want);
	}
}

static void test_read(void **state)
{
	json_t *json =
		json_loads("{\"kind\":\"http\",\"timeout_ms\":8000,\"method\":\"POST\",\"url\":"
			   "\"http://a/\",\"headers\":[\"A: b\"],\"body_size\":5,\"body\":\"hi\","
			   "\"app\":{\"key\":\"k\",\"secret\":\"s\"}}",
			   0, NULL);
	struct probe_spec spec;

	assert_int_equal(probe_spec_read(json, &spec, NULL), 0);
	assert_int_equal(spec.kind, PROBE_HTTP);
	assert_int_equal(spec.timeout_ms, 8000);
	assert_string_equal(spec.method, "POST");
	assert_string_equal(spec.url, "http://a/");
	assert_int_equal(json_array_size(spec.headers), 1);
	assert_int_equal(spec.body_size, 5);
	assert_string_equal(spec.body, "hi");
	assert_string_equal(spec.key, "k");
	assert_string_equal(spec.secret, "s");
	json_decref(json);
}

/* A socket bound to a free port of loopback, which is put into *port. */
static int bound_socket(uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void expect_state(const struct probe_spec *spec, const char *want)
{
	json_t *result = probe_tcp(spec);

	assert_string_equal(json_string_value(json_object_get(result, "state")), want);
	json_decref(result);
}

static void test_tcp(void **state)
{
	struct probe_spec spec = {.kind = PROBE_TCP, .host = "127.0.0.1", .timeout_ms = 2000};
	int fd = bound_socket(&spec.port);

	expect_state(&spec, "refused"); /* bound, but nobody listens */
	assert_int_equal(listen(fd, 1), 0);
	expect_state(&spec, "open");
	assert_int_equal(close(fd), 0);
}

static void test_tcp_timeout(void **state)
{
	struct probe_spec spec = {.kind = PROBE_TCP, .host = "127.0.0.1", .timeout_ms = 100};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fds[8], fd = bound_socket(&spec.port);

	/* a full backlog is silent: the kernel drops what does not fit */
	to.sin_port = htons(spec.port);
	assert_int_equal(listen(fd, 0), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(fds[i] >= 0);
		(void)connect(fds[i], (struct sockaddr *)&to, sizeof(to)); /* EINPROGRESS */
	}
	expect_state(&spec, "timeout");
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		assert_int_equal(close(fds[i]), 0);
	assert_int_equal(close(fd), 0);
}

static void test_http_without_listener(void **state)
{
	struct probe_spec spec = {.kind = PROBE_HTTP, .method = "GET", .timeout_ms = 2000};
	char url[64];
	uint16_t port;
	int fd = bound_socket(&port);
	json_t *result;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	spec.url = url;
	result = probe_http(&spec);
	assert_int_equal(json_integer_value(json_object_get(result, "curl")), 7);
	assert_non_null(json_object_get(result, "error"));
	assert_null(json_object_get(result, "status"));
	json_decref(result);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_timeout),
		cmocka_unit_test(test_http_without_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
