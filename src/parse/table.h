// SPDX-License-Identifier: GPL-2.0-only
/**
 * The lab file's language: one table per map, one row per key. Decoding, defaults, the checks of
 * one map and the JSON Schema all come from these rows, so they cannot disagree.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type {
	KEY_TEXT,        /* struct text */
	KEY_HEX,         /* struct text: 32 hexadecimal digits */
	KEY_PORTS,       /* struct text; first and last port as uint16_t[2] at `extra` */
	KEY_REF,         /* struct ref */
	KEY_NUMBER,      /* struct number, min..max */
	KEY_RATE,        /* struct number: bit/s */
	KEY_DURATION,    /* struct number: us */
	KEY_SIZE,        /* struct number: bytes */
	KEY_SHARE,       /* struct number: parts per million */
	KEY_CIDR,        /* struct cidr */
	KEY_ADDRESS,     /* struct address */
	KEY_BOOL,        /* bool; its place at `extra` */
	KEY_ENUM,        /* an enum by `words`; its place at `extra` */
	KEY_WORD_BOOL,   /* bool by `words` */
	KEY_TEXTS,       /* array of struct text; count at `count`, min..max items */
	KEY_REFS,        /* array of struct ref */
	KEY_CIDRS,       /* array of struct cidr */
	KEY_ENVIRONMENT, /* map of text to array of struct text "KEY=value" */
	KEY_PAIRS,       /* map of text to array of struct pair */
	KEY_STRUCT,      /* a map with the keys of `table`, embedded */
	KEY_MAP,         /* a map by name of `table` */
	KEY_LIST,        /* a list of `table` */
	KEY_FRAGMENT,    /* `apply` of a step: a piece of `table`, decoded after merging */
};

enum key_flag {
	KEY_REQUIRED = 1, /* in a complete lab */
	KEY_NAME = 2,     /* text or items must satisfy name_valid() */
	KEY_BASE = 4,     /* no step can change it */
	KEY_PLAIN = 8,    /* a size may be a bare number of bytes, a block a bare address */
	KEY_MARK = 16,    /* true is stored at `extra` once the key is written */
	KEY_FREE = 32,    /* a map whose items are named by more than name_valid() allows */
};

struct key_word {
	const char *word;
	int value;
};

struct key_words {
	const struct key_word *words;
	size_t n;
};

struct table;

struct key {
	const char *name;
	enum key_type type;
	unsigned int flags;
	size_t offset;
	size_t count;                  /* offset of the size_t of an array */
	size_t extra;                  /* offset of the place or mark; 0: none. Of a KEY_MAP: in
					  its items, of a bool that is set where a step deleted them */
	const char *def;               /* default, as it would be written */
	const struct key_words *words; /* for KEY_TEXT(S): the only values allowed */
	const struct table *table;
	uint64_t min, max;  /* of a number or of the items of a list; max 0: no limit */
	unsigned int kinds; /* check_expect: bit per enum check_kind that it is for; 0: any */
	const char *doc;
};

enum table_head {
	TABLE_NAMED, /* the struct begins with struct named */
	TABLE_PLACE, /* the struct begins with its struct span */
	TABLE_ROOT,
};

#define TABLE_CHOICES 2

struct node;
struct report;

/* A key that labs have not here, though the cloud has, or have elsewhere: who writes it is told what does in its place. */
struct key_lacking {
	const char *name, *instead;
};

struct table {
	const char *what;     /* "a VPC" */
	const char *def_name; /* of the JSON Schema: "vpc" */
	size_t size;
	enum table_head head;
	const struct key *keys;
	size_t n;
	const char *const *choices[TABLE_CHOICES]; /* NULL-ended: exactly one of these is written */
	/* for what the rows cannot say, once per complete item */
	void (*finish)(struct report *r, const struct node *node, void *item);
	const struct key_lacking *lacking; /* ends with a name NULL; NULL: none */
};

extern const struct table parse_table_lab;
extern const struct table parse_table_check;
extern const struct table parse_table_expect; /* its rows carry `kinds` */

const struct key *parse_table_key(const struct table *table, const char *name);
