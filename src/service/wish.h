// SPDX-License-Identifier: GPL-2.0-only
/** What a request to the echo service asks for by its path. */
#pragma once

#include <stddef.h>

#include "http/slice.h"

#define WISH_BYTES_MAX (64u << 20)
#define WISH_DELAY_MAX 300 /* seconds */

struct wish {
	int status;            /* /status/503; else 200 */
	unsigned int delay_ms; /* /delay/2.5; else 0 */
	size_t bytes;          /* /bytes/N */
	enum { WISH_ECHO, WISH_BYTES, WISH_REFUSED } answer;
	const char *why; /* of WISH_REFUSED, a string literal */
};

/** A path of none of these three kinds wants an echo; one with a number out of range is refused. */
struct wish service_wish(struct http_slice path);
