// SPDX-License-Identifier: GPL-2.0-only
/* What a gateway counts, and that it is Prometheus' text format: every line is looked at. */
#include "gateway/metrics.h"

#include <ctype.h>

#include "unit/gateway/running.h"

static const char *const apis[] = {
	TEST_API("mock", "ANY", "/mock", TEST_OPEN TEST_MOCK),
	TEST_API("refused", "GET", "/refused",
		 TEST_OPEN "\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"h\","
			   "\"address\":\"127.0.0.1\",\"port\":1,\"timeout_ms\":1000}"),
};

static int open_gateway(void **state)
{
	return test_gateway_up(state, apis, ARRAY_LEN(apis), ",\"metrics\":\"public-80\"");
}

static void call(struct test_gateway *g, const char *request)
{
	auto_free char *got = test_roundtrip(g->loop, g->port[0], request);

	assert_true(strlen(got) > 0);
}

/* The body of GET /metrics. */
static const char *metrics(struct test_gateway *g)
{
	auto_free char *got =
		test_roundtrip(g->loop, g->port[1],
			       "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	const char *body = strstr(got, "\r\n\r\n");

	assert_memory_equal(got + 9, "200", 3);
	assert_non_null(strstr(got, "Content-Type: text/plain; version=0.0.4"));
	assert_non_null(body);
	return arena_strdup(g->a, body + 4);
}

static bool has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
}
#define assert_line(text, line)                         \
	do {                                            \
		if (!has(text, line))                   \
			fail_msg("%s\n%s", line, text); \
	} while (0)

static void calls_are_counted(void **state)
{
	struct test_gateway *g = *state;
	const char *text;

	call(g, "GET /mock HTTP/1.1" TEST_HOST "\r\n");
	call(g, "GET /mock HTTP/1.1" TEST_HOST "\r\n");
	call(g, "GET /nothing HTTP/1.1" TEST_HOST "\r\n");
	call(g, "GET /refused HTTP/1.1" TEST_HOST "\r\n");
	call(g, "GET HTTP\r\n\r\n");
	text = metrics(g);
	assert_line(text, "labctl_gateway_requests_total{group=\"group-1\",api=\"mock\",stage="
			  "\"RELEASE\",code=\"200\",error=\"\"} 2");
	assert_line(text, "labctl_gateway_requests_total{group=\"\",api=\"\",stage=\"\",code="
			  "\"404\",error=\"I404NF\"} 1");
	assert_line(text, "labctl_gateway_requests_total{group=\"\",api=\"\",stage=\"\",code="
			  "\"400\",error=\"I400HD\"} 1");
	assert_line(text, "labctl_gateway_request_duration_seconds_bucket{group=\"group-1\",api="
			  "\"mock\",stage=\"RELEASE\",le=\"+Inf\"} 2");
	assert_line(text, "labctl_gateway_request_duration_seconds_count{group=\"group-1\",api="
			  "\"mock\",stage=\"RELEASE\"} 2");
	assert_line(text, "labctl_gateway_upstream_connects_total{backend=\"127.0.0.1:1\",device="
			  "\"\"} 1");
	assert_line(text, "labctl_gateway_upstream_idle{backend=\"127.0.0.1:1\",device=\"\"} 0");
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return isdigit((unsigned char)s[0]) ? 0 : n;
}

/* "{name="value",...}": its length; 0: malformed. */
static size_t labels_length(const char *s)
{
	const char *p = s + 1;

	while (*p != '}') {
		size_t n = name_length(p);

		if (n == 0 || strncmp(p + n, "=\"", 2) != 0)
			return 0;
		for (p += n + 2; *p && *p != '"'; p++)
			p += *p == '\\';
		if (*p++ != '"')
			return 0;
		p += *p == ',';
	}
	return (size_t)(p - s) + 1;
}

/* "NAME{LABELS} VALUE", of the metric that was declared last. */
static void check_sample(const char *line, const char *declared)
{
	const size_t n = name_length(line), labels = line[n] == '{' ? labels_length(line + n) : 0;
	const char *value = line + n + labels;
	char *end;

	assert_true(n > 0 && strncmp(line, declared, strlen(declared)) == 0);
	assert_true(line[n] == ' ' || labels > 0);
	assert_int_equal(*value, ' ');
	(void)strtod(value + 1, &end);
	assert_true(end > value + 1 && *end == '\0');
}

static void every_line_is_of_the_format(void **state)
{
	struct test_gateway *g = *state;
	const char *text, *declared = NULL;
	char *line, *rest;
	size_t samples = 0;

	call(g, "GET /mock HTTP/1.1" TEST_HOST "\r\n");
	call(g, "GET /refused HTTP/1.1" TEST_HOST "\r\n");
	text = metrics(g);
	assert_int_equal(text[strlen(text) - 1], '\n');
	rest = arena_strdup(g->a, text);
	while ((line = strsep(&rest, "\n")) && *line) {
		if (strncmp(line, "# HELP ", 7) == 0)
			declared = arena_strndup(g->a, line + 7, name_length(line + 7));
		else if (strncmp(line, "# TYPE ", 7) == 0)
			assert_memory_equal(line + 7, declared, strlen(declared));
		else {
			assert_non_null(declared);
			check_sample(line, declared);
			samples++;
		}
	}
	assert_true(samples > 30);
}

static void a_histogram_only_grows(void **state)
{
	struct gateway_api api = {.name = "a\"b\\c"};
	struct gateway_group group = {.name = "g", .n_stages = 1};
	const char *stage = "RELEASE";
	struct gateway_config config = {.apis = &api, .n_apis = 1};
	struct gateway_metrics *m = gateway_metrics_new(&config);
	struct test_gateway *g = *state;
	struct httpd *httpd = httpd_new(g->loop, &(struct httpd_options){0},
					&(struct httpd_handler){0});
	struct upstream *upstream = upstream_new(g->loop, &(struct upstream_options){0});
	auto_strbuf struct strbuf out = {0};

	group.stages = &stage;
	api.group = &group;
	gateway_metrics_count(m, &api, 0, 200, GATEWAY_OK, 300);
	gateway_metrics_count(m, &api, 0, 200, GATEWAY_OK, 7000);
	gateway_metrics_count(m, &api, 0, 504, GATEWAY_BACKEND_TIMEOUT, 31000000);
	for (int i = 0; i < 20; i++)
		gateway_metrics_count(m, NULL, 3, 300 + i, GATEWAY_OK, 1000);
	gateway_metrics_watch(m, g->loop, httpd, upstream);
	gateway_metrics_write(m, &out);
#define SERIES "{group=\"g\",api=\"a\\\"b\\\\c\",stage=\"RELEASE\""
	assert_line(out.s,
		    "labctl_gateway_request_duration_seconds_bucket" SERIES ",le=\"0.00025\"} 0");
	assert_line(out.s,
		    "labctl_gateway_request_duration_seconds_bucket" SERIES ",le=\"0.0005\"} 1");
	assert_line(out.s,
		    "labctl_gateway_request_duration_seconds_bucket" SERIES ",le=\"0.01\"} 2");
	assert_line(out.s, "labctl_gateway_request_duration_seconds_bucket" SERIES ",le=\"30\"} 2");
	assert_line(out.s,
		    "labctl_gateway_request_duration_seconds_bucket" SERIES ",le=\"+Inf\"} 3");
	assert_line(out.s, "labctl_gateway_request_duration_seconds_sum" SERIES "} 31.007300");
	assert_line(out.s, "labctl_gateway_requests_total{group=\"\",api=\"\",stage=\"\",code="
			   "\"other\",error=\"other\"} 4");
	gateway_metrics_free(m);
	upstream_free(upstream);
	httpd_free(httpd);
}

static void nothing_else_is_there(void **state)
{
	struct test_gateway *g = *state;
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		auto_free char *got = test_roundtrip(g->loop, g->port[1], requests[i]);

		assert_memory_equal(got + 9, "404", 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_are_counted, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(every_line_is_of_the_format, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(a_histogram_only_grows, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(nothing_else_is_there, open_gateway,
						test_gateway_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
