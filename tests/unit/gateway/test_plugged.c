// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins that change what a backend gets, or what becomes of its answers. */
#include "gateway/plugin.h"

#include "base/base64.h"
#include "sign/sign.h"
#include "unit/gateway/plugged.h"
#include "unit/gateway/tokens.h"

/* A parameter of the query becomes the header that the claim becomes, too. */
#define MAPPED_USER                                                                                     \
	"\"mapping\":{\"mode\":\"MAPPING_PASSTHROUGH\",\"form\":false,\"parameters\":[{\"name\":"       \
	"\"user\",\"in\":\"QUERY\",\"to\":\"HEAD\",\"as\":\"X-USER\",\"type\":\"STRING\",\"required\":" \
	"false}],\"constants\":[],\"systems\":[]},"

/* What goes out is not what came: a form with other fields, and headers that are signed. */
#define MAPPED_FORM                                                                                     \
	"\"mapping\":{\"mode\":\"MAPPING\",\"form\":true,\"parameters\":[{\"name\":\"a\",\"in\":"       \
	"\"BODY\",\"to\":\"BODY\",\"as\":\"b\",\"type\":\"STRING\",\"required\":true}],\"constants\":[" \
	"{\"to\":\"HEAD\",\"as\":\"CaClientIp\",\"value\":\"9.9.9.9\"},{\"to\":\"HEAD\",\"as\":"        \
	"\"Content-MD5\",\"value\":\"m\"}],\"systems\":[]},"
#define PLUGGED_AND(a, b)                                               \
	"\"plugins\":[{\"plugin\":\"" a "\",\"stages\":[\"RELEASE\"]}," \
	"{\"plugin\":\"" b "\",\"stages\":[\"RELEASE\"]}],"
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

static const char *const apis[] = {
	PLUGGED_API("users", "users"),
	PLUGGED_API("jwt", "jwt"),
	TEST_API("jwt-mapped", "ANY", "/jwt-mapped",
		 TEST_OPEN MAPPED_USER PLUGGED_BOUND("jwt") PLUGGED_BACKEND),
	PLUGGED_API("once", "once"),
	PLUGGED_API("cookie", "cookie"),
	PLUGGED_API("pages", "pages"),
	PLUGGED_API("any-page", "any-page"),
	TEST_API("posted", "POST", "/posted", TEST_OPEN PLUGGED_BOUND("pages") PLUGGED_BACKEND),
	TEST_API("plain", "POST", "/plain", TEST_OPEN PLUGGED_BACKEND),
	PLUGGED_API("cached/[id]", "cached"),
	PLUGGED_API("cached-by-all", "by-all"),
	CACHED("known", "", PLUGGED_AND("cookie", "cached")),
	CACHED("maybe-known", "", PLUGGED_AND("jwt", "cached")),
	CACHED("app-seen", BY_APP APP_SEEN, PLUGGED_BOUND("cached")),
	CACHED("app-told-apart", BY_APP APP_SEEN, PLUGGED_BOUND("by-all")),
	CACHED("two-ways", "", PLUGGED_AND("routed", "cached")),
	CACHED("checked", NUMBERED, PLUGGED_BOUND("by-all")),
	PLUGGED_API("slow", "timeouts"),
	PLUGGED_API("failing", "failures"),
	PLUGGED_API("fallback", "fallback"),
	CACHED("spare", "", PLUGGED_AND("spare", "cached")),
	PLUGGED_API("by-system", "by-system"),
	PLUGGED_API("routed/[tenant]", "routed"),
	PLUGGED_API("signed", "signed"),
	TEST_API("signed-many", "ANY", "/signed-many",
		 TEST_OPEN "\"plugins\":[{\"plugin\":\"signed\",\"stages\":[\"RELEASE\"]},"
			   "{\"plugin\":\"many\",\"stages\":[\"RELEASE\"]}]," PLUGGED_BACKEND),
	TEST_API("signed-form", "ANY", "/signed-form",
		 TEST_OPEN MAPPED_FORM PLUGGED_BOUND("signed") PLUGGED_BACKEND),
	TEST_API("all", "ANY", "/all",
		 TEST_OPEN "\"plugins\":[{\"plugin\":\"signed\",\"stages\":[\"RELEASE\"]},"
			   "{\"plugin\":\"jwt\",\"stages\":[\"RELEASE\"]},"
			   "{\"plugin\":\"cached\",\"stages\":[\"RELEASE\"]},"
			   "{\"plugin\":\"pages\",\"stages\":[\"RELEASE\"]}]," PLUGGED_BACKEND),
};

#define JWT(name, more)                                                                      \
	"{\"name\":\"" name "\",\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"keys\":[" \
	"{\"kid\":\"h\",\"alg\":\"HS256\",\"a\":\"bGFiLXNlY3JldA\"},"                        \
	"{\"kid\":\"r\",\"alg\":\"RS256\",\"a\":\"" TOKEN_RSA_N "\",\"b\":\"AQAB\"},"        \
	"{\"alg\":\"ES256\",\"a\":\"" TOKEN_EC_X "\",\"b\":\"" TOKEN_EC_Y "\"}],"            \
	"\"claims\":[{\"claim\":\"sub\",\"parameter\":\"X-User\",\"location\":\"header\"},"  \
	"{\"claim\":\"userId\",\"parameter\":\"id\",\"location\":\"query\"}]," more "},"
#define CLAIM(n) "{\"claim\":\"sub\",\"parameter\":\"X-U" n "\",\"location\":\"header\"}"
#define TEN_CLAIMS(n)                                                                  \
	CLAIM(n "0")                                                                   \
	"," CLAIM(n "1") "," CLAIM(n "2") "," CLAIM(n "3") "," CLAIM(n "4") "," CLAIM( \
		n "5") "," CLAIM(n "6") "," CLAIM(n "7") "," CLAIM(n "8") "," CLAIM(n "9")
/* Of a user who is known, 40 headers. */
#define MANY_CLAIMS                                                                                    \
	"{\"name\":\"many\",\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"keys\":["               \
	"{\"kid\":\"h\",\"alg\":\"HS256\",\"a\":\"bGFiLXNlY3JldA\"}],\"parameter\":\"Authorization\"," \
	"\"location\":\"header\",\"prevent_jti_replay\":false,\"bypass_empty_token\":false,"           \
	"\"claims\":[" TEN_CLAIMS("0") "," TEN_CLAIMS("1") "," TEN_CLAIMS("2") "," TEN_CLAIMS(         \
		"3") "]},"
#define CORS(name, more) "{\"name\":\"" name "\",\"kind\":\"cors\"," more "},"
#define CACHING(name, more) \
	"{\"name\":\"" name "\",\"kind\":\"caching\",\"duration_s\":60," more "},"
#define BREAKER(name, more)                                                                       \
	"{\"name\":\"" name "\",\"kind\":\"circuitBreaker\",\"threshold\":2,\"window_ms\":60000," \
	"\"open_ms\":50" more "},"

#define ROUTE(name, condition, body)                                                    \
	"{\"name\":\"" name "\",\"condition\":\"" condition "\",\"backend\":{\"kind\":" \
	"\"mock\",\"status\":200,\"body\":\"" body "\"}}"
#define BY_SYSTEM                                                                                  \
	"{\"name\":\"by-system\",\"kind\":\"routing\",\"routes\":[" ROUTE("App", "$CaAppId = '1'", \
									  "of an app") "]},"
#define SPARE                                                    \
	BREAKER("spare", ",\"condition\":\"$StatusCode = 503\"," \
			 "\"fallback\":{\"kind\":\"mock\",\"status\":200,\"body\":\"spare\"}")

static const char more[] = PLUGGED_STATE
	",\"apps\":[{\"name\":\"app-1\",\"id\":\"1\",\"key\":\"k1\",\"secret\":\"s\",\"code\":\"c1\"}]"
	",\"plugins\":[" MANY_CLAIMS BY_SYSTEM SPARE
	"{\"name\":\"users\",\"kind\":\"basicAuth\",\"users\":["
	"{\"username\":\"alice\",\"password\":\"123456\"},"
	"{\"username\":\"bob\",\"password\":\"a:b\"}]}," JWT(
		"jwt",
		"\"parameter\":\"Authorization\",\"location\":\"header\","
		"\"prevent_jti_replay\":false,\"bypass_empty_token\":true") JWT("once",
										"\"parameter\":\"token\",\"location\":\"query\","
										"\"prevent_jti_replay\":true,\"bypass_empty_token\":false")
		JWT("cookie", "\"parameter\":\"t\",\"location\":\"cookie\","
			      "\"prevent_jti_replay\":false,\"bypass_empty_token\":false")
			CORS("pages",
			     "\"origins\":\"foo.com, *.bar.com,https://x.com:8443,y.com:81\","
			     "\"methods\":\"GET,POST\",\"headers\":\"X-A\",\"expose\":\"X-B\","
			     "\"credentials\":true,\"max_age\":600")
				CORS("any-page", "\"origins\":\"*\",\"credentials\":false") CACHING(
					"cached",
					"\"by_app\":false,\"parameters\":[\"p\",\"id\"],"
					"\"headers\":[\"Accept\"],\"client\":\"off\","
					"\"apps\":[],\"cacheable\":[\"X-Kept\"]") CACHING("by-all",
											  "\"by_app\":true,\"parameters\":[],"
											  "\"headers\":[],\"client\":\"all\","
											  "\"apps\":[],\"cacheable\":[]")
					BREAKER("timeouts", "") BREAKER(
						"failures",
						",\"condition\":\"$StatusCode >= 500 and $LatencySeconds < 5\"")
						BREAKER("fallback",
							",\"condition\":\"$StatusCode = 503\","
							"\"fallback\":{\"kind\":\"mock\",\"status\":418,\"body\":\"tea\"}") "{\"name\":\"routed\",\"kind\":\"routing\",\"routes\":["
															    "{\"name\":\"Old\",\"condition\":\"$version < '2.0'\",\"backend\":{\"kind\":\"mock\","
															    "\"status\":400,\"body\":\"too old\"}},"
															    "{\"name\":\"Vip\",\"condition\":\"$tenant = 'vip' and $CaClientIp in_cidr '127.0.0.0/8'\","
															    "\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"vip\",\"address\":"
															    "\"127.0.0.1\",\"port\":PORT,\"path\":\"/vip\",\"timeout_ms\":100}},"
															    "{\"name\":\"Test\",\"condition\":\"$X-Test = 1 or $CaStage = 'TEST'\",\"backend\":"
															    "{\"kind\":\"mock\",\"status\":200,\"body\":\"test\"}}]},"
															    "{\"name\":\"signed\",\"kind\":\"backendSignature\",\"key\":\"DemoKey1\","
															    "\"secret\":\"DemoSecret1\"}]";

static int up(void **state)
{
	return plugged_up(state, apis, ARRAY_LEN(apis), more);
}

#define BASIC(text) "Authorization: Basic " text "\r\n"

static void users_have_passwords(void **state)
{
	static const char realm[] = "\r\nWWW-Authenticate: Basic realm=\"API Gateway\"\r\n";
	static const char failed[] = "401 A401BA";
	struct plugged *f = *state;

	plugged_expect(f, "GET /users", "", failed, realm, NULL);
	plugged_expect(f, "GET /users", BASIC("YWxpY2U6MTIzNDU2"), "200 ", "GET /users\n",
		       "authorization");
	plugged_expect(f, "GET /users", "authorization: basic   Ym9iOmE6Yg==\r\n", "200 ",
		       "GET /users\n", "authorization");
	assert_int_equal(f->calls, 2);
	plugged_expect(f, "GET /users", BASIC("YWxpY2U6MTIzNDU="), failed, realm, NULL);
	plugged_expect(f, "GET /users", BASIC("YWxpY2U6MTIzNDU2Nw=="), failed, realm, NULL);
	plugged_expect(f, "GET /users", BASIC("YWxpY2U6"), failed, realm, NULL);
	plugged_expect(f, "GET /users", BASIC("!"), failed, realm, NULL);
	plugged_expect(f, "GET /users", BASIC(""), failed, realm, NULL);
	plugged_expect(f, "GET /users", "Authorization: Bearer YWxpY2U6MTIzNDU2\r\n", failed, realm,
		       NULL);
	plugged_expect(f, "GET /users",
		       arena_printf(f->g.a, BASIC("%s"), arena_printf(f->g.a, "%04096d", 0)),
		       failed, realm, NULL);
	assert_int_equal(f->calls, 2);
}

#define BEARER(token) "Authorization: Bearer " token "\r\n"

static void tokens_become_parameters(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /jwt?a=1&id=7", BEARER(TOKEN_HS_GOOD) "X_User: eve\r\n", "200 ",
		       "GET /jwt?a=1&id=42\n", "eve");
	plugged_expect(f, "GET /jwt", BEARER(TOKEN_RS_GOOD), "200 ", "X-User: alice\n", NULL);
	plugged_expect(f, "GET /jwt", "authorization: bearer " TOKEN_ES_GOOD "\r\n", "200 ",
		       "X-User: alice\n", NULL);
	plugged_expect(f, "GET /jwt", "Authorization: " TOKEN_HS_GOOD "\r\n", "200 ",
		       "X-User: alice\n", NULL);
	/* nobody says who calls: then nobody is said to, whatever the client says */
	plugged_expect(f, "GET /jwt?id=7", "X-User: eve\r\n", "200 ", "GET /jwt\n", "eve");
	assert_int_equal(f->calls, 5);
	plugged_expect(f, "GET /jwt-mapped?user=eve", BEARER(TOKEN_HS_GOOD), "200 ",
		       "X-User: alice\n", "eve");
	plugged_expect(f, "GET /jwt-mapped?user=eve", "", "200 ", NULL, "eve");
	assert_int_equal(f->calls, 7);
	plugged_expect(f, "GET /jwt", BEARER(TOKEN_HS_AS_RS), "403 A403JT", NULL, NULL);
	plugged_expect(f, "GET /jwt", BEARER(TOKEN_NONE), "403 A403JT", NULL, NULL);
	plugged_expect(f, "GET /jwt", BEARER(TOKEN_EXPIRED), "403 A403JE",
		       "JWT is expired at `2023-11-14T22:13:20Z`", NULL);
	plugged_expect(f, "GET /jwt", BEARER(TOKEN_HS_NO_KID), "403 A403JT", NULL, NULL);
	plugged_expect(f, "GET /jwt", BEARER("x.y"), "400 I400JD", "not three parts", NULL);
	plugged_expect(f, "GET /jwt", BEARER(TOKEN_NEWLINE), "403 A403JT", NULL, "evil");
	assert_int_equal(f->calls, 7);
	plugged_expect(f, "GET /cookie", "Cookie: s=t; t=" TOKEN_HS_GOOD "; u=1\r\n", "200 ",
		       "X-User: alice\n", NULL);
	plugged_expect(f, "GET /cookie", "Cookie: tt=" TOKEN_HS_GOOD "\r\n", "400 I400JR", NULL,
		       NULL);
}

static void tokens_are_good_once(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /once", "", "400 I400JR", "JWT required", NULL);
	plugged_expect(f, "GET /once?token=" TOKEN_HS_GOOD, "", "200 ", NULL, NULL);
	plugged_expect(f, "GET /once?token=" TOKEN_HS_GOOD, "", "403 S403JU", NULL, NULL);
	/* the jti is what counts */
	plugged_expect(f, "GET /once?token=" TOKEN_RS_GOOD, "", "403 S403JU", NULL, NULL);
	plugged_expect(f, "GET /once?token=" TOKEN_FUTURE, "", "403 A403JT", NULL, NULL);
	assert_int_equal(f->calls, 1);
}

#define ORIGIN(o)    "Origin: " o "\r\n"
#define ASK(o, what) ORIGIN(o) "Access-Control-Request-Method: " what "\r\n"

static void preflights_are_answered_here(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "OPTIONS /posted", ASK("https://foo.com", "POST"), "200 ",
		       "Access-Control-Allow-Origin: https://foo.com\r\nVary: Origin\r\n"
		       "Access-Control-Allow-Credentials: true\r\n"
		       "Access-Control-Allow-Methods: GET,POST\r\n"
		       "Access-Control-Allow-Headers: X-A\r\nAccess-Control-Max-Age: 600\r\n",
		       "X-B");
	plugged_expect(f, "OPTIONS /pages", ASK("http://a.b.bar.com:99", "PUT"), "200 ",
		       "Allow-Origin: http://a.b.bar.com:99\r\n", NULL);
	plugged_expect(f, "OPTIONS /any-page", ASK("null", "PUT"), "200 ", "Allow-Origin: *\r\n",
		       "vary");
	plugged_expect(f, "OPTIONS /posted", ASK("https://bar.com", "POST"), "403 A403CO",
		       "https://bar.com", "access-control");
	plugged_expect(f, "OPTIONS /posted", ASK("https://xbar.com", "POST"), "403 A403CO", NULL,
		       NULL);
	plugged_expect(f, "OPTIONS /posted", ASK("https://x.com", "POST"), "403 A403CO", NULL,
		       NULL);
	plugged_expect(f, "OPTIONS /posted", ASK("http://y.com", "POST"), "403 A403CO", NULL, NULL);
	plugged_expect(f, "OPTIONS /posted", ASK("http://y.com:81", "POST"), "200 ", NULL, NULL);
	plugged_expect(f, "OPTIONS /posted", ASK("https://foo.com", "GET"), "404 I404CO",
		       "OPTIONS - /posted", NULL);
	plugged_expect(f, "OPTIONS /plain", ASK("https://foo.com", "POST"), "404 I404CO", NULL,
		       NULL);
	plugged_expect(f, "OPTIONS /posted", ORIGIN("https://foo.com"), "404 I404NF", NULL, NULL);
	assert_int_equal(f->calls, 0);
}

static void pages_of_others_may_call(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /pages?head=Access-Control-Allow-Origin:*", ORIGIN("http://foo.com"),
		       "200 ",
		       "Access-Control-Allow-Origin: http://foo.com\r\nVary: Origin\r\n"
		       "Access-Control-Allow-Credentials: true\r\n"
		       "Access-Control-Expose-Headers: X-B\r\n",
		       "origin: *");
	/* other origins get another answer: whoever keeps this one has to know */
	plugged_expect(f, "GET /pages", "", "200 ", "\r\nVary: Origin\r\n", "access-control");
	plugged_expect(f, "GET /pages", ORIGIN("http://evil.com"), "403 A403CO",
		       "\r\nVary: Origin\r\n", "access-control");
	plugged_expect(f, "GET /any-page", "", "200 ", NULL, "vary");
	plugged_expect(f, "GET /pages?never", ORIGIN("http://foo.com"), "504 D504TO",
		       "Allow-Origin: http://foo.com\r\n", NULL);
	assert_int_equal(f->calls, 4);
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

static void wait_until_open_is_over(void)
{
	const uint64_t deadline = test_clock_ms() + 51;

	while (test_clock_ms() <= deadline)
		;
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
	wait_until_open_is_over();
	plugged_expect(f, "GET /slow?never", "", "504 D504TO", NULL, NULL); /* the probe */
	plugged_expect(f, "GET /slow", "", "503 D503CB", NULL, NULL);
	wait_until_open_is_over();
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

/* What answers in the backend's place is not kept for its answer. */
static void fallbacks_are_not_kept(void **state)
{
	struct plugged *f = *state;

	for (int i = 0; i < 2; i++)
		plugged_expect(f, "GET /spare?status=503", "", "503 ", NULL, NULL);
	plugged_expect(f, "GET /spare", "", "200 ", "\r\n\r\nspare", "caching");
	wait_until_open_is_over();
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
	wait_until_open_is_over();
	assert_int_equal(ftruncate(f->g.log, 0), 0);
	assert_int_equal(lseek(f->g.log, 0, SEEK_SET), 0);
	client = test_client_open(f->g.port[0]);
	assert_true(test_client_send(f->g.loop, &client, request, strlen(request)));
	while (f->calls < 3)
		assert_int_equal(loop_turn(f->g.loop, 100), 0);
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

/* The value of a header that the backend got. */
static char *seen(struct plugged *f, const char *answer, const char *name)
{
	const char *at = strcasestr(answer, arena_printf(f->g.a, "\n%s: ", name));

	assert_non_null(at);
	at += strlen(name) + 3;
	return arena_strndup(f->g.a, at, strcspn(at, "\r\n"));
}

static bool is_signed(struct plugged *f, const char *answer, const char *text)
{
	return sign_matches(SIGN_HMAC_SHA256, "DemoSecret1", http_slice(text),
			    http_slice(seen(f, answer, "X-Ca-Proxy-Signature")));
}

static void signature_holds(struct plugged *f, const char *answer, const char *begin,
			    const char *resource, const char *names)
{
	const char *text = begin;

	assert_string_equal(seen(f, answer, "X-Ca-Proxy-Signature-Secret-Key"), "DemoKey1");
	assert_string_equal(seen(f, answer, "X-Ca-Proxy-Signature-Headers"), names);
	text = arena_printf(f->g.a, "%scaclientip:127.0.0.1\n", text);
	if (strstr(names, "X-User"))
		text = arena_printf(f->g.a,
				    "%sx-ca-proxy-signature-secret-key:DemoKey1\nx-user:alice\n%s",
				    text, resource);
	else
		text = arena_printf(f->g.a, "%sx-ca-proxy-signature-secret-key:DemoKey1\n%s", text,
				    resource);
	assert_true(is_signed(f, answer, text));
}

static void backends_know_the_gateway(void **state)
{
	static const char all[] = "CaClientIp,X-Ca-Proxy-Signature-Secret-Key";
	struct plugged *f = *state;
	auto_free char *plain = plugged_call(f, "GET /signed?b=2&a=%41&e",
					     "X-Ca-Proxy-Signature: forged\r\n");
	auto_free char *form =
		plugged_call(f, "POST /signed?b=2",
			     "Content-MD5: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
			     "Content-Length: 5\r\n\r\na=1+2");
	auto_free char *claims = plugged_call(f, "GET /all", BEARER(TOKEN_HS_GOOD));

	assert_null(strstr(plain, "forged"));
	signature_holds(f, plain, "GET\n\n", "/signed?a=A&b=2&e", all);
	signature_holds(f, form, "POST\nx\n", "/signed?a=1 2&b=2", all);
	signature_holds(f, claims, "GET\n\n", "/all?id=42",
			"X-User,CaClientIp,X-Ca-Proxy-Signature-Secret-Key");
}

static void what_goes_out_is_signed(void **state)
{
	struct plugged *f = *state;
	auto_free char *form =
		plugged_call(f, "POST /signed-form",
			     "Content-MD5: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
			     "Content-Length: 5\r\n\r\na=1+2");
	auto_free char *dropped =
		plugged_call(f, "POST /signed",
			     "Content-MD5: x\r\nConnection: content-md5, content-type\r\n"
			     "Content-Type: application/x-www-form-urlencoded\r\n"
			     "Content-Length: 5\r\n\r\na=1+2");

	assert_string_equal(seen(f, form, "CaClientIp"), "9.9.9.9");
	assert_true(is_signed(f, form,
			      "POST\nm\ncaclientip:9.9.9.9\n"
			      "x-ca-proxy-signature-secret-key:DemoKey1\n/signed-form?b=1 2"));
	assert_null(strcasestr(dropped, "content-md5"));
	assert_true(is_signed(f, dropped,
			      "POST\n\ncaclientip:127.0.0.1\n"
			      "x-ca-proxy-signature-secret-key:DemoKey1\n/signed"));
}

/* All that plug-ins set is signed, however much it is. */
static void many_headers_are_signed(void **state)
{
	struct plugged *f = *state;
	auto_free char *answer = plugged_call(f, "GET /signed-many", BEARER(TOKEN_HS_GOOD));
	const char *names = "", *text = "";

	for (int i = 0; i < 40; i++) {
		names = arena_printf(f->g.a, "X-U%02d,%s", i, names); /* the newest first */
		text = arena_printf(f->g.a, "%sx-u%02d:alice\n", text, i);
	}
	assert_string_equal(
		seen(f, answer, "X-Ca-Proxy-Signature-Headers"),
		arena_printf(f->g.a, "%sCaClientIp,X-Ca-Proxy-Signature-Secret-Key", names));
	assert_true(
		is_signed(f, answer,
			  arena_printf(f->g.a,
				       "GET\n\ncaclientip:127.0.0.1\n"
				       "x-ca-proxy-signature-secret-key:DemoKey1\n%s/signed-many",
				       text)));
}

static const char *form_of(struct plugged *f, size_t n)
{
	auto_strbuf struct strbuf form = {0};

	for (size_t i = 0; i < n; i++)
		strbuf_add(&form, i ? "&a" : "a");
	/* what plugged_call() writes at the end is of the last field, too */
	return arena_printf(f->g.a,
			    "Content-Type: application/x-www-form-urlencoded\r\n"
			    "Content-Length: %zu\r\n\r\n%s",
			    form.len + strlen("\r\n"), form.s);
}

/* Fields of a form that cannot be signed are no URL that is too large. */
static void what_cannot_be_signed(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "POST /signed", form_of(f, SIGN_MAX_PARAMS), "200 ", NULL, NULL);
	plugged_expect(f, "POST /signed", form_of(f, SIGN_MAX_PARAMS + 1), "400 I400BD",
		       "too many parameters", NULL);
	assert_int_equal(f->calls, 1);
}

/* An answer that is kept has what the plug-ins around it say, and those around are asked each time. */
static void plugins_stand_around_each_other(void **state)
{
	struct plugged *f = *state;

	plugged_expect(f, "GET /all", ORIGIN("http://foo.com"), "200 ", "Vary: Origin", NULL);
	plugged_expect(f, "GET /all", ORIGIN("http://a.bar.com"), "200 ",
		       "Allow-Origin: http://a.bar.com\r\n", "http://foo.com\r\n");
	assert_int_equal(f->calls, 1);
	plugged_expect(f, "GET /all", BEARER(TOKEN_NONE), "403 A403JT", NULL, NULL);
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

static void bad_configurations(void **state)
{
	static const char claim[] = "a claim in a header that cannot be set";
	static const struct {
		const char *plugin, *why;
	} rows[] = {
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, plugged_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users_have_passwords),
		TEST(tokens_become_parameters),
		TEST(tokens_are_good_once),
		TEST(preflights_are_answered_here),
		TEST(pages_of_others_may_call),
		TEST(answers_are_kept),
		TEST(what_must_not_be_is_not_kept),
		TEST(clients_may_have_a_say),
		TEST(what_is_for_one_is_not_for_all),
		TEST(routes_are_kept_apart),
		TEST(parameters_are_checked_first),
		TEST(public_answers_are_not_kept),
		TEST(slow_backends_are_left_alone),
		TEST(conditions_say_what_fails),
		TEST(fallbacks_are_not_kept),
		TEST(probes_may_be_abandoned),
		TEST(routes),
		TEST(system_parameters_are_no_clients),
		cmocka_unit_test(thoughts_are_as_calls),
		TEST(backends_know_the_gateway),
		TEST(what_goes_out_is_signed),
		TEST(many_headers_are_signed),
		TEST(what_cannot_be_signed),
		TEST(plugins_stand_around_each_other),
		cmocka_unit_test(bad_configurations),
		cmocka_unit_test(faults_of_backends_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
