// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what write.c wrote. The document comes from a file that only root can write, but it decides
 * what root removes: anything that is not exactly a plan is refused. Fields that a later labctl may
 * have added are ignored, as include/labctl/plan.h promises.
 */
#include "plan/plan.h"

#include <jansson.h>
#include <labctl/plan.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/fields.h"
#include "plan/texts.h"

struct reader {
	struct plan *plan;
	struct plan_texts *texts;
	const char *kind; /* "routes" and 17: where we are, for errors */
	size_t index;
	struct lab_error **err;
};

static const char *keep_text(const struct reader *r, const char *s)
{
	struct plan_text *known = plan_texts_get(r->texts, s);

	if (!known->text)
		known->text = arena_strdup(r->plan->arena, s);
	return known->text;
}

static int refuse(const struct reader *r, const char *field, const char *why)
{
	return lab_error_make(r->err, LAB_FAILED, "plan document: %s[%zu]: %s: %s", r->kind,
			      r->index, field, why);
}

static int read_set(const struct reader *r, const struct field_set *fields, const json_t *j,
		    void *object);

static int read_number(const struct reader *r, const struct field *f, const json_t *j, uint64_t max,
		       uint64_t *n)
{
	json_int_t v;

	if (!json_is_integer(j))
		return refuse(r, f->name, "not a number");
	v = json_integer_value(j);
	if (v < 0 || (uint64_t)v > max)
		return refuse(r, f->name, "out of range");
	*n = (uint64_t)v;
	return 0;
}

/* NULL with *r->err set where it is no text, or holds a zero byte. */
static const char *text_of(const struct reader *r, const struct field *f, const json_t *j)
{
	const char *s = json_string_value(j);

	if (!s || strlen(s) != json_string_length(j)) {
		(void)refuse(r, f->name, "not a text"); /* the caller sees NULL */
		return NULL;
	}
	return s;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool parse_mac(const char *s, unsigned char *mac)
{
	if (strlen(s) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		int high = hex_digit(s[3 * i]), low = hex_digit(s[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && s[3 * i + 2] != ':'))
			return false;
		mac[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

static bool parse_prefix(const struct field *f, const char *s, struct ip_prefix *p)
{
	switch (ip_prefix_parse(s, p)) {
	case IP_OK: return true;
	case IP_HOST_BITS: return f->flags & FIELD_HOST_BITS;
	case IP_BAD_SYNTAX:
	case IP_BAD_LENGTH: break;
	}
	return false;
}

static bool parse_enum(const struct field *f, const char *s, unsigned int *value)
{
	for (const struct field_name *n = f->names; n->name; n++)
		if (strcmp(n->name, s) == 0) {
			*value = n->value;
			return true;
		}
	return false;
}

/* The types that the document shows as text. */
static int read_text(const struct reader *r, const struct field *f, const json_t *j, void *at)
{
	const char *s = text_of(r, f, j);
	bool good;

	if (!s)
		return -1;
	if (f->type == FIELD_STRING) {
		*(const char **)at = keep_text(r, s);
		return 0;
	}
	if (f->type == FIELD_IP)
		good = ip_parse(s, at);
	else if (f->type == FIELD_PREFIX)
		good = parse_prefix(f, s, at);
	else if (f->type == FIELD_MAC)
		good = parse_mac(s, at);
	else
		good = parse_enum(f, s, at);
	return good ? 0 : refuse(r, f->name, "malformed");
}

static int read_list(const struct reader *r, const struct field *f, const json_t *j, void *object)
{
	size_t n = json_array_size(j);
	char *items;

	if (!json_is_array(j))
		return refuse(r, f->name, "not a list");
	items = arena_alloc(r->plan->arena, n * f->inner->size + 1);
	for (size_t i = 0; i < n; i++)
		if (read_set(r, f->inner, json_array_get(j, i), items + i * f->inner->size) < 0)
			return -1;
	*(void **)((char *)object + f->offset) = n ? items : NULL;
	*(size_t *)((char *)object + f->count) = n;
	return 0;
}

static const char *dump_object(struct arena *a, const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	const char *copy;

	if (!text)
		abort();
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

static int read_object(const struct reader *r, const struct field *f, const json_t *j, void *at)
{
	if (!json_is_object(j))
		return refuse(r, f->name, "not an object");
	*(const char **)at = dump_object(r->plan->arena, j);
	return 0;
}

static int read_field(const struct reader *r, const struct field *f, const json_t *j, void *object)
{
	void *at = (char *)object + f->offset;
	uint64_t n = 0;

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_IP:
	case FIELD_PREFIX:
	case FIELD_MAC:
	case FIELD_ENUM: return read_text(r, f, j, at);
	case FIELD_BOOL:
		if (!json_is_boolean(j))
			return refuse(r, f->name, "not true or false");
		*(bool *)at = json_is_true(j);
		return 0;
	case FIELD_U16:
		if (read_number(r, f, j, UINT16_MAX, &n) < 0)
			return -1;
		*(uint16_t *)at = (uint16_t)n;
		return 0;
	case FIELD_U32:
		if (read_number(r, f, j, UINT32_MAX, &n) < 0)
			return -1;
		*(uint32_t *)at = (uint32_t)n;
		return 0;
	case FIELD_U64: return read_number(r, f, j, INT64_MAX, at);
	case FIELD_JSON: return read_object(r, f, j, at);
	case FIELD_STRUCT: return read_set(r, f->inner, j, at);
	case FIELD_LIST: return read_list(r, f, j, object);
	}
	return 0;
}

static int read_set(const struct reader *r, const struct field_set *fields, const json_t *j,
		    void *object)
{
	if (!json_is_object(j))
		return refuse(r, fields->name, "not an object");
	for (const struct field *f = fields->fields; f->name; f++) {
		const json_t *value = json_object_get(j, f->name);

		if (f->flags & FIELD_SEEN)
			continue;
		if (!value && (f->flags & FIELD_REQUIRED))
			return refuse(r, f->name, "missing");
		if (value && read_field(r, f, value, object) < 0)
			return -1;
	}
	return 0;
}

/* What stands in the document: read piece by piece, so that the whole of it is never in memory as JSON. */
struct scan {
	const char *text;
	size_t len, at;
	struct lab_error **err;
};

static int malformed(const struct scan *s, const char *why)
{
	int line = 1;

	for (size_t i = 0; i < s->at && i < s->len; i++)
		line += s->text[i] == '\n';
	return lab_error_make(s->err, LAB_FAILED, "plan document: line %d: %s", line, why);
}

/* The next byte that is no white space; '\0' at the end. */
static char peek(struct scan *s)
{
	while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) && s->text[s->at])
		s->at++;
	return s->at < s->len ? s->text[s->at] : '\0';
}

static bool take(struct scan *s, char c)
{
	bool there = peek(s) == c;

	s->at += there;
	return there;
}

/* NULL with *s->err set. */
static json_t *take_value(struct scan *s)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK;
	json_error_t why;
	json_t *value = json_loadb(s->text + s->at, s->len - s->at, flags, &why);

	if (why.position > 0)
		s->at += (size_t)why.position;
	if (!value)
		(void)malformed(s, why.text); /* the caller sees NULL */
	return value;
}

static int read_object_of_kind(struct reader *r, const struct field_set *fields, const json_t *j,
			       void *object)
{
	return read_set(r, fields, j, object) < 0 ||
			       read_set(r, plan_origin_fields(), json_object_get(j, "origin"),
					object) < 0
		       ? -1
		       : 0;
}

struct items {
	char *v; /* zeroed, freed by who began them */
	size_t n, room;
};

static void *add_item(struct items *items, size_t size)
{
	void *item;

	if (items->n == items->room) {
		items->room = items->room ? 2 * items->room : 64;
		items->v = reallocarray(items->v, items->room, size);
		if (!items->v)
			abort();
	}
	item = items->v + items->n++ * size;
	memset(item, 0, size);
	return item;
}

/* Behind the opening bracket. */
static int read_items(struct reader *r, struct scan *s, const struct field_set *fields,
		      struct items *items)
{
	if (take(s, ']'))
		return 0;
	for (r->index = 0;; r->index++) {
		json_auto_t *j = take_value(s);

		if (!j || read_object_of_kind(r, fields, j, add_item(items, fields->size)) < 0)
			return -1;
		if (take(s, ']'))
			return 0;
		if (!take(s, ','))
			return malformed(s, "']' or ',' expected");
	}
}

static int read_kind(struct reader *r, struct scan *s, enum plan_kind kind)
{
	const struct field_set *fields = plan_fields(kind);
	struct plan_array array = plan_array(r->plan, kind);
	struct items items = {0};
	int res;

	if (!take(s, '['))
		return lab_error_make(r->err, LAB_FAILED, "plan document: %s: not a list",
				      fields->name);
	r->kind = fields->name;
	res = read_items(r, s, fields, &items);
	if (res == 0 && items.n) {
		*array.items = arena_memdup(r->plan->arena, items.v, items.n * fields->size);
		*array.n = items.n;
	}
	free(items.v);
	return res;
}

static int read_head(struct plan *p, const json_t *document, struct lab_error **err)
{
	const json_t *summary = json_object_get(document, "summary");
	const struct {
		const char *key;
		const char **text;
	} texts[] = {{"title", &p->title},
		     {"file", &p->file},
		     {"step", &p->step},
		     {"changes", &p->changes}};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const json_t *text = json_object_get(document, texts[i].key);

		if (text && !json_is_string(text))
			return lab_error_make(err, LAB_FAILED, "plan document: %s: not a text",
					      texts[i].key);
		if (text)
			*texts[i].text = arena_strdup(p->arena, json_string_value(text));
	}
	if (summary && !json_is_object(summary))
		return lab_error_make(err, LAB_FAILED, "plan document: summary: not an object");
	if (summary)
		p->summary = dump_object(p->arena, summary);
	return 0;
}

static int check_version(const json_t *head, struct lab_error **err)
{
	const json_t *version = json_object_get(head, "labctl");

	if (!json_is_integer(version) || !json_is_string(json_object_get(head, "lab")))
		return lab_error_make(
			err, LAB_FAILED,
			"plan document: no labctl version or no lab before its objects");
	if (json_integer_value(version) == LABCTL_PLAN_VERSION)
		return 0;
	return lab_error_make(err, LAB_STATE,
			      "plan document: version %lld: this labctl reads version %d",
			      (long long)json_integer_value(version), LABCTL_PLAN_VERSION);
}

static enum plan_kind kind_of(const char *key)
{
	enum plan_kind kind = 0;

	while (kind < PLAN_N_KINDS && strcmp(plan_fields(kind)->name, key) != 0)
		kind++;
	return kind;
}

/* Objects go to the plan, all else to `head`, which notes the name of each kind too. */
static int read_member(struct reader *r, struct scan *s, const char *key, json_t *head)
{
	enum plan_kind kind = kind_of(key);
	json_t *value;

	if (json_object_get(head, key))
		return malformed(s, "duplicate object key");
	if (kind == PLAN_N_KINDS)
		value = take_value(s);
	else if (check_version(head, s->err) < 0 || read_kind(r, s, kind) < 0)
		return -1;
	else
		value = json_true();
	if (!value)
		return -1;
	if (json_object_set_new(head, key, value) < 0)
		abort();
	return 0;
}

/* "KEY": VALUE */
static int read_pair(struct reader *r, struct scan *s, json_t *head)
{
	json_auto_t *key = NULL;

	if (peek(s) != '"')
		return malformed(s, "a key expected");
	key = take_value(s);
	if (!key)
		return -1;
	if (!take(s, ':') || !peek(s))
		return malformed(s, "':' and a value expected");
	return read_member(r, s, json_string_value(key), head);
}

static int read_members(struct reader *r, struct scan *s, json_t *head)
{
	if (!take(s, '{'))
		return malformed(s, "'{' expected");
	do {
		if (read_pair(r, s, head) < 0)
			return -1;
	} while (take(s, ','));
	if (!take(s, '}'))
		return malformed(s, "'}' expected");
	(void)peek(s); /* skips what may stand there */
	return s->at == s->len ? 0 : malformed(s, "end of file expected");
}

static int check_kinds(const json_t *head, struct lab_error **err)
{
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		if (!json_object_get(head, plan_fields(kind)->name))
			return lab_error_make(err, LAB_FAILED, "plan document: %s: not a list",
					      plan_fields(kind)->name);
	return 0;
}

static int read_document(struct reader *r, struct scan *s, json_t *head)
{
	if (read_members(r, s, head) < 0 || check_version(head, s->err) < 0 ||
	    check_kinds(head, s->err) < 0)
		return -1;
	r->plan->lab = arena_strdup(r->plan->arena,
				    json_string_value(json_object_get(head, "lab")));
	return read_head(r->plan, head, s->err) < 0 ? -1 : plan_verify(r->plan, s->err);
}

struct plan *plan_read(const char *text, size_t len, struct lab_error **err)
{
	struct scan s = {.text = text, .len = len, .err = err};
	auto_plan struct plan *plan = plan_new("");
	auto_plan_texts struct plan_texts texts = {0};
	struct reader r = {.plan = plan, .texts = &texts, .err = err};
	json_auto_t *head = json_object();

	if (!head)
		abort();
	return read_document(&r, &s, head) < 0 ? NULL : steal_ptr(plan);
}
