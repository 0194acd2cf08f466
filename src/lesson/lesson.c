// SPDX-License-Identifier: GPL-2.0-only
#include "lesson/lesson.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static size_t index_of(const struct lab *lab, const char *at)
{
	const struct step *s = lab_find_step(lab, at);

	return s ? (size_t)(s - lab->steps) : lab->n_steps;
}

const char *lesson_next(const struct lab *lab, const char *at)
{
	size_t i = index_of(lab, at);

	if (!strcmp(at, LAB_BASE))
		return lab->n_steps ? lab->steps[0].id.name : NULL;
	return i + 1 < lab->n_steps ? lab->steps[i + 1].id.name : NULL;
}

const char *lesson_back(const struct lab *lab, const char *at)
{
	size_t i = index_of(lab, at);

	if (i == lab->n_steps)
		return NULL;
	if (lab_find_exercise(lab, at))
		return lab->steps[i].id.name;
	return i ? lab->steps[i - 1].id.name : LAB_BASE;
}

static size_t rank_of(const struct lab *lab, const char *place)
{
	if (!strcmp(place, LAB_BASE))
		return 0;
	return 2 * index_of(lab, place) + (lab_find_exercise(lab, place) ? 2 : 1);
}

bool lesson_precedes(const struct lab *lab, const char *place, const char *other)
{
	return rank_of(lab, place) < rank_of(lab, other);
}

static const char *exercise_place(const struct lab *lab, const struct step *s, size_t i)
{
	return arena_printf(lab->arena, "%s/%s", s->id.name, s->exercises[i].id.name);
}

/* All places, in the lab's arena. */
static const char **places_of(const struct lab *lab, size_t *n)
{
	const char **places = NULL;

	*n = 0;
	*arena_push(lab->arena, places, *n) = "start";
	for (size_t i = 0; i < lab->n_steps; i++) {
		const struct step *s = &lab->steps[i];

		*arena_push(lab->arena, places, *n) = s->id.name;
		for (size_t j = 0; j < s->n_exercises; j++)
			*arena_push(lab->arena, places, *n) = exercise_place(lab, s, j);
	}
	return places;
}

static const char *list_of(const struct lab *lab, const char *const *names, size_t n)
{
	const char *list = "";

	for (size_t i = 0; i < n; i++)
		list = arena_printf(lab->arena, "%s%s%s", list, i ? ", " : "", names[i]);
	return list;
}

/* "3", as headings count: [3/5 ...]; NULL: there are not so many. */
static const struct step *numbered(const struct lab *lab, const char *word)
{
	char *end;
	const unsigned long n = strtoul(word, &end, 10);

	return word[0] >= '1' && word[0] <= '9' && !*end && n <= lab->n_steps ? &lab->steps[n - 1]
									      : NULL;
}

const char *lesson_find(const struct lab *lab, const char *word, struct lab_error **err)
{
	size_t n;
	const char **places = places_of(lab, &n), *near;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(places[i], word))
			return i ? places[i] : LAB_BASE;
	if (numbered(lab, word))
		return numbered(lab, word)->id.name;
	(void)lab_error_make(err, LAB_USAGE, "lab %s: there is no step %s", lab->id.name, word);
	near = diag_nearest(word, places, n);
	if (near)
		(void)lab_error_hint(err, "did you mean %s?", near);
	else
		(void)lab_error_hint(err, "there are: %s", list_of(lab, places, n));
	return NULL;
}

/* The steps are looked through from the student's own on. */
const char *lesson_find_exercise(const struct lab *lab, const char *at, const char *word,
				 struct lab_error **err)
{
	size_t n = 0, own = index_of(lab, at);
	const char **names = NULL;

	for (size_t k = 0; k < lab->n_steps; k++) {
		const struct step *s = &lab->steps[(own + k) % lab->n_steps];

		for (size_t i = 0; i < s->n_exercises; i++) {
			if (!strcmp(s->exercises[i].id.name, word) ||
			    !strcmp(exercise_place(lab, s, i), word))
				return exercise_place(lab, s, i);
			*arena_push(lab->arena, names, n) = s->exercises[i].id.name;
		}
	}
	(void)lab_error_make(err, LAB_USAGE, "lab %s: there is no exercise %s", lab->id.name, word);
	if (n)
		(void)lab_error_hint(err, "there are: %s", list_of(lab, names, n));
	return NULL;
}

const struct text *lesson_hints(const struct lab *lab, const char *at, size_t *n)
{
	const struct exercise *e = lab_find_exercise(lab, at);
	const struct step *s = lab_find_step(lab, at);

	*n = e ? e->n_hints : s ? s->n_hints : 0;
	return e ? e->hints : s ? s->hints : NULL;
}
