// layer: gateway
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens, as they come in a request. Held to: what is read is an object in three parts, whose signed text and signature
 * are of the token; what is let in is signed; a token that is signed by us is let in.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "gateway/jwt.h"
#include "sign/sign.h"

#define NOW 1800000000

static const struct gateway_jwk key = {
	.key = {SIGN_HS256, {(const uint8_t *)"secret", 6}, {NULL, 0}}, .sound = true};

static enum gateway_error check(struct arena *a, const struct gateway_jwt *t, bool ignore)
{
	const struct gateway_jwt_rules rules = {&key, 1, ignore};
	const char *about = NULL;
	const enum gateway_error e = gateway_jwt_check(a, t, &rules, NOW, &about);

	assert((e == GATEWAY_OK) == (about == NULL));
	return e;
}

/* The same text with our signature: base64url of it. */
static struct http_slice sign(struct arena *a, struct http_slice text)
{
	char signature[SIGN_ROOM];
	char *out;
	size_t n;

	sign_make(SIGN_HMAC_SHA256, "secret", text, signature);
	for (char *p = signature; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	n = strcspn(signature, "=");
	out = arena_alloc(a, text.n + 1 + n);
	if (text.n)
		memcpy(out, text.p, text.n);
	out[text.n] = '.';
	memcpy(out + text.n + 1, signature, n);
	return (struct http_slice){out, text.n + 1 + n};
}

static void ours_is_judged_by_what_it_says(struct arena *a, const struct gateway_jwt *t)
{
	const char *alg = json_string_value(json_object_get(t->header, "alg"));
	const bool understood = alg && strcmp(alg, "HS256") == 0 &&
				!json_object_get(t->header, "crit");
	struct gateway_jwt signed_by_us;

	assert(!gateway_jwt_read(a, sign(a, t->text), &signed_by_us));
	assert((check(a, &signed_by_us, true) == GATEWAY_OK) == understood);
	(void)check(a, &signed_by_us, false);
	gateway_jwt_done(&signed_by_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena *a = arena_new(1u << 20);
	struct http_slice token = {(const char *)data, size};
	struct gateway_jwt t;

	if (size > 8192) /* a head is not larger */
		return 0;
	if (!gateway_jwt_read(a, token, &t)) {
		assert(json_is_object(t.header) && json_is_object(t.claims));
		assert(t.text.p == token.p && t.text.n < token.n && token.p[t.text.n] == '.');
		if (check(a, &t, false) == GATEWAY_OK)
			assert(sign_key_verify(&key.key, t.text, t.signature));
		(void)gateway_jwt_claim(a, &t, "sub");
		ours_is_judged_by_what_it_says(a, &t);
	}
	gateway_jwt_done(&t);
	return 0;
}
