// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/set.h"

#include "gateway/path.h"
#include "gateway/query.h"
#include "http/head.h"

bool gateway_set_add(struct arena *a, const struct gateway_set **sets, enum gateway_place place,
		     const char *name, const char *value)
{
	struct gateway_set *s = arena_alloc(a, sizeof(*s));

	if (!s)
		return false;
	*s = (struct gateway_set){*sets, place, name, value};
	*sets = s;
	return true;
}

const struct gateway_set *gateway_set_of(const struct gateway_set *sets, enum gateway_place place,
					 struct http_slice name)
{
	for (const struct gateway_set *s = sets; s; s = s->next) {
		if (s->place == place &&
		    (place == GATEWAY_IN_HEAD ? http_header_same(http_slice(s->name), name)
					      : http_slice_equal(http_slice(s->name), name)))
			return s;
	}
	return NULL;
}

const struct gateway_set *gateway_set_next(const struct gateway_set *sets,
					   const struct gateway_set *s, enum gateway_place place)
{
	while (s && (s->place != place || !s->value ||
		     gateway_set_of(sets, place, http_slice(s->name)) != s))
		s = s->next;
	return s;
}

/* ---- queries ---- */

static bool is_set(struct arena *a, const struct gateway_set *sets, struct http_slice field)
{
	struct http_slice value, name = gateway_query_name(field, &value);

	return name.n && gateway_set_of(sets, GATEWAY_IN_QUERY, gateway_path_decode(a, name, true));
}

static void add(char *out, size_t *n, struct http_slice s)
{
	if (s.n)
		memcpy(out + *n, s.p, s.n);
	*n += s.n;
}

struct http_slice gateway_set_query(struct arena *a, const struct gateway_set *sets,
				    struct http_slice query)
{
	const struct gateway_set *s;
	size_t room = query.n + 1, n = 0;
	char *out;

	for (s = sets; s; s = s->next)
		room += 3 * (strlen(s->name) + (s->value ? strlen(s->value) : 0)) + 2;
	out = arena_alloc(a, room);
	while (out && query.n) {
		const struct http_slice field = gateway_query_next(&query);

		if (is_set(a, sets, field))
			continue;
		add(out, &n, n ? http_slice("&") : http_slice(""));
		add(out, &n, field);
	}
	for (s = sets; out && (s = gateway_set_next(sets, s, GATEWAY_IN_QUERY)); s = s->next) {
		add(out, &n, n ? http_slice("&") : http_slice(""));
		n += gateway_query_encode(out + n, http_slice(s->name));
		out[n++] = '=';
		n += gateway_query_encode(out + n, http_slice(s->value));
	}
	return (struct http_slice){out, n};
}
