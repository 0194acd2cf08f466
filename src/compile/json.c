// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stdlib.h>

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

const char *compile_json(struct compile *c, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	const char *copy;

	if (!text)
		abort();
	copy = arena_strdup(c->arena, text);
	free(text);
	json_decref(value);
	return copy;
}
