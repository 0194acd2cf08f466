// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan as a document. One object per line, so that two documents can be compared with line
 * tools; what is absent or zero is left out, except where the field table says that it must be there.
 */
#include "plan/plan.h"

#include <assert.h>
#include <jansson.h>
#include <labctl/plan.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "plan/fields.h"

/* jansson answers NULL where memory is exhausted, and for text that is not UTF-8: plan.h's texts
 * come from names and from a lab file that was checked to be UTF-8. */
static json_t *need(json_t *j)
{
	if (!j)
		abort();
	return j;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, need(value)) < 0)
		abort();
}

static json_t *write_set(const struct field_set *fields, const void *object);

static json_t *write_mac(const unsigned char *m)
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static json_t *write_number(uint64_t n, unsigned int flags)
{
	return n || (flags & FIELD_REQUIRED) ? need(json_integer((json_int_t)n)) : NULL;
}

static json_t *write_text(const char *s)
{
	return s ? need(json_string(s)) : NULL;
}

static json_t *write_ip(uint32_t ip, unsigned int flags)
{
	char buf[IP_STRLEN];

	return ip || (flags & FIELD_REQUIRED) ? need(json_string(ip_format(ip, buf))) : NULL;
}

static json_t *write_enum(const struct field *f, unsigned int value)
{
	const struct field_name *n = f->names;

	if (!value && !(f->flags & FIELD_REQUIRED))
		return NULL;
	while (n->name && n->value != value)
		n++;
	assert(n->name);
	return need(json_string(n->name));
}

static json_t *write_prefix(const struct field *f, struct ip_prefix p)
{
	char buf[IP_PREFIX_STRLEN];

	if (!p.len && !(f->flags & FIELD_REQUIRED))
		return NULL;
	return need(json_string(ip_prefix_format(p, buf)));
}

static json_t *write_list(const struct field *f, const void *object)
{
	size_t n = *(const size_t *)((const char *)object + f->count);
	const char *items = *(const void *const *)((const char *)object + f->offset);
	json_t *list = need(json_array());

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, write_set(f->inner, items + i * f->inner->size)) <
		    0)
			abort();
	return list;
}

/* NULL: absent. */
static json_t *write_field(const struct field *f, const void *object)
{
	const void *at = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_STRING: return write_text(*(const char *const *)at);
	case FIELD_BOOL: return *(const bool *)at ? json_true() : NULL;
	case FIELD_U16: return write_number(*(const uint16_t *)at, f->flags);
	case FIELD_U32: return write_number(*(const uint32_t *)at, f->flags);
	case FIELD_U64: return write_number(*(const uint64_t *)at, f->flags);
	case FIELD_IP: return write_ip(*(const uint32_t *)at, f->flags);
	case FIELD_PREFIX: return write_prefix(f, *(const struct ip_prefix *)at);
	case FIELD_MAC: return need(write_mac(at));
	case FIELD_ENUM: return write_enum(f, *(const unsigned int *)at);
	case FIELD_JSON: return need(json_loads(*(const char *const *)at, 0, NULL));
	case FIELD_STRUCT: return write_set(f->inner, at);
	case FIELD_LIST: return write_list(f, object);
	}
	return NULL;
}

static json_t *write_set(const struct field_set *fields, const void *object)
{
	json_t *j = need(json_object());

	for (const struct field *f = fields->fields; f->name; f++) {
		json_t *value = f->flags & FIELD_SEEN ? NULL : write_field(f, object);

		if (value)
			set(j, f->name, value);
	}
	return j;
}

static void add_json(struct strbuf *b, json_t *j) /* takes j */
{
	char *text = json_dumps(j, JSON_ENCODE_ANY);

	if (!text)
		abort();
	strbuf_add(b, text);
	free(text);
	json_decref(j);
}

static void add_member(struct strbuf *b, const char *key, json_t *value) /* takes value */
{
	if (!value)
		return;
	strbuf_printf(b, ",\n\"%s\": ", key);
	add_json(b, value);
}

static void add_kind(struct strbuf *b, const struct plan *p, enum plan_kind kind)
{
	size_t n = plan_count(p, kind);

	strbuf_printf(b, ",\n\"%s\": [", plan_fields(kind)->name);
	for (size_t i = 0; i < n; i++) {
		const void *object = plan_object(p, kind, i);
		json_t *j = write_set(plan_fields(kind), object);

		set(j, "origin", write_set(plan_origin_fields(), object));
		strbuf_add(b, i ? ",\n " : "\n ");
		add_json(b, j);
	}
	strbuf_add(b, n ? "\n]" : "]");
}

char *plan_write(const struct plan *p)
{
	struct strbuf b = {0};

	strbuf_printf(&b, "{\n\"labctl\": %d", LABCTL_PLAN_VERSION);
	add_member(&b, "lab", write_text(p->lab));
	add_member(&b, "title", write_text(p->title));
	add_member(&b, "file", write_text(p->file));
	add_member(&b, "step", write_text(p->step));
	add_member(&b, "changes", write_text(p->changes));
	if (p->summary)
		add_member(&b, "summary", need(json_loads(p->summary, 0, NULL)));
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		add_kind(&b, p, kind);
	strbuf_add(&b, "\n}\n");
	return strbuf_take(&b);
}
