// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/route.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "unit/gateway/config.h"

#define M(name, method, path) TEST_API(name, method, path, TEST_OPEN TEST_MOCK)

static const char many[] = M("root", "GET", "/") "," M("hello", "GET", "/hello") "," M("hello-post", "POST", "/hello") "," M(
	"hello-any",
	"ANY", "/hello") "," M("user", "GET",
			       "/users/[id]") "," M("me", "GET",
						    "/users/me") "," M("me-posts", "GET",
								       "/users/me/posts") "," M("posts",
												"GET", "/users/[id]/posts/[post]") "," M("me-delete", "DELETE", "/users/[name]") "," M("slash", "GET", "/dir/") "," M("encoded", "GET", "/%61b") "," TEST_API("pre", "GET", "/pre", "\"protocol\":[\"HTTP\"],\"stages\":[\"PRE\"]," TEST_MOCK) "," TEST_API("draft",
																																											    "GET",
																																											    "/draft",
																																											    "\"protocol\":[\"HTTP\"],\"stages\":[]," TEST_MOCK);

static void apis(void **state)
{
	static const struct {
		const char *method, *path, *stage, *api, *param;
	} rows[] = {
		{"GET", "/", "RELEASE", "root", NULL},
		{"GET", "/hello", "RELEASE", "hello", NULL},
		{"GET", "/hello", "release", "hello", NULL},
		{"POST", "/hello", "RELEASE", "hello-post", NULL},
		{"PATCH", "/hello", "RELEASE", "hello-any", NULL},
		{"get", "/hello", "RELEASE", "hello-any", NULL},
		{"GET", "/users/7", "RELEASE", "user", "7"},
		{"GET", "/users/me", "RELEASE", "me", NULL},
		{"DELETE", "/users/me", "RELEASE", "me-delete", "me"},
		{"GET", "/users/me/posts", "RELEASE", "me-posts", NULL},
		{"GET", "/users/me/posts/9", "RELEASE", "posts", "me"},
		{"GET", "/dir/", "RELEASE", "slash", NULL},
		{"GET", "/ab", "RELEASE", "encoded", NULL},
		{"GET", "/pre", "PRE", "pre", NULL},

		{"GET", "/hello", "PRE", NULL, NULL},
		{"GET", "/pre", "RELEASE", NULL, NULL},
		{"GET", "/draft", "RELEASE", NULL, NULL},
		{"GET", "/Hello", "RELEASE", NULL, NULL},
		{"GET", "/hello/", "RELEASE", NULL, NULL},
		{"GET", "//hello", "RELEASE", NULL, NULL},
		{"GET", "/dir", "RELEASE", NULL, NULL},
		{"GET", "/users/", "RELEASE", NULL, NULL},
		{"GET", "/users", "RELEASE", NULL, NULL},
		{"PUT", "/users/7", "RELEASE", NULL, NULL},
		{"GET", "/users/7/posts", "RELEASE", NULL, NULL},
		{"GET", "/users/[id]/x", "RELEASE", NULL, NULL},
	};
	auto_arena struct arena *a = arena_new(0);
	auto_free char *text = test_config(many);
	struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);
	struct gateway_routes *t = gateway_routes_new(a, c, NULL);

	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int stage = gateway_route_stage(&c->groups[0], http_slice(rows[i].stage));
		struct gateway_match m;
		bool found;

		assert_true(stage >= 0);
		found = gateway_route_match(t, &c->groups[0], stage, http_slice(rows[i].method),
					    http_slice(rows[i].path), &m);
		if (found != (rows[i].api != NULL) ||
		    (found && strcmp(m.api->name, rows[i].api) != 0))
			fail_msg("%s %s: %s", rows[i].method, rows[i].path,
				 found ? m.api->name : "not found");
		if (rows[i].param)
			assert_true(http_slice_equal(m.params[0], http_slice(rows[i].param)));
	}
}

static void hosts(void **state)
{
	static const struct {
		const char *host;
		bool found;
	} rows[] = {
		{TEST_VPC, true},
		{"G1-CN-hangzhou-VPC.alicloudapi.com", true},
		{TEST_VPC ":8080", true},
		{TEST_PUBLIC, true},
		{"", false},
		{"172.16.1.10", false},
		{TEST_VPC ".", false},
		{"x" TEST_VPC, false},
		{"[::1]:80", false},
	};
	auto_arena struct arena *a = arena_new(0);
	auto_free char *text = test_config(many);
	struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);
	struct gateway_routes *t = gateway_routes_new(a, c, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct gateway_domain *d = NULL;
		const struct gateway_group *g = NULL;
		bool found = gateway_route_group(t, http_slice(rows[i].host), false, &g, &d) ==
			     GATEWAY_OK;

		assert_true(found == (g != NULL));
		if (found != rows[i].found)
			fail_msg("%s", rows[i].host);
		if (found)
			assert_int_equal(d->is_public, i == 3);
	}
	assert_int_equal(gateway_route_stage(&c->groups[0], http_slice("FOO")), -1);
	assert_int_equal(gateway_route_stage(&c->groups[0], http_slice("")), -1);
}

/* Domains that are known, and not for whoever calls. */
static void other_hosts(void **state)
{
	static const struct {
		const char *host;
		bool internet;
		enum gateway_error is;
	} rows[] = {
		{TEST_VPC, false, GATEWAY_OK},
		{TEST_VPC, true, GATEWAY_NO_INTERNET},
		{TEST_PUBLIC, true, GATEWAY_OK},
		{TEST_PUBLIC, false, GATEWAY_OK},
		{"other.example.com", false, GATEWAY_OTHER_INSTANCE},
		{"OTHER.example.com:80", true, GATEWAY_OTHER_INSTANCE},
		{"example.com", true, GATEWAY_UNKNOWN_DOMAIN},
	};
	auto_arena struct arena *a = arena_new(0);
	auto_free char *text = test_config_with(many, TEST_LISTENER("vip-80"),
						",\"elsewhere\":[\"Other.example.com\"]");
	struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);
	struct gateway_routes *t = gateway_routes_new(a, c, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct gateway_group *g = NULL;
		const struct gateway_domain *d = NULL;

		assert_int_equal(
			gateway_route_group(t, http_slice(rows[i].host), rows[i].internet, &g, &d),
			rows[i].is);
	}
}

/* As many APIs as a group may hold: each is found, and nothing else. */
static void a_thousand_apis(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf apis = {0};
	auto_free char *text = NULL;
	struct gateway_config *c;
	struct gateway_routes *t;
	struct gateway_match m;

	for (int i = 0; i < 1000; i++)
		strbuf_printf(&apis,
			      "%s{\"name\":\"a%d\",\"id\":\"i\",\"group\":\"group-1\",\"method\":"
			      "\"GET\",\"path\":\"/v%d/[x]/%d\"," TEST_OPEN TEST_MOCK "}",
			      i ? "," : "", i, i % 10, i);
	text = test_config(apis.s);
	c = gateway_config_read(a, text, strlen(text), NULL);
	t = gateway_routes_new(a, c, NULL);
	for (int i = 0; i < 1000; i++) {
		const char *path = arena_printf(a, "/v%d/y/%d", i % 10, i);
		const char *other = arena_printf(a, "/v%d/y/%d", (i + 1) % 10, i);

		assert_true(gateway_route_match(t, c->groups, 0, http_slice("GET"),
						http_slice(path), &m));
		assert_string_equal(m.api->name, arena_printf(a, "a%d", i));
		assert_false(gateway_route_match(t, c->groups, 0, http_slice("GET"),
						 http_slice(other), &m));
	}
}

static void base_paths(void **state)
{
	static const char *const bases[] = {"/v1", "/v1/"};

	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_free char *plain = test_config(M("x", "GET", "/x"));
		size_t at = (size_t)(strstr(plain, "\"base_path\":\"/\"") - plain);
		char *text = arena_printf(a, "%.*s\"base_path\":\"%s\"%s", (int)at, plain, bases[i],
					  plain + at + strlen("\"base_path\":\"/\""));
		struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);
		struct gateway_routes *t = gateway_routes_new(a, c, NULL);
		struct gateway_match m;

		assert_true(gateway_route_match(t, c->groups, 0, http_slice("GET"),
						http_slice("/v1/x"), &m));
		assert_false(gateway_route_match(t, c->groups, 0, http_slice("GET"),
						 http_slice("/x"), &m));
	}
}

static void refused_configurations(void **state)
{
	static const struct {
		const char *apis, *message;
	} rows[] = {
		{"{}", "apis[0]"},
		{"{\"x\":1}", "apis[0]"},
		{M("a", "GET", "/x") "," M("b", "GET", "/x"), "API b: same method"},
		{M("a", "GET", "/[x]") "," M("b", "GET", "/[y]"), "API b: same method"},
		{M("a", "GET", "/x") "," M("b", "GET", "/%78"), "API b: same method"},
		{M("a", "GET", "x"), "malformed path"},
		{M("a", "GET", "/x?y"), "malformed path"},
		{M("a", "GET", "/../x"), "malformed path"},
		{M("a", "G T", "/x"), "malformed method"},
		{TEST_API("a", "GET", "/x", "\"protocol\":[],\"stages\":[]," TEST_MOCK),
		 "no protocol"},
		{TEST_API("a", "GET", "/x", "\"protocol\":[\"WS\"],\"stages\":[]," TEST_MOCK),
		 "protocol"},
		{TEST_API("a", "GET", "/x",
			  "\"protocol\":[\"HTTP\"],\"stages\":[\"FOO\"]," TEST_MOCK),
		 "stage"},
		{TEST_API("a", "GET", "/x", TEST_OPEN "\"backend\":{\"kind\":\"ftp\"}"), "kind"},
		{TEST_API("a", "GET", "/x",
			  TEST_OPEN "\"backend\":{\"kind\":\"mock\",\"status\":99}"),
		 "status"},
		{TEST_API("a", "GET", "/x", TEST_OPEN TEST_CALLS ",\"port\":0,\"timeout_ms\":1}"),
		 "port"},
		{TEST_API("a", "GET", "/x", TEST_OPEN TEST_CALLS ",\"port\":1,\"timeout_ms\":0}"),
		 "timeout_ms"},
		{TEST_API("a", "GET", "/x",
			  TEST_OPEN TEST_CALLS ",\"port\":1,\"timeout_ms\":1,\"spare\":1}"),
		 "spare"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_free char *text = test_config(rows[i].apis);
		auto_error struct lab_error *err = NULL;
		struct gateway_config *c = gateway_config_read(a, text, strlen(text), &err);

		if (c && gateway_routes_new(a, c, &err))
			fail_msg("row %zu was accepted", i);
		if (!strstr(lab_error_message(err), rows[i].message))
			fail_msg("row %zu: %s", i, lab_error_message(err));
	}
}

static void refused_texts(void **state)
{
	static const char *const rows[] = {"", "[]", "{}", "{\"instance\":1}", "{\"a\":1,\"a\":1}"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_error struct lab_error *err = NULL;

		assert_null(gateway_config_read(a, rows[i], strlen(rows[i]), &err));
		assert_non_null(err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apis),          cmocka_unit_test(hosts),
		cmocka_unit_test(other_hosts),   cmocka_unit_test(a_thousand_apis),
		cmocka_unit_test(base_paths),    cmocka_unit_test(refused_configurations),
		cmocka_unit_test(refused_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
