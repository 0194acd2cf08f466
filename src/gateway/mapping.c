// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/mapping.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "gateway/query.h"
#include "gateway/set.h"
#include "http/chars.h"
#include "http/write.h"
#include "pattern/pattern.h"
#include "sign/sign.h"

struct field {
	struct http_slice raw, name, value; /* name and value: decoded */
	bool taken;                         /* by a parameter, or it must not go on */
};

struct fields {
	struct field *list;
	size_t n;
};

struct map {
	struct arena *a;
	const struct gateway_mapping *mapping;
	const struct gateway_map_input *in;
	struct fields query, form;
	struct strbuf query_out, form_out;
	struct http_header *own;
	size_t n_own;
	struct http_slice *path; /* out, in the order of mapping->path_names */
	bool query_as_sent;
	enum gateway_error error;
	const char *about;
};

static bool refuse(struct map *m, enum gateway_error e, const char *about)
{
	m->error = e;
	m->about = about ? about : "";
	return false;
}

static bool refuse_value(struct map *m, const char *name, const char *why)
{
	return refuse(m, GATEWAY_BAD_PARAMETER, arena_printf(m->a, "%s` `%s", name, why));
}

/* ---- encodings ---- */

/* False: malformed, or the arena is full. */
static bool decode(struct arena *a, struct http_slice s, bool plus, struct http_slice *out)
{
	char *o = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; o && i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			const int high = i + 2 < s.n ? http_hex_value((unsigned char)s.p[i + 1])
						     : -1;
			const int low = i + 2 < s.n ? http_hex_value((unsigned char)s.p[i + 2])
						    : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		o[n++] = c;
	}
	*out = (struct http_slice){o, n};
	return o != NULL;
}

static void add_encoded(struct strbuf *b, struct http_slice s)
{
	const size_t before = b->len;

	if (s.n)
		strbuf_trunc(b, before + gateway_query_encode(strbuf_extend(b, 3 * s.n), s));
}

static void add_field(struct strbuf *b, struct http_slice name, struct http_slice value)
{
	if (b->len)
		strbuf_addc(b, '&');
	add_encoded(b, name);
	strbuf_addc(b, '=');
	add_encoded(b, value);
}

/* ---- what the client sent ---- */

static bool read_field(struct arena *a, struct http_slice raw, struct field *f)
{
	struct http_slice value, name = gateway_query_name(raw, &value);

	*f = (struct field){.raw = raw, .name = name, .value = value};
	return decode(a, name, true, &f->name) && decode(a, value, true, &f->value);
}

static bool read_fields(struct map *m, struct http_slice text, enum gateway_error e,
			struct fields *out)
{
	size_t room = 1;

	for (size_t i = 0; i < text.n; i++)
		room += text.p[i] == '&';
	if (room > GATEWAY_MAP_FIELDS)
		return refuse(m, e, "too many parameters");
	out->list = arena_alloc(m->a, room * sizeof(*out->list));
	if (!out->list)
		return refuse(m, e, "too large");
	while (text.n) {
		const struct http_slice raw = gateway_query_next(&text);

		if (raw.n && !read_field(m->a, raw, &out->list[out->n++]) &&
		    m->mapping->mode != GATEWAY_PASS)
			return refuse(m, e, "malformed percent-encoding");
	}
	return true;
}

static bool read_form(struct map *m)
{
	if (!m->mapping->form || m->in->body.n == 0)
		return true;
	if (!sign_is_form(http_head_get(m->in->head, "content-type")))
		return refuse(m, GATEWAY_BAD_CONTENT_TYPE, "a form is expected");
	if (m->in->body.n > GATEWAY_MAP_FORM)
		return refuse(m, GATEWAY_BAD_BODY, "a form of more than 1 MiB");
	return read_fields(m, m->in->body, GATEWAY_BAD_BODY, &m->form);
}

/* The first of that name; all of them are taken. */
static struct http_slice take(struct fields *f, const char *name)
{
	struct http_slice value = {NULL, 0};

	for (size_t i = 0; i < f->n; i++) {
		if (!http_slice_equal(f->list[i].name, http_slice(name)))
			continue;
		f->list[i].taken = true;
		if (!value.p)
			value = f->list[i].value;
	}
	return value;
}

/* p == NULL: it is not there. */
static struct http_slice value_of(struct map *m, const struct gateway_parameter *p)
{
	struct http_slice value = {NULL, 0};

	switch (p->in) {
	case GATEWAY_IN_PATH:
		/* what cannot be decoded did not pass gateway_path_normalise() */
		(void)decode(m->a, m->in->params[p->slot], false, &value);
		break;
	case GATEWAY_IN_QUERY: value = take(&m->query, p->name); break;
	case GATEWAY_IN_HEAD: value = http_head_get(m->in->head, p->name); break;
	case GATEWAY_IN_BODY: value = take(&m->form, p->name); break;
	}
	return value;
}

/* ---- checks ---- */

static bool is_integer(const char *s, int64_t min, int64_t max)
{
	char *end;
	long long n;

	if (!http_is_digit((unsigned char)s[s[0] == '-']))
		return false;
	errno = 0;
	n = strtoll(s, &end, 10);
	return !*end && !errno && n >= min && n <= max;
}

static const char *type_fault(const struct gateway_parameter *p, const char *s)
{
	double n;

	switch (p->type) {
	case GATEWAY_STRING: break;
	case GATEWAY_INT: return is_integer(s, INT32_MIN, INT32_MAX) ? NULL : "not an INT";
	case GATEWAY_LONG: return is_integer(s, INT64_MIN, INT64_MAX) ? NULL : "not a LONG";
	case GATEWAY_FLOAT:
	case GATEWAY_DOUBLE: return number_parse(s, &n) ? NULL : "not a number";
	case GATEWAY_BOOLEAN:
		return strcasecmp(s, "true") == 0 || strcasecmp(s, "false") == 0 ? NULL
										 : "not a BOOLEAN";
	}
	return NULL;
}

static const char *range_fault(const struct gateway_parameter *p, const char *s)
{
	const double n = p->has_min || p->has_max ? strtod(s, NULL) : 0;

	if (p->has_min && n < p->min)
		return "too small";
	return p->has_max && n > p->max ? "too large" : NULL;
}

static bool is_one_of(const struct gateway_parameter *p, const char *s)
{
	for (size_t i = 0; i < p->n_values; i++) {
		if (strcmp(p->values[i], s) == 0)
			return true;
	}
	return p->n_values == 0;
}

static const char *fault_of(const struct gateway_parameter *p, struct http_slice value,
			    const char *s)
{
	const char *why = memchr(s, 0, value.n) ? "a NUL in it" : type_fault(p, s);

	if (!why)
		why = range_fault(p, s);
	if (!why && value.n < p->min_length)
		why = "too short";
	if (!why && p->max_length && value.n > p->max_length)
		why = "too long";
	if (!why && p->pattern)
		why = pattern_fault(p->pattern, value.p, value.n);
	return !why && !is_one_of(p, s) ? "not one of the values" : why;
}

static bool check(struct map *m, const struct gateway_parameter *p, struct http_slice value)
{
	const char *s = arena_strndup(m->a, value.p, value.n);
	const char *why = s ? fault_of(p, value, s) : "too long";

	return !why || refuse_value(m, p->name, why);
}

/* ---- what the backend gets ---- */

/* raw: the segment as the client sent it, or p == NULL */
static bool put_path(struct map *m, const char *name, struct http_slice value,
		     struct http_slice raw)
{
	auto_strbuf struct strbuf b = {0};
	size_t i = 0;

	while (strcmp(m->mapping->path_names[i], name) != 0)
		i++; /* config_mapping.c has put it there */
	if (!raw.p) {
		if (value.n == 0 || http_slice_is(value, ".") || http_slice_is(value, ".."))
			return refuse_value(m, name, "not a segment of a path");
		add_encoded(&b, value);
		raw = (struct http_slice){arena_strndup(m->a, b.s, b.len), b.len};
	}
	m->path[i] = raw;
	return raw.p || refuse_value(m, name, "too long");
}

static bool put(struct map *m, enum gateway_place to, const char *as, struct http_slice value,
		struct http_slice raw)
{
	switch (to) {
	case GATEWAY_IN_PATH: return put_path(m, as, value, raw);
	case GATEWAY_IN_QUERY: add_field(&m->query_out, http_slice(as), value); break;
	case GATEWAY_IN_BODY: add_field(&m->form_out, http_slice(as), value); break;
	case GATEWAY_IN_HEAD:
		if (!http_header_valid(http_slice(as), value))
			return refuse_value(m, as, "not a value of a header");
		m->own[m->n_own++] = (struct http_header){http_slice(as), value};
		break;
	}
	return true;
}

static bool map_parameter(struct map *m, const struct gateway_parameter *p)
{
	const bool unknown = m->in->partial &&
			     (p->in == GATEWAY_IN_HEAD || p->in == GATEWAY_IN_BODY);
	/* of a path nothing can be left out */
	const bool needed = p->required || p->to == GATEWAY_IN_PATH;
	struct http_slice value = value_of(m, p), raw = {NULL, 0};

	if (!value.p && p->fallback)
		value = http_slice(p->fallback);
	if (!value.p)
		return unknown || !needed || refuse(m, GATEWAY_PARAMETER_MISSING, p->name);
	if (p->in == GATEWAY_IN_PATH)
		raw = m->in->params[p->slot];
	return check(m, p, value) && put(m, p->to, p->as, value, raw);
}

/* Parameters of the path that nothing is said of keep their names. */
static void keep_path(struct map *m, const struct gateway_api *api)
{
	for (size_t i = 0; i < m->mapping->n_path_names; i++) {
		for (size_t j = 0; j < api->n_params; j++) {
			if (strcmp(api->params[j], m->mapping->path_names[i]) == 0)
				m->path[i] = m->in->params[j];
		}
	}
}

static bool map_parameters(struct map *m)
{
	const struct gateway_mapping *x = m->mapping;

	for (size_t i = 0; i < x->n_parameters; i++) {
		if (!map_parameter(m, &x->parameters[i]))
			return false;
	}
	for (size_t i = 0; i < x->n_constants; i++) {
		const struct gateway_constant *c = &x->constants[i];

		if (!put(m, c->to, c->as, http_slice(c->value), (struct http_slice){NULL, 0}))
			return false;
	}
	for (size_t i = 0; i < x->n_systems; i++) {
		const struct gateway_system *s = &x->systems[i];
		const char *value = m->in->systems[s->value];

		if (!put(m, s->to, s->as, http_slice(value ? value : "-"),
			 (struct http_slice){NULL, 0}))
			return false;
	}
	return true;
}

static bool is_named(enum gateway_place to, const char *as, struct http_slice name)
{
	return to == GATEWAY_IN_HEAD ? http_header_same(name, http_slice(as))
				     : http_slice_is(name, as);
}

/* Whether only the API says something under that name there; it may also say nothing. */
static bool says(const struct gateway_mapping *x, enum gateway_place to, struct http_slice name)
{
	for (size_t i = 0; i < x->n_parameters; i++) {
		if (x->parameters[i].to == to && is_named(to, x->parameters[i].as, name))
			return true;
	}
	for (size_t i = 0; i < x->n_constants; i++) {
		if (x->constants[i].to == to && is_named(to, x->constants[i].as, name))
			return true;
	}
	for (size_t i = 0; i < x->n_systems; i++) {
		if (x->systems[i].to == to && is_named(to, x->systems[i].as, name))
			return true;
	}
	return false;
}

/* What nothing is said of goes on as it came. */
static void keep_fields(const struct map *m, enum gateway_place place, const struct fields *f,
			struct strbuf *out)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].taken || says(m->mapping, place, f->list[i].name))
			continue;
		if (out->len)
			strbuf_addc(out, '&');
		strbuf_addn(out, f->list[i].raw.p, f->list[i].raw.n);
	}
}

/* How the message is to be read, and by whom it came. */
static bool always_goes_on(struct http_slice name)
{
	static const char *const names[] = {
		"accept",       "accept-encoding", "accept-language", "content-encoding",
		"content-type", "user-agent",      "x-forwarded-for", "x-ca-stage",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (http_slice_is(name, names[i]))
			return true;
	}
	return false;
}

static bool goes_on(const struct map *m, struct http_slice name)
{
	if (says(m->mapping, GATEWAY_IN_HEAD, name))
		return false;
	for (size_t i = 0; i < m->n_own; i++) {
		/* also the type of a form */
		if (http_header_same(m->own[i].name, name))
			return false;
	}
	for (size_t i = 0; i < m->mapping->n_parameters; i++) {
		const struct gateway_parameter *p = &m->mapping->parameters[i];

		if (p->in == GATEWAY_IN_HEAD && http_header_same(name, http_slice(p->name)))
			return false;
	}
	return m->mapping->mode != GATEWAY_MAP || always_goes_on(name);
}

static bool write_head(struct map *m, struct gateway_mapped *out)
{
	struct http_head *h = arena_alloc(m->a, sizeof(*h));
	const char *query = m->query_out.len ? arena_strndup(m->a, m->query_out.s, m->query_out.len)
					     : "";

	if (!h || !query)
		return refuse(m, GATEWAY_URL_TOO_LARGE, NULL);
	*h = *m->in->head;
	if (!m->query_as_sent) {
		h->query = (struct http_slice){query, m->query_out.len};
		h->has_query = m->query_out.len > 0;
	}
	h->n_headers = 0;
	for (size_t i = 0; i < m->in->head->n_headers; i++) {
		if (goes_on(m, m->in->head->headers[i].name))
			h->headers[h->n_headers++] = m->in->head->headers[i];
	}
	out->head = h;
	out->own = m->own;
	out->n_own = m->n_own;
	out->path = m->path;
	return true;
}

static bool write_request(struct map *m, struct gateway_mapped *out)
{
	m->query_as_sent = m->mapping->mode == GATEWAY_PASS && m->query_out.len == 0;
	if (m->mapping->mode != GATEWAY_MAP) {
		keep_fields(m, GATEWAY_IN_QUERY, &m->query, &m->query_out);
		keep_fields(m, GATEWAY_IN_BODY, &m->form, &m->form_out);
	}
	out->body = m->in->body;
	if (m->mapping->form) {
		out->form = m->form_out;
		m->form_out = (struct strbuf){0};
		out->body = (struct http_slice){out->form.s, out->form.len};
	}
	if (m->mapping->form && out->body.n)
		m->own[m->n_own++] = (struct http_header){
			http_slice("Content-Type"),
			http_slice("application/x-www-form-urlencoded; charset=UTF-8")};
	return write_head(m, out);
}

/* ---- all of it ---- */

static enum gateway_error map(struct arena *a, const struct gateway_api *api,
			      const struct gateway_map_input *in, struct gateway_mapped *out,
			      const char **about)
{
	const struct gateway_mapping *x = api->mapping;
	struct map m = {.a = a, .mapping = x, .in = in};
	const size_t n_own = x->n_parameters + x->n_constants + x->n_systems + 1;

	m.own = arena_alloc(a, n_own * sizeof(*m.own));
	m.path = arena_alloc(a, (x->n_path_names + 1) * sizeof(*m.path));
	if (!m.own || !m.path)
		return GATEWAY_URL_TOO_LARGE;
	for (size_t i = 0; i < x->n_path_names; i++)
		m.path[i] = http_slice("");
	keep_path(&m, api);
	if (read_fields(&m, in->head->query, GATEWAY_BAD_URI, &m.query) && read_form(&m) &&
	    map_parameters(&m))
		(void)write_request(&m, out); /* what goes wrong is in m.error */
	strbuf_done(&m.query_out);
	strbuf_done(&m.form_out);
	*about = m.about ? m.about : "";
	return m.error;
}

enum gateway_error gateway_map(struct arena *a, const struct gateway_api *api,
			       const struct gateway_map_input *in, struct gateway_mapped *out,
			       const char **about)
{
	*out = (struct gateway_mapped){.head = in->head, .body = in->body, .path = in->params};
	*about = "";
	return api->mapping ? map(a, api, in, out, about) : GATEWAY_OK;
}

void gateway_mapped_done(struct gateway_mapped *m)
{
	strbuf_done(&m->form);
}
