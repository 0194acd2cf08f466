// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins that look at what a client sends, or change what a backend gets. */
#include "gateway/plugin.h"

#include "sign/sign.h"
#include "unit/gateway/plugged_config.h"

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

#define CODED                                                                                               \
	"\"auth\":{\"nonce\":false,\"app_code\":\"HEADER_QUERY\",\"apps\":[{\"app\":\"app-1\",\"stages\":[" \
	"\"RELEASE\"]}]},"

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
	TEST_API("coded", "ANY", "/coded", TEST_OPEN CODED PLUGGED_BACKEND),
	TEST_API(
		"coded-on", "ANY", "/coded-on",
		TEST_OPEN CODED
		"\"mapping\":{\"mode\":\"MAPPING_PASSTHROUGH\",\"form\":false,\"parameters\":[],\"systems\":[],"
		"\"constants\":[{\"to\":\"QUERY\",\"as\":\"AppCode\",\"value\":\"next\"}]}," PLUGGED_BACKEND),
	TEST_API("coded-signed", "ANY", "/coded-signed",
		 TEST_OPEN CODED PLUGGED_BOUND("signed") PLUGGED_BACKEND),
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

/* An AppCode in the query is for the gateway, as it is in the header. */
static void codes_stay_here(void **state)
{
	struct plugged *f = *state;
	auto_free char *is = plugged_call(f, "GET /coded-signed?AppCode=c1&b=2&a", "");

	plugged_expect(f, "GET /coded?a=1&AppCode=c1&b=%2B&&c", "", "200 ",
		       "GET /coded?a=1&b=%2B&&c\n", "code=");
	plugged_expect(f, "GET /coded?appcode=%631", "", "200 ", "GET /coded\n", "code=");
	plugged_expect(f, "GET /coded?AppCode=c1&AppCode=c2", "", "200 ", "GET /coded\n", "code=");
	/* a constant of that name is the backend's own */
	plugged_expect(f, "GET /coded-on?AppCode=c1&a=1", "", "200 ",
		       "GET /coded-on?AppCode=next&a=1\n", "AppCode=c1");
	/* where another one says who calls, it is a parameter like any other */
	plugged_expect(f, "GET /coded?AppCode=c2", "Authorization: APPCODE c1\r\n", "200 ",
		       "GET /coded?AppCode=c2\n", "appcode c1");
	plugged_expect(f, "GET /jwt?AppCode=c2", "", "200 ", "GET /jwt?AppCode=c2\n", NULL);
	assert_true(is_signed(f, is,
			      "GET\n\ncaclientip:127.0.0.1\n"
			      "x-ca-proxy-signature-secret-key:DemoKey1\n/coded-signed?a&b=2"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, plugged_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users_have_passwords),     TEST(tokens_become_parameters),
		TEST(tokens_are_good_once),     TEST(preflights_are_answered_here),
		TEST(pages_of_others_may_call), TEST(backends_know_the_gateway),
		TEST(what_goes_out_is_signed),  TEST(many_headers_are_signed),
		TEST(what_cannot_be_signed),    TEST(plugins_stand_around_each_other),
		TEST(codes_stay_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
