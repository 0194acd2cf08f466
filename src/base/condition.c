// SPDX-License-Identifier: GPL-2.0-only
#include "base/condition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "base/number.h"

#define MAX_DEPTH 32

enum value_kind { VALUE_PARAMETER, VALUE_TEXT, VALUE_NUMBER, VALUE_RANDOM };

struct value {
	enum value_kind kind;
	const char *text; /* the name of a parameter; a number as it is written */
};

enum what { AND, OR, EQUAL, UNEQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL, LIKE, IN_CIDR };

struct condition {
	enum what what;
	const struct condition *left, *right; /* AND, OR */
	struct value a, b;
};

struct reader {
	struct arena *arena;
	const char *text, *p;
	const char *why;
	unsigned int depth;
};

static const struct condition *read_any(struct reader *r);

static void skip(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t')
		r->p++;
}

static bool wrong(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	return false;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* A word of its own, either case. */
static bool word(struct reader *r, const char *w)
{
	const size_t n = strlen(w);

	skip(r);
	if (strncasecmp(r->p, w, n) != 0 || is_name(r->p[n]))
		return false;
	r->p += n;
	return true;
}

static bool sign(struct reader *r, const char *s)
{
	skip(r);
	if (strncmp(r->p, s, strlen(s)) != 0)
		return false;
	r->p += strlen(s);
	return true;
}

/* ---- values ---- */

static bool read_quoted(struct reader *r, struct value *v)
{
	const char quote = *r->p++;
	const char *end = strchr(r->p, quote);

	if (!end)
		return wrong(r, "a text without its end");
	*v = (struct value){VALUE_TEXT, arena_strndup(r->arena, r->p, (size_t)(end - r->p))};
	r->p = end + 1;
	return true;
}

static bool read_parameter(struct reader *r, struct value *v)
{
	const char *from = ++r->p;

	while (is_name(*r->p))
		r->p++;
	if (r->p == from)
		return wrong(r, "a $ without a name");
	*v = (struct value){VALUE_PARAMETER, arena_strndup(r->arena, from, (size_t)(r->p - from))};
	return true;
}

/* A sign, digits and a point only; number_parse() takes more. */
static bool read_number(struct reader *r, struct value *v)
{
	const char *from = r->p;

	r->p += *r->p == '-';
	while (isdigit((unsigned char)*r->p) || *r->p == '.')
		r->p++;
	*v = (struct value){VALUE_NUMBER, arena_strndup(r->arena, from, (size_t)(r->p - from))};
	if (!isdigit((unsigned char)r->p[-1]) || is_name(*r->p) ||
	    strchr(v->text, '.') != strrchr(v->text, '.')) {
		r->p = from;
		return wrong(r, "a malformed number");
	}
	return true;
}

static bool read_value(struct reader *r, struct value *v)
{
	skip(r);
	if (*r->p == '$')
		return read_parameter(r, v);
	if (*r->p == '\'' || *r->p == '"')
		return read_quoted(r, v);
	if (isdigit((unsigned char)*r->p) || *r->p == '-')
		return read_number(r, v);
	if (word(r, "Random") && sign(r, "(") && sign(r, ")")) {
		*v = (struct value){VALUE_RANDOM, NULL};
		return true;
	}
	if (word(r, "true"))
		*v = (struct value){VALUE_TEXT, "true"};
	else if (word(r, "false"))
		*v = (struct value){VALUE_TEXT, "false"};
	else
		return wrong(r, "here stands no value");
	return true;
}

/* ---- conditions ---- */

static bool read_comparison(struct reader *r, enum what *what)
{
	static const struct {
		const char *text;
		enum what what;
	} signs[] = {
		{"==", EQUAL},      {"=", EQUAL},       {"<>", UNEQUAL}, {"!=", UNEQUAL},
		{"<=", LESS_EQUAL}, {">=", MORE_EQUAL}, {"<", LESS},     {">", MORE},
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		*what = signs[i].what;
		if (sign(r, signs[i].text))
			return true;
	}
	*what = LIKE;
	if (word(r, "like"))
		return true;
	*what = IN_CIDR;
	return word(r, "in_cidr") || wrong(r, "here stands no comparison");
}

static const struct condition *made(struct reader *r, const struct condition *c)
{
	struct condition *copy = arena_alloc(r->arena, sizeof(*copy));

	*copy = *c;
	return copy;
}

static const struct condition *read_one(struct reader *r)
{
	const struct condition *inner;
	struct condition c = {0};
	struct ip_prefix prefix;

	if (sign(r, "(")) {
		inner = read_any(r);
		if (inner && !sign(r, ")"))
			wrong(r, "a bracket that is not closed");
		return r->why ? NULL : inner;
	}
	if (!read_value(r, &c.a) || !read_comparison(r, &c.what) || !read_value(r, &c.b))
		return NULL;
	if (c.what == IN_CIDR &&
	    (c.b.kind != VALUE_TEXT || ip_prefix_parse(c.b.text, &prefix) != IP_OK)) {
		wrong(r, "in_cidr wants a block of addresses");
		return NULL;
	}
	return made(r, &c);
}

static const struct condition *read_all(struct reader *r)
{
	const struct condition *c = read_one(r);

	while (c && word(r, "and")) {
		const struct condition *right = read_one(r);

		c = right ? made(r, &(struct condition){.what = AND, .left = c, .right = right})
			  : NULL;
	}
	return c;
}

static const struct condition *read_any(struct reader *r)
{
	const struct condition *c = NULL;

	if (++r->depth > MAX_DEPTH)
		wrong(r, "too many brackets");
	else
		c = read_all(r);
	while (c && word(r, "or")) {
		const struct condition *right = read_all(r);

		c = right ? made(r, &(struct condition){.what = OR, .left = c, .right = right})
			  : NULL;
	}
	r->depth--;
	return c;
}

const struct condition *condition_read(struct arena *a, const char *text, const char **why,
				       size_t *at)
{
	struct reader r = {.arena = a, .text = text, .p = text};
	const struct condition *c = NULL;

	if (strlen(text) > CONDITION_MAX)
		wrong(&r, "more than 512 characters");
	else
		c = read_any(&r);
	skip(&r);
	if (c && *r.p)
		wrong(&r, "more than a condition");
	*why = r.why;
	*at = (size_t)(r.p - text);
	return r.why ? NULL : c;
}

/* ---- what they say ---- */

#define NUMBER_ROOM 32

const char condition_unknown[] = "?";

static const char *text_of(const struct value *v, const struct condition_values *values,
			   char room[NUMBER_ROOM])
{
	switch (v->kind) {
	case VALUE_PARAMETER: return values->get(v->text, values->arg);
	case VALUE_RANDOM:
		if (values->any_random)
			return condition_unknown;
		(void)snprintf(room, NUMBER_ROOM, "%.9f", values->random);
		return room;
	case VALUE_TEXT:
	case VALUE_NUMBER: break;
	}
	return v->text;
}

static bool like(const char *s, const char *pattern)
{
	const char *again = NULL,
		   *from = NULL; /* behind the last %, and what it stands for up to */

	while (*s) {
		if (*pattern == '%') {
			again = ++pattern;
			from = s;
		} else if (*pattern == *s) {
			pattern++;
			s++;
		} else if (again) {
			pattern = again;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '%')
		pattern++;
	return !*pattern;
}

static bool in_cidr(const char *address, const char *block)
{
	struct ip_prefix prefix;
	uint32_t ip;

	return ip_parse(address, &ip) && ip_prefix_parse(block, &prefix) == IP_OK &&
	       ip_prefix_has(prefix, ip);
}

static bool is_number(const struct value *v)
{
	return v->kind == VALUE_NUMBER || v->kind == VALUE_RANDOM;
}

static bool ordered(enum what what, int order)
{
	switch (what) {
	case EQUAL: return order == 0;
	case UNEQUAL: return order != 0;
	case LESS: return order < 0;
	case LESS_EQUAL: return order <= 0;
	case MORE: return order > 0;
	case MORE_EQUAL: return order >= 0;
	case AND:
	case OR:
	case LIKE:
	case IN_CIDR: break;
	}
	return false;
}

static bool compare(const struct condition *c, const char *a, const char *b)
{
	double x, y;

	if (c->what == LIKE)
		return like(a, b);
	if (c->what == IN_CIDR)
		return in_cidr(a, b);
	if (!is_number(&c->a) && !is_number(&c->b))
		return ordered(c->what, strcmp(a, b));
	if (!number_parse(a, &x) || !number_parse(b, &y))
		return false;
	return ordered(c->what, (x > y) - (x < y));
}

static enum condition_truth judge_one(const struct condition *c,
				      const struct condition_values *values)
{
	char room_a[NUMBER_ROOM], room_b[NUMBER_ROOM];
	const char *a = text_of(&c->a, values, room_a), *b = text_of(&c->b, values, room_b);

	if (!a || !b)
		return CONDITION_NO;
	if (a == condition_unknown || b == condition_unknown)
		return CONDITION_PERHAPS;
	return compare(c, a, b) ? CONDITION_YES : CONDITION_NO;
}

/* As deep as it is long: at most 512 characters. */
enum condition_truth condition_judge(const struct condition *c,
				     const struct condition_values *values)
{
	const enum condition_truth decides = c->what == AND ? CONDITION_NO : CONDITION_YES;
	enum condition_truth left, right;

	if (c->what != AND && c->what != OR)
		return judge_one(c, values);
	left = condition_judge(c->left, values);
	if (left == decides)
		return left;
	right = condition_judge(c->right, values);
	return left == CONDITION_PERHAPS && right != decides ? left : right;
}

bool condition_holds(const struct condition *c, const struct condition_values *values)
{
	return condition_judge(c, values) == CONDITION_YES;
}
