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

static void add_json(struct strbuf *b, json_t *j) /* takes j */
{
	char *text = json_dumps(need(j), JSON_ENCODE_ANY);

	if (!text)
		abort();
	strbuf_add(b, text);
	free(text);
	json_decref(j);
}

/* Nearly all texts stand for themselves; jansson sees to the others. */
static void add_text(struct strbuf *b, const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] <= '~' && s[n] != '"' && s[n] != '\\')
		n++;
	if (s[n]) {
		add_json(b, json_string(s));
		return;
	}
	strbuf_addc(b, '"');
	strbuf_addn(b, s, n);
	strbuf_addc(b, '"');
}

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
	strbuf_printf(b, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void add_value(struct strbuf *b, const struct field *f, const void *object)
{
	const void *at = (const char *)object + f->offset;
	char buf[IP_PREFIX_STRLEN];

	switch (f->type) {
	case FIELD_STRING: add_text(b, *(const char *const *)at); break;
	case FIELD_BOOL: strbuf_add(b, "true"); break;
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64: strbuf_printf(b, "%lld", (long long)number(f, at)); break;
	case FIELD_IP: add_text(b, ip_format(*(const uint32_t *)at, buf)); break;
	case FIELD_PREFIX: add_text(b, ip_prefix_format(*(const struct ip_prefix *)at, buf)); break;
	case FIELD_MAC: add_mac(b, at); break;
	case FIELD_ENUM: add_text(b, enum_name(f, *(const unsigned int *)at)); break;
	case FIELD_JSON: add_json(b, json_loads(*(const char *const *)at, 0, NULL)); break;
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
	add_text(b, text);
}

static void add_kind(struct strbuf *b, const struct plan *p, enum plan_kind kind)
{
	size_t n = plan_count(p, kind);

	strbuf_printf(b, ",\n\"%s\": [", plan_fields(kind)->name);
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
		add_json(&b, json_loads(p->summary, 0, NULL));
	}
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		add_kind(&b, p, kind);
	strbuf_add(&b, "\n}\n");
	return strbuf_take(&b);
}
