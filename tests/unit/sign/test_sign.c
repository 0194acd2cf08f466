// SPDX-License-Identifier: GPL-2.0-only
#include "sign/sign.h"

#include "base/cleanup.h"
#include "lib/test.h"

#define SECRET "lab-app-secret"

/* The text of a request, in the arena; `headers` are "Name: value" lines. */
static const char *text_of(struct arena *a, const char *method, const char *target,
			   const char *signed_headers, const char *form, const char *const *headers,
			   size_t n)
{
	struct http_header list[16];
	auto_strbuf struct strbuf out = {0};
	struct sign_request r = {.method = http_slice(method),
				 .headers = list,
				 .n_headers = n,
				 .signed_headers = http_slice(signed_headers),
				 .form = form ? http_slice(form) : (struct http_slice){NULL, 0}};
	const char *why;

	for (size_t i = 0; i < n; i++) {
		const size_t name = strcspn(headers[i], ":");

		list[i] = (struct http_header){{headers[i], name},
					       http_slice(headers[i] + name + 2)};
	}
	sign_target(target, &r.path, &r.query);
	why = sign_text(a, &r, &out);
	return why ? arena_printf(a, "refused: %s", why) : arena_strdup(a, strbuf_str(&out));
}

static void texts(void **state)
{
	static const char *const plain[] = {"Accept: application/json", "X-Ca-Key: 203753385"};
	static const char *const many[] = {
		"Accept: a", "Content-MD5: m", "Content-Type: t",      "Date: d", "b: 2",
		"A: 1",      "A: 3",           "X-Ca-Signature: never"};
	auto_arena struct arena *a = arena_new(0);

	assert_string_equal(text_of(a, "GET", "/hello", "X-Ca-Key", NULL, plain, 2),
			    "GET\napplication/json\n\n\n\nX-Ca-Key:203753385\n/hello");
	/* the first lines are there whatever is not; no header is signed that is not named */
	assert_string_equal(text_of(a, "GET", "/", "", NULL, plain, 1),
			    "GET\napplication/json\n\n\n\n/");
	/* sorted by name, spelled as the client did; each once, with all its values; some never */
	assert_string_equal(text_of(a, "PUT", "/x", "b,A, gone,accept,X-Ca-Signature,a", NULL, many,
				    ARRAY_LEN(many)),
			    "PUT\na\nm\nt\nd\nA:1,3\nb:2\ngone:\n/x");
}

static void parameters(void **state)
{
	static const struct {
		const char *target, *form, *resource;
	} rows[] = {
		{"/p?b=2&a=1", NULL, "/p?a=1&b=2"},
		{"/p?b=2&a=1", "c=3&a=9", "/p?a=1&b=2&c=3"},
		{"/p?a=&b", NULL, "/p?a&b"},
		{"/p?a=%41%2f+c&%62=1", NULL, "/p?a=A/ c&b=1"},
		{"/p?a=%4&b=%zz", NULL, "/p?a=%4&b=%zz"},
		{"/p?&&=x&a=b=c", NULL, "/p?a=b=c"},
		{"/p?B=1&a=1&ab=1", NULL, "/p?B=1&a=1&ab=1"},
		{"/%41?", NULL, "/%41"},
		{"http://host:80/p?a=1#f", NULL, "/p?a=1"},
		{"http://host", NULL, "/"},
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(text_of(a, "GET", rows[i].target, "", rows[i].form, NULL, 0),
				    arena_printf(a, "GET\n\n\n\n\n%s", rows[i].resource));
}

static void limits(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf form = {0};

	for (size_t i = 0; i < SIGN_MAX_PARAMS; i++)
		strbuf_printf(&form, "%zu&", i);
	assert_memory_equal(text_of(a, "POST", "/", "", form.s, NULL, 0), "POST", 4);
	strbuf_add(&form, "more");
	assert_string_equal(text_of(a, "POST", "/", "", form.s, NULL, 0),
			    "refused: too many parameters");
	while (form.len <= SIGN_MAX_FORM)
		strbuf_add(&form,
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_string_equal(text_of(a, "POST", "/", "", form.s, NULL, 0),
			    "refused: the form is too large to be signed");
}

static void signatures(void **state)
{
	const struct http_slice text =
		http_slice("GET\napplication/json\n\n\n\nX-Ca-Key:203753385\n/hello");
	const struct http_slice good = http_slice("U1flrld18inbyrpMHVuZfAn06shtRKcaHek2GxKhZTE=");
	char out[SIGN_ROOM];

	sign_make(SIGN_HMAC_SHA256, SECRET, text, out);
	assert_string_equal(out, good.p);
	assert_true(sign_matches(SIGN_HMAC_SHA256, SECRET, text, good));
	assert_false(sign_matches(SIGN_HMAC_SHA1, SECRET, text, good));
	assert_false(sign_matches(SIGN_HMAC_SHA256, "lab-app-secreT", text, good));
	assert_false(sign_matches(SIGN_HMAC_SHA256, SECRET, text,
				  http_slice("U1flrld18inbyrpMHVuZfAn06shtRKcaHek2GxKhZTE")));
	assert_false(sign_matches(SIGN_HMAC_SHA256, SECRET, text, http_slice("")));
	/* RFC 2202, test case 2 */
	sign_make(SIGN_HMAC_SHA1, "Jefe", http_slice("what do ya want for nothing?"), out);
	assert_string_equal(out, "7/zfauXrL6LSdBbV8YTfnCWafHk=");
	sign_md5(http_slice("hello"), out);
	assert_string_equal(out, "XUFAKrxLKna5cZ2REBfFkg==");
}

static void methods(void **state)
{
	enum sign_method m;

	assert_true(sign_method_of((struct http_slice){NULL, 0}, &m) && m == SIGN_HMAC_SHA256);
	assert_true(sign_method_of(http_slice("HmacSHA256"), &m) && m == SIGN_HMAC_SHA256);
	assert_true(sign_method_of(http_slice("HmacSHA1"), &m) && m == SIGN_HMAC_SHA1);
	assert_false(sign_method_of(http_slice("HmacMD5"), &m));
	assert_false(sign_method_of(http_slice(""), &m));
}

static void forms(void **state)
{
	assert_true(sign_is_form(http_slice("application/x-www-form-urlencoded")));
	assert_true(sign_is_form(http_slice("Application/X-WWW-form-urlencoded; charset=utf-8")));
	assert_false(sign_is_form(http_slice("application/x-www-form-urlencodedx")));
	assert_false(sign_is_form(http_slice("application/json")));
	assert_false(sign_is_form((struct http_slice){NULL, 0}));
}

/* The vendor's own example, github.com/aliyun/api-gateway-demo-sign-backend-java. */
static void backends(void **state)
{
	const struct http_header headers[] = {
		{http_slice("HeaderKey2"), http_slice("HeaderValue2")},
		{http_slice("HeaderKey1"), http_slice("HeaderValue1")},
	};
	const struct sign_request r = {
		.method = http_slice("POST"),
		.path = http_slice("/demo/uri"),
		.query = http_slice("QueryKey2=QueryValue2&QueryKey1=QueryValue1"),
		.form = http_slice("FormKey1=FormValue1&FormKey2=FormValue2"),
	};
	auto_arena struct arena *a = arena_new(0);
	auto_strbuf struct strbuf text = {0};

	assert_null(sign_backend_text(a, &r, headers, 2, &text));
	assert_string_equal(text.s,
			    "POST\n\nheaderkey1:HeaderValue1\nheaderkey2:HeaderValue2\n/demo/uri?"
			    "FormKey1=FormValue1&FormKey2=FormValue2&QueryKey1=QueryValue1&"
			    "QueryKey2=QueryValue2");
	assert_true(sign_matches(SIGN_HMAC_SHA256, "DemoSecret1",
				 (struct http_slice){text.s, text.len},
				 http_slice("C7Lqfn8Spz0DxQTfUJq0NrkEbwNUuTNtC9p3SzRWgv0=")));
}

/* What a client adds is what makes the gateway's text the same. */
static void calls(void **state)
{
	const struct http_header json = {http_slice("Content-Type"),
					 http_slice("application/json")};
	const struct sign_request r = {.method = http_slice("POST"),
				       .path = http_slice("/p"),
				       .headers = &json,
				       .n_headers = 1};
	auto_arena struct arena *a = arena_new(0);
	struct sign_headers s = sign_call(a, &r, http_slice("{}"), "k", SECRET, "1700000000000",
					  "n");
	const struct http_slice signature = s.list[s.n - 1].value;

	assert_int_equal(s.n, 7);
	assert_string_equal(s.text,
			    "POST\n\nmZFLkyvTelC5g8XnyQrpOw==\napplication/json\n\nX-Ca-Key:k\n"
			    "X-Ca-Nonce:n\nX-Ca-Signature-Method:HmacSHA256\n"
			    "X-Ca-Timestamp:1700000000000\n/p");
	assert_true(sign_matches(SIGN_HMAC_SHA256, SECRET, http_slice(s.text), signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),   cmocka_unit_test(parameters),
		cmocka_unit_test(limits),  cmocka_unit_test(signatures),
		cmocka_unit_test(methods), cmocka_unit_test(forms),
		cmocka_unit_test(calls),   cmocka_unit_test(backends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
