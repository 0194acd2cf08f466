// SPDX-License-Identifier: GPL-2.0-only
/** Fields of a query, "name=value&name". */
#pragma once

#include "base/arena.h"
#include "http/slice.h"

/** Cuts off the first field, which may be empty. */
struct http_slice gateway_query_next(struct http_slice *query);

/** The name of a field, still encoded; what is left of it is the value, with p == NULL where there is no '='. */
struct http_slice gateway_query_name(struct http_slice field, struct http_slice *value);

/** The decoded value of the first field of that name (decoded, exactly); p == NULL: there is none. */
struct http_slice gateway_query_get(struct arena *a, struct http_slice query, const char *name);

/**
 * Writes what stands for that text in a query or a segment of a path, at most three bytes for each of its own, without a
 * NUL; gives how many.
 */
size_t gateway_query_encode(char *out, struct http_slice text);
