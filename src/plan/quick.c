// SPDX-License-Identifier: GPL-2.0-only
#include "plan/quick.h"

#include <string.h>

#define DEPTH_MAX 64 /* of JSON of others */

/* --- JSON, as far as it is plain --- */

/* The next byte that is no white space; '\0' at the end. */
static char peek(struct plan_quick *q)
{
	while (q->at < q->len && (q->text[q->at] == ' ' || q->text[q->at] == '\n'))
		q->at++;
	return q->at < q->len ? q->text[q->at] : '\0';
}

static bool take(struct plan_quick *q, char c)
{
	const bool there = peek(q) == c;

	q->at += there;
	return there;
}

/* ASCII that stands for itself. */
static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* Behind the backslash; '\0': one of those that are rare. */
static char escaped(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case '"':
	case '\\': return c;
	default: return '\0';
	}
}

static bool add_escaped(struct plan_quick *q)
{
	const char c = q->at + 1 < q->len ? escaped(q->text[q->at + 1]) : '\0';

	strbuf_addc(&q->word, c);
	q->at += 2;
	return c != '\0';
}

/* Into q->word. */
static bool take_text(struct plan_quick *q)
{
	strbuf_trunc(&q->word, 0);
	if (!take(q, '"'))
		return false;
	for (;;) {
		const size_t from = q->at;

		while (q->at < q->len && is_plain(q->text[q->at]))
			q->at++;
		strbuf_addn(&q->word, q->text + from, q->at - from);
		if (q->at == q->len)
			return false;
		if (q->text[q->at] == '"')
			break;
		if (q->text[q->at] != '\\' || !add_escaped(q))
			return false;
	}
	q->at++;
	return true;
}

static bool is_digit(const struct plan_quick *q, size_t at)
{
	return at < q->len && q->text[at] >= '0' && q->text[at] <= '9';
}

/* Without a sign, of so few digits that it fits. */
static bool take_number(struct plan_quick *q, uint64_t max, uint64_t *n)
{
	size_t from;

	(void)peek(q); /* skips what stands before it */
	from = q->at;
	for (*n = 0; is_digit(q, q->at) && q->at - from < 18; q->at++)
		*n = *n * 10 + (uint64_t)(q->text[q->at] - '0');
	if (q->at == from || (q->at - from > 1 && q->text[from] == '0'))
		return false;
	/* a fraction, an exponent, more digits */
	return q->at < q->len && strchr(",}] \n", q->text[q->at]) && q->text[q->at] && *n <= max;
}

static bool take_word(struct plan_quick *q, const char *word)
{
	const size_t n = strlen(word);

	(void)peek(q); /* skips what stands before it */
	if (q->len - q->at < n || memcmp(q->text + q->at, word, n) != 0)
		return false;
	q->at += n;
	return true;
}

/* --- JSON of others --- */

/* As it is written, with its quotes, behind what is in `to`. Escapes are those that a writer has to make. */
static bool copy_text(struct plan_quick *q, struct strbuf *to)
{
	size_t from;

	if (peek(q) != '"')
		return false;
	from = q->at++;
	for (;; q->at++) {
		while (q->at < q->len && is_plain(q->text[q->at]))
			q->at++;
		if (q->at == q->len || (q->text[q->at] != '"' && q->text[q->at] != '\\'))
			return false;
		if (q->text[q->at] == '"')
			break;
		if (++q->at == q->len || !escaped(q->text[q->at]))
			return false;
	}
	q->at++;
	strbuf_addn(to, q->text + from, q->at - from);
	return true;
}

static bool copy_rest(struct plan_quick *q, struct strbuf *to)
{
	static const char *const words[] = {"true", "false", "null"};
	uint64_t n;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (take_word(q, words[i])) {
			strbuf_add(to, words[i]);
			return true;
		}
	if (!take_number(q, INT64_MAX, &n))
		return false;
	strbuf_add_number(to, n);
	return true;
}

static bool copy_value(struct plan_quick *q, struct strbuf *to, int depth);

/* A key behind the one that begins at *former in `to`, 0: there is none; and its colon. */
static bool copy_key(struct plan_quick *q, struct strbuf *to, size_t *former)
{
	const size_t at = to->len;

	if (!copy_text(q, to) || !take(q, ':'))
		return false;
	/* sorted, so that none comes twice; behind all bytes that sort before the quote, and escapes, others look */
	if (strcspn(to->s + at, " !\\") < to->len - at ||
	    (*former && strncmp(to->s + *former, to->s + at, to->len - at) >= 0))
		return false;
	*former = at;
	strbuf_addc(to, ':');
	return true;
}

static bool copy_members(struct plan_quick *q, struct strbuf *to, char last, int depth)
{
	size_t former = 0;

	q->at++;
	strbuf_addc(to, last == '}' ? '{' : '[');
	if (take(q, last)) {
		strbuf_addc(to, last);
		return true;
	}
	do {
		if (to->s[to->len - 1] != '{' && to->s[to->len - 1] != '[')
			strbuf_addc(to, ',');
		if ((last == '}' && !copy_key(q, to, &former)) || !copy_value(q, to, depth - 1))
			return false;
	} while (take(q, ','));
	strbuf_addc(to, last);
	return take(q, last);
}

static bool copy_value(struct plan_quick *q, struct strbuf *to, int depth)
{
	switch (peek(q)) {
	case '{': return depth && copy_members(q, to, '}', depth);
	case '[': return depth && copy_members(q, to, ']', depth);
	case '"': return copy_text(q, to);
	default: return copy_rest(q, to);
	}
}

const char *plan_quick_json(struct plan_quick *q)
{
	strbuf_trunc(&q->word, 0);
	if (peek(q) != '{' || !copy_value(q, &q->word, DEPTH_MAX))
		return NULL;
	return arena_memdup(q->arena, strbuf_str(&q->word), q->word.len + 1);
}

/* --- fields --- */

static bool read_set(struct plan_quick *q, const struct field_set *fields, void *object,
		     bool whole);

static bool read_flag(struct plan_quick *q, bool *flag)
{
	*flag = peek(q) == 't';
	return take_word(q, *flag ? "true" : "false");
}

static bool read_list(struct plan_quick *q, const struct field *f, void *object)
{
	char *items = NULL;
	size_t n = 0;

	if (!take(q, '['))
		return false;
	if (!take(q, ']')) {
		do {
			items = arena_grow(q->arena, items, n, f->inner->size);
			memset(items + n * f->inner->size, 0, f->inner->size);
			if (!read_set(q, f->inner, items + n++ * f->inner->size, false))
				return false;
		} while (take(q, ','));
		if (!take(q, ']'))
			return false;
	}
	*(void **)((char *)object + f->offset) = items;
	*(size_t *)((char *)object + f->count) = n;
	return true;
}

static bool read_field(struct plan_quick *q, const struct field *f, void *object)
{
	void *at = (char *)object + f->offset;
	uint64_t n;

	switch (f->type) {
	case FIELD_STRING:
		if (!take_text(q))
			return false;
		*(const char **)at = q->keep(q->data, strbuf_str(&q->word));
		return true;
	case FIELD_IP:
	case FIELD_PREFIX:
	case FIELD_MAC:
	case FIELD_ENUM: return take_text(q) && plan_read_value(f, strbuf_str(&q->word), at);
	case FIELD_BOOL: return read_flag(q, at);
	case FIELD_U16:
		if (!take_number(q, UINT16_MAX, &n))
			return false;
		*(uint16_t *)at = (uint16_t)n;
		return true;
	case FIELD_U32:
		if (!take_number(q, UINT32_MAX, &n))
			return false;
		*(uint32_t *)at = (uint32_t)n;
		return true;
	case FIELD_U64: return take_number(q, INT64_MAX, at);
	case FIELD_STRUCT: return read_set(q, f->inner, at, false);
	case FIELD_JSON: return (*(const char **)at = plan_quick_json(q)) != NULL;
	case FIELD_LIST: return read_list(q, f, object);
	}
	return false;
}

/* They come in the order of the table, most of the time: it is looked for from `from` on. SIZE_MAX: none. */
static size_t find_field(const struct field_set *fields, size_t from, const char *name)
{
	for (size_t i = from; fields->fields[i].name; i++)
		if (strcmp(fields->fields[i].name, name) == 0)
			return i;
	for (size_t i = 0; i < from; i++)
		if (strcmp(fields->fields[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static bool has_required(const struct field_set *fields, uint64_t seen)
{
	for (size_t i = 0; fields->fields[i].name; i++)
		if ((fields->fields[i].flags & FIELD_REQUIRED) && !(seen & UINT64_C(1) << i))
			return false;
	return true;
}

/* whole: it has an origin, too. */
static bool read_set(struct plan_quick *q, const struct field_set *fields, void *object, bool whole)
{
	bool origin = !whole; /* nothing is left to be said of it */
	uint64_t seen = 0;    /* bits of fields; no kind has so many */
	size_t next = 0;

	if (!take(q, '{'))
		return false;
	do {
		size_t i;

		if (!take_text(q) || !take(q, ':'))
			return false;
		i = find_field(fields, next, strbuf_str(&q->word));
		if (i == SIZE_MAX && !origin && strcmp(strbuf_str(&q->word), "origin") == 0) {
			origin = true;
			if (!read_set(q, plan_origin_fields(), object, false))
				return false;
			continue;
		}
		if (i >= 64 || (seen & UINT64_C(1) << i) ||
		    (fields->fields[i].flags & FIELD_SEEN) ||
		    !read_field(q, &fields->fields[i], object))
			return false;
		seen |= UINT64_C(1) << i;
		next = i + 1;
	} while (take(q, ','));
	return take(q, '}') && has_required(fields, seen) && origin;
}

bool plan_quick_object(struct plan_quick *q, const struct field_set *fields, void *object)
{
	return read_set(q, fields, object, true);
}
