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

struct reader {
	struct plan *plan;
	const char *kind; /* "routes" and 17: where we are, for errors */
	size_t index;
	struct lab_error **err;
};

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
		*(const char **)at = arena_strdup(r->plan->arena, s);
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

static int read_kind(struct reader *r, enum plan_kind kind, const json_t *document)
{
	const struct field_set *fields = plan_fields(kind);
	const json_t *list = json_object_get(document, fields->name);
	struct plan_array array = plan_array(r->plan, kind);
	size_t n = json_array_size(list);
	char *items = arena_alloc(r->plan->arena, n * fields->size + 1);

	if (!json_is_array(list))
		return lab_error_make(r->err, LAB_FAILED, "plan document: %s: not a list",
				      fields->name);
	r->kind = fields->name;
	for (size_t i = 0; i < n; i++) {
		const json_t *j = json_array_get(list, i);
		void *object = items + i * fields->size;

		r->index = i;
		if (read_set(r, fields, j, object) < 0)
			return -1;
		if (read_set(r, plan_origin_fields(), json_object_get(j, "origin"), object) < 0)
			return -1;
	}
	*array.items = n ? items : NULL;
	*array.n = n;
	return 0;
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

static struct plan *read_document(const json_t *document, struct lab_error **err)
{
	const json_t *version = json_object_get(document, "labctl");
	const char *lab = json_string_value(json_object_get(document, "lab"));
	struct reader r = {.err = err};

	if (!json_is_integer(version) || !lab) {
		(void)lab_error_make(err, LAB_FAILED, "plan document: no labctl version or no lab");
		return NULL; /* the caller sees NULL */
	}
	if (json_integer_value(version) != LABCTL_PLAN_VERSION) {
		(void)lab_error_make(err, LAB_STATE,
				     "plan document: version %lld: this labctl reads version %d",
				     (long long)json_integer_value(version), LABCTL_PLAN_VERSION);
		return NULL;
	}
	r.plan = plan_new(lab);
	if (read_head(r.plan, document, err) < 0)
		goto fail;
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		if (read_kind(&r, kind, document) < 0)
			goto fail;
	if (plan_verify(r.plan, err) < 0)
		goto fail;
	return r.plan;
fail:
	plan_free(r.plan);
	return NULL;
}

struct plan *plan_read(const char *text, size_t len, struct lab_error **err)
{
	json_error_t why;
	json_auto_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!document) {
		(void)lab_error_make(err, LAB_FAILED, "plan document: line %d: %s", why.line,
				     why.text);
		return NULL;
	}
	return read_document(document, err);
}
