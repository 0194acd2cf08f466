// layer: function
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as handlers in C read them. Held to: what jansson takes for a JSON object is read, too, and is the same; what
 * stands in it stays within it.
 */
#include <assert.h>
#include <stdint.h>

#include <jansson.h>
#include <labctl/function.h>

#include "base/cleanup.h"

static void same_text(const char *got, const json_t *want)
{
	assert(!json_is_string(want) || (got && strcmp(got, json_string_value(want)) == 0));
}

static void same_pairs(const struct function_pairs *got, json_t *want)
{
	const char *name;
	json_t *value;

	if (!json_is_object(want))
		return;
	json_object_foreach (want, name, value)
		same_text(function_pairs_get(got, name), value);
}

static void same_body(const struct function_event *ev, json_t *event)
{
	json_t *body = json_object_get(event, "body");

	if (!json_is_string(body) || json_is_true(json_object_get(event, "isBase64Encoded")))
		return;
	assert(ev->body_len == json_string_length(body));
	assert(memcmp(ev->body, json_string_value(body), ev->body_len) == 0);
}

static void is_the_same(const struct function_event *ev, json_t *event)
{
	same_text(ev->path, json_object_get(event, "path"));
	same_text(ev->method, json_object_get(event, "httpMethod"));
	same_pairs(&ev->headers, json_object_get(event, "headers"));
	same_pairs(&ev->query, json_object_get(event, "queryParameters"));
	same_pairs(&ev->parameters, json_object_get(event, "pathParameters"));
	same_body(ev, event);
}

static void walk(const struct function_pairs *pairs, const char *text, size_t size)
{
	const char *name = NULL, *value = NULL;

	while (function_pairs_next(pairs, &name, &value))
		assert(name > text && value + strlen(value) < text + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* jansson passes over a NUL behind a number */
	json_t *event = size && memchr(data, 0, size)
				? NULL
				: json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	auto_free char *text = malloc(size + 1);
	struct function_event ev;
	const char *why;

	assert(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	why = function_event_read(&ev, text, size);
	if (!why) {
		walk(&ev.headers, text, size);
		walk(&ev.query, text, size);
		walk(&ev.parameters, text, size);
		assert(ev.body_len < size);
		if (json_is_object(event))
			is_the_same(&ev, event);
	} else {
		assert(!json_is_object(event) ||
		       json_is_true(json_object_get(event, "isBase64Encoded")));
	}
	json_decref(event);
	return 0;
}
