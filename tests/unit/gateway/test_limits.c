// SPDX-License-Identifier: GPL-2.0-only
/* Limits of an instance, and what a fixed answer may hold, at the whole gateway. */
#include "unit/gateway/running.h"

static const char *const apis[] = {
	TEST_API("plain", "ANY", "/plain", TEST_OPEN TEST_MOCK),
	TEST_API("mock", "GET", "/mock",
		 TEST_OPEN
		 "\"backend\":{\"kind\":\"mock\",\"status\":418,\"body\":\"{}\",\"headers\":{"
		 "\"Content-Type\":\"application/json\",\"X-Mock\":\"1\"}}"),
	TEST_API(
		"parameters", "GET", "/parameters",
		TEST_OPEN
		"\"mapping\":{\"mode\":\"MAPPING\",\"form\":false,\"parameters\":[{\"name\":\"n\","
		"\"in\":\"QUERY\",\"to\":\"QUERY\",\"as\":\"n\",\"type\":\"INT\",\"required\":true}],"
		"\"constants\":[],\"systems\":[]}," TEST_MOCK),
};
static const char limits[] = ",\"limits\":{\"head\":256,\"body\":4,\"head_ms\":50,\"idle_ms\":50}";

static int open_gateway(void **state)
{
	return test_gateway_up(state, apis, ARRAY_LEN(apis), limits);
}

#define HEX_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void sizes(void **state)
{
	test_gateway_expect(*state, "GET /plain HTTP/1.1" TEST_HOST "\r\n", "200 ");
	test_gateway_expect(*state,
			    "GET /plain?" HEX_64 HEX_64 HEX_64 HEX_64 " HTTP/1.1" TEST_HOST "\r\n",
			    "413 I413UL");
	test_gateway_expect(*state,
			    "GET /plain HTTP/1.1" TEST_HOST "X: " HEX_64 HEX_64 HEX_64 HEX_64
			    "\r\n\r\n",
			    "413 I413UL");
	test_gateway_expect(
		*state, "POST /plain HTTP/1.1" TEST_HOST "Content-Length: 4\r\n\r\n1234", "200 ");
	test_gateway_expect(*state,
			    "POST /plain HTTP/1.1" TEST_HOST "Content-Length: 5\r\n\r\n12345",
			    "413 I413RL");
}

static void times(void **state)
{
	struct test_gateway *g = *state;
	struct test_client c = test_client_open(g->port[0]);

	assert_true(test_client_send(g->loop, &c, "GET /plain HT", 13));
	assert_true(test_client_wait(g->loop, &c, "X-Ca-Error-Code: I408RT"));
	test_client_close(&c);
	/* idle: the end comes without a word */
	c = test_client_open(g->port[0]);
	assert_true(test_client_wait(g->loop, &c, NULL));
	assert_int_equal(c.got.len, 0);
	test_client_close(&c);
}

/* With these members in the group, and those beside it. */
static const char *config_of(struct arena *a, const char *group, const char *more)
{
	auto_free char *text =
		test_config_with(apis[0],
				 TEST_LISTENER("vip-80") ",{\"socket\":\"public-80\","
							 "\"protocol\":\"HTTP\",\"internet\":true}",
				 more);

	return test_replace(a, text, "\"base_path\":\"/\"",
			    arena_printf(a, "\"base_path\":\"/\"%s", group));
}

/* Seconds are those of the clock: one may end between two calls, and all begins anew. */
static void until(struct test_gateway *g, const char *request, const char *wanted,
		  const char *message)
{
	const uint64_t deadline = test_clock_ms() + 10000;

	for (;;) {
		auto_free char *got = test_roundtrip(g->loop, g->port[0], request);

		if (strcmp(test_header(g, got, "X-Ca-Error-Code"), wanted) == 0) {
			assert_string_equal(test_header(g, got, "X-Ca-Error-Message"), message);
			return;
		}
		if (test_clock_ms() > deadline)
			fail_msg("%s: no %s: %s", request, wanted, got);
	}
}

static void calls_in_a_second(void **state)
{
	static const char call[] = "GET /plain HTTP/1.1" TEST_HOST "\r\n";
	struct test_gateway g = {0};
	json_t *line;

	test_gateway_init(&g);
	test_gateway_serve(
		&g, config_of(g.a, ",\"traffic_limit\":2", ",\"state\":\"state\",\"rps_limit\":3"));
	test_gateway_expect(&g, call, "200 ");
	test_gateway_expect(&g, call, "200 ");
	until(&g, call, "T429GR", "Throttled by GROUP Flow Control");
	line = test_gateway_line(&g);
	assert_string_equal(json_string_value(json_object_get(line, "apiGroupName")), "group-1");
	json_decref(line);
	/* what the group refuses has come to the instance, and what is of no group */
	until(&g, call, "T429IN", "Throttled by INSTANCE Flow Control");
	until(&g, "GET /plain HTTP/1.1\r\nHost: nobody\r\n\r\n", "I404DO",
	      "Invalid Domain `nobody`");
	until(&g, "GET /plain HTTP/1.1\r\nHost: nobody\r\n\r\n", "T429IN",
	      "Throttled by INSTANCE Flow Control");
	test_gateway_done(&g);
}

/* The client is 127.0.0.1. */
static void vpcs(void **state)
{
	static const struct {
		const char *whitelist;
		size_t port; /* vip, the Internet's */
		const char *domain, *outcome;
	} rows[] = {
		{"", 0, TEST_VPC, "200 "},
		{"\"10.0.0.0/8\"", 0, TEST_VPC, "403 A403VN"},
		{"\"10.0.0.0/8\"", 0, TEST_PUBLIC, "403 A403VN"},
		{"\"10.0.0.0/8\"", 1, TEST_PUBLIC, "200 "},
		{"\"10.0.0.0/8\"", 1, TEST_VPC, "403 A403IN"},
		{"\"10.0.0.0/8\",\"127.0.0.0/16\"", 0, TEST_VPC, "200 "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_gateway g = {0};
		auto_free char *got = NULL;

		test_gateway_init(&g);
		test_gateway_serve(&g, config_of(g.a,
						 arena_printf(g.a, ",\"vpc_whitelist\":[%s]",
							      rows[i].whitelist),
						 ""));
		/* an API that there is not, of a group that may not be called, is not told of */
		got = test_roundtrip(g.loop, g.port[rows[i].port],
				     arena_printf(g.a, "GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n",
						  rows[i].outcome[0] == '2' ? "plain" : "nowhere",
						  rows[i].domain));
		assert_string_equal(arena_printf(g.a, "%.3s %s", got + 9,
						 test_header(&g, got, "X-Ca-Error-Code")),
				    rows[i].outcome);
		test_gateway_done(&g);
	}
}

static void no_rates(void **state)
{
	static const struct {
		const char *group, *more, *why;
	} rows[] = {
		{"", ",\"rps_limit\":1", "rps_limit without state"},
		{"", ",\"state\":\"state\",\"rps_limit\":0", "rps_limit out of range"},
		{",\"traffic_limit\":1", "", "traffic_limit without state"},
		{",\"traffic_limit\":4294967296", ",\"state\":\"state\"",
		 "traffic_limit out of range"},
		{",\"traffic_limit\":\"1\"", ",\"state\":\"state\"", "traffic_limit out of range"},
		{",\"vpc_whitelist\":[\"10.0.0.1/8\"]", "", "groups[0]: a malformed block"},
		{",\"vpc_whitelist\":[1]", "", "groups[0]: a malformed block"},
		{",\"vpc_whitelist\":{}", "", "groups[0]: a malformed block"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		test_config_refused(a, i, config_of(a, rows[i].group, rows[i].more),
				    "configuration: ", rows[i].why);
}

static void a_mock_has_headers(void **state)
{
	struct test_gateway *g = *state;
	auto_free char *got = test_roundtrip(g->loop, g->port[0],
					     "GET /mock HTTP/1.1" TEST_HOST "\r\n");

	assert_memory_equal(got + 9, "418", 3);
	assert_string_equal(test_header(g, got, "Content-Type"), "application/json");
	assert_string_equal(test_header(g, got, "X-Mock"), "1");
	assert_string_equal(test_header(g, got, "Content-Length"), "2");
}

static void a_call_is_checked(void **state)
{
	test_gateway_expect(*state, "GET /parameters?n=1 HTTP/1.1" TEST_HOST "\r\n", "200 ");
	test_gateway_expect(*state, "GET /parameters?n=x HTTP/1.1" TEST_HOST "\r\n", "400 I400IP");
	test_gateway_expect(*state, "GET /parameters?m=1 HTTP/1.1" TEST_HOST "\r\n", "400 I400MP");
}

static void out_of_range(void **state)
{
	static const struct {
		const char *limits, *why;
	} rows[] = {
		{",\"limits\":{\"head\":8193}", "head out of range"},
		{",\"limits\":{\"body\":67108865}", "body out of range"},
		{",\"limits\":{\"head_ms\":-1}", "head_ms out of range"},
		{",\"limits\":{\"idle_ms\":3600001}", "idle_ms out of range"},
		{",\"limits\":{\"handshake_ms\":3600001}", "handshake_ms out of range"},
		{",\"limits\":{\"connect_ms\":120001}", "connect_ms out of range"},
		{",\"limits\":{\"backend_idle_ms\":-1}", "backend_idle_ms out of range"},
		{",\"limits\":{\"connections\":0.5}", "Expected integer"},
		{",\"limits\":{\"other\":1}", "other"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *text = test_config_with(apis[0], TEST_LISTENER("vip-80"),
							rows[i].limits);

		test_config_refused(a, i, text, "limits: ", rows[i].why);
	}
}

static void the_vendors_without_others(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_free char *text = test_config(apis[0]);
	const struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);

	assert_int_equal(c->limits.head, 8192);
	assert_int_equal(c->limits.body, 32 << 20);
	assert_int_equal(c->limits.function_answer, 6 << 20);
	assert_int_equal(c->limits.connect_ms, 3000);
}

static void headers_that_a_mock_cannot_have(void **state)
{
	static const char *const names[] = {"Content-Length", "Date", "X Y", "X-Ca-Request-Id"};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *api = arena_printf(
			a,
			TEST_API("m", "GET", "/m",
				 TEST_OPEN
				 "\"backend\":{\"kind\":\"mock\",\"headers\":{\"%s\":\"x\"}}"),
			names[i]);
		auto_free char *text = test_config(api);

		test_config_refused(a, i, text, "apis[0]", "a header that a mock cannot have");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sizes, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(times, open_gateway, test_gateway_down),
		cmocka_unit_test(calls_in_a_second),
		cmocka_unit_test(vpcs),
		cmocka_unit_test(no_rates),
		cmocka_unit_test_setup_teardown(a_mock_has_headers, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(a_call_is_checked, open_gateway, test_gateway_down),
		cmocka_unit_test(out_of_range),
		cmocka_unit_test(the_vendors_without_others),
		cmocka_unit_test(headers_that_a_mock_cannot_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
