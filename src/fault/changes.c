// SPDX-License-Identifier: GPL-2.0-only
#include "fault/changes.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct changes {
	json_t *root;
};

static json_t *need(json_t *j)
{
	if (!j)
		abort(); /* no memory; all texts are UTF-8 */
	return j;
}

static bool is_change(const json_t *root)
{
	const json_t *links = json_object_get(root, "links"),
		     *fault = json_object_get(root, "fault");
	const char *link;
	const json_t *values;

	if (!json_is_object(root) || (links && !json_is_object(links)))
		return false;
	json_object_foreach ((json_t *)links, link, values) {
		const char *key;
		const json_t *value;

		if (!json_is_object(values))
			return false;
		json_object_foreach ((json_t *)values, key, value)
			if (!json_is_string(value))
				return false;
	}
	return !fault || (json_is_object(json_object_get(fault, "apply")) &&
			  json_is_string(json_object_get(fault, "what")));
}

struct changes *changes_read(const char *text, struct lab_error **err)
{
	json_t *root = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : need(json_object());
	struct changes *c;

	if (!is_change(root)) {
		json_decref(root);
		(void)lab_error_make(err, LAB_FAILED, "what was changed in the lab cannot be read");
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->root = root;
	return c;
}

static char *dump(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		abort();
	return text;
}

char *changes_write(const struct changes *c)
{
	return json_object_size(c->root) ? dump(c->root) : NULL;
}

void changes_free(struct changes *c)
{
	if (!c)
		return;
	json_decref(c->root);
	free(c);
}

/* --- links --- */

static json_t *object_in(json_t *parent, const char *key)
{
	if (!json_object_get(parent, key))
		(void)json_object_set_new(parent, key, need(json_object())); /* checked below */
	return need(json_object_get(parent, key));
}

void changes_set_link(struct changes *c, const char *link, const char *key, const char *value)
{
	json_t *links = object_in(c->root, "links"), *of = object_in(links, link);

	if (value && json_object_set_new(of, key, need(json_string(value))))
		abort();
	if (!value)
		(void)json_object_del(of, key); /* absent is fine, here and below */
	if (!json_object_size(of))
		(void)json_object_del(links, link);
	if (!json_object_size(links))
		(void)json_object_del(c->root, "links");
}

bool changes_link_at(const struct changes *c, size_t i, const char **link, const char **key,
		     const char **value)
{
	json_t *links = json_object_get(c->root, "links"), *values, *v;

	json_object_foreach (links, *link, values)
		json_object_foreach (values, *key, v)
			if (i-- == 0) {
				*value = json_string_value(v);
				return true;
			}
	return false;
}

/* --- the fault --- */

void changes_set_fault(struct changes *c, const struct fault_told *fault)
{
	json_t *j = need(json_pack("{s:I, s:b, s:s, s:s?, s:s?, s:o}", "seed",
				   (json_int_t)fault->seed, "hidden", fault->hidden, "what",
				   fault->what, "resource", fault->resource, "at", fault->at,
				   "apply", need(json_loads(fault->apply, 0, NULL))));

	if (json_object_set_new(c->root, "fault", j))
		abort();
}

bool changes_fault(const struct changes *c, struct fault_told *fault)
{
	const json_t *j = json_object_get(c->root, "fault");

	if (!j)
		return false;
	*fault = (struct fault_told){
		.seed = json_integer_value(json_object_get(j, "seed")),
		.hidden = json_is_true(json_object_get(j, "hidden")),
		.what = json_string_value(json_object_get(j, "what")),
		.resource = json_string_value(json_object_get(j, "resource")),
		.at = json_string_value(json_object_get(j, "at")),
	};
	return true;
}

size_t changes_fragments(const struct changes *c, bool without_links, char *fragments[static 2])
{
	const json_t *fault = json_object_get(c->root, "fault");
	json_t *links = json_object_get(c->root, "links");
	size_t n = 0;

	if (fault)
		fragments[n++] = dump(json_object_get(fault, "apply"));
	if (links && !without_links) {
		json_t *fragment = need(json_pack("{s:O}", "links", links));

		fragments[n++] = dump(fragment);
		json_decref(fragment);
	}
	return n;
}
