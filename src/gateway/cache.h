// SPDX-License-Identifier: GPL-2.0-only
/** Answers that are kept for a while, in at most so much memory. No clock of its own; knows nothing of what may be kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "http/head.h"

struct gateway_cache;

/** limit: bytes of all that it holds. */
struct gateway_cache *gateway_cache_new(size_t limit) __attribute__((returns_nonnull));
void gateway_cache_free(struct gateway_cache *cache); /* NULL is fine */

struct gateway_cached {
	const struct http_header *headers;
	size_t n_headers;
	struct http_slice body;
	uint64_t stored_ms;
};

/** False: it has none under the key. What it gives lives until the next gateway_cache_put(). */
bool gateway_cache_get(const struct gateway_cache *cache, struct http_slice key, uint64_t now_ms,
		       struct gateway_cached *out);

/** Keeps a copy under the key until then, unless it is full: what has expired makes room, nothing else does. */
void gateway_cache_put(struct gateway_cache *cache, struct http_slice key,
		       const struct gateway_cached *what, uint64_t expires_ms);
