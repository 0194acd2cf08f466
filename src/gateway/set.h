// SPDX-License-Identifier: GPL-2.0-only
/** What a backend gets beside, or in place of, what the client sent: headers and parameters of the query. Pure. */
#pragma once

#include "base/arena.h"
#include "gateway/place.h"
#include "http/slice.h"

struct gateway_set {
	const struct gateway_set *next; /* an older one */
	enum gateway_place place;
	const char *name, *value; /* value NULL: the backend gets nothing under this name */
};

/** Sets it, whatever was set before. Both texts are borrowed. False where the arena is full. */
bool gateway_set_add(struct arena *a, const struct gateway_set **sets, enum gateway_place place,
		     const char *name, const char *value);

/** What is set for that name; NULL: nothing is. Headers: see http_header_same(). */
const struct gateway_set *gateway_set_of(const struct gateway_set *sets, enum gateway_place place,
					 struct http_slice name);

/** The next one of that place, from s on, which has a value and that no newer one hides; NULL: none. */
const struct gateway_set *gateway_set_next(const struct gateway_set *sets,
					   const struct gateway_set *s, enum gateway_place place);

/** The query with what is set in place of what is there; p == NULL where the arena is full. */
struct http_slice gateway_set_query(struct arena *a, const struct gateway_set *sets,
				    struct http_slice query);
