// SPDX-License-Identifier: GPL-2.0-only
/** FNV-1a, for names and MACs derived from text; stable across builds, not for hostile input. And a quicker one. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

static inline uint64_t hash_bytes(uint64_t seed, const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		/* the analyzer does not see the second byte of an integer that was written whole */
		h = (h ^ b[i]) * 0x100000001b3u; /* NOLINT(clang-analyzer-core.*) */
	return h;
}

static inline uint64_t hash_str(uint64_t seed, const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	/* the terminator counts, so that ("ab","c") and ("a","bc") differ when chained */
	return hash_bytes(seed, s, n + 1);
}

static inline uint64_t hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/**
 * Eight bytes at a time, for tables of one process: nothing that lasts may depend on it. bits are set in each byte
 * before: 0x20 makes the letters of either case alike.
 */
static inline uint64_t hash_quick(uint64_t seed, const void *p, size_t n, unsigned char bits)
{
	const char *b = p;
	uint64_t h = hash_word(seed, n);
	char rest[8] = {0};

	for (; n >= 8; n -= 8, b += 8)
		h = hash_word(h, bytes_load(b) | BYTES_EACH(bits));
	if (n) {
		memcpy(rest, b, n);
		h = hash_word(h, bytes_load(rest) | BYTES_EACH(bits));
	}
	return hash_word(h, 0); /* or the last bytes would hardly reach the low bits */
}
