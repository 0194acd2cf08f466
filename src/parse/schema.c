// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables as a JSON Schema, for editors. Every table is a definition; what a step's `apply` may
 * hold is a second set of them, in which nothing is required and null deletes.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "parse/parse.h"
#include "parse/table.h"
#include "parse/values.h"

#define NAME_PATTERN  "^[a-z0-9][a-z0-9-]{0,30}$"
#define OCTET         "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define QUAD          "(" OCTET "\\.){3}" OCTET
#define WHOLE_PATTERN "(0|[1-9][0-9]*)"

struct schema {
	json_t *defs;
	bool fragment;
};

static json_t *object_schema(struct schema *s, const struct table *table);

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		abort(); /* no memory */
}

static json_t *typed(const char *type)
{
	json_t *o = json_object();

	set(o, "type", json_string(type));
	return o;
}

static json_t *patterned(const char *pattern)
{
	json_t *o = typed("string");

	set(o, "pattern", json_string(pattern));
	return o;
}

/* Whatever YAML takes 80 or true for, a text is the characters that were written. */
static json_t *text_schema(const struct key *key)
{
	json_t *o, *words, *types;

	if (key->words) {
		words = json_array();
		for (size_t i = 0; i < key->words->n; i++)
			(void)json_array_append_new(words, json_string(key->words->words[i].word));
		o = json_object();
		set(o, "enum", words);
		return o;
	}
	o = json_object();
	types = json_pack("[s, s, s]", "string", "number", "boolean");
	set(o, "type", types);
	if (key->flags & KEY_NAME)
		set(o, "pattern", json_string(NAME_PATTERN));
	return o;
}

static json_t *number_schema(const struct key *key)
{
	json_t *o = typed("integer");

	set(o, "minimum", json_integer((json_int_t)key->min));
	if (key->max)
		set(o, "maximum", json_integer((json_int_t)key->max));
	return o;
}

static json_t *quantity_schema(const struct value_units *units, const struct key *key)
{
	char pattern[128];
	json_t *o;

	(void)snprintf(pattern, sizeof(pattern), "^" WHOLE_PATTERN "(\\.[0-9]+)?%s$",
		       units->pattern);
	o = patterned(pattern);
	if (key->flags & KEY_PLAIN) {
		set(o, "type", json_pack("[s, s]", "string", "integer"));
		set(o, "minimum", json_integer(0));
	}
	return o;
}

static json_t *list_schema(const struct key *key, json_t *items)
{
	json_t *o = typed("array");

	set(o, "items", items);
	if (key->min)
		set(o, "minItems", json_integer((json_int_t)key->min));
	if (key->max)
		set(o, "maxItems", json_integer((json_int_t)key->max));
	return o;
}

static json_t *ref_to(struct schema *s, const struct table *table)
{
	char name[64];
	json_t *o;

	(void)snprintf(name, sizeof(name), "%s%s", table->def_name, s->fragment ? ".apply" : "");
	if (!json_object_get(s->defs, name)) {
		set(s->defs, name, json_null()); /* keeps its place while it is being made */
		set(s->defs, name, object_schema(s, table));
	}
	o = json_object();
	set(o, "$ref", json_sprintf("#/$defs/%s", name));
	return o;
}

/* A name that another resource must have; 7 is one, too. */
static json_t *ref_schema(void)
{
	return json_pack("{s: [s, s], s: i}", "type", "string", "integer", "minLength", 1);
}

/* In a step, null instead of a value deletes it. */
static json_t *or_null(const struct schema *s, json_t *schema)
{
	json_t *type = json_object_get(schema, "type");

	if (!s->fragment)
		return schema;
	if (json_is_string(type)) {
		set(schema, "type", json_pack("[O, s]", type, "null"));
		return schema;
	}
	if (json_is_array(type)) {
		(void)json_array_append_new(type, json_string("null"));
		return schema;
	}
	if (json_object_get(schema, "enum")) {
		(void)json_array_append_new(json_object_get(schema, "enum"), json_null());
		return schema;
	}
	return json_pack("{s: [o, o]}", "anyOf", schema, typed("null"));
}

static json_t *map_schema(struct schema *s, const struct key *key)
{
	json_t *o = typed("object");

	if (!(key->flags & KEY_FREE))
		set(o, "propertyNames", json_pack("{s: s}", "pattern", NAME_PATTERN));
	set(o, "additionalProperties", or_null(s, ref_to(s, key->table)));
	return o;
}

static json_t *environment_schema(const struct schema *s)
{
	struct key text = {.type = KEY_TEXT};
	json_t *o = typed("object");

	set(o, "propertyNames", json_pack("{s: s}", "pattern", "^[A-Za-z_][A-Za-z0-9_]*$"));
	set(o, "additionalProperties", or_null(s, text_schema(&text)));
	return o;
}

static json_t *pairs_schema(const struct schema *s)
{
	struct key text = {.type = KEY_TEXT};
	json_t *o = typed("object");

	set(o, "additionalProperties", or_null(s, text_schema(&text)));
	return o;
}

static json_t *fragment_schema(struct schema *s, const struct table *table)
{
	struct schema inner = {.defs = s->defs, .fragment = true};

	return ref_to(&inner, table);
}

static json_t *cidr_schema(const struct key *key)
{
	return patterned(key->flags & KEY_PLAIN ? "^" QUAD "(/([12]?[0-9]|3[0-2]))?$"
						: "^" QUAD "/([12]?[0-9]|3[0-2])$");
}

static json_t *value_schema(struct schema *s, const struct key *key)
{
	switch (key->type) {
	case KEY_TEXT:
	case KEY_ENUM:
	case KEY_WORD_BOOL: return text_schema(key);
	case KEY_HEX: return patterned("^[0-9a-f]{32}$");
	case KEY_PORTS: return patterned("^(-1/-1|[1-9][0-9]{0,4}/[1-9][0-9]{0,4})$");
	case KEY_REF: return ref_schema();
	case KEY_NUMBER: return number_schema(key);
	case KEY_RATE: return quantity_schema(&parse_rate_units, key);
	case KEY_DURATION: return quantity_schema(&parse_duration_units, key);
	case KEY_SIZE: return quantity_schema(&parse_size_units, key);
	case KEY_SHARE: return quantity_schema(&parse_share_units, key);
	case KEY_CIDR: return patterned("^" QUAD "/([12]?[0-9]|3[0-2])$");
	case KEY_ADDRESS: return patterned("^" QUAD "$");
	case KEY_BOOL: return typed("boolean");
	case KEY_TEXTS: return list_schema(key, text_schema(key));
	case KEY_REFS: return list_schema(key, ref_schema());
	case KEY_CIDRS: return list_schema(key, cidr_schema(key));
	case KEY_ENVIRONMENT: return environment_schema(s);
	case KEY_PAIRS: return pairs_schema(s);
	case KEY_STRUCT: return ref_to(s, key->table);
	case KEY_MAP: return map_schema(s, key);
	case KEY_LIST: return list_schema(key, ref_to(s, key->table));
	case KEY_FRAGMENT: return fragment_schema(s, key->table);
	}
	abort(); /* not a type */
}

static json_t *default_of(const struct key *key)
{
	if (key->type == KEY_BOOL)
		return json_boolean(strcmp(key->def, "true") == 0);
	if (key->type == KEY_NUMBER)
		return json_integer(strtoll(key->def, NULL, 10));
	return json_string(key->def);
}

static json_t *property(struct schema *s, const struct key *key)
{
	json_t *value = or_null(s, value_schema(s, key)), *o = json_object();

	set(o, "description", json_string(key->doc));
	if (json_object_update_missing(o, value) < 0)
		abort(); /* no memory */
	json_decref(value);
	if (key->def)
		set(o, "default", default_of(key));
	return o;
}

static json_t *choice_schema(const char *const *choice)
{
	json_t *any = json_array();

	for (; *choice; choice++)
		(void)json_array_append_new(any, json_pack("{s: [s]}", "required", *choice));
	return json_pack("{s: o}", "oneOf", any);
}

/* What holds for the whole map and not for a piece of it. */
static void whole_rules(const struct table *table, json_t *o)
{
	json_t *required = json_array(), *all = json_array();

	for (size_t i = 0; i < table->n; i++)
		if (table->keys[i].flags & KEY_REQUIRED)
			(void)json_array_append_new(required, json_string(table->keys[i].name));
	for (size_t i = 0; i < TABLE_CHOICES; i++)
		if (table->choices[i])
			(void)json_array_append_new(all, choice_schema(table->choices[i]));
	if (json_array_size(required))
		set(o, "required", json_incref(required));
	if (json_array_size(all))
		set(o, "allOf", json_incref(all));
	json_decref(required);
	json_decref(all);
}

static json_t *object_schema(struct schema *s, const struct table *table)
{
	json_t *o = typed("object"), *properties = json_object();

	for (size_t i = 0; i < table->n; i++) {
		const struct key *key = &table->keys[i];

		if (!s->fragment || !(key->flags & KEY_BASE))
			set(properties, key->name, property(s, key));
	}
	set(o, "properties", properties);
	set(o, "additionalProperties", json_false());
	if (!s->fragment)
		whole_rules(table, o);
	return o;
}

char *parse_schema(void)
{
	struct schema s = {.defs = json_object()};
	json_t *root = json_object(), *lab;
	char *text, *line;

	set(root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	set(root, "title", json_string("labctl lab file"));
	lab = ref_to(&s, &parse_table_lab);
	(void)json_object_update_missing(root, lab); /* memory only; the next line would abort */
	set(root, "$defs", s.defs);
	text = json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(lab);
	json_decref(root);
	if (!text || asprintf(&line, "%s\n", text) < 0)
		abort(); /* no memory */
	free(text);
	return line;
}
