// SPDX-License-Identifier: GPL-2.0-only
/**
 * Signatures of requests, as clients of an API gateway make them and the gateway makes them again
 * (the vendor's "digest authentication"). Pure; the only code that uses nettle.
 *
 *	METHOD \n Accept \n Content-MD5 \n Content-Type \n Date \n
 *	Header1:Value1 \n ...			those that X-Ca-Signature-Headers names, sorted
 *	Path?k=v&k=v				query and form together, decoded, sorted
 *
 * A parameter with an empty value is its name alone, of several with one name the first counts.
 */
#pragma once

#include "base/arena.h"
#include "base/strbuf.h"
#include "http/head.h"

#define SIGN_MAX_PARAMS 4096u      /* in query and form together */
#define SIGN_MAX_FORM   (1u << 20) /* bytes of a form */
#define SIGN_ROOM       45         /* a signature of either method with its NUL */
#define SIGN_MD5_ROOM   25         /* Content-MD5 with its NUL */
#define SIGN_WINDOW_MS \
	(15 * 60 * 1000) /* that X-Ca-Timestamp may be off; nonces are unique as long */

enum sign_method { SIGN_HMAC_SHA256, SIGN_HMAC_SHA1 };

struct sign_request {
	struct http_slice method, path, query; /* path: as it is matched, query: without '?' */
	const struct http_header *headers;
	size_t n_headers;
	struct http_slice signed_headers; /* the value of X-Ca-Signature-Headers */
	struct http_slice form;           /* the body where it is a form, see sign_is_form() */
};

/** The method that the value of X-Ca-Signature-Method names; p == NULL: SIGN_HMAC_SHA256. False: none. */
bool sign_method_of(struct http_slice name, enum sign_method *method);

/** Whether a body of this Content-Type is a form, whose fields are signed one by one. */
bool sign_is_form(struct http_slice content_type);

/**
 * Appends the text that is signed. scratch: for decoded parameters, of at most 2 MiB. NULL, or why there
 * is none (a string literal): more parameters or a larger form than the limits above.
 */
const char *sign_text(struct arena *scratch, const struct sign_request *r, struct strbuf *out);

/**
 * Appends the text that a gateway signs for a backend (X-Ca-Proxy-Signature): METHOD, Content-MD5 of r,
 * these headers, whatever r has, sorted by their names as they are named (capitals first), written in lower case, and
 * path, query and form as above.
 */
const char *sign_backend_text(struct arena *scratch, const struct sign_request *r,
			      const struct http_header *headers, size_t n, struct strbuf *out);

/** Base64 of the HMAC of the text. */
void sign_make(enum sign_method method, const char *secret, struct http_slice text,
	       char out[SIGN_ROOM]);

/** Whether `given` is that signature; takes as long wherever they differ. */
bool sign_matches(enum sign_method method, const char *secret, struct http_slice text,
		  struct http_slice given);

/** Whether two secrets are the same; takes as long wherever they differ. */
bool sign_same(struct http_slice a, struct http_slice b);

/** Content-MD5 of a body: Base64 of its MD5. */
void sign_md5(struct http_slice body, char out[SIGN_MD5_ROOM]);

/** Path and query of a URL; the path is "/" where the URL has none. */
void sign_target(const char *url, struct http_slice *path, struct http_slice *query);

/** The headers that make a call a signed one. */
struct sign_headers {
	const char *text; /* what was signed; NULL where sign_text() refuses */
	struct http_header list[7];
	size_t n;
};

/**
 * What a client adds to a request that has r's headers: X-Ca-Key, -Timestamp, -Nonce, -Signature-Method,
 * -Signature-Headers and -Signature. body: what is sent; one that is no form adds Content-MD5. All lives in
 * the arena, which has no cap.
 */
struct sign_headers sign_call(struct arena *a, const struct sign_request *r, struct http_slice body,
			      const char *key, const char *secret, const char *timestamp,
			      const char *nonce);
