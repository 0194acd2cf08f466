// SPDX-License-Identifier: GPL-2.0-only
/*
 * Head, texts, objects.
 *
 * The texts end in NUL, each is there once, and a text of an object is its offset; 0 is none. Objects follow kind by
 * kind, their fields in the order of the tables (fields.h), the origin first, each as many bytes as its type has.
 * Numbers are the machine's own. The head names the tables, so that one that was written by other ones is not read.
 */
#include "plan/pack.h"

#include <assert.h>
#include <labctl/plan.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "plan/fields.h"
#include "plan/texts.h"

#define MAGIC "labctl1" /* 2, when this file writes otherwise what the tables say alike */

enum head_text {
	HEAD_LAB,
	HEAD_TITLE,
	HEAD_FILE,
	HEAD_STEP,
	HEAD_CHANGES,
	HEAD_SUMMARY,
	N_HEAD_TEXTS
};

struct head {
	char magic[8];
	uint64_t sum; /* of all behind it */
	uint64_t tables;
	struct plan_stamp stamp;
	uint32_t texts[N_HEAD_TEXTS];
	uint32_t n_texts; /* bytes */
	uint32_t n[PLAN_N_KINDS];
};
/* no byte of it is padding */
static_assert(sizeof(struct head) ==
		      24 + sizeof(struct plan_stamp) + 4 * (N_HEAD_TEXTS + 1 + PLAN_N_KINDS),
	      "padded");

static const size_t head_places[N_HEAD_TEXTS] = {
	[HEAD_LAB] = offsetof(struct plan, lab),
	[HEAD_TITLE] = offsetof(struct plan, title),
	[HEAD_FILE] = offsetof(struct plan, file),
	[HEAD_STEP] = offsetof(struct plan, step),
	[HEAD_CHANGES] = offsetof(struct plan, changes),
	[HEAD_SUMMARY] = offsetof(struct plan, summary),
};

/* --- what both sides agree on --- */

static uint64_t hash_fields(uint64_t h, const struct field_set *set)
{
	h = hash_str(h, set->name);
	for (const struct field *f = set->fields; f->name; f++) {
		h = hash_str(h, f->name);
		h = hash_bytes(h, &f->type, sizeof(f->type));
		h = hash_bytes(h, &f->flags, sizeof(f->flags));
		if (f->inner)
			h = hash_fields(h, f->inner);
		for (const struct field_name *n = f->names; n && n->name; n++)
			h = hash_bytes(hash_str(h, n->name), &n->value, sizeof(n->value));
	}
	return h;
}

static uint64_t hash_tables(void)
{
	uint64_t h = hash_fields(LABCTL_PLAN_VERSION, plan_origin_fields());

	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		h = hash_fields(h, plan_fields(kind));
	return h;
}

/* Eight bytes at a time. Every step is one to one, so that a word that differs is always seen. */
static uint64_t sum_words(uint64_t h, const char *p, size_t n)
{
	uint64_t word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return hash_bytes(h, p, n);
}

static uint64_t sum_of(const void *packed, size_t len)
{
	const size_t from = offsetof(struct head, tables);

	return sum_words(len, (const char *)packed + from, len - from);
}

void plan_pack_seal(void *packed, size_t len)
{
	uint64_t sum = sum_of(packed, len);

	memcpy((char *)packed + offsetof(struct head, sum), &sum, sizeof(sum));
}

/* --- writing --- */

struct packer {
	struct plan_texts known;
	struct strbuf texts, objects;
};

static uint32_t pack_text(struct packer *w, const char *s)
{
	struct plan_text *known;

	if (!s)
		return 0;
	known = plan_texts_get(&w->known, s);
	if (!known->text) {
		*known = (struct plan_text){s, w->texts.len};
		strbuf_addn(&w->texts, s, strlen(s) + 1);
		assert(w->texts.len < UINT32_MAX);
	}
	return (uint32_t)known->at;
}

static void put_text(struct packer *w, const char *s)
{
	uint32_t at = pack_text(w, s);

	strbuf_addn(&w->objects, &at, sizeof(at));
}

static void put_enum(struct packer *w, const struct field *f, unsigned int value)
{
	unsigned char i = 0;

	while (f->names[i].name && f->names[i].value != value)
		i++;
	assert(f->names[i].name);
	strbuf_addn(&w->objects, &i, sizeof(i));
}

static void put_prefix(struct packer *w, const struct ip_prefix *p)
{
	const unsigned char len = (unsigned char)p->len;

	strbuf_addn(&w->objects, &p->addr, sizeof(p->addr));
	strbuf_addn(&w->objects, &len, sizeof(len));
}

static void put_set(struct packer *w, const struct field_set *set, const void *object);

static void put_list(struct packer *w, const struct field *f, const void *object)
{
	const size_t n = *(const size_t *)((const char *)object + f->count);
	const char *items = *(const void *const *)((const char *)object + f->offset);
	const uint32_t count = (uint32_t)n;

	strbuf_addn(&w->objects, &count, sizeof(count));
	for (size_t i = 0; i < n; i++)
		put_set(w, f->inner, items + i * f->inner->size);
}

static void put_field(struct packer *w, const struct field *f, const void *object)
{
	const void *at = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_JSON: put_text(w, *(const char *const *)at); break;
	case FIELD_BOOL: strbuf_addc(&w->objects, (char)*(const bool *)at); break;
	case FIELD_U16: strbuf_addn(&w->objects, at, sizeof(uint16_t)); break;
	case FIELD_U32:
	case FIELD_IP: strbuf_addn(&w->objects, at, sizeof(uint32_t)); break;
	case FIELD_U64: strbuf_addn(&w->objects, at, sizeof(uint64_t)); break;
	case FIELD_PREFIX: put_prefix(w, at); break;
	case FIELD_MAC: strbuf_addn(&w->objects, at, 6); break;
	case FIELD_ENUM: put_enum(w, f, *(const unsigned int *)at); break;
	case FIELD_STRUCT: put_set(w, f->inner, at); break;
	case FIELD_LIST: put_list(w, f, object); break;
	}
}

static void put_set(struct packer *w, const struct field_set *set, const void *object)
{
	for (const struct field *f = set->fields; f->name; f++)
		if (!(f->flags & FIELD_SEEN))
			put_field(w, f, object);
}

static uint32_t put_kind(struct packer *w, const struct plan *p, enum plan_kind kind)
{
	const size_t n = plan_count(p, kind);

	for (size_t i = 0; i < n; i++) {
		const void *object = plan_object(p, kind, i);

		put_set(w, plan_origin_fields(), object);
		put_set(w, plan_fields(kind), object);
	}
	return (uint32_t)n;
}

void *plan_pack(const struct plan *p, const struct plan_stamp *stamp, size_t *len)
{
	struct head head = {.magic = MAGIC, .tables = hash_tables(), .stamp = *stamp};
	struct packer w = {0};
	struct strbuf all = {0};

	strbuf_addc(&w.texts, '\0'); /* so that no text is at 0 */
	for (enum head_text i = 0; i < N_HEAD_TEXTS; i++)
		head.texts[i] = pack_text(
			&w, *(const char *const *)(const void *)((const char *)p + head_places[i]));
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		head.n[kind] = put_kind(&w, p, kind);
	head.n_texts = (uint32_t)w.texts.len;
	strbuf_addn(&all, &head, sizeof(head));
	strbuf_addn(&all, w.texts.s, w.texts.len);
	if (w.objects.len)
		strbuf_addn(&all, w.objects.s, w.objects.len);
	plan_texts_done(&w.known);
	strbuf_done(&w.texts);
	strbuf_done(&w.objects);
	*len = all.len;
	plan_pack_seal(all.s, all.len);
	return strbuf_take(&all);
}

/* --- reading --- */

struct unpacker {
	struct arena *arena;
	const char *texts;
	uint32_t n_texts;
	const char *at, *end; /* what is left of the objects */
};

/* The next n bytes; NULL: there are not so many. */
static inline const char *get(struct unpacker *r, size_t n)
{
	const char *at = r->at;

	if ((size_t)(r->end - at) < n)
		return NULL;
	r->at = at + n;
	return at;
}

static bool text_at(const struct unpacker *r, uint32_t at, bool required, const char **s)
{
	if (at >= r->n_texts || (required && !at))
		return false;
	*s = at ? r->texts + at : NULL;
	return true;
}

static bool get_bytes(struct unpacker *r, void *to, size_t n)
{
	const char *from = get(r, n);

	if (from)
		memcpy(to, from, n);
	return from;
}

static bool get_text(struct unpacker *r, const struct field *f, const char **s)
{
	const char *from = get(r, sizeof(uint32_t));
	uint32_t at;

	if (!from)
		return false;
	memcpy(&at, from, sizeof(at));
	return text_at(r, at, f->flags & FIELD_REQUIRED, s);
}

static bool get_bool(struct unpacker *r, bool *value)
{
	const char *from = get(r, 1);

	if (from)
		*value = *from;
	return from;
}

static bool get_prefix(struct unpacker *r, struct ip_prefix *p)
{
	const char *from = get(r, sizeof(p->addr) + 1);

	if (!from)
		return false;
	memcpy(&p->addr, from, sizeof(p->addr));
	p->len = (unsigned char)from[sizeof(p->addr)];
	return p->len <= 32;
}

static bool get_enum(struct unpacker *r, const struct field *f, unsigned int *value)
{
	const char *from = get(r, 1);
	unsigned char left = from ? (unsigned char)*from : 0;
	const struct field_name *n = f->names;

	while (left && n->name)
		n++, left--;
	*value = n->value;
	return from && n->name;
}

/* The fewest bytes that an object has. */
static size_t least(const struct field_set *set)
{
	size_t n = 0;

	for (const struct field *f = set->fields; f->name; f++)
		n += f->type == FIELD_STRING || f->type == FIELD_LIST ? sizeof(uint32_t) : 1;
	return n;
}

static bool get_set(struct unpacker *r, const struct field_set *set, void *object);

/* Zeroed. NULL: there cannot be so many. */
static void *room_for(struct unpacker *r, uint32_t n, const struct field_set *set)
{
	const size_t each = least(set);

	assert(each);
	return n <= (size_t)(r->end - r->at) / each ? arena_alloc(r->arena, n * set->size) : NULL;
}

static bool get_list(struct unpacker *r, const struct field *f, void *object)
{
	const char *from = get(r, sizeof(uint32_t));
	uint32_t n;
	char *items;

	if (!from)
		return false;
	memcpy(&n, from, sizeof(n));
	items = n ? room_for(r, n, f->inner) : NULL;
	for (uint32_t i = 0; items && i < n; i++)
		if (!get_set(r, f->inner, items + i * f->inner->size))
			return false;
	*(void **)((char *)object + f->offset) = items;
	*(size_t *)((char *)object + f->count) = n;
	return items || !n;
}

static bool get_field(struct unpacker *r, const struct field *f, void *object)
{
	void *at = (char *)object + f->offset;

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_JSON: return get_text(r, f, at);
	case FIELD_BOOL: return get_bool(r, at);
	case FIELD_U16: return get_bytes(r, at, sizeof(uint16_t));
	case FIELD_U32:
	case FIELD_IP: return get_bytes(r, at, sizeof(uint32_t));
	case FIELD_U64: return get_bytes(r, at, sizeof(uint64_t));
	case FIELD_PREFIX: return get_prefix(r, at);
	case FIELD_MAC: return get_bytes(r, at, 6);
	case FIELD_ENUM: return get_enum(r, f, at);
	case FIELD_STRUCT: return get_set(r, f->inner, at);
	case FIELD_LIST: return get_list(r, f, object);
	}
	return false;
}

static bool get_set(struct unpacker *r, const struct field_set *set, void *object)
{
	for (const struct field *f = set->fields; f->name; f++)
		if (!(f->flags & FIELD_SEEN) && !get_field(r, f, object))
			return false;
	return true;
}

static bool get_kind(struct unpacker *r, struct plan *p, enum plan_kind kind, uint32_t n)
{
	const struct field_set *origin = plan_origin_fields(), *set = plan_fields(kind);
	struct plan_array array = plan_array(p, kind);
	char *items = n ? room_for(r, n, set) : NULL;

	if (!n)
		return true;
	for (uint32_t i = 0; items && i < n; i++)
		if (!get_set(r, origin, items + i * set->size) ||
		    !get_set(r, set, items + i * set->size))
			return false;
	*array.items = items;
	*array.n = n;
	return items;
}

static bool get_head_texts(const struct unpacker *r, const struct head *head, struct plan *p)
{
	for (enum head_text i = 0; i < N_HEAD_TEXTS; i++) {
		const char **place = (const char **)(void *)((char *)p + head_places[i]);

		if (!text_at(r, head->texts[i], i == HEAD_LAB, place))
			return false;
	}
	return true;
}

static bool get_plan(struct unpacker *r, const struct head *head, struct plan *p)
{
	if (!get_head_texts(r, head, p))
		return false;
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		if (!get_kind(r, p, kind, head->n[kind]))
			return false;
	return r->at == r->end;
}

static bool is_ours(const struct head *head, const struct plan_stamp *stamp)
{
	return !memcmp(head->magic, MAGIC, sizeof(head->magic)) &&
	       !memcmp(&head->stamp, stamp, sizeof(*stamp)) && head->tables == hash_tables();
}

bool plan_unpack(struct plan *p, const void *packed, size_t len, const struct plan_stamp *stamp)
{
	const char *rest = (const char *)packed + sizeof(struct head);
	struct unpacker r;
	struct head head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, packed, sizeof(head));
	if (!is_ours(&head, stamp) || head.sum != sum_of(packed, len) || !head.n_texts ||
	    head.n_texts > len - sizeof(head) || rest[head.n_texts - 1])
		return false;
	r = (struct unpacker){
		.arena = p->arena,
		.texts = rest,
		.n_texts = head.n_texts,
		.at = rest + head.n_texts,
		.end = (const char *)packed + len,
	};
	return get_plan(&r, &head, p);
}
