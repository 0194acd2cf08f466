// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes and their lookup. Maps by name may be large (ten thousand instances), so they get a hash
 * index once a linear search would show.
 */
#include <string.h>

#include "base/hash.h"
#include "parse/tree.h"

#define SMALL_MAP 8u

static size_t slot_of(const struct node *map, const char *key)
{
	uint32_t mask = map->n_slots - 1;
	uint32_t i = (uint32_t)hash_str(0, key) & mask;

	while (map->slots[i] && strcmp(map->items[map->slots[i] - 1].key, key) != 0)
		i = (i + 1) & mask;
	return i;
}

static void index_rebuild(struct arena *arena, struct node *map)
{
	map->n_slots = map->n_slots ? map->n_slots * 4 : SMALL_MAP * 8;
	map->slots = arena_alloc(arena, map->n_slots * sizeof(*map->slots));
	for (size_t i = 0; i < map->n; i++)
		map->slots[slot_of(map, map->items[i].key)] = (uint32_t)(i + 1);
}

struct node_item *parse_node_find(const struct node *map, const char *key)
{
	size_t slot;

	if (map->kind != NODE_MAP)
		return NULL;
	if (map->slots) {
		slot = slot_of(map, key);
		return map->slots[slot] ? &map->items[map->slots[slot] - 1] : NULL;
	}
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->items[i].key, key) == 0)
			return &map->items[i];
	return NULL;
}

struct node *parse_node_get(const struct node *map, const char *key)
{
	struct node_item *item = parse_node_find(map, key);

	return item ? item->value : NULL;
}

struct node_item *parse_node_add(struct arena *arena, struct node *node, const char *key,
				 struct span key_at, struct node *value)
{
	struct node_item *item = arena_push(arena, node->items, node->n);

	*item = (struct node_item){.key = key, .key_at = key_at, .value = value};
	if (node->kind != NODE_MAP || node->n <= SMALL_MAP)
		return item;
	if (!node->slots || node->n * 2 > node->n_slots)
		index_rebuild(arena, node);
	else
		node->slots[slot_of(node, key)] = (uint32_t)node->n;
	return item;
}

bool parse_node_is_null(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain &&
	       (strcmp(node->text, "null") == 0 || strcmp(node->text, "~") == 0);
}

bool parse_node_is_empty(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain && !*node->text;
}

const char *parse_node_kind(const struct node *node)
{
	switch (node->kind) {
	case NODE_MAP: return "a map";
	case NODE_LIST: return "a list";
	case NODE_SCALAR: break;
	}
	if (parse_node_is_empty(node))
		return "nothing";
	return parse_node_is_null(node) ? "null" : "text";
}
