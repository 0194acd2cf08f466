// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ui/internal.h"

struct ui_json {
	json_t *object;
};

/* jansson fails only for want of memory, and for text that is not UTF-8: then a null stands. */
static void set(struct ui_json *j, const char *key, json_t *value)
{
	if (json_object_set_new(j->object, key, value ? value : json_null()))
		abort();
}

struct ui_json *ui_json_new(void)
{
	struct ui_json *j = calloc(1, sizeof(*j));

	if (!j || !(j->object = json_object()))
		abort();
	return j;
}

void ui_json_free(struct ui_json *j)
{
	if (!j)
		return;
	json_decref(j->object);
	free(j);
}

void ui_json_text(struct ui_json *j, const char *key, const char *text)
{
	set(j, key, text ? json_string(text) : json_null());
}

void ui_json_number(struct ui_json *j, const char *key, long long number)
{
	set(j, key, json_integer(number));
}

void ui_json_boolean(struct ui_json *j, const char *key, bool b)
{
	set(j, key, json_boolean(b));
}

static json_t *words_of(const char *text)
{
	json_t *list = json_array();

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		const size_t n = strcspn(text, " ");

		if (json_array_append_new(list, json_stringn(text, n)))
			abort();
		text += n;
	}
	return list;
}

static json_t *cell_value(enum ui_type type, const char *text)
{
	if (!text)
		return type == UI_WORDS     ? json_array()
		       : type == UI_BOOLEAN ? json_false()
					    : json_null();
	switch (type) {
	case UI_TEXT:
	case UI_RARE: return json_string(text);
	case UI_WORDS: return words_of(text);
	case UI_NUMBER: return json_integer(strtoll(text, NULL, 10));
	case UI_BOOLEAN: return json_boolean(!strcmp(text, "yes"));
	}
	return json_null();
}

static json_t *row_object(const struct ui_table *t, size_t row)
{
	json_t *object = json_object();

	for (size_t i = 0; i < t->n_columns; i++) {
		char key[64];
		size_t k = 0;

		for (const char *p = t->columns[i].title; *p && k + 1 < sizeof(key); p++)
			key[k++] = *p == ' ' ? '_' : (char)tolower((unsigned char)*p);
		key[k] = '\0';
		if (json_object_set_new(
			    object, key,
			    cell_value(t->columns[i].type, t->cells[row * t->n_columns + i].text)))
			abort();
	}
	return object;
}

void ui_json_table(struct ui_json *j, const struct ui_table *t)
{
	json_t *array = json_array();

	for (size_t i = 0; i < t->n_rows; i++)
		if (json_array_append_new(array, row_object(t, i)))
			abort();
	set(j, t->name, array);
}

void ui_json_append(struct ui_json *j, const char *key, struct ui_json *element)
{
	json_t *array = json_object_get(j->object, key);

	if (!array) {
		array = json_array();
		set(j, key, array);
	}
	if (element && json_array_append(array, element->object))
		abort();
	ui_json_free(element);
}

void ui_json_object(struct ui_json *j, const char *key, struct ui_json *value)
{
	set(j, key, json_incref(value->object));
	ui_json_free(value);
}

int ui_json_print(const struct ui_json *j, FILE *f, struct lab_error **err)
{
	if (json_dumpf(j->object, f, JSON_INDENT(2)) || fputc('\n', f) == EOF)
		return lab_error_make(err, LAB_FAILED, "write JSON: the output is closed");
	return 0;
}
