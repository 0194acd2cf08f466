// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/jwt.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "lib/test.h"
#include "unit/gateway/tokens.h"

#define NOW 1800000000

static struct sign_bytes decoded(struct arena *a, const char *text)
{
	uint8_t *out = arena_alloc(a, strlen(text) + 3);
	struct sign_bytes b = {out, 0};

	assert_true(base64url_decode(text, strlen(text), out, &b.n));
	return b;
}

static struct gateway_jwk key(const char *kid, enum sign_alg alg, struct sign_bytes a,
			      struct sign_bytes b)
{
	struct gateway_jwk k = {.kid = kid, .key = {alg, a, b}};

	k.sound = sign_key_sound(&k.key);
	return k;
}

static struct gateway_jwt_rules rules_of(struct arena *a)
{
	const struct sign_bytes none = {NULL, 0};
	struct gateway_jwk *keys = arena_alloc(a, 5 * sizeof(*keys));

	keys[0] = key("r", SIGN_RS256, decoded(a, TOKEN_RSA_N), decoded(a, "AQAB"));
	keys[1] = key("e", SIGN_ES256, decoded(a, TOKEN_EC_X), decoded(a, TOKEN_EC_Y));
	keys[2] = key("h", SIGN_HS256, decoded(a, "bGFiLXNlY3JldA"), none);
	keys[3] = key("off-curve", SIGN_ES256, decoded(a, TOKEN_EC_X), decoded(a, TOKEN_EC_X));
	keys[4] = key("short", SIGN_RS256, decoded(a, "AQAB"), decoded(a, "AQAB"));
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(keys[i].sound, i < 3);
	return (struct gateway_jwt_rules){.keys = keys, .n_keys = 5};
}

/* Reads and checks; about: of the last one that was refused. */
static enum gateway_error outcome(struct arena *a, const struct gateway_jwt_rules *rules,
				  const char *token, const char **about)
{
	struct gateway_jwt t;
	enum gateway_error e;

	*about = gateway_jwt_read(a, http_slice(token), &t);
	e = *about ? GATEWAY_JWT_MALFORMED : gateway_jwt_check(a, &t, rules, NOW, about);
	gateway_jwt_done(&t);
	return e;
}

static void who_is_let_in(void **state)
{
	static const struct {
		const char *token;
		enum gateway_error wanted;
		const char *about;
	} rows[] = {
		{TOKEN_RS_GOOD, GATEWAY_OK, NULL},
		{TOKEN_ES_GOOD, GATEWAY_OK, NULL},
		{TOKEN_HS_GOOD, GATEWAY_OK, NULL},
		{TOKEN_HS_AS_RS, GATEWAY_JWT_INVALID, "alg is not that of the key"},
		{TOKEN_NONE, GATEWAY_JWT_INVALID, "alg is not that of the key"},
		{TOKEN_EXPIRED, GATEWAY_JWT_EXPIRED, "2023-11-14T22:13:20Z"},
		{TOKEN_LONG_AGO, GATEWAY_JWT_EXPIRED, ""},
		{TOKEN_FUTURE, GATEWAY_JWT_INVALID, "nbf is in the future"},
		{TOKEN_BAD_EXP, GATEWAY_JWT_INVALID, "exp or nbf is not a number"},
		{TOKEN_OTHER_KID, GATEWAY_JWT_NO_KEY, "x"},
		{TOKEN_HS_NO_KID, GATEWAY_JWT_NO_KEY, ""},
		{TOKEN_CRIT, GATEWAY_JWT_INVALID, "crit is not understood"},
		{"", GATEWAY_JWT_MALFORMED, "not three parts"},
		{"a.b", GATEWAY_JWT_MALFORMED, "not three parts"},
		{"e30.e30.e30.e30", GATEWAY_JWT_MALFORMED, "not three parts"},
		{"e30.e30.!", GATEWAY_JWT_MALFORMED, "malformed signature"},
		{"W10.e30.e30", GATEWAY_JWT_MALFORMED, "malformed header"},
		{"e30.W10.e30", GATEWAY_JWT_MALFORMED, "malformed claims"},
		/* {"alg":"HS256","kid":"h"} twice */
		{"eyJhIjoxLCJhIjoyfQ.e30.e30", GATEWAY_JWT_MALFORMED, "malformed header"},
		{"eyJraWQiOiJvZmYtY3VydmUifQ.e30.e30", GATEWAY_JWT_BAD_CONFIG, "off-curve"},
		{"eyJraWQiOiJzaG9ydCJ9.e30.e30", GATEWAY_JWT_BAD_CONFIG, "short"},
	};
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_jwt_rules rules = rules_of(a);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *about;
		const enum gateway_error e = outcome(a, &rules, rows[i].token, &about);

		if (e != rows[i].wanted || (rows[i].about && strcmp(about, rows[i].about) != 0))
			fail_msg("row %zu: %s %s", i, gateway_error_code(e), about ? about : "");
	}
}

/* Each of the last characters of signature and text carries bits that matter. */
static void not_a_bit_can_change(void **state)
{
	static const char *const tokens[] = {TOKEN_RS_GOOD, TOKEN_ES_GOOD, TOKEN_HS_GOOD};
	auto_arena struct arena *a = arena_new(0);
	const struct gateway_jwt_rules rules = rules_of(a);

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		const size_t n = strlen(tokens[i]);

		for (size_t at = 0; at < n; at += i == 0 ? 29 : 7) {
			char *changed = arena_strdup(a, tokens[i]);
			const char *about;

			if (changed[at] == '.')
				continue;
			changed[at] = changed[at] == 'A' ? 'B' : 'A';
			if (outcome(a, &rules, changed, &about) == GATEWAY_OK)
				fail_msg("token %zu changed at %zu", i, at);
		}
	}
}

static void one_key_needs_no_name(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	struct gateway_jwt_rules rules = rules_of(a);
	struct gateway_jwk nameless = rules.keys[2];
	const char *about;

	rules = (struct gateway_jwt_rules){.keys = &rules.keys[2], .n_keys = 1};
	assert_int_equal(outcome(a, &rules, TOKEN_HS_NO_KID, &about), GATEWAY_OK);
	assert_int_equal(outcome(a, &rules, TOKEN_OTHER_KID, &about), GATEWAY_JWT_NO_KEY);
	nameless.kid = NULL;
	rules.keys = &nameless;
	assert_int_equal(outcome(a, &rules, TOKEN_HS_NO_KID, &about), GATEWAY_OK);
	assert_int_equal(outcome(a, &rules, TOKEN_OTHER_KID, &about), GATEWAY_OK);
	assert_int_equal(outcome(a, &rules, TOKEN_EXPIRED, &about), GATEWAY_JWT_EXPIRED);
	rules.ignore_expiration = true;
	assert_int_equal(outcome(a, &rules, TOKEN_EXPIRED, &about), GATEWAY_OK);
	assert_int_equal(outcome(a, &rules, TOKEN_FUTURE, &about), GATEWAY_OK);
}

static void claims(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	struct gateway_jwt t;

	assert_null(gateway_jwt_read(a, http_slice(TOKEN_HS_GOOD), &t));
	assert_string_equal(gateway_jwt_claim(a, &t, "sub"), "alice");
	assert_string_equal(gateway_jwt_claim(a, &t, "userId"), "42");
	assert_string_equal(gateway_jwt_claim(a, &t, "roles"), "[\"a\",\"b\"]");
	assert_null(gateway_jwt_claim(a, &t, "nothing"));
	gateway_jwt_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_let_in),
		cmocka_unit_test(not_a_bit_can_change),
		cmocka_unit_test(one_key_needs_no_name),
		cmocka_unit_test(claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
