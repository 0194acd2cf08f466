// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins at the whole gateway. */
#include "gateway/plugin.h"

#include "gateway/throttle.h"
#include "unit/gateway/running.h"

#define AUTH                                                                                          \
	"\"auth\":{\"nonce\":false,\"app_code\":\"HEADER\",\"apps\":[{\"app\":\"app-1\",\"stages\":[" \
	"\"RELEASE\"]},{\"app\":\"app-2\",\"stages\":[\"RELEASE\"]}]},"
#define BOUND(name)      "\"plugins\":[{\"plugin\":\"" name "\",\"stages\":[\"RELEASE\"]}],"
#define CALL(path, code) "GET " path " HTTP/1.1" TEST_HOST "Authorization: APPCODE " code "\r\n\r\n"

static const char *const apis[] = {
	TEST_API("three", "GET", "/three", TEST_OPEN BOUND("three") TEST_MOCK),
	TEST_API("also", "GET", "/also", TEST_OPEN BOUND("three") TEST_MOCK),
	TEST_API("apps", "GET", "/apps", TEST_OPEN AUTH BOUND("by-app") TEST_MOCK),
	TEST_API("narrow", "GET", "/narrow", TEST_OPEN AUTH BOUND("narrow") TEST_MOCK),
	TEST_API("owner", "GET", "/owner", TEST_OPEN AUTH BOUND("owner") TEST_MOCK),
	TEST_API("refused", "GET", "/refused", TEST_OPEN BOUND("refuse") TEST_MOCK),
	TEST_API("allowed", "GET", "/allowed", TEST_OPEN BOUND("allow") TEST_MOCK),
	TEST_API("elsewhere", "GET", "/elsewhere", TEST_OPEN BOUND("elsewhere") TEST_MOCK),
	TEST_API("one-app", "GET", "/one-app", TEST_OPEN AUTH BOUND("one-app") TEST_MOCK),
	TEST_API("app-elsewhere", "GET", "/app-elsewhere",
		 TEST_OPEN AUTH BOUND("app-elsewhere") TEST_MOCK),
	TEST_API("apps-elsewhere", "GET", "/apps-elsewhere",
		 TEST_OPEN AUTH BOUND("apps-elsewhere") TEST_MOCK),
	TEST_API("of-nobody", "GET", "/of-nobody", TEST_OPEN BOUND("one-app") TEST_MOCK),
	TEST_API("app-refused", "GET", "/app-refused",
		 TEST_OPEN AUTH BOUND("app-refused") TEST_MOCK),
	TEST_API("no-items", "GET", "/no-items", TEST_OPEN BOUND("no-items") TEST_MOCK),
	TEST_API("other-stage", "GET", "/other-stage",
		 TEST_OPEN "\"plugins\":[{\"plugin\":\"refuse\",\"stages\":[\"PRE\"]}]," TEST_MOCK),
};

/* A day, so that no unit ends within the test. */
static const char more[] =
	",\"state\":\"state\",\"public_daily_calls\":1000,\"apps\":["
	"{\"name\":\"app-1\",\"id\":\"1\",\"key\":\"k1\",\"secret\":\"s\",\"code\":\"c1\"},"
	"{\"name\":\"app-2\",\"id\":\"2\",\"key\":\"k2\",\"secret\":\"s\",\"code\":\"c2\"}],"
	"\"plugins\":["
	"{\"name\":\"three\",\"kind\":\"trafficControl\",\"unit_s\":86400,\"api\":3,\"specials\":[]},"
	"{\"name\":\"by-app\",\"kind\":\"trafficControl\",\"unit_s\":86400,\"api\":9,\"user\":5,"
	"\"app\":1,\"specials\":[{\"app\":\"app-2\",\"value\":8}]},"
	"{\"name\":\"narrow\",\"kind\":\"trafficControl\",\"unit_s\":86400,\"api\":3,\"user\":1,"
	"\"specials\":[{\"app\":\"app-2\",\"value\":9}]},"
	"{\"name\":\"owner\",\"kind\":\"trafficControl\",\"unit_s\":86400,\"api\":9,\"user\":2,"
	"\"specials\":[{\"app\":\"app-2\",\"value\":9}]},"
	"{\"name\":\"refuse\",\"kind\":\"ipControl\",\"type\":\"REFUSE\",\"items\":[{\"blocks\":["
	"\"10.0.0.0/8\",\"127.0.0.0/8\"]}]},"
	"{\"name\":\"allow\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"127.0.0.1/32\"]}]},"
	"{\"name\":\"elsewhere\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"10.0.0.0/8\"]}]},"
	"{\"name\":\"one-app\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"127.0.0.0/8\"],\"app\":\"app-1\"}]},"
	"{\"name\":\"app-elsewhere\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"10.0.0.0/8\"],\"app\":\"app-1\"}]},"
	"{\"name\":\"apps-elsewhere\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"127.0.0.1/32\"],\"app\":\"app-1\"},{\"blocks\":[\"10.0.0.0/8\"]}]},"
	"{\"name\":\"app-refused\",\"kind\":\"ipControl\",\"type\":\"REFUSE\",\"items\":[{\"blocks\":["
	"\"127.0.0.1/32\"],\"app\":\"app-1\"}]},"
	"{\"name\":\"no-items\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[]}]";

static int open_gateway(void **state)
{
	return test_gateway_up(state, apis, ARRAY_LEN(apis), more);
}

#define expect test_gateway_expect

static void an_api_has_its_limit(void **state)
{
	for (size_t i = 0; i < 3; i++)
		expect(*state, "GET /three HTTP/1.1" TEST_HOST "\r\n", "200 ");
	expect(*state, "GET /three HTTP/1.1" TEST_HOST "\r\n", "429 T429PA");
	/* another API that the same plug-in is bound to counts for itself */
	expect(*state, "GET /also HTTP/1.1" TEST_HOST "\r\n", "200 ");
}

static void apps_have_theirs(void **state)
{
	expect(*state, CALL("/apps", "c1"), "200 ");
	expect(*state, CALL("/apps", "c1"), "429 T429PR");
	/* a special: neither that of apps nor that of their owner, but that of the API, of which one is used up */
	for (size_t i = 0; i < 8; i++)
		expect(*state, CALL("/apps", "c2"), "200 ");
	expect(*state, CALL("/apps", "c2"), "429 T429PR");
	expect(*state, "GET /apps HTTP/1.1" TEST_HOST "\r\n", "400 A400MA");
	for (size_t i = 0; i < 3; i++)
		expect(*state, CALL("/narrow", "c2"), "200 ");
	expect(*state, CALL("/narrow", "c2"), "429 T429PA");
}

/* What a special calls is not its owner's: others have all of theirs. */
static void owners_have_theirs(void **state)
{
	for (size_t i = 0; i < 3; i++)
		expect(*state, CALL("/owner", "c2"), "200 ");
	for (size_t i = 0; i < 2; i++)
		expect(*state, CALL("/owner", "c1"), "200 ");
	expect(*state, CALL("/owner", "c1"), "429 T429PR");
	expect(*state, CALL("/owner", "c2"), "200 ");
}

static void addresses(void **state)
{
	expect(*state, "GET /refused HTTP/1.1" TEST_HOST "\r\n", "403 A403IP");
	expect(*state, "GET /allowed HTTP/1.1" TEST_HOST "\r\n", "200 ");
	expect(*state, "GET /elsewhere HTTP/1.1" TEST_HOST "\r\n", "403 A403IP");
	expect(*state, "GET /other-stage HTTP/1.1" TEST_HOST "\r\n", "200 ");
	expect(*state, "GET /one-app HTTP/1.1" TEST_HOST "\r\n", "400 A400MA");
	expect(*state, CALL("/one-app", "c1"), "200 ");
	expect(*state, CALL("/one-app", "c2"), "200 "); /* it is no rule for that app */
}

/* The client is 127.0.0.1. */
static void addresses_of_apps(void **state)
{
	expect(*state, CALL("/app-elsewhere", "c1"), "403 A403IP");
	expect(*state, CALL("/app-elsewhere", "c2"), "200 ");
	/* an item without an app is for all */
	expect(*state, CALL("/apps-elsewhere", "c1"), "200 ");
	expect(*state, CALL("/apps-elsewhere", "c2"), "403 A403IP");
	/* nobody says who calls */
	expect(*state, "GET /of-nobody HTTP/1.1" TEST_HOST "\r\n", "403 A403IP");
	/* REFUSE: whoever calls, and before it is asked */
	expect(*state, "GET /app-refused HTTP/1.1" TEST_HOST "\r\n", "403 A403IP");
	expect(*state, CALL("/app-refused", "c2"), "403 A403IP");
	expect(*state, "GET /no-items HTTP/1.1" TEST_HOST "\r\n", "200 ");
}

/* Units are those of the clock; what is over makes room. */
static void units(void **state)
{
	static uint64_t memory[GATEWAY_MEMORY / sizeof(uint64_t)];
	const time_t now = 1700000040; /* 22:14:00 UTC */

	assert_true(gateway_throttle_take(memory, 5, 2, 60, now));
	assert_true(gateway_throttle_take(memory, 5, 2, 60, now + 59));
	assert_false(gateway_throttle_take(memory, 5, 2, 60, now + 59));
	assert_true(gateway_throttle_take(memory, 7, 2, 60, now + 59));
	assert_true(gateway_throttle_take(memory, 5, 2, 60, now + 60));
	/* late, and of the next minute, which has had its two then; but no clock that was put back is for ever */
	assert_true(gateway_throttle_take(memory, 5, 2, 60, now + 59));
	assert_false(gateway_throttle_take(memory, 5, 2, 60, now + 60));
	assert_false(gateway_throttle_take(memory, 5, 2, 60, now + 59));
	assert_true(gateway_throttle_take(memory, 5, 2, 60, now - 60));
	/* the day ends at 16:00 UTC */
	assert_true(gateway_throttle_take(memory, 9, 1, 86400, now));
	assert_false(gateway_throttle_take(memory, 9, 1, 86400, now + 17 * 3600));
	assert_true(gateway_throttle_take(memory, 9, 1, 86400, now + 18 * 3600));
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(
			gateway_throttle_take(memory, 2048 * i + 1, 1, 1, now + 100 + (time_t)i));
}

static void bad_lists(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_free char *no_list = test_config_with(apis[0], TEST_LISTENER("vip-80"),
						   ",\"plugins\":{}");
	auto_free char *unknown =
		test_config(TEST_API("a", "GET", "/a", TEST_OPEN BOUND("x") TEST_MOCK));

	test_config_refused(a, 0, no_list, "plugins[0]", "must be a list");
	test_config_refused(a, 1, unknown, "apis[0]", "a plug-in that there is not");
}

#define CLAIM_IN_HEADER(name)                                                                         \
	"\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"parameter\":\"a\",\"location\":"          \
	"\"query\",\"prevent_jti_replay\":false,\"bypass_empty_token\":true,\"keys\":[],\"claims\":[" \
	"{\"claim\":\"sub\",\"parameter\":\"" name "\",\"location\":\"header\"}]"

static void refused(struct arena *a, size_t i, const char *plugin, const char *why)
{
	auto_free char *text = test_config_with(
		TEST_API("a", "GET", "/a", TEST_OPEN TEST_MOCK), TEST_LISTENER("vip-80"),
		arena_printf(a, ",\"plugins\":[{\"name\":\"x\",%s}]", plugin));

	test_config_refused(a, i, text, "plugins[0]", why);
}

static void bad_plugins(void **state)
{
	static const char claim[] = "a claim in a header that cannot be set";
	static const struct {
		const char *plugin, *why;
	} rows[] = {
		{"\"kind\":\"mock\"", "of no kind that there is"},
		{"\"kind\":\"ipControl\",\"type\":\"DENY\",\"items\":[]",
		 "type must be ALLOW or REFUSE"},
		{"\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{"
		 "\"blocks\":[\"10.0.0.1/8\"]}]",
		 "a malformed block"},
		{"\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{"
		 "\"blocks\":[],\"app\":\"gone\"}]",
		 "an item of no app"},
		{"\"kind\":\"trafficControl\",\"unit_s\":0,\"api\":1,"
		 "\"specials\":[]",
		 "malformed unit_s"},
		{"\"kind\":\"trafficControl\",\"unit_s\":1,\"api\":-1,"
		 "\"specials\":[]",
		 "a limit out of range"},
		{"\"kind\":\"trafficControl\",\"unit_s\":1,\"api\":1,"
		 "\"specials\":[{\"app\":\"gone\",\"value\":1}]",
		 "a special of no app"},
		{"\"kind\":\"basicAuth\",\"users\":[{\"username\":\"a:b\",\"password\":\"\"}]",
		 "a user with ':'"},
		{"\"kind\":\"basicAuth\",\"users\":[{\"username\":\"a\"}]", "password"},
		{"\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"parameter\":\"a\",\"location\":"
		 "\"body\",\"prevent_jti_replay\":false,\"bypass_empty_token\":true,\"claims\":[],"
		 "\"keys\":[]",
		 "location must be"},
		{"\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"parameter\":\"a\",\"location\":"
		 "\"query\",\"prevent_jti_replay\":false,\"bypass_empty_token\":true,\"claims\":[],"
		 "\"keys\":[{\"alg\":\"none\",\"a\":\"\"}]",
		 "alg must be"},
		{CLAIM_IN_HEADER("Content-Length"), claim},
		{CLAIM_IN_HEADER("Transfer-Encoding"), claim},
		{CLAIM_IN_HEADER("Host"), claim},
		{CLAIM_IN_HEADER("connection"), claim},
		{CLAIM_IN_HEADER("X_Forwarded_For"), claim},
		{CLAIM_IN_HEADER("X-Ca-Stage"), claim},
		{CLAIM_IN_HEADER("CaClientIp"), claim},
		{CLAIM_IN_HEADER("X:User"), claim},
		{"\"kind\":\"cors\",\"origins\":\"a\\n\",\"credentials\":true",
		 "a list that cannot be a header"},
		{"\"kind\":\"caching\",\"duration_s\":0,\"by_app\":true,\"parameters\":[],\"headers\":"
		 "[],\"client\":\"all\",\"apps\":[],\"cacheable\":[]",
		 "duration_s out of range"},
		{"\"kind\":\"caching\",\"duration_s\":1,\"by_app\":true,\"parameters\":[],\"headers\":"
		 "[],\"client\":\"app\",\"apps\":[\"gone\"],\"cacheable\":[]",
		 "an app that there is not"},
		{"\"kind\":\"circuitBreaker\",\"threshold\":0,\"window_ms\":1,\"open_ms\":1",
		 "threshold, window_ms or open_ms out of range"},
		{"\"kind\":\"circuitBreaker\",\"threshold\":1,\"window_ms\":1,\"open_ms\":1,"
		 "\"condition\":\"$\"",
		 "a $ without a name"},
		{"\"kind\":\"circuitBreaker\",\"threshold\":1,\"window_ms\":1,\"open_ms\":1,"
		 "\"fallback\":{\"kind\":\"x\"}",
		 "kind of the backend"},
		{"\"kind\":\"routing\",\"routes\":[{\"name\":\"a\",\"condition\":\"1\",\"backend\":{"
		 "\"kind\":\"mock\"}}]",
		 "here stands no comparison"},
		{"\"kind\":\"backendSignature\",\"key\":\"a\"", "secret"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		refused(a, i, rows[i].plugin, rows[i].why);
}

/* Which plug-in it is, not which API has its number. */
static void faults_of_backends_have_a_place(void **state)
{
	static const struct {
		const char *plugin, *why;
	} rows[] = {
		{"\"kind\":\"circuitBreaker\",\"threshold\":1,\"window_ms\":1,\"open_ms\":1,"
		 "\"fallback\":{\"kind\":\"x\"}",
		 "kind of the backend"},
		{"\"kind\":\"routing\",\"routes\":[{\"name\":\"a\",\"condition\":\"1 = 1\",\"backend\":{"
		 "\"kind\":\"mock\",\"status\":1}}]",
		 "status of the mock"},
		{"\"kind\":\"routing\",\"routes\":[{\"name\":\"a\",\"condition\":\"1 = 1\",\"backend\":{"
		 "\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"a\",\"path\":\"x\",\"timeout_ms\":1}}]",
		 "malformed path of the backend"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		refused(a, i, rows[i].plugin, rows[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_api_has_its_limit, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(apps_have_theirs, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(owners_have_theirs, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(addresses, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(addresses_of_apps, open_gateway, test_gateway_down),
		cmocka_unit_test(units),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(bad_plugins),
		cmocka_unit_test(faults_of_backends_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
