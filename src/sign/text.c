// SPDX-License-Identifier: GPL-2.0-only
/* The text that is signed. What comes in is hostile: everything is bounded, nothing is refused late. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "http/chars.h"
#include "sign/sign.h"

bool sign_is_form(struct http_slice type)
{
	static const char form[] = "application/x-www-form-urlencoded";

	if (type.n < strlen(form) || strncasecmp(type.p, form, strlen(form)) != 0)
		return false;
	return type.n == strlen(form) || type.p[strlen(form)] == ';' || type.p[strlen(form)] == ' ';
}

/* ---- headers ---- */

/* They have a place of their own in the text, or are made of it. */
static bool never_signed(struct http_slice name)
{
	static const struct http_slice names[] = {
		HTTP_LITERAL("x-ca-signature"), HTTP_LITERAL("x-ca-signature-headers"),
		HTTP_LITERAL("accept"),         HTTP_LITERAL("content-md5"),
		HTTP_LITERAL("content-type"),   HTTP_LITERAL("date"),
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (http_slice_same(name, names[i]))
			return true;
	}
	return false;
}

static int by_bytes(struct http_slice a, struct http_slice b)
{
	const size_t n = a.n < b.n ? a.n : b.n;
	const int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_name(const void *a, const void *b)
{
	return by_bytes(*(const struct http_slice *)a, *(const struct http_slice *)b);
}

/* All values that came under this name: what is not signed must not reach the backend. */
static void add_values(struct strbuf *out, const struct sign_request *r, struct http_slice name)
{
	bool first = true;

	for (size_t i = 0; i < r->n_headers; i++) {
		if (!http_slice_same(r->headers[i].name, name))
			continue;
		if (!first)
			strbuf_addc(out, ',');
		strbuf_addn(out, r->headers[i].value.p, r->headers[i].value.n);
		first = false;
	}
}

static void add_line(struct strbuf *out, const struct sign_request *r, const char *name)
{
	add_values(out, r, http_slice(name));
	strbuf_addc(out, '\n');
}

static bool listed(const struct http_slice *names, size_t n, struct http_slice name)
{
	for (size_t i = 0; i < n; i++) {
		if (http_slice_same(names[i], name))
			return true;
	}
	return false;
}

/* A head has no room for more names than HTTP_MAX_HEADERS that are of use: each has to be there. */
static void add_headers(struct strbuf *out, const struct sign_request *r)
{
	struct http_slice names[HTTP_MAX_HEADERS], rest = r->signed_headers;
	size_t n = 0;

	while (rest.n && n < ARRAY_LEN(names)) {
		struct http_slice name = http_list_next(&rest);

		if (name.n && !never_signed(name) && !listed(names, n, name))
			names[n++] = name;
	}
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		strbuf_addn(out, names[i].p, names[i].n);
		strbuf_addc(out, ':');
		add_values(out, r, names[i]);
		strbuf_addc(out, '\n');
	}
}

/* ---- parameters ---- */

struct param {
	struct http_slice name, value;
	size_t place; /* of several with one name the first counts */
};

struct params {
	struct param *items;
	size_t n;
};

/* Malformed encodings stay as they are. */
static struct http_slice decoded(struct arena *a, struct http_slice s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; out && i < s.n; i++) {
		const int high = s.n - i > 2 ? http_hex_value((unsigned char)s.p[i + 1]) : -1;
		const int low = s.n - i > 2 ? http_hex_value((unsigned char)s.p[i + 2]) : -1;

		if (s.p[i] == '%' && high >= 0 && low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = s.p[i];
			if (s.p[i] == '+')
				out[n - 1] = ' ';
		}
	}
	return (struct http_slice){out, n};
}

static struct http_slice next_field(struct http_slice *text)
{
	const char *amp = memchr(text->p, '&', text->n);
	const struct http_slice field = {text->p, amp ? (size_t)(amp - text->p) : text->n};
	const size_t used = field.n + (amp ? 1 : 0);

	text->p += used;
	text->n -= used;
	return field;
}

static bool read_param(struct arena *a, struct params *all, struct http_slice field)
{
	const char *equals = field.n ? memchr(field.p, '=', field.n) : NULL;
	struct http_slice name = field, value = {NULL, 0};
	struct param *p;

	if (equals) {
		name.n = (size_t)(equals - field.p);
		value = (struct http_slice){equals + 1, field.n - name.n - 1};
	}
	if (name.n == 0)
		return true;
	if (all->n == SIGN_MAX_PARAMS)
		return false;
	p = &all->items[all->n];
	*p = (struct param){decoded(a, name), decoded(a, value), all->n};
	all->n++;
	return p->name.p && p->value.p;
}

static bool read_params(struct arena *a, struct params *all, struct http_slice text)
{
	while (text.n) {
		if (!read_param(a, all, next_field(&text)))
			return false;
	}
	return true;
}

static int by_param(const void *x, const void *y)
{
	const struct param *a = x, *b = y;
	const int order = by_bytes(a->name, b->name);

	return order ? order : (a->place > b->place) - (a->place < b->place);
}

static size_t count_fields(struct http_slice text)
{
	size_t n = text.n ? 1 : 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '&';
	return n;
}

static void add_params(struct strbuf *out, const struct params *all)
{
	char before = '?';

	for (size_t i = 0; i < all->n; i++) {
		const struct param *p = &all->items[i];

		if (i && http_slice_equal(p->name, all->items[i - 1].name))
			continue;
		strbuf_addc(out, before);
		strbuf_addn(out, p->name.p, p->name.n);
		if (p->value.n) {
			strbuf_addc(out, '=');
			strbuf_addn(out, p->value.p, p->value.n);
		}
		before = '&';
	}
}

static const char *add_resource(struct arena *a, const struct sign_request *r, struct strbuf *out)
{
	const size_t fields = count_fields(r->query) + count_fields(r->form);
	struct params all = {0};

	strbuf_addn(out, r->path.p, r->path.n);
	if (!fields)
		return NULL;
	if (r->form.n > SIGN_MAX_FORM)
		return "the form is too large to be signed";
	all.items = arena_alloc(a, (fields < SIGN_MAX_PARAMS ? fields : SIGN_MAX_PARAMS) *
					   sizeof(*all.items));
	if (!all.items || !read_params(a, &all, r->query) || !read_params(a, &all, r->form))
		return "too many parameters";
	qsort(all.items, all.n, sizeof(*all.items), by_param);
	add_params(out, &all);
	return NULL;
}

const char *sign_text(struct arena *scratch, const struct sign_request *r, struct strbuf *out)
{
	strbuf_addn(out, r->method.p, r->method.n);
	strbuf_addc(out, '\n');
	add_line(out, r, "accept");
	add_line(out, r, "content-md5");
	add_line(out, r, "content-type");
	add_line(out, r, "date");
	add_headers(out, r);
	return add_resource(scratch, r, out);
}

static int by_header(const void *a, const void *b)
{
	const struct http_header *x = a, *y = b;

	return by_bytes(x->name, y->name);
}

static void add_lower(struct strbuf *out, struct http_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		strbuf_addc(out,
			    s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i]);
}

const char *sign_backend_text(struct arena *scratch, const struct sign_request *r,
			      const struct http_header *headers, size_t n, struct strbuf *out)
{
	struct http_header *sorted = arena_alloc(scratch, n * sizeof(*sorted) + 1);

	if (!sorted)
		return "too many headers";
	if (n)
		memcpy(sorted, headers, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_header);
	strbuf_addn(out, r->method.p, r->method.n);
	strbuf_addc(out, '\n');
	add_line(out, r, "content-md5");
	for (size_t i = 0; i < n; i++) {
		add_lower(out, sorted[i].name);
		strbuf_addc(out, ':');
		strbuf_addn(out, sorted[i].value.p, sorted[i].value.n);
		strbuf_addc(out, '\n');
	}
	return add_resource(scratch, r, out);
}
