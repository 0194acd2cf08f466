// SPDX-License-Identifier: GPL-2.0-only
/** A table that is printed for people (libsmartcols) or as JSON, from one definition. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum ui_type {
	UI_TEXT,
	UI_RARE,  /* text; people see the column only where a row has it */
	UI_WORDS, /* words between blanks, as UI_RARE; an array in JSON */
	UI_NUMBER,
	UI_BOOLEAN
};

struct ui_column {
	const char *title; /* "NAME"; its lower case is the key in JSON */
	enum ui_type type; /* how JSON writes it; numbers are aligned right */
};

enum ui_colour { UI_PLAIN, UI_GREEN, UI_YELLOW, UI_RED, UI_BOLD };

struct ui_table;

/** name: the key of the array in JSON. columns must outlive the table. */
struct ui_table *ui_table_new(const char *name, const struct ui_column *columns, size_t n)
	__attribute__((returns_nonnull));
void ui_table_free(struct ui_table *t); /* NULL is fine */

/** One cell per column, copied. NULL: empty ("-" for people; in JSON null, [] of words, false of a boolean). */
void ui_table_add(struct ui_table *t, const char *const *cells);
/** Colours one cell of the row added last; shown only where colour is asked for. */
void ui_table_colour(struct ui_table *t, size_t column, enum ui_colour colour);
size_t ui_table_rows(const struct ui_table *t);

/** For people. A table without rows prints nothing. */
int ui_table_print(const struct ui_table *t, FILE *f, bool colour, struct lab_error **err);

/** Facts and tables as one JSON object: ui_json_*() in order, then print. */
struct ui_json;
struct ui_json *ui_json_new(void) __attribute__((returns_nonnull));
void ui_json_free(struct ui_json *j);                                    /* NULL is fine */
void ui_json_text(struct ui_json *j, const char *key, const char *text); /* NULL: null */
void ui_json_number(struct ui_json *j, const char *key, long long number);
void ui_json_boolean(struct ui_json *j, const char *key, bool b);
void ui_json_table(struct ui_json *j, const struct ui_table *t); /* as an array of objects */
/** The next element of the array `key`, made where it is missing; element is taken over, NULL makes an
 * empty array. */
void ui_json_append(struct ui_json *j, const char *key, struct ui_json *element);
/** A value that is an object; taken over. */
void ui_json_object(struct ui_json *j, const char *key, struct ui_json *value);
int ui_json_print(const struct ui_json *j, FILE *f, struct lab_error **err);

static inline void cleanup_ui_table(struct ui_table **t)
{
	ui_table_free(*t);
}
#define auto_ui_table __attribute__((cleanup(cleanup_ui_table)))
static inline void cleanup_ui_json(struct ui_json **j)
{
	ui_json_free(*j);
}
#define auto_ui_json __attribute__((cleanup(cleanup_ui_json)))
