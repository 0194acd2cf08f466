// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lab may run under another name than its file gives (`up --name`, `up --copies`). Its texts were written for
 * the file's name, and students copy commands out of them: those must do to this lab what they say.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "model/model.h"

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

static bool starts(const char *p, const char *word)
{
	return !strncmp(p, word, strlen(word));
}

/* Whether a word that is `name` and nothing else begins at p: neither a path nor a file's name. */
static bool is_word(const char *p, const char *name)
{
	const char *end = p + strlen(name);

	return starts(p, name) && !in_word(*end) && *end != '/' &&
	       (*end != '.' || !in_word(end[1]));
}

static const char *skip_command(const char *p)
{
	return p + strcspn(p, "\n`|;&");
}

static bool names_it(const char *p, const char *name)
{
	return (p[-1] == ' ' || p[-1] == '"' || p[-1] == '\'') && is_word(p, name);
}

/* Where a command of labctl that begins at p names the lab; NULL: not at all, or it makes other names of it. */
static const char *lab_in_command(const char *p, const char *name)
{
	const char *end = skip_command(p), *found = NULL;

	p += strlen("labctl");
	p += strspn(p, " ");
	for (p += strcspn(p, " \n`|;&"); p < end;
	     p++) { /* behind the verb, which may be a lab's name, too */
		if (starts(p, " --copies") || starts(p, " --name"))
			return NULL;
		if (!found && names_it(p, name))
			found = p;
	}
	return found;
}

/* "ip -n LAB.NAMESPACE", "ip netns exec LAB.NAMESPACE", "/run/netns/LAB.NAMESPACE" */
static bool is_namespace(const char *text, const char *p, const char *name)
{
	static const char *const before[] = {"-n ", "-netns ", "netns exec ", "netns/"};
	const char *end = p + strlen(name);

	if (!starts(p, name) || *end != '.' || !in_word(end[1]))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		const size_t n = strlen(before[i]);

		if ((size_t)(p - text) >= n && !strncmp(p - n, before[i], n))
			return true;
	}
	return false;
}

static void rename_text(struct lab *lab, const char *was, struct text *t)
{
	const char *copied = t->s;
	auto_strbuf struct strbuf b = {0};

	for (const char *p = t->s; p && *p; p++) {
		const char *at = is_namespace(t->s, p, was) ? p : NULL;

		if (!at && is_word(p, "labctl") && (p == t->s || !in_word(p[-1])))
			at = lab_in_command(p, was);
		if (!at)
			continue;
		strbuf_addn(&b, copied, (size_t)(at - copied));
		strbuf_add(&b, lab->id.name);
		copied = at + strlen(was);
		p = copied - 1;
	}
	if (copied == t->s)
		return;
	strbuf_add(&b, copied);
	t->s = arena_strdup(lab->arena, strbuf_str(&b));
}

static void rename_texts(struct lab *lab, const char *was, struct text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rename_text(lab, was, &texts[i]);
}

static void rename_step(struct lab *lab, const char *was, struct step *s)
{
	rename_text(lab, was, &s->text);
	rename_texts(lab, was, s->tries, s->n_tries);
	rename_texts(lab, was, s->hints, s->n_hints);
	for (size_t i = 0; i < s->n_exercises; i++) {
		struct exercise *e = &s->exercises[i];

		rename_text(lab, was, &e->text);
		rename_text(lab, was, &e->answer);
		rename_texts(lab, was, e->hints, e->n_hints);
	}
}

void lab_rename(struct lab *lab, const char *name)
{
	const char *was = lab->id.name;

	if (was && !strcmp(was, name))
		return;
	lab->id.name = arena_strdup(lab->arena, name);
	if (!was || !*was)
		return;
	rename_text(lab, was, &lab->description);
	for (size_t i = 0; i < lab->n_steps; i++)
		rename_step(lab, was, &lab->steps[i]);
}
