// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins that answer in the backend's place: from what is kept, when it fails, by another way. */
#include "gateway/plugin.h"

#include "unit/gateway/plugged_config.h"

#define CACHED(name, more, plugins) \
	TEST_API(name, "ANY", "/" name, TEST_OPEN more plugins PLUGGED_BACKEND)
#define BY_APP                                                                                        \
	"\"auth\":{\"nonce\":false,\"app_code\":\"HEADER\",\"apps\":[{\"app\":\"app-1\",\"stages\":[" \
	"\"RELEASE\"]}]},"
#define APP_SEEN                                                                                            \
	"\"mapping\":{\"mode\":\"MAPPING\",\"form\":false,\"parameters\":[],\"constants\":[],\"systems\":[" \
	"{\"name\":\"CaAppId\",\"to\":\"HEAD\",\"as\":\"X-App\"}]},"
#define NUMBERED                                                                                            \
	"\"mapping\":{\"mode\":\"MAPPING\",\"form\":false,\"constants\":[],\"systems\":[],\"parameters\":[" \
	"{\"name\":\"n\",\"in\":\"QUERY\",\"to\":\"QUERY\",\"as\":\"n\",\"type\":\"INT\",\"required\":true}]},"

/* Nobody listens there. */
#define DEAD                                                                                \
	"\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"dead\",\"address\":" \
	"\"127.0.0.1\",\"port\":1,\"timeout_ms\":500}"

static const char *const apis[] = {
	PLUGGED_API("cached/[id]", "cached"),
	PLUGGED_API("cached-by-all", "by-all"),
	CACHED("known", "", PLUGGED_AND("cookie", "cached")),
	CACHED("maybe-known", "", PLUGGED_AND("jwt", "cached")),
	CACHED("app-seen", BY_APP APP_SEEN, PLUGGED_BOUND("cached")),
	CACHED("app-told-apart", BY_APP APP_SEEN, PLUGGED_BOUND("by-all")),
	CACHED("two-ways", "", PLUGGED_AND("routed", "cached")),
	CACHED("checked", NUMBERED, PLUGGED_BOUND("by-all")),
	PLUGGED_API("slow", "timeouts"),
	TEST_API("dead", "GET", "/dead", TEST_OPEN DEAD),
	TEST_API("dead-too", "GET", "/dead-too", TEST_OPEN PLUGGED_BOUND("timeouts") DEAD),
	PLUGGED_API("failing", "failures"),
	PLUGGED_API("fallback", "fallback"),
	CACHED("spare", "", PLUGGED_AND("spare", "cached")),
	PLUGGED_API("by-system", "by-system"),
	PLUGGED_API("routed/[tenant]", "routed"),
};

static int up(void **state)
{
	return plugged_up(state, apis, ARRAY_LEN(apis), more);
}

/* Whether the backend is asked for that. */
static void asked(struct plugged *f, bool wanted, const char *line, const char *headers)
{
	const unsigned int before = f->calls;
	auto_free char *got = plugged_call(f, line, headers);

	if (strncmp(got, "HTTP/1.1 200", 12) != 0 || (f->calls > before) != wanted ||
	    (strcasestr(got, "\r\nX-Ca-Caching: true\r\n") != NULL) == wanted)
		fail_msg("%s, %s: asked %d: %s", line, headers, f->calls > before, got);
}

static void answers_are_kept(void **state)
{
	struct plugged *f = *state;

	asked(f, true, "GET /cached/1?head=X-Kept:1&head=X-Lost:1", "");
	plugged_expect(f, "GET /cached/1?other=1", "", "200 ", "\r\nX-Kept: 1\r\n", "x-lost: ");
	asked(f, false, "GET /cached/1", "Cookie: a=b\r\n");
	asked(f, true, "GET /cached/2", "");
	asked(f, true, "GET /cached/1?p=1", "");
	asked(f, true, "GET /cached/1?p=2", "");
	asked(f, false, "GET /cached/1?x=3&p=2", "");
	asked(f, true, "GET /cached/1", "Accept: a\r\n");
	asked(f, true, "GET /cached/1", "Accept: b\r\n");
	asked(f, false, "GET /cached/1", "accept: a\r\n");
	asked(f, true, "POST /cached/1", "Content-Length: 0\r\n");
	asked(f, false, "GET /cached/1", "Cache-Control: no-cache\r\n"); /* clients have no say */
}

static void what_must_not_be_is_not_kept(void **state)
{
	static const char *const queries[] = {
		"head=Cache-Control:no-store",
		"head=Cache-Control:max-age=60,%20private",
		"head=Cache-Control:max-age=0",
		"head=Cache-Control:no-cache",
		"head=Set-Cookie:a=b",
		"head=Vary:Cookie",
		"head=Vary:*",
		"head=Cache-Control:s-maxage=0,max-age=9",
	};
	struct plugged *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		const char *line = arena_printf(f->g.a, "GET /cached/%zu?%s", i, queries[i]);

		line = test_replace(f->g.a, line, "%20", "");
		asked(f, true, line, "");
		asked(f, true, line, "");
	}
	plugged_expect(f, "GET /cached/x?status=404", "", "404 ", NULL, NULL);
	plugged_expect(f, "GET /cached/x?status=201", "", "201 ", NULL, NULL);
	plugged_expect(f, "GET /cached/x?never", "", "504 D504TO", NULL, NULL);
	asked(f, true, "GET /cached/x", "Authorization: Bearer a\r\n");
	asked(f, true, "GET /cached/x", "Authorization: Bearer a\r\n");
	asked(f, true, "GET /cached/x?head=Cache-Control:public", "Authorization: Bearer a\r\n");
	asked(f, false, "GET /cached/x", "Authorization: Bearer a\r\n");
	asked(f, true, "GET /cached/v?head=Vary:accept", "");
	asked(f, false, "GET /cached/v", "");
}

static void clients_may_have_a_say(void **state)
{
	static const char line[] = "GET /cached-by-all";
	struct plugged *f = *state;

	plugged_expect(f, line, "Cache-Control: only-if-cached\r\n", "404 I404CH", NULL, NULL);
	asked(f, true, line, "Cache-Control: no-store\r\n");
	asked(f, true, line, "");
	asked(f, false, line, "Cache-Control: only-if-cached, max-age=60\r\n");
	asked(f, true, line, "Cache-Control: no-cache\r\n");
	asked(f, false, line, "");
}

/* The backend can tell them apart: only where it says so, what one gets is for others too. */
static void what_is_for_one_is_not_for_all(void **state)
{
	static const char cookie[] = "Cookie: t=" TOKEN_HS_GOOD "\r\n";
	static const char app[] = "Authorization: APPCODE c1\r\n";
	struct plugged *f = *state;

	asked(f, true, "GET /known", cookie);
	asked(f, true, "GET /known", cookie);
	asked(f, true, "GET /known?head=Cache-Control:public", cookie);
	asked(f, false, "GET /known", cookie);
	asked(f, true, "GET /maybe-known", "");
	asked(f, false, "GET /maybe-known", "");
	asked(f, true, "GET /maybe-known", BEARER(TOKEN_HS_GOOD));
	asked(f, true, "GET /maybe-known", BEARER(TOKEN_HS_GOOD));
	asked(f, false, "GET /maybe-known", "");
	asked(f, true, "GET /app-seen", app);
	asked(f, true, "GET /app-seen", app);
	asked(f, true, "GET /app-told-apart", app);
	asked(f, false, "GET /app-told-apart", app);
}

static void routes_are_kept_apart(void **state)
{
	struct plugged *f = *state;

	asked(f, true, "GET /two-ways", "");
	plugged_expect(f, "GET /two-ways", "X-Test: 1\r\n", "200 ", "\r\n\r\ntest", "caching");
	plugged_expect(f, "GET /two-ways", "X-Test: 1\r\n", "200 ", "\r\nX-Ca-Caching: true", NULL);
	asked(f, false, "GET /two-ways", "");
}

/* What the API does not take it does not get from the cache either. */
static void parameters_are_checked_first(void **state)
{
	struct plugged *f = *state;

	asked(f, true, "GET /checked?n=1", "");
	asked(f, false, "GET /checked?n=1", "");
	plugged_expect(f, "GET /checked", "", "400 I400MP", NULL, NULL);
}

/* A public domain is for tests: nothing of it is kept. */
static void public_answers_are_not_kept(void **state)
{
	struct plugged *f = *state;

	for (unsigned int i = 1; i <= 2; i++) {
		auto_free char *got = test_roundtrip(f->g.loop, f->g.port[1],
						     "GET /cached/1 HTTP/1.1\r\nHost: " TEST_PUBLIC
						     "\r\n\r\n");

		assert_int_equal(f->calls, i);
	}
}

static void wait_until_open_is_over(struct plugged *f)
{
	const uint64_t over = test_clock_ms() + 301;

	test_turn_until(f->g.loop, test_clock_ms() > over);
}

static void slow_backends_are_left_alone(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /slow?never", "", "504 D504TO", NULL, NULL);
	plugged_expect(f, "GET /slow", "", "200 ", NULL, NULL);
	plugged_expect(f, "GET /slow?status=503", "", "503 ", NULL, NULL);
	plugged_expect(f, "GET /slow?never", "", "504 D504TO", NULL, NULL);
	plugged_expect(f, "GET /slow", "", "503 D503CB", NULL, NULL);
	assert_int_equal(f->calls, 4);
	wait_until_open_is_over(f);
	plugged_expect(f, "GET /slow?never", "", "504 D504TO", NULL, NULL); /* the probe */
	plugged_expect(f, "GET /slow", "", "503 D503CB", NULL, NULL);
	wait_until_open_is_over(f);
	plugged_expect(f, "GET /slow", "", "200 ", NULL, NULL);
	plugged_expect(f, "GET /slow", "", "200 ", NULL, NULL);
	assert_int_equal(f->calls, 7);
}

static void conditions_say_what_fails(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /failing?status=500", "", "500 ", NULL, NULL);
	plugged_expect(f, "GET /failing?status=404", "", "404 ", NULL, NULL);
	plugged_expect(f, "GET /failing?never", "", "504 D504TO", NULL, NULL);
	plugged_expect(f, "GET /failing", "", "503 D503CB", NULL, NULL);
	/* each API has a circuit of its own */
	for (int i = 0; i < 3; i++)
		plugged_expect(f, "GET /fallback?status=500", "", "500 ", NULL, NULL);
	for (int i = 0; i < 2; i++)
		plugged_expect(f, "GET /fallback?status=503", "", "503 ", NULL, NULL);
	plugged_expect(f, "GET /fallback", "", "418 ", "tea", NULL);
}

/* So many calls on one connection, all of which find nobody there. */
static void dead_calls(struct plugged *f, size_t n)
{
	static const char request[] = "GET /dead HTTP/1.1" TEST_HOST "\r\n";
	char *all = arena_alloc(f->g.a, n * strlen(request) + 1), *got;

	for (size_t i = 0; i < n; i++)
		memcpy(all + i * strlen(request), request, sizeof(request));
	got = test_roundtrip(f->g.loop, f->g.port[0], all);
	assert_int_equal(test_count(got, "D504CO"), n);
	free(got);
}

/* Without a plug-in as well, though later. */
static void every_api_has_a_circuit(void **state)
{
	struct plugged *f = *state;

	for (int i = 0; i < 9; i++)
		dead_calls(f, 111);
	plugged_expect(f, "GET /dead", "", "504 D504CO", NULL, NULL);
	plugged_expect(f, "GET /dead", "", "503 D503CB", NULL, NULL);
	for (int i = 0; i < 2; i++)
		plugged_expect(f, "GET /dead-too", "", "504 D504CO", NULL, NULL);
	plugged_expect(f, "GET /dead-too", "", "503 D503CB", NULL, NULL);
}

/* What answers in the backend's place is not kept for its answer. */
static void fallbacks_are_not_kept(void **state)
{
	struct plugged *f = *state;

	for (int i = 0; i < 2; i++)
		plugged_expect(f, "GET /spare?status=503", "", "503 ", NULL, NULL);
	plugged_expect(f, "GET /spare", "", "200 ", "\r\n\r\nspare", "caching");
	wait_until_open_is_over(f);
	asked(f, true, "GET /spare", "");
	asked(f, false, "GET /spare", "");
}

/* Its client leaves: the next call is the probe. */
static void probes_may_be_abandoned(void **state)
{
	struct plugged *f = *state;
	static const char request[] = "GET /slow?never HTTP/1.1" TEST_HOST "\r\n";
	struct test_client client;

	for (int i = 0; i < 2; i++)
		plugged_expect(f, "GET /slow?never", "", "504 D504TO", NULL, NULL);
	wait_until_open_is_over(f);
	assert_int_equal(ftruncate(f->g.log, 0), 0);
	assert_int_equal(lseek(f->g.log, 0, SEEK_SET), 0);
	client = test_client_open(f->g.port[0]);
	assert_true(test_client_send(f->g.loop, &client, request, strlen(request)));
	test_turn_until(f->g.loop, f->calls == 3);
	plugged_expect(f, "GET /slow", "", "503 D503BB", NULL, NULL);
	assert_int_equal(ftruncate(f->g.log, 0), 0);
	json_decref(test_gateway_abandon(&f->g, &client));
	plugged_expect(f, "GET /slow", "", "200 ", NULL, NULL);
	plugged_expect(f, "GET /slow", "", "200 ", NULL, NULL);
}

static void routes(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /routed/a", "", "200 ", "GET /routed/a\n", "routing-name");
	plugged_expect(f, "GET /routed/vip?version=1.9", "", "400 ", "too old", NULL);
	plugged_expect(f, "GET /routed/vip?version=2.1", "X-Ca-Routing-Name: Mine\r\n", "200 ",
		       "GET /vip?version=2.1\nHost: vip\n", "mine");
	plugged_expect(f, "GET /routed/vip", "", "200 ", "X-Ca-Routing-Name: Vip\n", NULL);
	plugged_expect(f, "GET /routed/a", "x-test: 1\r\n", "200 ", "\r\n\r\ntest", NULL);
	assert_int_equal(f->calls, 3);
}

/* What the gateway knows, and be it nothing, no client says. */
static void system_parameters_are_no_clients(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /by-system?CaAppId=1", "CaAppId: 1\r\n", "200 ", "GET /by-system?",
		       "of an app");
}

/* What a plug-in with one route says of a call that is only thought of. */
static const char *thought(struct arena *a, const char *condition, const struct gateway_app *app)
{
	static const char route[] =
		",\"plugins\":[{\"name\":\"x\",\"kind\":\"routing\",\"routes\":[" ROUTE("A", "%s",
											"") "]}]";
	auto_free char *text = test_config_with(TEST_API("a", "GET", "/a", TEST_OPEN TEST_MOCK),
						TEST_LISTENER("vip-80"),
						arena_printf(a, route, condition));
	const struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);
	struct gateway_thought t = {.a = a,
				    .asked = true,
				    .app = app,
				    .secure = true,
				    .domain = "a.example",
				    .stage = "TEST",
				    .method = http_slice("GET"),
				    .query = http_slice("v=1")};

	assert_non_null(c);
	t.api = &c->apis[0];
	return c->plugins[0].ops->explain(&c->plugins[0], &t);
}

static void thoughts_are_as_calls(void **state)
{
	static const struct gateway_app app = {.id = "1", .key = "k"};
	static const struct {
		const char *condition;
		const struct gateway_app *app;
		const char *wanted;
	} rows[] = {
		{"$CaHttpSchema = 'https'", NULL, "route A"},
		{"$CaHttpSchema = 'http'", NULL, "no route"},
		{"$CaDomain = 'a.example'", NULL, "route A"},
		{"$CaStage = 'TEST' and $v < 2", NULL, "route A"},
		{"$CaAppId = '1' and $CaAppKey = 'k'", &app, "route A"},
		{"$CaAppId = '1'", NULL, "no route"},
		{"$X-Version = 1", NULL, "perhaps route A"},
		{"Random() < 0.9", NULL, "perhaps route A"},
		{"$CaRequestId like '%0'", NULL, "perhaps route A"},
		{"$X-Version = 1 and $v = 2", NULL, "no route"},
		{"$v = 1 or Random() < 0.1", NULL, "route A"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *note = thought(a, rows[i].condition, rows[i].app);
		const char *wanted = arena_printf(a, "plug-in x: %s", rows[i].wanted);

		if (strncmp(note, wanted, strlen(wanted)) != 0)
			fail_msg("%s: %s", rows[i].condition, note);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, plugged_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_are_kept),
		TEST(what_must_not_be_is_not_kept),
		TEST(clients_may_have_a_say),
		TEST(what_is_for_one_is_not_for_all),
		TEST(routes_are_kept_apart),
		TEST(parameters_are_checked_first),
		TEST(public_answers_are_not_kept),
		TEST(slow_backends_are_left_alone),
		TEST(conditions_say_what_fails),
		TEST(every_api_has_a_circuit),
		TEST(fallbacks_are_not_kept),
		TEST(probes_may_be_abandoned),
		TEST(routes),
		TEST(system_parameters_are_no_clients),
		cmocka_unit_test(thoughts_are_as_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
