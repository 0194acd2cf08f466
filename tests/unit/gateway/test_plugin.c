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
	TEST_API("refused", "GET", "/refused", TEST_OPEN BOUND("refuse") TEST_MOCK),
	TEST_API("allowed", "GET", "/allowed", TEST_OPEN BOUND("allow") TEST_MOCK),
	TEST_API("elsewhere", "GET", "/elsewhere", TEST_OPEN BOUND("elsewhere") TEST_MOCK),
	TEST_API("one-app", "GET", "/one-app", TEST_OPEN AUTH BOUND("one-app") TEST_MOCK),
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
	"{\"name\":\"refuse\",\"kind\":\"ipControl\",\"type\":\"REFUSE\",\"items\":[{\"blocks\":["
	"\"10.0.0.0/8\",\"127.0.0.0/8\"]}]},"
	"{\"name\":\"allow\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"127.0.0.1/32\"]}]},"
	"{\"name\":\"elsewhere\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"10.0.0.0/8\"]}]},"
	"{\"name\":\"one-app\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{\"blocks\":["
	"\"127.0.0.0/8\"],\"app\":\"app-1\"}]}]";

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
	for (size_t i = 0; i < 4; i++)
		expect(*state, CALL("/apps", "c2"), "200 ");
	expect(*state, CALL("/apps", "c2"), "429 T429PR"); /* of their owner */
	expect(*state, "GET /apps HTTP/1.1" TEST_HOST "\r\n", "400 A400MA");
}

static void addresses(void **state)
{
	expect(*state, "GET /refused HTTP/1.1" TEST_HOST "\r\n", "403 A403IP");
	expect(*state, "GET /allowed HTTP/1.1" TEST_HOST "\r\n", "200 ");
	expect(*state, "GET /elsewhere HTTP/1.1" TEST_HOST "\r\n", "403 A403IP");
	expect(*state, "GET /other-stage HTTP/1.1" TEST_HOST "\r\n", "200 ");
	expect(*state, "GET /one-app HTTP/1.1" TEST_HOST "\r\n", "400 A400MA");
	expect(*state, CALL("/one-app", "c1"), "200 ");
	expect(*state, CALL("/one-app", "c2"), "403 A403IP");
}

/* Units are those of the clock; what is over makes room. */
static void units(void **state)
{
	static uint64_t memory[WORKER_MEMORY / sizeof(uint64_t)];
	const time_t now = 1700000040; /* 22:14:00 UTC */

	assert_true(gateway_throttle_take(memory, 5, 2, 60, now));
	assert_true(gateway_throttle_take(memory, 5, 2, 60, now + 59));
	assert_false(gateway_throttle_take(memory, 5, 2, 60, now + 59));
	assert_true(gateway_throttle_take(memory, 7, 2, 60, now + 59));
	assert_true(gateway_throttle_take(memory, 5, 2, 60, now + 60));
	/* the day ends at 16:00 UTC */
	assert_true(gateway_throttle_take(memory, 9, 1, 86400, now));
	assert_false(gateway_throttle_take(memory, 9, 1, 86400, now + 17 * 3600));
	assert_true(gateway_throttle_take(memory, 9, 1, 86400, now + 18 * 3600));
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(
			gateway_throttle_take(memory, 2048 * i + 1, 1, 1, now + 100 + (time_t)i));
}

static void bad_configurations(void **state)
{
	static const struct {
		const char *plugins, *why;
	} rows[] = {
		{"{}", "must be a list"},
		{"[{\"name\":\"x\",\"kind\":\"mock\"}]", "of no kind that there is"},
		{"[{\"name\":\"x\",\"kind\":\"ipControl\",\"type\":\"DENY\",\"items\":[]}]",
		 "type must be ALLOW or REFUSE"},
		{"[{\"name\":\"x\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{"
		 "\"blocks\":[\"10.0.0.1/8\"]}]}]",
		 "a malformed block"},
		{"[{\"name\":\"x\",\"kind\":\"ipControl\",\"type\":\"ALLOW\",\"items\":[{"
		 "\"blocks\":[],\"app\":\"gone\"}]}]",
		 "an item of no app"},
		{"[{\"name\":\"x\",\"kind\":\"trafficControl\",\"unit_s\":0,\"api\":1,"
		 "\"specials\":[]}]",
		 "malformed unit_s"},
		{"[{\"name\":\"x\",\"kind\":\"trafficControl\",\"unit_s\":1,\"api\":-1,"
		 "\"specials\":[]}]",
		 "a limit out of range"},
		{"[{\"name\":\"x\",\"kind\":\"trafficControl\",\"unit_s\":1,\"api\":1,"
		 "\"specials\":[{\"app\":\"gone\",\"value\":1}]}]",
		 "a special of no app"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *text = test_config_with(
			TEST_API("a", "GET", "/a", TEST_OPEN TEST_MOCK), TEST_LISTENER("vip-80"),
			arena_printf(a, ",\"plugins\":%s", rows[i].plugins));

		test_config_refused(a, i, text, "plugins[0]", rows[i].why);
	}
}

static void what_is_bound_has_to_be_there(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_free char *text =
		test_config(TEST_API("a", "GET", "/a", TEST_OPEN BOUND("x") TEST_MOCK));

	test_config_refused(a, 0, text, "apis[0]", "a plug-in that there is not");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_api_has_its_limit, open_gateway,
						test_gateway_down),
		cmocka_unit_test_setup_teardown(apps_have_theirs, open_gateway, test_gateway_down),
		cmocka_unit_test_setup_teardown(addresses, open_gateway, test_gateway_down),
		cmocka_unit_test(units),
		cmocka_unit_test(bad_configurations),
		cmocka_unit_test(what_is_bound_has_to_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
