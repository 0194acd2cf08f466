// SPDX-License-Identifier: GPL-2.0-only
/* The vectors of RFC 7515, appendix A.1 to A.3. */
#include "sign/key.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/cleanup.h"
#include "lib/test.h"

#define CLAIMS \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

struct vector {
	enum sign_alg alg;
	const char *a, *b, *text, *signature;
};

static const struct vector vectors[] = {
	{SIGN_HS256,
	 "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
	 NULL, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS,
	 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
	{SIGN_RS256,
	 "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0"
	 "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS"
	 "5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJ"
	 "H7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
	 "AQAB", "eyJhbGciOiJSUzI1NiJ9." CLAIMS,
	 "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
	 "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQ"
	 "BMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6Ie"
	 "YI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
	{SIGN_ES256, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
	 "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "eyJhbGciOiJFUzI1NiJ9." CLAIMS,
	 "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
};

static struct sign_bytes decoded(struct arena *a, const char *text)
{
	uint8_t *out = arena_alloc(a, text ? strlen(text) + 3 : 1);
	struct sign_bytes b = {out, 0};

	assert_true(!text || base64url_decode(text, strlen(text), out, &b.n));
	return b;
}

static void vectors_hold(void **state)
{
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct sign_key key = {v->alg, decoded(a, v->a), decoded(a, v->b)};
		struct sign_bytes signature = decoded(a, v->signature);
		uint8_t *bytes = (uint8_t *)(uintptr_t)signature.p;

		assert_true(sign_key_sound(&key));
		if (!sign_key_verify(&key, http_slice(v->text), signature))
			fail_msg("vector %zu", i);
		assert_false(sign_key_verify(&key, http_slice("x"), signature));
		bytes[signature.n / 2] ^= 1;
		assert_false(sign_key_verify(&key, http_slice(v->text), signature));
		bytes[signature.n / 2] ^= 1;
		signature.n--;
		assert_false(sign_key_verify(&key, http_slice(v->text), signature));
		signature.n = 0;
		assert_false(sign_key_verify(&key, http_slice(v->text), signature));
	}
}

static void unsound_keys(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct sign_bytes n = decoded(a, vectors[1].a), x = decoded(a, vectors[2].a);
	const struct sign_bytes e = decoded(a, "AQAB"), even = decoded(a, "AQAA"),
				one = decoded(a, "AQ"), none = {n.p, 0};
	const struct sign_key keys[] = {
		{SIGN_RS256, e, e},    {SIGN_RS256, n, even}, {SIGN_RS256, n, one},
		{SIGN_RS256, n, none}, {SIGN_RS256, none, e}, {SIGN_RS256, n, n},
		{SIGN_ES256, x, x},    {SIGN_ES256, x, e},    {SIGN_ES256, none, none},
		{SIGN_HS256, none, e},
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (sign_key_sound(&keys[i]) ||
		    sign_key_verify(&keys[i], http_slice("x"),
				    decoded(a, vectors[keys[i].alg].signature)))
			fail_msg("key %zu", i);
	}
}

static void names(void **state)
{
	enum sign_alg alg;

	assert_true(sign_alg_of(http_slice("ES256"), &alg));
	assert_int_equal(alg, SIGN_ES256);
	assert_false(sign_alg_of(http_slice("none"), &alg));
	assert_false(sign_alg_of(http_slice("es256"), &alg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_hold),
		cmocka_unit_test(unsound_keys),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
