// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan as a document. One object per line, so that two documents can be compared with line
 * tools; what is absent or zero is left out, except where the field table says that it must be there.
 */
#include "plan/plan.h"

#include <assert.h>
#include <labctl/plan.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "plan/fields.h"

static const char *enum_name(const struct field *f, unsigned int value)
{
	const struct field_name *n = f->names;

	while (n->name && n->value != value)
		n++;
	assert(n->name);
	return n->name;
}

static uint64_t number(const struct field *f, const void *at)
{
	switch (f->type) {
	case FIELD_U16: return *(const uint16_t *)at;
	case FIELD_U32:
	case FIELD_IP: return *(const uint32_t *)at;
	case FIELD_U64: return *(const uint64_t *)at;
	case FIELD_ENUM: return *(const unsigned int *)at;
	case FIELD_PREFIX: return ((const struct ip_prefix *)at)->len;
	case FIELD_BOOL: return *(const bool *)at;
	case FIELD_STRING:
	case FIELD_JSON: return *(const char *const *)at != NULL;
	case FIELD_MAC:
	case FIELD_STRUCT:
	case FIELD_LIST: break;
	}
	return 1;
}

static bool is_absent(const struct field *f, const void *object)
{
	bool optional = !(f->flags & FIELD_REQUIRED) || f->type == FIELD_STRING ||
			f->type == FIELD_BOOL;

	return (f->flags & FIELD_SEEN) ||
	       (optional && !number(f, (const char *)object + f->offset));
}

static void add_members(struct strbuf *b, const struct field_set *fields, const void *object);

static void add_set(struct strbuf *b, const struct field_set *fields, const void *object)
{
	strbuf_addc(b, '{');
	add_members(b, fields, object);
	strbuf_addc(b, '}');
}

static void add_list(struct strbuf *b, const struct field *f, const void *object)
{
	size_t n = *(const size_t *)((const char *)object + f->count);
	const char *items = *(const void *const *)((const char *)object + f->offset);

	strbuf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_add(b, ", ");
		add_set(b, f->inner, items + i * f->inner->size);
	}
	strbuf_addc(b, ']');
}

static void add_mac(struct strbuf *b, const unsigned char *m)
{
	static const char digits[] = "0123456789abcdef";
	char text[3 * 6 + 1] = "\"";

	for (size_t i = 0; i < 6; i++) {
		text[1 + 3 * i] = digits[m[i] >> 4];
		text[2 + 3 * i] = digits[m[i] & 15];
		text[3 + 3 * i] = i < 5 ? ':' : '"';
	}
	strbuf_addn(b, text, sizeof(text));
}

static void add_value(struct strbuf *b, const struct field *f, const void *object)
{
	const void *at = (const char *)object + f->offset;
	char buf[IP_PREFIX_STRLEN];

	switch (f->type) {
	case FIELD_STRING: strbuf_add_json(b, *(const char *const *)at); break;
	case FIELD_BOOL: strbuf_add(b, "true"); break;
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64: strbuf_add_number(b, number(f, at)); break;
	case FIELD_IP: strbuf_add_json(b, ip_format(*(const uint32_t *)at, buf)); break;
	case FIELD_PREFIX:
		strbuf_add_json(b, ip_prefix_format(*(const struct ip_prefix *)at, buf));
		break;
	case FIELD_MAC: add_mac(b, at); break;
	case FIELD_ENUM: strbuf_add_json(b, enum_name(f, *(const unsigned int *)at)); break;
	case FIELD_JSON: strbuf_add_json_spaced(b, *(const char *const *)at); break;
	case FIELD_STRUCT: add_set(b, f->inner, at); break;
	case FIELD_LIST: add_list(b, f, object); break;
	}
}

static void add_members(struct strbuf *b, const struct field_set *fields, const void *object)
{
	bool first = true;

	for (const struct field *f = fields->fields; f->name; f++) {
		if (is_absent(f, object))
			continue;
		strbuf_add(b, first ? "\"" : ", \"");
		strbuf_add(b, f->name);
		strbuf_add(b, "\": ");
		add_value(b, f, object);
		first = false;
	}
}

static void add_head(struct strbuf *b, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_printf(b, ",\n\"%s\": ", key);
	strbuf_add_json(b, text);
}

static void add_kind(struct strbuf *b, const struct plan *p, enum plan_kind kind)
{
	size_t n = plan_count(p, kind);

	strbuf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		const void *object = plan_object(p, kind, i);

		strbuf_add(b, i ? ",\n {" : "\n {");
		add_members(b, plan_fields(kind), object);
		strbuf_add(b, ", \"origin\": "); /* behind what a kind cannot do without */
		add_set(b, plan_origin_fields(), object);
		strbuf_addc(b, '}');
	}
	strbuf_add(b, n ? "\n]" : "]");
}

char *plan_write_kind(const struct plan *p, enum plan_kind kind)
{
	struct strbuf b = {0};

	add_kind(&b, p, kind);
	return strbuf_take(&b);
}

char *plan_write(const struct plan *p)
{
	struct strbuf b = {0};

	strbuf_printf(&b, "{\n\"labctl\": %d", LABCTL_PLAN_VERSION);
	add_head(&b, "lab", p->lab);
	add_head(&b, "title", p->title);
	add_head(&b, "file", p->file);
	add_head(&b, "step", p->step);
	add_head(&b, "changes", p->changes);
	if (p->summary) {
		strbuf_add(&b, ",\n\"summary\": ");
		strbuf_add_json_spaced(&b, p->summary);
	}
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++) {
		strbuf_printf(&b, ",\n\"%s\": ", plan_fields(kind)->name);
		add_kind(&b, p, kind);
	}
	strbuf_add(&b, "\n}\n");
	return strbuf_take(&b);
}
