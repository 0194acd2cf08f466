// SPDX-License-Identifier: GPL-2.0-only
/** JSON Web Tokens in their compact form (RFC 7515, 7519), and whether one is good. Pure. */
#pragma once

#include <jansson.h>
#include <time.h>

#include "base/arena.h"
#include "gateway/error.h"
#include "sign/key.h"

struct gateway_jwk {
	const char *kid; /* NULL: it has none */
	struct sign_key key;
	bool sound; /* else nothing is signed by it */
};

struct gateway_jwt {
	json_t *header, *claims; /* objects */
	struct http_slice text;  /* that is signed */
	struct sign_bytes signature;
};

/** Its slices live in the arena or in the token. NULL, or why it is none (a string literal). */
const char *gateway_jwt_read(struct arena *a, struct http_slice token, struct gateway_jwt *t);
void gateway_jwt_done(struct gateway_jwt *t); /* one that was not read is fine */

struct gateway_jwt_rules {
	const struct gateway_jwk *keys;
	size_t n_keys;
	bool ignore_expiration; /* exp and nbf are not looked at */
};

/**
 * GATEWAY_OK, or why it is refused, with *about for the message. The key is the one with the token's kid; else one
 * that has none.
 */
enum gateway_error gateway_jwt_check(struct arena *a, const struct gateway_jwt *t,
				     const struct gateway_jwt_rules *rules, time_t now,
				     const char **about);

/** A claim as text: strings as they are, all else as JSON. In the arena; NULL: there is none, or no room. */
const char *gateway_jwt_claim(struct arena *a, const struct gateway_jwt *t, const char *name);
