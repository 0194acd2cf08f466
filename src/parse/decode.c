// SPDX-License-Identifier: GPL-2.0-only
/* Maps and lists: keys to rows, rows to fields. */
#include "parse/decode.h"

#include <string.h>

#include "base/name.h"
#include "model/model.h"

static void *field(void *out, size_t offset)
{
	return (char *)out + offset;
}

static const char *expected(enum key_type type)
{
	switch (type) {
	case KEY_TEXT: return "text";
	case KEY_HEX: return "32 hexadecimal digits";
	case KEY_PORTS: return "a range of ports such as \"80/80\"";
	case KEY_REF: return "a name";
	case KEY_NUMBER: return "a number";
	case KEY_RATE: return "a rate such as 2Mbit";
	case KEY_DURATION: return "a duration such as 30ms";
	case KEY_SIZE: return "a size such as 128MiB";
	case KEY_SHARE: return "a share such as 0.1%";
	case KEY_CIDR: return "a CIDR block such as 192.168.0.0/16";
	case KEY_ADDRESS: return "an address such as 192.168.1.10";
	case KEY_BOOL: return "true or false";
	case KEY_ENUM:
	case KEY_WORD_BOOL: return "a word";
	case KEY_TEXTS: return "a list of texts";
	case KEY_REFS: return "a list of names";
	case KEY_CIDRS: return "a list of CIDR blocks";
	case KEY_ENVIRONMENT: return "a map of variables";
	case KEY_PAIRS: return "a map of texts";
	case KEY_STRUCT: return "a map";
	case KEY_MAP: return "a map by name";
	case KEY_LIST: return "a list of maps";
	case KEY_FRAGMENT: return "a map";
	}
	return "something else";
}

static enum node_kind kind_of(enum key_type type)
{
	switch (type) {
	case KEY_TEXTS:
	case KEY_REFS:
	case KEY_CIDRS:
	case KEY_LIST: return NODE_LIST;
	case KEY_ENVIRONMENT:
	case KEY_PAIRS:
	case KEY_STRUCT:
	case KEY_MAP:
	case KEY_FRAGMENT: return NODE_MAP;
	case KEY_TEXT:
	case KEY_HEX:
	case KEY_PORTS:
	case KEY_REF:
	case KEY_NUMBER:
	case KEY_RATE:
	case KEY_DURATION:
	case KEY_SIZE:
	case KEY_SHARE:
	case KEY_CIDR:
	case KEY_ADDRESS:
	case KEY_BOOL:
	case KEY_ENUM:
	case KEY_WORD_BOOL: break;
	}
	return NODE_SCALAR;
}

/* What is behind `name` is not of the kind that it must be. */
static void kind_error(struct decode *d, const char *name, const char *want, enum node_kind kind,
		       const struct node *node)
{
	bool nothing = parse_node_is_empty(node) || parse_node_is_null(node);

	parse_error(d->r, nothing ? "empty-value" : "bad-type", node->at,
		    "'%.60s' must be %s, found %s", name, want, parse_node_kind(node));
	if (nothing && kind == NODE_MAP)
		parse_hint(d->r, "write {} for an empty map");
	else if (nothing && kind == NODE_LIST)
		parse_hint(d->r, "write [] for an empty list");
	if (nothing && d->fragment)
		parse_hint(d->r, "write null to delete it");
	if (node->kind == NODE_MAP && kind == NODE_SCALAR)
		parse_hint(d->r, "text that begins with { needs quotes");
}

static bool is_kind(struct decode *d, const char *name, const char *want, enum node_kind kind,
		    const struct node *node)
{
	if (node->kind == kind &&
	    !(kind == NODE_SCALAR && (parse_node_is_empty(node) || parse_node_is_null(node))))
		return true;
	kind_error(d, name, want, kind, node);
	return false;
}

static const char *instead_of(const struct table *table, const char *key)
{
	for (const struct key_lacking *l = table->lacking; l && l->name; l++)
		if (!strcmp(l->name, key))
			return l->instead;
	return NULL;
}

static void unknown_key(struct decode *d, const struct table *table, const struct node_item *item)
{
	const char *instead = instead_of(table, item->key);
	const char **names = arena_alloc(d->arena, table->n * sizeof(*names));
	const char *near, *list = "";

	parse_error(d->r, "unknown-key", item->key_at, "%s has no key '%.60s'", table->what,
		    item->key);
	if (!d->r->shown)
		return;
	if (instead) {
		parse_hint(d->r, "%s", instead);
		return;
	}
	for (size_t i = 0; i < table->n; i++) {
		names[i] = table->keys[i].name;
		list = arena_printf(d->arena, "%s%s%s", list, i ? ", " : "", names[i]);
	}
	near = diag_nearest(item->key, names, table->n);
	if (near)
		parse_hint(d->r, "did you mean '%s'?", near);
	parse_hint(d->r, "its keys are: %s", list);
}

static bool list_length(struct decode *d, const struct key *key, const struct node *node)
{
	const char *items = key->max == 1 || (!key->max && key->min == 1) ? "item" : "items";

	if (node->n >= key->min && (!key->max || node->n <= key->max))
		return true;
	if (key->min == key->max)
		parse_error(d->r, "bad-count", node->at, "'%s' needs exactly %zu %s, found %zu",
			    key->name, (size_t)key->min, items, node->n);
	else if (node->n < key->min)
		parse_error(d->r, "bad-count", node->at, "'%s' needs at least %zu %s, found %zu",
			    key->name, (size_t)key->min, items, node->n);
	else
		parse_error(d->r, "bad-count", node->at, "'%s' takes at most %zu %s, found %zu",
			    key->name, (size_t)key->max, items, node->n);
	return false;
}

/* A list of scalars; items that are wrong are left out. */
static void scalars(struct decode *d, const struct key *key, const struct node *node, void *out)
{
	size_t size = key->type == KEY_REFS    ? sizeof(struct ref)
		      : key->type == KEY_CIDRS ? sizeof(struct cidr)
					       : sizeof(struct text);
	const char *want = key->type == KEY_REFS    ? "names"
			   : key->type == KEY_CIDRS ? "CIDR blocks"
						    : "texts";
	const char *all = arena_printf(d->arena, "a list of %s", want);
	char *items = arena_alloc(d->arena, node->n * size + 1);
	struct key one = *key;
	size_t n = 0;

	if (!list_length(d, key, node))
		return;
	one.offset = 0;
	for (size_t i = 0; i < node->n; i++) {
		const struct node *item = node->items[i].value;

		if (is_kind(d, key->name, all, NODE_SCALAR, item) &&
		    parse_decode_scalar(d, &one, item, items + n * size))
			n++;
	}
	*(void **)field(out, key->offset) = items;
	*(size_t *)field(out, key->count) = n;
}

static bool variable_name(const char *s)
{
	return *s &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
		       strlen(s) &&
	       !(*s >= '0' && *s <= '9');
}

static void environment(struct decode *d, const struct key *key, const struct node *node, void *out)
{
	struct text *items = arena_alloc(d->arena, node->n * sizeof(*items) + 1);
	size_t n = 0;

	for (size_t i = 0; i < node->n; i++) {
		const struct node_item *item = &node->items[i];

		if (!item->value || (d->fragment && parse_node_is_null(item->value)))
			continue;
		if (!variable_name(item->key)) {
			parse_error(d->r, "bad-variable", item->key_at,
				    "'%.60s' is not the name of an environment variable",
				    item->key);
			parse_hint(d->r, "such a name has letters, digits and _, no digit first");
			continue;
		}
		if (!is_kind(d, item->key, "text", NODE_SCALAR, item->value))
			continue;
		items[n].s = arena_printf(d->arena, "%s=%s", item->key, item->value->text);
		items[n++].at = item->value->at;
	}
	*(void **)field(out, key->offset) = items;
	*(size_t *)field(out, key->count) = n;
}

static void pairs(struct decode *d, const struct key *key, const struct node *node, void *out)
{
	struct pair *items = arena_alloc(d->arena, node->n * sizeof(*items) + 1);
	size_t n = 0;

	for (size_t i = 0; i < node->n; i++) {
		const struct node_item *item = &node->items[i];

		if (!item->value || (d->fragment && parse_node_is_null(item->value)) ||
		    !is_kind(d, item->key, "text", NODE_SCALAR, item->value))
			continue;
		items[n++] = (struct pair){
			.key = item->key,
			.at = item->key_at,
			.value = {.s = item->value->text, .at = item->value->at},
		};
	}
	*(void **)field(out, key->offset) = items;
	*(size_t *)field(out, key->count) = n;
}

/* What a step deleted, where the model wants to know of it. */
static void deleted(const struct key *key, const struct node_item *item, char *out, size_t *n)
{
	if (!key->extra)
		return;
	*(struct named *)(void *)out = (struct named){.name = item->key, .at = item->key_at};
	*(bool *)field(out, key->extra) = true;
	(*n)++;
}

static void map_by_name(struct decode *d, const struct key *key, const struct node *node, void *out)
{
	const struct table *table = key->table;
	char *items = arena_alloc(d->arena, node->n * table->size + 1);
	size_t n = 0;

	for (size_t i = 0; i < node->n; i++) {
		const struct node_item *item = &node->items[i];
		struct named *named = (void *)(items + n * table->size);

		if (!item->value)
			deleted(key, item, items + n * table->size, &n);
		if (!item->value || (d->fragment && parse_node_is_null(item->value)))
			continue;
		if (!(key->flags & KEY_FREE) && !name_valid(item->key)) {
			parse_error(d->r, "bad-name", item->key_at, "'%.60s' is not a name",
				    item->key);
			parse_hint(
				d->r,
				"a name has a-z, 0-9 and -, does not begin with -, and at most %d characters",
				NAME_MAX_LEN);
			continue;
		}
		if (!is_kind(d, item->key, "a map", NODE_MAP, item->value))
			continue;
		*named = (struct named){.name = item->key, .at = item->key_at};
		parse_decode(d, table, item->value, named);
		n++;
	}
	*(void **)field(out, key->offset) = items;
	*(size_t *)field(out, key->count) = n;
}

static void list_of_maps(struct decode *d, const struct key *key, const struct node *node,
			 void *out)
{
	const struct table *table = key->table;
	char *items = arena_alloc(d->arena, node->n * table->size + 1);
	size_t n = 0;

	for (size_t i = 0; i < node->n; i++) {
		const struct node *value = node->items[i].value;

		if (is_kind(d, key->name, "a list of maps", NODE_MAP, value))
			parse_decode(d, table, value, items + n++ * table->size);
	}
	*(void **)field(out, key->offset) = items;
	*(size_t *)field(out, key->count) = n;
}

static void fragment(struct decode *d, const struct key *key, const struct node *node)
{
	struct decode inner = *d;

	if (d->pass != DECODE_PIECES)
		return; /* it has been merged, or must not be */
	inner.fragment = true;
	parse_decode(&inner, key->table, node, arena_alloc(d->arena, key->table->size));
}

/* The place or the mark that goes with a value. */
static void remember_extra(const struct key *key, const struct node *node, void *out)
{
	if (key->flags & KEY_MARK)
		*(bool *)field(out, key->extra) = true;
	else if (key->extra && key->type != KEY_PORTS && key->type != KEY_MAP)
		*(struct span *)field(out, key->extra) = node->at;
}

static void value(struct decode *d, const struct key *key, const struct node *node, void *out)
{
	if (!is_kind(d, key->name, expected(key->type), kind_of(key->type), node))
		return;
	switch (key->type) {
	case KEY_TEXTS:
	case KEY_REFS:
	case KEY_CIDRS: scalars(d, key, node, out); break;
	case KEY_ENVIRONMENT: environment(d, key, node, out); break;
	case KEY_PAIRS: pairs(d, key, node, out); break;
	case KEY_STRUCT: parse_decode(d, key->table, node, field(out, key->offset)); break;
	case KEY_MAP: map_by_name(d, key, node, out); break;
	case KEY_LIST: list_of_maps(d, key, node, out); break;
	case KEY_FRAGMENT: fragment(d, key, node); break;
	case KEY_TEXT:
	case KEY_HEX:
	case KEY_PORTS:
	case KEY_REF:
	case KEY_NUMBER:
	case KEY_RATE:
	case KEY_DURATION:
	case KEY_SIZE:
	case KEY_SHARE:
	case KEY_CIDR:
	case KEY_ADDRESS:
	case KEY_BOOL:
	case KEY_ENUM:
	case KEY_WORD_BOOL:
		if (!parse_decode_scalar(d, key, node, out))
			return;
		break;
	}
	remember_extra(key, node, out);
}

/* Defaults are decoded from their written form, and stand nowhere in the file. */
static void decode_defaults(struct decode *d, const struct table *table, void *out)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct key *key = &table->keys[i];
		struct node node = {
			.kind = NODE_SCALAR,
			.at = {.src = d->src},
			.text = key->def,
			.plain = true,
		};

		if (key->def)
			(void)parse_decode_scalar(d, key, &node, out); /* right, or a test fails */
		if (key->def &&
		    (key->type == KEY_NUMBER || key->type == KEY_RATE ||
		     key->type == KEY_DURATION || key->type == KEY_SIZE || key->type == KEY_SHARE))
			((struct number *)field(out, key->offset))->set = false;
	}
}

static size_t head_size(enum table_head head)
{
	switch (head) {
	case TABLE_NAMED: return sizeof(struct named);
	case TABLE_PLACE: return sizeof(struct span);
	case TABLE_ROOT: break;
	}
	return 0;
}

/* What the maps of a table begin as: there may be thousands of one, with a dozen defaults each. */
struct blank {
	const struct table *table;
	char *item;
};

struct decode_blanks {
	struct blank *v;
	size_t n;
};

static const char *blank_of(struct decode *d, const struct table *table)
{
	struct blank *blank;

	if (!d->blanks)
		d->blanks = arena_alloc(d->arena, sizeof(*d->blanks));
	for (size_t i = 0; i < d->blanks->n; i++)
		if (d->blanks->v[i].table == table)
			return d->blanks->v[i].item;
	blank = arena_push(d->arena, d->blanks->v, d->blanks->n);
	*blank = (struct blank){table, arena_alloc(d->arena, table->size)};
	decode_defaults(d, table, blank->item);
	return blank->item;
}

/* All but the head, which is there already. */
static void defaults(struct decode *d, const struct table *table, void *out)
{
	const size_t head = head_size(table->head);

	if (table->head == TABLE_ROOT)
		decode_defaults(d, table, out);
	else
		memcpy(field(out, head), blank_of(d, table) + head, table->size - head);
}

static struct span place_of(const struct table *table, const struct node *node, const void *out)
{
	return table->head == TABLE_NAMED ? ((const struct named *)out)->at : node->at;
}

static bool listed(const char *const *choice, const char *key)
{
	while (*choice && strcmp(*choice, key) != 0)
		choice++;
	return *choice != NULL;
}

static void no_choice(struct decode *d, const struct table *table, struct span at,
		      const char *const *choice)
{
	const char *list = "";

	for (size_t i = 0; choice[i]; i++)
		list = arena_printf(d->arena, "%s%s'%s'", list,
				    i == 0 ? "" : (choice[i + 1] ? ", " : " and "), choice[i]);
	parse_error(d->r, "one-of", at, "%s needs exactly one of %s", table->what, list);
}

static void check_choice(struct decode *d, const struct table *table, const struct node *node,
			 const void *out, const char *const *choice)
{
	const struct node_item *first = NULL;

	for (size_t i = 0; i < node->n; i++) {
		const struct node_item *item = &node->items[i];

		if (!item->value || !listed(choice, item->key))
			continue;
		if (!first) {
			first = item;
			continue;
		}
		parse_error(d->r, "one-of", item->key_at, "'%s' excludes '%s'", item->key,
			    first->key);
		parse_note(d->r, first->key_at, "'%s' is here", first->key);
	}
	if (!first)
		no_choice(d, table, place_of(table, node, out), choice);
}

/* A misspelt key has been reported as such; that it is missing as well would be noise. */
static bool is_misspelt(const struct table *table, const struct node *node, const char *key)
{
	for (size_t i = 0; i < node->n; i++) {
		const struct node_item *item = &node->items[i];

		if (item->value && !parse_table_key(table, item->key) &&
		    diag_nearest(item->key, &key, 1))
			return true;
	}
	return false;
}

/* What only the merged map can show. */
static void check_whole(struct decode *d, const struct table *table, const struct node *node,
			void *out)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct key *key = &table->keys[i];

		if (!(key->flags & KEY_REQUIRED) || parse_node_get(node, key->name) ||
		    is_misspelt(table, node, key->name))
			continue;
		parse_error(d->r, "missing-key", place_of(table, node, out), "%s needs '%s'",
			    table->what, key->name);
		parse_hint(d->r, "%s: %s", key->name, key->doc);
	}
	for (size_t i = 0; i < TABLE_CHOICES; i++)
		if (table->choices[i])
			check_choice(d, table, node, out, table->choices[i]);
	if (table->finish)
		table->finish(d->r, node, out);
}

static void item_decode(struct decode *d, const struct table *table, const struct node_item *item,
			void *out)
{
	const struct key *key = parse_table_key(table, item->key);

	if (!key) {
		unknown_key(d, table, item);
		return;
	}
	if (d->fragment && (key->flags & KEY_BASE)) {
		parse_error(d->r, "fragment-key", item->key_at, "a step cannot change '%s'",
			    item->key);
		return;
	}
	if (d->fragment && parse_node_is_null(item->value))
		return;
	value(d, key, item->value, out);
}

void parse_decode(struct decode *d, const struct table *table, const struct node *node, void *out)
{
	bool muted = d->r->muted;

	if (table->head == TABLE_PLACE)
		*(struct span *)out = node->at;
	defaults(d, table, out);
	d->r->muted = d->pass == DECODE_WHOLE;
	for (size_t i = 0; i < node->n; i++)
		if (node->items[i].value)
			item_decode(d, table, &node->items[i], out);
	d->r->muted = false;
	if (d->pass != DECODE_PIECES)
		check_whole(d, table, node, out);
	d->r->muted = muted;
}
