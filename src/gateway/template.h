// SPDX-License-Identifier: GPL-2.0-only
/**
 * Backend paths with the values of an API's path parameters in them: "/v2/[id].json". A value stands
 * as it does in the client's path: percent-encoded, so it never adds a slash, a '?' or a space.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "http/slice.h"

#define GATEWAY_TEMPLATE_MAX \
	65536 /* bytes: no server takes that much, and arenas have room for it */

struct gateway_template;

/**
 * Reads a normalised path; params: the names that may stand in it. It borrows the text and lives in
 * the arena. NULL with *why, a string literal.
 */
const struct gateway_template *gateway_template_read(struct arena *a, struct http_slice text,
						     const char *const *params, size_t n_params,
						     const char **why);

/** The path with those values, in the order of params; p == NULL beyond GATEWAY_TEMPLATE_MAX. */
struct http_slice gateway_template_fill(const struct gateway_template *t, struct arena *a,
					const struct http_slice *values);
