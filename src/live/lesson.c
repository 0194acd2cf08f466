// SPDX-License-Identifier: GPL-2.0-only
/* A lab as a lesson, for the page beside its picture. */
#include <stdlib.h>
#include <string.h>

#include "live/live.h"

static json_t *texts(const struct text *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, json_string(items[i].s)))
			abort();
	return list;
}

static json_t *place(const struct lesson_progress *p, const char *id, const char *title,
		     const char *step)
{
	return json_pack("{s:s, s:s?, s:s?, s:b, s:b}", "id", id, "title", title, "of", step,
			 "done", lesson_passed(p, id), "here", p->at && !strcmp(p->at, id));
}

static void add(json_t *list, json_t *item)
{
	if (!item || json_array_append_new(list, item))
		abort();
}

static json_t *places(const struct lab *lab, const struct lesson_progress *p)
{
	json_t *list = json_array();

	add(list, place(p, LAB_BASE, lab->title.s, NULL));
	for (size_t i = 0; i < lab->n_steps; i++) {
		const struct step *s = &lab->steps[i];

		add(list, place(p, s->id.name, s->title.s ? s->title.s : s->id.name, NULL));
		for (size_t k = 0; k < s->n_exercises; k++) {
			struct strbuf id = {0};

			strbuf_printf(&id, "%s/%s", s->id.name, s->exercises[k].id.name);
			add(list, place(p, id.s, s->exercises[k].title.s, s->id.name));
			strbuf_done(&id);
		}
	}
	return list;
}

static json_t *checks_json(const struct check *const *checks, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		add(list,
		    json_pack("{s:s, s:s?}", "id", checks[i]->id.s, "title", checks[i]->title.s));
	return list;
}

static json_t *here(const struct lab *lab, const char *at)
{
	const struct step *s = at ? lab_find_step(lab, at) : NULL;
	const struct exercise *e = at ? lab_find_exercise(lab, at) : NULL;
	const char *title = e ? e->title.s : s ? s->title.s : lab->title.s;
	const char *text = e ? e->text.s : s ? s->text.s : lab->description.s;
	const bool tries = s && !e;

	return json_pack("{s:s?, s:s?, s:s?, s:o}", "id", at, "title", title, "text", text, "tries",
			 texts(tries ? s->tries : NULL, tries ? s->n_tries : 0));
}

json_t *live_lesson(const struct lab *whole, const struct lesson_progress *progress,
		    const struct check *const *checks, size_t n_checks)
{
	const char *at = progress->at;

	return json_pack("{s:I, s:o, s:o, s:o, s:b, s:b}", "steps", (json_int_t)whole->n_steps,
			 "here", here(whole, at), "places", places(whole, progress), "checks",
			 checks_json(checks, n_checks), "next",
			 whole->n_steps && (!at || lesson_next(whole, at)), "back",
			 at && lesson_back(whole, at));
}
