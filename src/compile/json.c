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

static char *text_of(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (!text)
		abort();
	json_decref(value);
	return text;
}

const char *compile_json(struct compile *c, json_t *value)
{
	auto_free char *text = text_of(value);

	return arena_strdup(c->arena, text);
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
	auto_free char *text = value ? text_of(value) : NULL;

	if (!text)
		return;
	put_key(b, key);
	strbuf_add(b, text);
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
