// SPDX-License-Identifier: GPL-2.0-only
/**
 * Paths, brought into one form once: what is matched is what is logged and forwarded.
 *
 * Percent-encoded unreserved characters (RFC 3986 2.3) are decoded, the digits of other encodings
 * become upper case; an encoded slash stays encoded, so it never separates. Refused: malformed
 * encodings, %00, and the segments "." and ".." (encoded or not): clients resolve them, and a
 * gateway that did it too could be made to see another path than the one that was authorized.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "http/slice.h"

/** NULL, or why the path is refused (a string literal). *out lives in the arena. */
const char *gateway_path_normalise(struct arena *a, struct http_slice path, struct http_slice *out);

/** "[name]": a parameter. */
bool gateway_path_is_param(struct http_slice segment);

/** Cuts off the first segment: "/a/b" gives "a" and leaves "/b". False when nothing is left. */
bool gateway_path_next(struct http_slice *path, struct http_slice *segment);

/**
 * Percent-decodes wholly; plus: '+' is a space. The result lives in the arena; where it is not
 * UTF-8, or the encoding is malformed, it is the text as it was.
 */
struct http_slice gateway_path_decode(struct arena *a, struct http_slice s, bool plus);
