// SPDX-License-Identifier: GPL-2.0-only
/** Base64 of RFC 4648 section 4: standard alphabet, padded, nothing else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Characters for n bytes, without a NUL. */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/** Writes BASE64_LEN(n) characters, no NUL. */
void base64_encode(const void *in, size_t n, char *out);

/**
 * Decodes n characters into out, which has room for n / 4 * 3 bytes. False where the text is not
 * canonical base64: wrong length, other characters, line breaks, bits set behind the last byte.
 */
bool base64_decode(const char *in, size_t n, void *out, size_t *out_len);

/** Section 5, "-_" in place of "+/", without padding: out has room for (n + 3) / 4 * 3 bytes. */
bool base64url_decode(const char *in, size_t n, void *out, size_t *out_len);
