// SPDX-License-Identifier: GPL-2.0-only
/** FNV-1a, for names and MACs derived from text; stable across builds, not for hostile input. */
#pragma once

#include <stddef.h>
#include <stdint.h>

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
