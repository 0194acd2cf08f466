// SPDX-License-Identifier: GPL-2.0-only
/* The way back: a function's JSON becomes an HTTP answer, or is refused (D502FC). */
#include <stdlib.h>

#include "base/base64.h"
#include "gateway/event.h"
#include "gateway/forward.h"
#include "http/write.h"

static const char *read_status(json_t *j, int *status)
{
	const char *s = json_string_value(j);
	json_int_t n = json_integer_value(j);

	if (s) {
		if (strlen(s) != 3 || strspn(s, "0123456789") != 3)
			return "statusCode";
		n = strtol(s, NULL, 10);
	} else if (!json_is_integer(j)) {
		return "statusCode";
	}
	if (n < 200 || n > 599)
		return "statusCode";
	*status = (int)n;
	return NULL;
}

/* A value as text: strings, numbers and booleans; false for anything else. */
static bool value_text(struct arena *a, json_t *j, struct http_slice *out)
{
	char *text;

	if (json_is_string(j)) {
		*out = (struct http_slice){json_string_value(j), json_string_length(j)};
		return true;
	}
	if (json_is_integer(j))
		text = arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	else if (json_is_boolean(j))
		text = arena_strdup(a, json_is_true(j) ? "true" : "false");
	else
		return false;
	*out = http_slice(text ? text : "");
	return text != NULL;
}

static const char *add_header(struct arena *a, struct http_head *h, const char *name, json_t *value)
{
	struct http_header *x = &h->headers[h->n_headers];

	if (h->n_headers == HTTP_MAX_HEADERS)
		return "too many headers";
	x->name = http_slice(name);
	if (!value_text(a, value, &x->value) || !http_header_valid(x->name, x->value))
		return "headers";
	h->n_headers++;
	return NULL;
}

static const char *read_headers(struct arena *a, json_t *j, struct gateway_answer *answer)
{
	struct http_head *all = arena_alloc(a, sizeof(*all));
	const char *name, *why = NULL;
	json_t *value, *item;
	size_t i;

	if (!j || json_is_null(j))
		return NULL;
	if (!json_is_object(j) || !all)
		return "headers";
	json_object_foreach (j, name, value) {
		if (!json_is_array(value))
			why = add_header(a, all, name, value);
		json_array_foreach (value, i, item) {
			why = why ? why : add_header(a, all, name, item);
		}
		if (why)
			return why;
	}
	for (i = 0; i < all->n_headers; i++) {
		if (gateway_forward_answer_header(all, all->headers[i].name))
			answer->headers[answer->n_headers++] = all->headers[i];
	}
	return NULL;
}

static const char *read_body(json_t *j, bool base64, struct gateway_answer *answer)
{
	size_t n = json_string_length(j);

	if (!j || json_is_null(j))
		return NULL;
	if (!json_is_string(j))
		return "body";
	answer->body = (struct http_slice){json_string_value(j), n};
	if (!base64 || n == 0)
		return NULL;
	answer->free_body = malloc(n);
	if (!answer->free_body)
		abort();
	answer->body.p = answer->free_body;
	if (!base64_decode(json_string_value(j), n, answer->free_body, &answer->body.n)) {
		free(answer->free_body);
		answer->free_body = NULL;
		return "body";
	}
	return NULL;
}

static const char *read_object(struct arena *a, struct gateway_answer *answer)
{
	json_t *base64 = json_object_get(answer->root, "isBase64Encoded");
	const char *why;

	if (!json_is_object(answer->root))
		return "not an object";
	if (base64 && !json_is_boolean(base64) && !json_is_null(base64))
		return "isBase64Encoded";
	why = read_status(json_object_get(answer->root, "statusCode"), &answer->status);
	if (!why)
		why = read_headers(a, json_object_get(answer->root, "headers"), answer);
	/* last, because only it allocates */
	if (!why)
		why = read_body(json_object_get(answer->root, "body"), json_is_true(base64),
				answer);
	return why;
}

const char *gateway_answer_read(struct arena *a, const char *text, size_t len,
				struct gateway_answer *answer)
{
	const char *why;

	answer->n_headers = 0;
	answer->body = (struct http_slice){"", 0};
	answer->free_body = NULL;
	answer->root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!answer->root)
		return "not JSON";
	why = read_object(a, answer);
	if (why) {
		json_decref(answer->root);
		answer->root = NULL;
	}
	return why;
}
