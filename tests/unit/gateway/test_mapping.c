// SPDX-License-Identifier: GPL-2.0-only
/* What backends get in place of the client's request. */
#include "gateway/mapping.h"

#include "base/cleanup.h"
#include "lib/test.h"
#include "unit/gateway/config.h"

#define P(name, in, to, as, more) \
	"{\"name\":\"" name "\",\"in\":\"" in "\",\"to\":\"" to "\",\"as\":\"" as "\"," more "}"
#define OPTIONAL(type) "\"type\":\"" type "\",\"required\":false"
#define REQUIRED(type) "\"type\":\"" type "\",\"required\":true"
#define MAPPING(mode, form, parameters, constants, systems)                                \
	"\"mapping\":{\"mode\":\"" mode "\",\"form\":" form ",\"parameters\":[" parameters \
	"],\"constants\":[" constants "],\"systems\":[" systems "]},"

/* The one API with that mapping, and that path of the backend; NULL: it is not taken. */
static const struct gateway_api *api_with(struct arena *a, const char *mapping, const char *path)
{
	const char *api = arena_printf(
		a,
		TEST_API("x", "ANY", "/u/[id]/[kind]",
			 TEST_OPEN "%s\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":"
				   "\"h\",\"timeout_ms\":1000,\"path\":\"%s\"}"),
		mapping, path);
	auto_free char *text = test_config(api);
	struct gateway_config *c = gateway_config_read(a, text, strlen(text), NULL);

	return c ? &c->apis[0] : NULL;
}

/* "CODE about", or "/path?query|Header: value|...|body". */
static const char *mapped(const char *mapping, const char *path, const char *request,
			  const char *body)
{
	static char out[4096];
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_api *api = api_with(a, mapping, path);
	const struct http_slice params[] = {http_slice("7%2F8"), http_slice("k")};
	struct http_head h;
	struct gateway_mapped m;
	const char *about;
	enum gateway_error e;
	struct http_slice filled;
	size_t n;

	assert_non_null(api);
	http_head_init(&h);
	request = arena_printf(a, "%s\r\n\r\n", request);
	assert_int_equal(http_head_parse(&h, request, strlen(request)), HTTP_DONE);
	e = gateway_map(
		a, api,
		&(struct gateway_map_input){
			.head = &h,
			.body = http_slice(body),
			.params = params,
			.systems = {[GATEWAY_CLIENT_IP] = "192.0.2.1", [GATEWAY_STAGE] = "TEST"},
		},
		&m, &about);
	if (e) {
		n = (size_t)snprintf(out, sizeof(out), "%s %s", gateway_error_code(e), about);
	} else {
		filled = gateway_template_fill(api->backend.path, a, m.path);
		n = (size_t)snprintf(out, sizeof(out), "%.*s%s%.*s", (int)filled.n, filled.p,
				     m.head->has_query ? "?" : "", (int)m.head->query.n,
				     m.head->query.n ? m.head->query.p : "");
		for (size_t i = 0; i < m.head->n_headers; i++)
			n += (size_t)snprintf(
				out + n, sizeof(out) - n, "|%.*s: %.*s",
				(int)m.head->headers[i].name.n, m.head->headers[i].name.p,
				(int)m.head->headers[i].value.n, m.head->headers[i].value.p);
		for (size_t i = 0; i < m.n_own; i++)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "|own %.*s: %.*s",
					      (int)m.own[i].name.n, m.own[i].name.p,
					      (int)m.own[i].value.n, m.own[i].value.p);
		n += (size_t)snprintf(out + n, sizeof(out) - n, "|%.*s", (int)m.body.n,
				      m.body.n ? m.body.p : "");
	}
	assert_true(n < sizeof(out));
	gateway_mapped_done(&m);
	return out;
}

#define GET(query)         "GET /u/7%2F8/k" query " HTTP/1.1\r\nHost: h"
#define POST(type)         POST2("", type)
#define POST2(query, type) "POST /u/7%2F8/k" query " HTTP/1.1\r\nHost: h\r\nContent-Type: " type
#define FORM               "application/x-www-form-urlencoded"

static const struct row {
	const char *mapping, *path, *request, *body, *expected;
} rows[] = {
	/* what is not named is dropped */
	{MAPPING("MAPPING", "false", P("a", "QUERY", "QUERY", "b", OPTIONAL("STRING")), "", ""),
	 "/x", GET("?a=1&c=2&a=3") "\r\nX-Mine: 1\r\nAccept: text/html", "",
	 "/x?b=1|Accept: text/html|"},
	/* or goes on as it came */
	{MAPPING("MAPPING_PASSTHROUGH", "false", P("a", "QUERY", "QUERY", "b", OPTIONAL("STRING")),
		 "", ""),
	 "/x", GET("?a=1&c=%41+2&&a=3") "\r\nX-Mine: 1", "", "/x?b=1&c=%41+2|Host: h|X-Mine: 1|"},
	/* from anywhere to anywhere */
	{MAPPING("MAPPING", "false",
		 P("id", "PATH", "QUERY", "uid", REQUIRED("STRING")) "," P(
			 "X-A", "HEAD", "PATH", "a",
			 REQUIRED("STRING")) "," P("q", "QUERY", "HEAD", "X-Q", REQUIRED("STRING")),
		 "", ""),
	 "/v/[a]/[kind]", GET("?q=y%20z") "\r\nx-a: b/c d", "",
	 "/v/b%2Fc%20d/k?uid=7%2F8|own X-Q: y z|"},
	/* a segment of the path stays as it was matched */
	{MAPPING("MAPPING", "false", P("id", "PATH", "PATH", "uid", REQUIRED("STRING")), "", ""),
	 "/v/[uid]", GET(""), "", "/v/7%2F8|"},
	/* a form */
	{MAPPING("MAPPING", "true",
		 P("a", "BODY", "BODY", "b", REQUIRED("STRING")) "," P("c", "BODY", "QUERY", "c",
								       OPTIONAL("STRING")),
		 "", ""),
	 "/x", POST(FORM), "a=x+y%26&c=%C3%A4&d=4",
	 "/x?c=%C3%A4|own Content-Type: application/x-www-form-urlencoded; charset=UTF-8|b=x%20y%26"},
	{MAPPING("MAPPING_PASSTHROUGH", "true", P("a", "BODY", "BODY", "b", REQUIRED("STRING")),
		 "{\"to\":\"BODY\",\"as\":\"d\",\"value\":\"ours\"}", ""),
	 "/x", POST(FORM), "e=5&a=1&d=theirs",
	 "/x|Host: h|own Content-Type: application/x-www-form-urlencoded; charset=UTF-8|b=1&d=ours&e=5"},
	{MAPPING("MAPPING", "true", "", "", ""), "/x", POST("text/plain"), "a=1",
	 "I400CT a form is expected"},
	{MAPPING("MAPPING", "true", "", "", ""), "/x", POST(FORM), "a=%1",
	 "I400BD malformed percent-encoding"},
	/* a stream is not looked at */
	{MAPPING("MAPPING", "false", "", "", ""), "/x", POST("text/plain"), "a=1",
	 "/x|Content-Type: text/plain|a=1"},
	{MAPPING("MAPPING", "false", "",
		 "{\"to\":\"HEAD\",\"as\":\"Content-Type\",\"value\":\"a/b\"}", ""),
	 "/x", POST("text/plain"), "a=1", "/x|own Content-Type: a/b|a=1"},
	/* what the API says itself never comes from the client */
	{MAPPING("PASSTHROUGH", "false", "",
		 "{\"to\":\"HEAD\",\"as\":\"X-Key\",\"value\":\"k\"},{\"to\":\"QUERY\",\"as\":\"v\","
		 "\"value\":\"1\"}",
		 "{\"name\":\"CaClientIp\",\"to\":\"HEAD\",\"as\":\"ClientIp\"},{\"name\":\"CaStage\","
		 "\"to\":\"PATH\",\"as\":\"st\"}"),
	 "/[st]/[id]", GET("?v=2&w=%zz&x") "\r\nx-key: forged\r\nCLIENTIP: forged\r\nA: b", "",
	 "/TEST/7%2F8?v=1&w=%zz&x|Host: h|A: b|own X-Key: k|own ClientIp: 192.0.2.1|"},
	/* nor under a name that many backends take for the same */
	{MAPPING("PASSTHROUGH", "false", "",
		 "{\"to\":\"HEAD\",\"as\":\"X-Backend-Key\",\"value\":\"k\"}", ""),
	 "/x", GET("") "\r\nX_Backend-KEY: forged\r\nX-Backend: b", "",
	 "/x|Host: h|X-Backend: b|own X-Backend-Key: k|"},
	/* nor what the backend would take for a parameter that has been checked, or is not there */
	{MAPPING("MAPPING_PASSTHROUGH", "true",
		 P("id", "PATH", "QUERY", "uid", REQUIRED("STRING")) "," P(
			 "a", "QUERY", "HEAD", "X-A",
			 OPTIONAL("STRING")) "," P("b", "BODY", "BODY", "c", OPTIONAL("STRING")),
		 "", ""),
	 "/x", POST2("?uid=evil&u=1", FORM) "\r\nX_A: evil\r\nX-B: b", "c=evil&d=4",
	 "/x?uid=7%2F8&u=1|Host: h|X-B: b|own Content-Type: application/x-www-form-urlencoded; "
	 "charset=UTF-8|d=4"},
	{MAPPING("PASSTHROUGH", "false", P("id", "PATH", "QUERY", "uid", REQUIRED("STRING")), "",
		 ""),
	 "/x", GET("?u%69d=evil&a=%zz"), "", "/x?uid=7%2F8&a=%zz|Host: h|"},
	/* PASSTHROUGH leaves a query alone */
	{MAPPING("PASSTHROUGH", "false", P("id", "PATH", "HEAD", "X-Id", REQUIRED("STRING")), "",
		 ""),
	 "/x", GET("?&&a=%zz&="), "", "/x?&&a=%zz&=|Host: h|own X-Id: 7/8|"},
	{MAPPING("PASSTHROUGH", "false", P("id", "PATH", "HEAD", "X-Id", REQUIRED("STRING")), "",
		 ""),
	 "/x", GET("?"), "", "/x?|Host: h|own X-Id: 7/8|"},
	{MAPPING("MAPPING", "false", "", "", ""), "/x", GET("?a=%zz"), "",
	 "I400RU malformed percent-encoding"},
	/* a header that could end another one's line, a segment that is none */
	{MAPPING("MAPPING", "false", P("q", "QUERY", "HEAD", "X-Q", OPTIONAL("STRING")), "", ""),
	 "/x", GET("?q=a%0d%0aX:y"), "", "I400IP X-Q` `not a value of a header"},
	{MAPPING("MAPPING", "false", P("q", "QUERY", "PATH", "q", OPTIONAL("STRING")), "", ""),
	 "/[q]", GET("?q=.."), "", "I400IP q` `not a segment of a path"},
	/* one that is not there would leave an empty one, "/v//admin" */
	{MAPPING("MAPPING", "false", P("q", "QUERY", "PATH", "q", OPTIONAL("STRING")), "", ""),
	 "/v/[q]/admin", GET(""), "", "I400MP q"},
	{MAPPING("MAPPING", "false",
		 P("q", "QUERY", "PATH", "q", OPTIONAL("STRING") ",\"default\":\"d\""), "", ""),
	 "/v/[q]/admin", GET(""), "", "/v/d/admin|"},
	{MAPPING("MAPPING", "false", P("q", "QUERY", "QUERY", "q", OPTIONAL("STRING")), "", ""),
	 "/x", GET("?q=a%00b"), "", "I400IP q` `a NUL in it"},
};

static void what_the_backend_gets(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
			mapped(rows[i].mapping, rows[i].path, rows[i].request, rows[i].body),
			rows[i].expected);
}

/* The outcome for a parameter of the query, and its value (NULL: it is not there). */
static const char *checked(const char *rules, const char *value)
{
	auto_arena struct arena *a = arena_new(0);
	const char *mapping = arena_printf(
		a,
		MAPPING("MAPPING", "false",
			"{\"name\":\"q\",\"in\":\"QUERY\",\"to\":\"QUERY\",\"as\":\"q\",%s}", "",
			""),
		rules);
	const char *request = arena_printf(a, "GET /u/1/k%s%s HTTP/1.1\r\nHost: h",
					   value ? "?q=" : "", value ? value : "");

	return mapped(mapping, "/x", request, "");
}

static void values_are_checked(void **state)
{
	static const struct {
		const char *rules, *value, *expected;
	} values[] = {
		{OPTIONAL("STRING"), NULL, "/x|"},
		{REQUIRED("STRING"), NULL, "I400MP q"},
		{REQUIRED("STRING"), "", "/x?q=|"},
		{REQUIRED("STRING") ",\"default\":\"d\"", NULL, "/x?q=d|"},
		{OPTIONAL("INT"), "-12", "/x?q=-12|"},
		{OPTIONAL("INT"), "2147483648", "I400IP q` `not an INT"},
		{OPTIONAL("INT"), "0x10", "I400IP q` `not an INT"},
		{OPTIONAL("INT"), "1%201", "I400IP q` `not an INT"},
		{OPTIONAL("INT"), "", "I400IP q` `not an INT"},
		{OPTIONAL("LONG"), "9223372036854775807", "/x?q=9223372036854775807|"},
		{OPTIONAL("LONG"), "9223372036854775808", "I400IP q` `not a LONG"},
		{OPTIONAL("DOUBLE"), "-1.5e3", "/x?q=-1.5e3|"},
		{OPTIONAL("DOUBLE"), "inf", "I400IP q` `not a number"},
		{OPTIONAL("FLOAT"), "1e999", "I400IP q` `not a number"},
		{OPTIONAL("BOOLEAN"), "True", "/x?q=True|"},
		{OPTIONAL("BOOLEAN"), "1", "I400IP q` `not a BOOLEAN"},
		{OPTIONAL("INT") ",\"min\":\"-2\",\"max\":\"7\"", "-2", "/x?q=-2|"},
		{OPTIONAL("INT") ",\"min\":\"-2\",\"max\":\"7\"", "-3", "I400IP q` `too small"},
		{OPTIONAL("INT") ",\"min\":\"-2\",\"max\":\"7\"", "8", "I400IP q` `too large"},
		{OPTIONAL("STRING") ",\"min_length\":2,\"max_length\":3", "a",
		 "I400IP q` `too short"},
		{OPTIONAL("STRING") ",\"min_length\":2,\"max_length\":3", "abcd",
		 "I400IP q` `too long"},
		{OPTIONAL("STRING") ",\"regular_expression\":\"1[3-9]\\\\d{2}\"", "1380",
		 "/x?q=1380|"},
		{OPTIONAL("STRING") ",\"regular_expression\":\"1[3-9]\\\\d{2}\"", "13801",
		 "I400IP q` `does not match the regular expression"},
		{OPTIONAL("STRING") ",\"regular_expression\":\"(a+)+[bd]\"",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "I400IP q` `takes too many steps of the regular expression"},
		{OPTIONAL("STRING") ",\"values\":[\"a\",\"b\"]", "b", "/x?q=b|"},
		{OPTIONAL("STRING") ",\"values\":[\"a\",\"b\"]", "c",
		 "I400IP q` `not one of the values"},
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		assert_string_equal(checked(values[i].rules, values[i].value), values[i].expected);
}

static void what_is_no_mapping_is_refused(void **state)
{
	static const struct {
		const char *mapping, *path;
	} bad[] = {
		{MAPPING("OTHER", "false", "", "", ""), "/x"},
		{MAPPING("PASSTHROUGH", "true", "", "", ""), "/x"},
		{MAPPING("PASSTHROUGH", "false", P("a", "QUERY", "QUERY", "a", OPTIONAL("STRING")),
			 "", ""),
		 "/x"},
		{MAPPING("MAPPING", "false", P("no", "PATH", "QUERY", "a", OPTIONAL("STRING")), "",
			 ""),
		 "/x"},
		{MAPPING("MAPPING", "false", P("a", "BODY", "QUERY", "a", OPTIONAL("STRING")), "",
			 ""),
		 "/x"},
		{MAPPING("MAPPING", "false", P("a", "QUERY", "BODY", "a", OPTIONAL("STRING")), "",
			 ""),
		 "/x"},
		{MAPPING("MAPPING", "false", P("a", "QUERY", "HEAD", "Host", OPTIONAL("STRING")),
			 "", ""),
		 "/x"},
		{MAPPING("MAPPING", "false",
			 P("a", "QUERY", "HEAD", "X-Ca-Key", OPTIONAL("STRING")), "", ""),
		 "/x"},
		{MAPPING("MAPPING", "false", P("a", "QUERY", "HEAD", "a b", OPTIONAL("STRING")), "",
			 ""),
		 "/x"},
		/* a form says of which type it is */
		{MAPPING("MAPPING", "true", "",
			 "{\"to\":\"HEAD\",\"as\":\"content-type\",\"value\":\"text/plain\"}", ""),
		 "/x"},
		{MAPPING("MAPPING", "false", P("a", "QUERY", "QUERY", "a", OPTIONAL("TEXT")), "",
			 ""),
		 "/x"},
		{MAPPING("MAPPING", "false", "", "",
			 "{\"name\":\"CaNo\",\"to\":\"HEAD\",\"as\":\"a\"}"),
		 "/x"},
		/* the parameter goes elsewhere */
		{MAPPING("MAPPING", "false", P("id", "PATH", "QUERY", "id", OPTIONAL("STRING")), "",
			 ""),
		 "/[id]"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(api_with(a, bad[i].mapping, bad[i].path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_backend_gets),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(what_is_no_mapping_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
