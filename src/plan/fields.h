// SPDX-License-Identifier: GPL-2.0-only
/** The fields of every plan object as one table, from which comparing, writing and reading follow. */
#pragma once

#include <stddef.h>

#include "plan/plan.h"

enum field_type {
	FIELD_STRING,
	FIELD_BOOL,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_IP,     /* uint32_t, written as a dotted quad */
	FIELD_PREFIX, /* struct ip_prefix */
	FIELD_MAC,
	FIELD_ENUM,   /* names[] tells the values */
	FIELD_JSON,   /* text of a JSON object, written as the object itself */
	FIELD_STRUCT, /* `inner` lies inside the object */
	FIELD_LIST,   /* pointer at `offset`, its length at `count` */
};

enum field_flag {
	FIELD_KEY = 1,      /* part of the object's key; keys compare in the order of the table */
	FIELD_REQUIRED = 2, /* never absent: NULL or 0 is written, a document without it refused */
	FIELD_PEOPLE = 4,   /* the kernel does not see it: objects that differ in it are the same */
	FIELD_HOST_BITS = 8, /* a prefix that is an address and its length */
	FIELD_SEEN = 16      /* only of what was seen in a kernel: in no document */
};

struct field_name {
	const char *name;
	unsigned int value;
};

struct field_set;

struct field {
	const char *name; /* in the document */
	enum field_type type;
	unsigned int flags;
	size_t offset, count;
	const struct field_set *inner;
	const struct field_name *names; /* ends with a NULL name */
};

struct field_set {
	const char *name; /* "namespaces": key of the array in the document */
	size_t size;
	const struct field *fields; /* ends with a NULL name */
};

/** The fields of a kind, without the origin, which all have at offset 0. */
const struct field_set *plan_fields(enum plan_kind kind);
const struct field_set *plan_origin_fields(void);

/** The array of a kind in a plan. */
struct plan_array {
	void **items;
	size_t *n;
};
struct plan_array plan_array(struct plan *p, enum plan_kind kind);

/** NULL sorts before every text. */
int plan_text_cmp(const char *a, const char *b);
