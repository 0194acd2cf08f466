// SPDX-License-Identifier: GPL-2.0-only
/** A YAML document as plain nodes with places, free of aliases, tags and duplicate keys. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "parse/report.h"

#define PARSE_MAX_DEPTH 32
#define PARSE_MAX_NODES \
	(512 * 1024) /* keys and values; each costs some 200 bytes, however short it is */

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node_item {
	const char *key; /* NULL in a list */
	struct span key_at;
	struct node *value; /* NULL: deleted by a step; skip it */
};

/* There are tens of thousands in a large lab: 64 bytes. */
struct node {
	struct span at;          /* the value; of a map or a list: its first byte */
	const char *text;        /* scalar; has no control characters but tab and line ends */
	struct node_item *items; /* map and list, in order of first appearance */
	size_t n;
	uint32_t *slots; /* map: hash index, 1-based item numbers; absent while the map is small */
	uint32_t n_slots;
	enum node_kind kind : 8;
	bool plain; /* scalar without quotes: may mean null, true, 5 */
};

/**
 * The document of a source, or NULL where it cannot be read; every error goes to the report. Keys and scalars are in
 * `texts`, where they may outlive the nodes, which are in `arena`.
 */
struct node *parse_tree(struct arena *arena, struct arena *texts, const struct source *src,
			struct report *r);

/** The item of a map by key, or NULL. The value of a deleted item is NULL. */
struct node_item *parse_node_find(const struct node *map, const char *key);
/** As above, but the value: NULL where there is none. */
struct node *parse_node_get(const struct node *map, const char *key);
/** Appends an item; a map must not have the key yet. */
struct node_item *parse_node_add(struct arena *arena, struct node *node, const char *key,
				 struct span key_at, struct node *value);

/** `null` or `~`, as opposed to nothing at all behind the colon. */
bool parse_node_is_null(const struct node *node);
bool parse_node_is_empty(const struct node *node);
/** "a map", "a list", "nothing", "text": for messages. */
const char *parse_node_kind(const struct node *node);
