// SPDX-License-Identifier: GPL-2.0-only
/* What a request asks for; what is handed on is names and numbers, whatever a browser makes up. */
#include "web/route.h"

#include "base/cleanup.h"
#include "lib/test.h"

static const struct {
	const char *method, *target;
	enum web_kind kind;
	const char *ask; /* NULL: of no matter */
} rows[] = {
	{"GET", "/", WEB_ASSET, NULL},
	{"HEAD", "/app.js", WEB_ASSET, NULL},
	{"GET", "/style.css?v=1", WEB_ASSET, NULL},
	{"POST", "/", WEB_WRONG_METHOD, NULL},
	{"GET", "/nothing", WEB_NOT_FOUND, NULL},
	{"GET", "/../etc/passwd", WEB_NOT_FOUND, NULL},
	{"GET", "/%2e%2e/etc/passwd", WEB_NOT_FOUND, NULL},
	{"GET", "/page.html", WEB_NOT_FOUND, NULL},
	{"GET", "/api/events", WEB_EVENTS, "{\"what\":\"snapshot\"}"},
	{"POST", "/api/events", WEB_WRONG_METHOD, NULL},
	{"GET", "/api/node?name=cen-1.cn-hangzhou", WEB_ASK,
	 "{\"what\":\"node\",\"name\":\"cen-1.cn-hangzhou\"}"},
	{"GET", "/api/explain?from=ecs-1&to=ecs-3", WEB_ASK,
	 "{\"what\":\"explain\",\"from\":\"ecs-1\",\"to\":\"ecs-3\"}"},
	{"GET", "/api/explain?from=ecs-1&to=api&api=0", WEB_ASK,
	 "{\"what\":\"explain\",\"from\":\"ecs-1\",\"to\":\"api\",\"api\":\"0\"}"},
	{"GET", "/api/node", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=a&name=b", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?other=a", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=a&what=run", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=%22", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=a\"b", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=a\\b", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=../x", WEB_BAD_REQUEST, NULL},
	{"GET", "/api/node?name=A", WEB_BAD_REQUEST, NULL},
	{"POST", "/api/run?do=test", WEB_RUN, "{\"what\":\"run\",\"do\":\"test\"}"},
	{"GET", "/api/run?do=test", WEB_WRONG_METHOD, NULL},
	{"POST", "/api/node?name=a", WEB_WRONG_METHOD, NULL},
};

static void every_request(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_strbuf struct strbuf ask = {0};
		struct http_head h;
		struct web_route r;
		char text[512];
		int n = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n\r\n",
				 rows[i].method, rows[i].target);

		http_head_init(&h);
		assert_int_equal(http_head_parse(&h, text, (size_t)n), HTTP_DONE);
		r = web_route(&h, &ask);
		if (r.kind != rows[i].kind)
			fail_msg("%s %s: %d", rows[i].method, rows[i].target, (int)r.kind);
		if (rows[i].ask)
			assert_string_equal(ask.s, rows[i].ask);
		assert_true((r.asset != NULL) ==
			    (rows[i].kind == WEB_ASSET || !strcmp(r.allow, "GET, HEAD")));
	}
}

static void the_page_is_in_the_program(void **state)
{
	for (size_t i = 0; i < web_n_assets; i++) {
		assert_true(web_assets[i].size > 100);
		assert_int_equal(web_assets[i].path[0], '/');
		assert_true(strlen(web_assets[i].type) > 5);
	}
	assert_string_equal(web_assets[0].path, "/");
	assert_memory_equal(web_assets[0].data, "<!doctype html>", 15);
}

/* What the policy of server.c forbids would not work, and nobody would see it but in a browser. */
static void nothing_inline(void **state)
{
	auto_strbuf struct strbuf page = {0};

	strbuf_addn(&page, web_assets[0].data, web_assets[0].size);
	assert_null(strstr(page.s, "style="));
	assert_null(strstr(page.s, "onclick="));
	assert_null(strstr(page.s, "<style"));
	assert_null(strstr(page.s, "http:"));
	assert_null(strstr(page.s, "https:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request),
		cmocka_unit_test(the_page_is_in_the_program),
		cmocka_unit_test(nothing_inline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
