// SPDX-License-Identifier: GPL-2.0-only
/* The name of a lab, of a file that is read no further than that: as a rule its first line. */
#include <libfyaml.h>
#include <string.h>

#include "base/utf8.h"
#include "parse/events.h"
#include "parse/parse.h"
#include "parse/scan.h"
#include "parse/tree.h"

/* Where reading is. */
struct search {
	const char *text;
	size_t depth; /* of what is open: 1 is the map of the whole file */
	bool behind_key, is_name;
	const char *name; /* found; n bytes */
	size_t n;
};

/* As it is written, without quotes: a valid name is what it says. */
static const char *written(const struct search *s, struct fy_event *e, size_t *n)
{
	struct fy_token *token = fy_event_get_token(e);
	size_t from;

	*n = 0;
	if (!token)
		return "";
	from = fy_token_start_mark(token)->input_pos;
	*n = fy_token_end_mark(token)->input_pos - from;
	return s->text + from;
}

static void on_scalar(struct search *s, struct fy_event *e)
{
	size_t n;
	const char *text = written(s, e, &n);

	if (s->depth != 1)
		return;
	if (s->behind_key && s->is_name) {
		s->name = text;
		s->n = n;
	}
	s->is_name = !s->behind_key && n == 3 && !memcmp(text, "lab", 3);
	s->behind_key = !s->behind_key;
}

/* A list at the top, or a key that is no text: no lab file. */
static bool on_open(struct search *s, bool is_map)
{
	const bool fits = s->depth == 0 ? is_map : s->depth > 1 || s->behind_key;

	return fits && ++s->depth < PARSE_MAX_DEPTH;
}

/* False: there is nothing more to be found. */
static bool on_event(void *data, struct fy_event *e)
{
	struct search *s = data;

	switch (e->type) {
	case FYET_SCALAR: on_scalar(s, e); return s->depth && !s->name;
	case FYET_MAPPING_START: return on_open(s, true);
	case FYET_SEQUENCE_START: return on_open(s, false);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		if (--s->depth == 1)
			s->behind_key = false; /* it was the value of a key */
		return s->depth && !s->is_name;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_DOCUMENT_START: return true;
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
	case FYET_ALIAS: break;
	}
	return false;
}

const char *parse_lab_name(struct arena *arena, const struct source *src)
{
	const size_t mark = parse_mark(src);
	struct search s = {.text = src->text + mark};
	const struct parse_reader reader = {.on_event = on_event, .data = &s};

	if (memchr(src->text, '\0', src->len) || !utf8_valid(src->text, src->len))
		return NULL;
	(void)parse_events(s.text, src->len - mark,
			   &reader); /* whoever reads all of it says what is wrong */
	return s.name ? arena_strndup(arena, s.name, s.n) : NULL;
}
