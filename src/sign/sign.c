// SPDX-License-Identifier: GPL-2.0-only
#include "sign/sign.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>

#include "base/base64.h"

#define TEXT_ROOM(digest) (BASE64_LEN(digest) + 1)

_Static_assert(TEXT_ROOM(SHA256_DIGEST_SIZE) == SIGN_ROOM, "the larger of the two has room");
_Static_assert(TEXT_ROOM(MD5_DIGEST_SIZE) == SIGN_MD5_ROOM, "and Content-MD5");

bool sign_method_of(struct http_slice name, enum sign_method *method)
{
	*method = http_slice_is(name, "HmacSHA1") ? SIGN_HMAC_SHA1 : SIGN_HMAC_SHA256;
	return !name.p || *method == SIGN_HMAC_SHA1 || http_slice_is(name, "HmacSHA256");
}

static size_t digest(enum sign_method method, const char *secret, struct http_slice text,
		     uint8_t out[SHA256_DIGEST_SIZE])
{
	const uint8_t *key = (const uint8_t *)secret, *data = (const uint8_t *)text.p;
	struct hmac_sha256_ctx sha256;
	struct hmac_sha1_ctx sha1;

	if (method == SIGN_HMAC_SHA1) {
		hmac_sha1_set_key(&sha1, strlen(secret), key);
		hmac_sha1_update(&sha1, text.n, data);
		hmac_sha1_digest(&sha1, SHA1_DIGEST_SIZE, out);
		return SHA1_DIGEST_SIZE;
	}
	hmac_sha256_set_key(&sha256, strlen(secret), key);
	hmac_sha256_update(&sha256, text.n, data);
	hmac_sha256_digest(&sha256, SHA256_DIGEST_SIZE, out);
	return SHA256_DIGEST_SIZE;
}

void sign_make(enum sign_method method, const char *secret, struct http_slice text,
	       char out[SIGN_ROOM])
{
	uint8_t sum[SHA256_DIGEST_SIZE];
	const size_t n = digest(method, secret, text, sum);

	base64_encode(sum, n, out);
	out[BASE64_LEN(n)] = '\0';
}

bool sign_same(struct http_slice a, struct http_slice b)
{
	return a.n == b.n && (a.n == 0 || memeql_sec(a.p, b.p, a.n));
}

bool sign_matches(enum sign_method method, const char *secret, struct http_slice text,
		  struct http_slice given)
{
	char ours[SIGN_ROOM];

	sign_make(method, secret, text, ours);
	return sign_same(http_slice(ours), given);
}

void sign_md5(struct http_slice body, char out[SIGN_MD5_ROOM])
{
	uint8_t sum[MD5_DIGEST_SIZE];
	struct md5_ctx ctx;

	md5_init(&ctx);
	md5_update(&ctx, body.n, (const uint8_t *)body.p);
	md5_digest(&ctx, MD5_DIGEST_SIZE, sum);
	base64_encode(sum, MD5_DIGEST_SIZE, out);
	out[BASE64_LEN(MD5_DIGEST_SIZE)] = '\0';
}
