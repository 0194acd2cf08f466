// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "compile/context.h"

/*
 * jansson answers NULL where memory is exhausted, and takes NULL for a value: the error travels to
 * here, where it ends the program.
 */
void compile_json_append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) < 0)
		abort();
}

/* --- as text --- */

/*
 * As json_dumps() with JSON_COMPACT and JSON_SORT_KEYS would write it, in a fifth of the time: that of a
 * thousand nodes is most of compiling them.
 */
static void add_value(struct strbuf *b, const json_t *value);

static int compare_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_object(struct strbuf *b, json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	auto_free const char **keys = calloc(n + 1, sizeof(*keys));
	const char *key;
	json_t *value;

	if (!keys)
		abort();
	json_object_foreach (object, key, value)
		keys[i++] = key;
	qsort(keys, n, sizeof(*keys), compare_key);
	strbuf_addc(b, '{');
	for (i = 0; i < n; i++) {
		if (i)
			strbuf_addc(b, ',');
		strbuf_add_json(b, keys[i]);
		strbuf_addc(b, ':');
		add_value(b, json_object_get(object, keys[i]));
	}
	strbuf_addc(b, '}');
}

static void add_array(struct strbuf *b, const json_t *array)
{
	strbuf_addc(b, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i)
			strbuf_addc(b, ',');
		add_value(b, json_array_get(array, i));
	}
	strbuf_addc(b, ']');
}

static void add_real(struct strbuf *b, const json_t *real)
{
	auto_free char *text = json_dumps(real, JSON_ENCODE_ANY);

	if (!text)
		abort();
	strbuf_add(b, text);
}

static void add_value(struct strbuf *b, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: add_object(b, (json_t *)(uintptr_t)value); break;
	case JSON_ARRAY: add_array(b, value); break;
	case JSON_STRING: strbuf_add_json(b, json_string_value(value)); break;
	case JSON_INTEGER:
		strbuf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL: add_real(b, value); break;
	case JSON_TRUE: strbuf_add(b, "true"); break;
	case JSON_FALSE: strbuf_add(b, "false"); break;
	case JSON_NULL: strbuf_add(b, "null"); break;
	}
}

const char *compile_json(struct compile *c, json_t *value)
{
	auto_strbuf struct strbuf b = {0};

	if (!value)
		abort();
	add_value(&b, value);
	json_decref(value);
	return arena_strndup(c->arena, b.s, b.len);
}

/* --- written at once --- */

static void put_key(struct strbuf *b, const char *key)
{
	if (b->len && !strchr("{[", b->s[b->len - 1]))
		strbuf_addc(b, ',');
	if (!key)
		return;
	strbuf_add_json(b, key);
	strbuf_addc(b, ':');
}

void compile_put_text(struct strbuf *b, const char *key, const char *text)
{
	if (!text)
		return;
	put_key(b, key);
	strbuf_add_json(b, text);
}

void compile_put_number(struct strbuf *b, const char *key, uint64_t n)
{
	put_key(b, key);
	strbuf_add_number(b, n);
}

void compile_put_json(struct strbuf *b, const char *key, json_t *value)
{
	if (!value)
		return;
	put_key(b, key);
	add_value(b, value);
	json_decref(value);
}

void compile_put_open(struct strbuf *b, const char *key, const char *bracket)
{
	put_key(b, key);
	strbuf_add(b, bracket);
}

json_t *compile_environment(const struct text *variables, size_t n)
{
	json_t *environment = json_object();

	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(variables[i].s, '='); /* parse/ put it there */

		if (json_object_setn_new(environment, variables[i].s,
					 (size_t)(equals - variables[i].s),
					 json_string(equals + 1)) < 0)
			abort();
	}
	return environment;
}
