// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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
