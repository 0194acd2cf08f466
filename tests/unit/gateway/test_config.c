// SPDX-License-Identifier: GPL-2.0-only
/* What test_route.c does not show: HTTP backends, listeners and the state. */
#include "gateway/config.h"

#include "base/cleanup.h"
#include "base/worker.h"
#include "unit/gateway/config.h"

#define API(path, backend) TEST_API("a", "GET", path, TEST_OPEN "\"backend\":{" backend "}")
#define HTTP               "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"api.example.com:8080\""
#define VPC                "\"kind\":\"http-vpc\",\"access\":\"idc\",\"host\":\"10.10.1.20:8080\""
#define MS                 ",\"timeout_ms\":10000"
#define FUNCTION           "\"kind\":\"function\",\"function\":\"f\",\"address\":\"1.2.3.4\",\"port\":9000"
#define AT                 ",\"address\":\"203.0.113.20\",\"port\":8080"

static struct gateway_config *read_config(struct arena *a, const char *apis, const char *listeners,
					  const char *more, struct lab_error **err)
{
	auto_free char *text = test_config_with(apis, listeners, more);

	return gateway_config_read(a, text, strlen(text), err);
}

static const struct gateway_backend *read_backend(struct arena *a, const char *api)
{
	const struct gateway_config *c = read_config(a, api, TEST_LISTENER("vip-80"), "", NULL);

	assert_non_null(c);
	return &c->apis[0].backend;
}

static void everything_said(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_backend *b =
		read_backend(a, API("/u/[id]/[x]", HTTP AT MS
				    ",\"path\":\"/v2/[x][id]/%7e[x]\",\"method\":\"POST\","
				    "\"device\":\"inet\",\"source\":\"198.51.100.10\""));
	const struct http_slice values[] = {{"i%2F", 4}, {"xx", 2}};

	assert_int_equal(b->kind, GATEWAY_HTTP);
	assert_string_equal(gateway_backend_kind_name(b->kind), "http");
	assert_string_equal(b->endpoint, "203.0.113.20:8080");
	assert_int_equal(b->address.sin_family, AF_INET);
	assert_int_equal(ntohl(b->address.sin_addr.s_addr), 0xcb007114);
	assert_int_equal(ntohs(b->address.sin_port), 8080);
	assert_int_equal(b->timeout_ms, 10000);
	assert_string_equal(b->host, "api.example.com:8080");
	assert_null(b->access);
	assert_string_equal(b->method, "POST");
	assert_string_equal(b->device, "inet");
	assert_int_equal(ntohl(b->source.sin_addr.s_addr), 0xc633640a);
	assert_int_equal(b->source.sin_port, 0);
	assert_true(http_slice_equal(gateway_template_fill(b->path, a, values),
				     http_slice("/v2/xxi%2F/~xx")));
}

static void little_said(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_backend *b = read_backend(a, API("/x", VPC MS));

	assert_int_equal(b->kind, GATEWAY_HTTP_VPC);
	assert_string_equal(gateway_backend_kind_name(b->kind), "http-vpc");
	assert_string_equal(b->access, "idc");
	assert_int_equal(b->address.sin_family, 0);
	assert_null(b->endpoint);
	assert_null(b->path);
	assert_null(b->method);
	assert_null(b->device);
	assert_int_equal(b->source.sin_family, 0);
}

static void refused_backends(void **state)
{
	static const struct {
		const char *api, *message;
	} rows[] = {
		{API("/x", HTTP), "timeout_ms"},
		{API("/x", HTTP MS ",\"spare\":1"), "spare"},
		{API("/x", HTTP MS ",\"access\":\"a\""), "access"},
		{API("/x", VPC MS ",\"scheme\":\"http\""), "scheme"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"https\",\"host\":\"h\"" MS), "scheme"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"\"" MS), "host"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"a b\"" MS), "host"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"a:\"" MS), "host"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"a:b\"" MS), "host"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"a:800000\"" MS),
		 "host"},
		{API("/x", "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"a\\r\\nX: b\"" MS),
		 "host"},
		{API("/x", HTTP ",\"timeout_ms\":0"), "timeout_ms"},
		{API("/x", HTTP ",\"timeout_ms\":86400001"), "timeout_ms"},
		{API("/x", HTTP MS ",\"address\":\"1.2.3.4\""), "port"},
		{API("/x", HTTP MS ",\"address\":\"1.2.3.4\",\"port\":65536"), "port"},
		{API("/x", HTTP MS ",\"address\":\"1.2.3\",\"port\":1"), "address"},
		{API("/x", HTTP MS ",\"method\":\"\""), "method"},
		{API("/x", HTTP MS ",\"method\":\"G T\""), "method"},
		{API("/x", HTTP MS ",\"device\":\"\""), "device"},
		{API("/x", HTTP MS ",\"device\":\"a-device-of-16-c\""), "device"},
		{API("/x", HTTP MS ",\"device\":\"a/b\""), "device"},
		{API("/x", HTTP MS ",\"source\":\"x\""), "source"},
		{API("/x", HTTP MS ",\"path\":\"x\""), "path"},
		{API("/x", HTTP MS ",\"path\":\"\""), "path"},
		{API("/x", HTTP MS ",\"path\":\"/x?y\""), "path"},
		{API("/x", HTTP MS ",\"path\":\"/x y\""), "path"},
		{API("/x", HTTP MS ",\"path\":\"/%\""), "path"},
		{API("/x", HTTP MS ",\"path\":\"/..\""), "path"},
		{API("/[id]", HTTP MS ",\"path\":\"/[no]\""), "parameter that"},
		{API("/[id]", HTTP MS ",\"path\":\"/[i]\""), "parameter that"},
		{API("/[id]", HTTP MS ",\"path\":\"/[]\""), "parameter that"},
		{API("/[id]", HTTP MS ",\"path\":\"/[[id]]\""), "parameter that"},
		{API("/x[id]", HTTP MS ",\"path\":\"/[id]\""), "parameter that"},
		{API("/[id]", HTTP MS ",\"path\":\"/[id\""), "without its ']'"},
		{API("/[id]", HTTP MS ",\"path\":\"/id]\""), "without its '['"},
		{API("/[id]", HTTP MS ",\"path\":\"/[id]]\""), "without its '['"},
		{API("/x", FUNCTION MS ",\"trigger\":\"event\""), "trigger"},
		{API("/x", FUNCTION MS ",\"path\":\"/y\""), "trigger"},
		{API("/x", FUNCTION MS ",\"method\":\"GET\""), "trigger"},
		{API("/x", FUNCTION MS ",\"trigger\":\"http\",\"path\":\"y\""), "path"},
		{API("/x", FUNCTION MS ",\"trigger\":\"http\",\"method\":\"G T\""), "method"},
		{API("/a/../b", HTTP MS), "malformed path"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_free char *text = test_config(rows[i].api);

		test_config_refused(a, i, text, "apis[0]", rows[i].message);
	}
}

static void sockets(void **state)
{
	static const struct {
		const char *listeners, *more, *message; /* NULL: accepted */
	} rows[] = {
		{TEST_LISTENER("vip-80"), "", NULL},
		{TEST_LISTENER("vip-80") "," TEST_LISTENER("public-80"), "", NULL},
		{TEST_LISTENER("vip-80"), ",\"state\":\"state\"", NULL},
		{TEST_LISTENER("vip-80"), ",\"state\":\"state\",\"public_daily_calls\":1000", NULL},
		{TEST_SECURE("vip-80"), ",\"certificates\":\"state\"", NULL},
		{TEST_SECURE("vip-80"), "", "listeners[0]: HTTPS without certificates"},
		{TEST_LISTENER("vip-80"), ",\"certificates\":\"nowhere\"",
		 "certificates: no such socket"},
		{"{\"socket\":\"vip-80\",\"protocol\":\"TLS\"}", "",
		 "listeners[0]: protocol must be HTTP or HTTPS"},
		{TEST_LISTENER("spare-80"), "", "listeners[0]: no such socket"},
		{TEST_LISTENER("vip-80"), ",\"state\":\"nowhere\"", "state: no such socket"},
		{TEST_LISTENER("vip-80"), ",\"public_daily_calls\":1000", "without state"},
		{TEST_LISTENER("vip-80"), ",\"state\":\"state\",\"public_daily_calls\":0",
		 "public_daily_calls"},
		{TEST_LISTENER("vip-80"), ",\"state\":\"state\",\"public_daily_calls\":-1",
		 "public_daily_calls"},
		{TEST_LISTENER("vip-80"), ",\"state\":\"state\",\"public_daily_calls\":4294967296",
		 "public_daily_calls"},
		{TEST_LISTENER("vip-80"), ",\"state\":\"state\",\"public_daily_calls\":\"9\"",
		 "public_daily_calls"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_error struct lab_error *err = NULL;
		const struct gateway_config *c = read_config(a, API("/x", HTTP MS),
							     rows[i].listeners, rows[i].more, &err);

		if ((c == NULL) != (rows[i].message != NULL))
			fail_msg("row %zu: %s", i, c ? "accepted" : lab_error_message(err));
		if (rows[i].message && !strstr(lab_error_message(err), rows[i].message))
			fail_msg("row %zu: %s", i, lab_error_message(err));
		if (!c)
			continue;
		for (size_t k = 0; k < c->n_listeners; k++)
			assert_int_equal(c->listeners[k].fd, WORKER_FD_SOCKET_0 + (int)k);
		assert_int_equal(c->state_fd,
				 strstr(rows[i].more, "\"state\":") ? WORKER_FD_SOCKET_0 + 2 : -1);
		assert_int_equal(c->certificates_fd, strstr(rows[i].more, "\"certificates\":")
							     ? WORKER_FD_SOCKET_0 + 2
							     : -1);
		assert_int_equal(c->listeners[0].https, strstr(rows[i].listeners, "HTTPS") != NULL);
		assert_int_equal(c->public_daily_calls, strstr(rows[i].more, "calls") ? 1000 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_said),
		cmocka_unit_test(little_said),
		cmocka_unit_test(refused_backends),
		cmocka_unit_test(sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
