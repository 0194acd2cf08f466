// SPDX-License-Identifier: GPL-2.0-only
#include "parse/merge.h"

static struct node *copy(struct arena *arena, const struct node *from, struct report *r)
{
	struct node *to;

	if (from->kind == NODE_MAP) { /* as a merge onto nothing, so that null is an error in it */
		to = arena_alloc(arena, sizeof(*to));
		*to = (struct node){.kind = NODE_MAP, .at = from->at};
		parse_merge(arena, to, from, r);
		return to;
	}
	return arena_memdup(arena, from, sizeof(*from));
}

static void delete (struct node_item *old, const struct node_item *item, struct report *r)
{
	if (old && old->value) {
		old->value = NULL;
		return;
	}
	parse_error(r, "nothing-to-delete", item->key_at, "'%s' is not there to delete", item->key);
	parse_hint(r, "null deletes what the base or an earlier step declared");
}

static void merge_item(struct arena *arena, struct node *base, const struct node_item *item,
		       struct report *r)
{
	struct node_item *old = parse_node_find(base, item->key);

	if (parse_node_is_null(item->value)) {
		delete (old, item, r);
	} else if (!old) {
		(void)parse_node_add(arena, base, item->key, item->key_at,
				     copy(arena, item->value, r));
	} else if (old->value && old->value->kind == NODE_MAP && item->value->kind == NODE_MAP) {
		parse_merge(arena, old->value, item->value, r);
	} else {
		old->value = copy(arena, item->value, r);
		old->key_at = item->key_at;
	}
}

void parse_merge(struct arena *arena, struct node *base, const struct node *fragment,
		 struct report *r)
{
	for (size_t i = 0; i < fragment->n; i++)
		merge_item(arena, base, &fragment->items[i], r);
}
