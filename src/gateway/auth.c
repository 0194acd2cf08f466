// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/auth.h"

#include <stdlib.h>

#include "base/hash.h"
#include "gateway/call.h"
#include "gateway/forward.h"
#include "gateway/nonce.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "gateway/query.h"
#include "gateway/quota.h"
#include "sign/sign.h"

#define ECHO_MAX \
	4096u /* of the text to sign in an error: the head of an answer has room for that */

static bool refuse(struct gateway_call *c, enum gateway_error e, const char *about)
{
	gateway_answer_error(c, e, about);
	return false;
}

/* ---- apps ---- */

static int by_key(const void *key, const void *app)
{
	return strcmp(key, ((const struct gateway_app *)app)->key);
}

static const struct gateway_app *find_key(const struct gateway_config *config,
					  struct http_slice key)
{
	char text[GATEWAY_APP_TEXT + 1];

	if (key.n == 0 || key.n > GATEWAY_APP_TEXT)
		return NULL;
	memcpy(text, key.p, key.n);
	text[key.n] = '\0';
	return bsearch(text, config->apps, config->n_apps, sizeof(*config->apps), by_key);
}

/* All are looked at, whatever is given: how long it takes tells nothing of any code. */
static const struct gateway_app *find_code(const struct gateway_config *config,
					   struct http_slice code)
{
	const struct gateway_app *found = NULL;

	for (size_t i = 0; i < config->n_apps; i++) {
		if (sign_same(http_slice(config->apps[i].code), code))
			found = &config->apps[i];
	}
	return found;
}

bool gateway_auth_granted(const struct gateway_api *api, int stage, const struct gateway_app *app)
{
	for (size_t i = 0; i < api->auth.n_grants; i++) {
		if (api->auth.grants[i].app == app)
			return api->auth.grants[i].stages & 1u << stage;
	}
	return false;
}

/* ---- the signature ---- */

/* As the client could have made it: our own line ends are '#', what no header may hold is '?'. */
static const char *echo_of(struct gateway_call *c, const struct strbuf *text)
{
	const size_t n = text->len < ECHO_MAX ? text->len : ECHO_MAX;
	char *echo = arena_strndup(c->r->arena, text->s, n);

	for (size_t i = 0; echo && i < n; i++) {
		const unsigned char b = (unsigned char)echo[i];

		if (b == '\n')
			echo[i] = '#';
		else if (b < 0x20 || b == 0x7f)
			echo[i] = '?';
	}
	return echo;
}

static bool check_text(struct gateway_call *c, const struct gateway_app *app,
		       enum sign_method method)
{
	const struct http_head *h = c->r->head;
	const bool form = sign_is_form(http_head_get(h, "content-type"));
	const struct sign_request request = {
		.method = h->method,
		.path = c->path,
		.query = h->query,
		.headers = h->headers,
		.n_headers = h->n_headers,
		.signed_headers = http_head_get(h, "x-ca-signature-headers"),
		.form = form ? c->r->body : (struct http_slice){NULL, 0},
	};
	struct strbuf *text = &c->gateway->text;
	const char *why;

	strbuf_trunc(text, 0);
	why = sign_text(c->r->arena, &request, text);
	if (why)
		return refuse(c, GATEWAY_BAD_BODY, why);
	if (sign_matches(method, app->secret, (struct http_slice){text->s, text->len},
			 http_head_get(h, "x-ca-signature")))
		return true;
	return refuse(c, GATEWAY_BAD_SIGNATURE, echo_of(c, text));
}

static bool check_signature(struct gateway_call *c, const struct gateway_app *app)
{
	const struct http_slice name = http_head_get(c->r->head, "x-ca-signature-method");
	enum sign_method method;

	if (!sign_method_of(name, &method))
		return refuse(c, GATEWAY_BAD_HEADER, "X-Ca-Signature-Method");
	if (!http_head_get(c->r->head, "x-ca-signature").p)
		return refuse(c, GATEWAY_HEADER_MISSING, "X-Ca-Signature");
	return check_text(c, app, method);
}

/* The signature covers Content-MD5, and only this the body. */
static bool check_md5(struct gateway_call *c)
{
	const struct http_slice given = http_head_get(c->r->head, "content-md5");
	char md5[SIGN_MD5_ROOM];

	if (!given.p)
		return true;
	sign_md5(c->r->body, md5);
	return http_slice_equal(given, http_slice(md5)) || refuse(c, GATEWAY_BAD_MD5, NULL);
}

/* ---- freshness ---- */

/* Milliseconds since 1970; false where it is no number of up to 15 digits. */
static bool read_timestamp(struct http_slice s, int64_t *ms)
{
	*ms = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*ms = *ms * 10 + (s.p[i] - '0');
	}
	return s.n > 0 && s.n <= 15;
}

static bool check_timestamp(struct gateway_call *c)
{
	const struct http_slice given = http_head_get(c->r->head, "x-ca-timestamp");
	const int64_t now = c->began.tv_sec * INT64_C(1000) + c->began.tv_nsec / 1000000;
	int64_t then;

	if (!given.p)
		return !c->api->auth.nonce || refuse(c, GATEWAY_HEADER_MISSING, "X-Ca-Timestamp");
	if (given.n > 15 || !read_timestamp(given, &then))
		return refuse(c, GATEWAY_BAD_HEADER, "X-Ca-Timestamp");
	return (then >= now - SIGN_WINDOW_MS && then <= now + SIGN_WINDOW_MS) ||
	       refuse(c, GATEWAY_TIMESTAMP_EXPIRED, NULL);
}

/* Last of all, so that only calls of the app itself use up its nonces. */
static bool check_nonce(struct gateway_call *c, const struct gateway_app *app)
{
	const struct http_slice nonce = http_head_get(c->r->head, "x-ca-nonce");
	const struct gateway_quota *q = c->gateway->quota;

	if (!nonce.p)
		return !c->api->auth.nonce || refuse(c, GATEWAY_NONCE_MISSING, NULL);
	if (!q || gateway_nonce_take(gateway_quota_memory(q),
				     hash_bytes(hash_str(0, app->key), nonce.p, nonce.n),
				     c->began.tv_sec))
		return true;
	return refuse(c, GATEWAY_NONCE_USED, NULL);
}

/* ---- who calls ---- */

static const struct gateway_app *by_signature(struct gateway_call *c, struct http_slice key)
{
	const struct gateway_app *app = find_key(c->gateway->config, key);

	if (!app) {
		gateway_answer_error(c, GATEWAY_UNKNOWN_KEY, NULL);
		return NULL;
	}
	if (!check_timestamp(c) || !check_signature(c, app) || !check_md5(c) ||
	    !check_nonce(c, app))
		return NULL;
	return app;
}

/* The value of the parameter in the query, of either case, decoded; *as: how it is written. p == NULL: there is none. */
static struct http_slice query_value(struct gateway_call *c, const char *name,
				     struct http_slice *as)
{
	struct http_slice rest = c->r->head->query, value;

	while (rest.n) {
		*as = gateway_query_name(gateway_query_next(&rest), &value);
		if (value.p && http_slice_is(*as, name))
			return gateway_path_decode(c->r->arena, value, true);
	}
	*as = (struct http_slice){NULL, 0};
	return *as;
}

/* *as: the parameter of the query that it stands in; n 0: in none. */
static struct http_slice given_code(struct gateway_call *c, struct http_slice *as)
{
	struct http_slice code = {NULL, 0};

	*as = code;

	if (c->api->auth.app_code == GATEWAY_CODE_DISABLED)
		return code;
	code = gateway_forward_app_code(http_head_get(c->r->head, "authorization"));
	if (!code.p && c->api->auth.app_code == GATEWAY_CODE_HEADER_QUERY)
		code = query_value(c, "AppCode", as);
	return code;
}

static const struct gateway_app *by_code(struct gateway_call *c)
{
	const struct http_slice code = given_code(c, &c->code_as);
	const struct gateway_app *app = code.p ? find_code(c->gateway->config, code) : NULL;

	if (!code.p)
		gateway_answer_error(c, GATEWAY_UNAUTHENTICATED, NULL);
	else if (!app)
		gateway_answer_error(c, GATEWAY_UNKNOWN_CODE, NULL);
	return app;
}

bool gateway_authorize(struct gateway_call *c)
{
	const struct http_slice key = http_head_get(c->r->head, "x-ca-key");
	const struct gateway_app *app;

	if (!c->api->auth.required)
		return true;
	app = key.p ? by_signature(c, key) : by_code(c);
	if (!app)
		return false;
	c->app = app;
	return gateway_auth_granted(c->api, c->stage, app) || refuse(c, GATEWAY_UNAUTHORIZED, NULL);
}
