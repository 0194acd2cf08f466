// SPDX-License-Identifier: GPL-2.0-only
/* What is remembered, as JSON: {"version": 1, "at": PLACE, "passed": [PLACE...], "hints": N}. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lesson/lesson.h"

static char *copy(const char *s)
{
	char *t = strdup(s);

	if (!t)
		abort();
	return t;
}

static void add_passed(struct lesson_progress *p, const char *place)
{
	p->passed = reallocarray(p->passed, p->n_passed + 1, sizeof(*p->passed));
	if (!p->passed)
		abort();
	p->passed[p->n_passed++] = copy(place);
}

static int decode(const json_t *root, struct lesson_progress *p)
{
	const json_t *passed = json_object_get(root, "passed"), *place;
	const char *at = json_string_value(json_object_get(root, "at"));
	json_int_t hints = json_integer_value(json_object_get(root, "hints"));
	size_t i;

	if (json_integer_value(json_object_get(root, "version")) != 1 || !at ||
	    !json_is_array(passed))
		return -1;
	p->at = copy(at);
	p->hints = hints > 0 ? (size_t)hints : 0;
	json_array_foreach (passed, i, place)
		if (json_is_string(place))
			add_passed(p, json_string_value(place));
	return 0;
}

int lesson_read(const char *text, struct lesson_progress *p, struct lab_error **err)
{
	json_t *root = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	int r = text ? decode(root, p) : 0;

	json_decref(root);
	if (!r)
		return 0;
	(void)lab_error_make(err, LAB_FAILED, "what was kept of the lesson cannot be read");
	return lab_error_hint(err, "labctl lesson LAB reset clears it");
}

char *lesson_write(const struct lesson_progress *p)
{
	json_t *passed = json_array(), *root;
	char *text;

	for (size_t i = 0; i < p->n_passed; i++)
		(void)json_array_append_new(passed, json_string(p->passed[i]));
	root = json_pack("{s:i, s:s, s:o, s:I}", "version", 1, "at", p->at, "passed", passed,
			 "hints", (json_int_t)p->hints);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text) /* no memory: places are names */
		abort();
	return text;
}

void lesson_progress_done(struct lesson_progress *p)
{
	for (size_t i = 0; i < p->n_passed; i++)
		free(p->passed[i]);
	free(p->passed);
	free(p->at);
	*p = (struct lesson_progress){0};
}

void lesson_move(struct lesson_progress *p, const char *at)
{
	char *now = copy(at);

	if (!p->at || strcmp(p->at, at) != 0)
		p->hints = 0;
	free(p->at);
	p->at = now;
}

bool lesson_passed(const struct lesson_progress *p, const char *place)
{
	for (size_t i = 0; i < p->n_passed; i++)
		if (!strcmp(p->passed[i], place))
			return true;
	return false;
}

void lesson_pass(struct lesson_progress *p)
{
	if (!lesson_passed(p, p->at))
		add_passed(p, p->at);
}
