// SPDX-License-Identifier: GPL-2.0-only
/**
 * Verifying what others have signed: the three algorithms of RFC 7518 that API gateways and identity providers have in
 * common. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/slice.h"

enum sign_alg { SIGN_RS256, SIGN_ES256, SIGN_HS256 };

struct sign_bytes {
	const uint8_t *p;
	size_t n;
};

/** A key is for one algorithm: a public RSA key is never taken for the secret of an HMAC. */
struct sign_key {
	enum sign_alg alg;
	struct sign_bytes a, b; /* RS256: n, e; ES256: x, y on P-256; HS256: the secret in a */
};

/** "RS256"; false: none of these. */
bool sign_alg_of(struct http_slice name, enum sign_alg *alg);

/**
 * Whether it is a key: n has 2048 to 8192 bits, and e is odd; the point is on the curve; the secret has a byte.
 */
bool sign_key_sound(const struct sign_key *key);

/** Whether the signature is this key's of the text; of a key that is not sound nothing is. */
bool sign_key_verify(const struct sign_key *key, struct http_slice text,
		     struct sign_bytes signature);
