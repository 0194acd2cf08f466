// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/template.h"

#include <stdbool.h>

struct piece {
	struct http_slice text; /* p == NULL: a parameter */
	size_t param;
};

struct gateway_template {
	struct piece *pieces;
	size_t n_pieces;
};

static bool find(struct http_slice name, const char *const *params, size_t n_params, size_t *at)
{
	for (*at = 0; *at < n_params; (*at)++) {
		if (http_slice_equal(name, http_slice(params[*at])))
			return true;
	}
	return false;
}

static void skip(struct http_slice *text, size_t n)
{
	text->p += n;
	text->n -= n;
}

/* Up to the next parameter. */
static const char *read_text(struct http_slice *text, struct piece *piece)
{
	const char *open = memchr(text->p, '[', text->n);

	piece->text = (struct http_slice){text->p, open ? (size_t)(open - text->p) : text->n};
	skip(text, piece->text.n);
	return memchr(piece->text.p, ']', piece->text.n) ? "a ']' without its '['" : NULL;
}

/* "[name]" */
static const char *read_param(struct http_slice *text, const char *const *params, size_t n_params,
			      struct piece *piece)
{
	const char *close = memchr(text->p, ']', text->n);
	struct http_slice name;

	if (!close)
		return "a '[' without its ']'";
	name = (struct http_slice){text->p + 1, (size_t)(close - text->p) - 1};
	skip(text, name.n + 2);
	return find(name, params, n_params, &piece->param)
		       ? NULL
		       : "a parameter that the API's path does not have";
}

const struct gateway_template *gateway_template_read(struct arena *a, struct http_slice text,
						     const char *const *params, size_t n_params,
						     const char **why)
{
	struct gateway_template *t = arena_alloc(a, sizeof(*t));

	*why = NULL;
	while (text.n && !*why) {
		struct piece *piece = arena_push(a, t->pieces, t->n_pieces);

		if (text.p[0] == '[')
			*why = read_param(&text, params, n_params, piece);
		else
			*why = read_text(&text, piece);
	}
	return *why ? NULL : t;
}

static struct http_slice value(const struct piece *p, const struct http_slice *values)
{
	return p->text.p ? p->text : values[p->param];
}

struct http_slice gateway_template_fill(const struct gateway_template *t, struct arena *a,
					const struct http_slice *values)
{
	struct http_slice out = {NULL, 0};
	size_t room = 1;
	char *text;

	for (size_t i = 0; i < t->n_pieces; i++)
		room += value(&t->pieces[i], values).n;
	text = room <= GATEWAY_TEMPLATE_MAX ? arena_alloc(a, room) : NULL;
	for (size_t i = 0; text && i < t->n_pieces; i++) {
		struct http_slice v = value(&t->pieces[i], values);

		if (v.n)
			memcpy(text + out.n, v.p, v.n);
		out.n += v.n;
	}
	out.p = text;
	return out;
}
