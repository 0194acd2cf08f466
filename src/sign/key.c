// SPDX-License-Identifier: GPL-2.0-only
#include "sign/key.h"

#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/rsa.h>

#include "base/cleanup.h"

#define RSA_MIN  256  /* bytes */
#define RSA_MAX  1024 /* each signature costs its square */
#define P256_LEN 32

bool sign_alg_of(struct http_slice name, enum sign_alg *alg)
{
	static const char *const names[] = {
		[SIGN_RS256] = "RS256", [SIGN_ES256] = "ES256", [SIGN_HS256] = "HS256"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!http_slice_equal(name, http_slice(names[i])))
			continue;
		*alg = (enum sign_alg)i;
		return true;
	}
	return false;
}

static void digest_of(struct http_slice text, uint8_t out[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, text.n, (const uint8_t *)text.p);
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

/* ---- RS256 ---- */

static bool rsa_key(const struct sign_key *key, struct rsa_public_key *rsa)
{
	rsa_public_key_init(rsa);
	if (key->a.n > RSA_MAX || key->b.n > sizeof(uint64_t))
		return false;
	nettle_mpz_set_str_256_u(rsa->n, key->a.n, key->a.p);
	nettle_mpz_set_str_256_u(rsa->e, key->b.n, key->b.p);
	return rsa_public_key_prepare(rsa) && rsa->size >= RSA_MIN && mpz_odd_p(rsa->n) &&
	       mpz_odd_p(rsa->e) && mpz_cmp_ui(rsa->e, 1) > 0;
}

static bool rsa_verify(const struct sign_key *key, struct http_slice text, struct sign_bytes given)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct rsa_public_key rsa;
	mpz_t signature;
	bool good = rsa_key(key, &rsa) && given.n == rsa.size;

	if (good) {
		digest_of(text, digest);
		nettle_mpz_init_set_str_256_u(signature, given.n, given.p);
		good = rsa_sha256_verify_digest(&rsa, digest, signature);
		mpz_clear(signature);
	}
	rsa_public_key_clear(&rsa);
	return good;
}

/* ---- ES256 ---- */

static bool point(const struct sign_key *key, struct ecc_point *p)
{
	mpz_t x, y;
	bool on_curve;

	ecc_point_init(p, nettle_get_secp_256r1());
	if (key->a.n != P256_LEN || key->b.n != P256_LEN)
		return false;
	nettle_mpz_init_set_str_256_u(x, key->a.n, key->a.p);
	nettle_mpz_init_set_str_256_u(y, key->b.n, key->b.p);
	on_curve = ecc_point_set(p, x, y);
	mpz_clear(x);
	mpz_clear(y);
	return on_curve;
}

/* r and s, 32 bytes each (RFC 7518 3.4). */
static bool ec_verify(const struct sign_key *key, struct http_slice text, struct sign_bytes given)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct dsa_signature signature;
	struct ecc_point p;
	bool good = point(key, &p) && given.n == 2 * (size_t)P256_LEN;

	if (good) {
		digest_of(text, digest);
		dsa_signature_init(&signature);
		nettle_mpz_set_str_256_u(signature.r, P256_LEN, given.p);
		nettle_mpz_set_str_256_u(signature.s, P256_LEN, given.p + P256_LEN);
		good = ecdsa_verify(&p, sizeof(digest), digest, &signature);
		dsa_signature_clear(&signature);
	}
	ecc_point_clear(&p);
	return good;
}

/* ---- HS256 ---- */

static bool hmac_verify(const struct sign_key *key, struct http_slice text, struct sign_bytes given)
{
	uint8_t ours[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, key->a.n, key->a.p);
	hmac_sha256_update(&ctx, text.n, (const uint8_t *)text.p);
	hmac_sha256_digest(&ctx, sizeof(ours), ours);
	return key->a.n > 0 && given.n == sizeof(ours) && memeql_sec(ours, given.p, sizeof(ours));
}

/* ---- all ---- */

bool sign_key_sound(const struct sign_key *key)
{
	struct rsa_public_key rsa;
	struct ecc_point p;
	bool sound = key->a.n > 0;

	switch (key->alg) {
	case SIGN_RS256:
		sound = rsa_key(key, &rsa);
		rsa_public_key_clear(&rsa);
		break;
	case SIGN_ES256:
		sound = point(key, &p);
		ecc_point_clear(&p);
		break;
	case SIGN_HS256: break;
	}
	return sound;
}

bool sign_key_verify(const struct sign_key *key, struct http_slice text,
		     struct sign_bytes signature)
{
	switch (key->alg) {
	case SIGN_RS256: return rsa_verify(key, text, signature);
	case SIGN_ES256: return ec_verify(key, text, signature);
	case SIGN_HS256: break;
	}
	return hmac_verify(key, text, signature);
}
