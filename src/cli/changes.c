// SPDX-License-Identifier: GPL-2.0-only
#include "cli/changes.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"

#define NAMES_MAX     4  /* of one side of a pair; more are only counted */
#define RESOURCES_MAX 40 /* more are put together by kind */
#define FEW           3  /* of a kind that stand by themselves even then */
#define CHANGES_MAX   24 /* lines about reachability */

struct screen {
	const struct cli_changes *c;
	bool colour;
};

/* --- words --- */

static const char *colour_of_op(enum plan_op op)
{
	switch (op) {
	case PLAN_ADD: return "\033[32m";
	case PLAN_CHANGE: return "\033[33m";
	case PLAN_REMOVE: return "\033[31m";
	}
	return "";
}

static char sign_of_op(enum plan_op op)
{
	switch (op) {
	case PLAN_ADD: return '+';
	case PLAN_CHANGE: return '~';
	case PLAN_REMOVE: return '-';
	}
	return ' ';
}

static void put(const struct screen *s, const char *colour, const char *text)
{
	printf("%s%s%s\n", s->colour ? colour : "", text, s->colour ? "\033[0m" : "");
}

static const char *plural(enum plan_kind kind, size_t n, struct strbuf *b)
{
	const char *name = plan_kind_name(kind);

	strbuf_printf(b, "%zu %s%s", n, name, n == 1 ? "" : kind == PLAN_ADDRESS ? "es" : "s");
	return strbuf_str(b);
}

/* --- resources --- */

static void count_steps(const struct analyse_resource *r, enum plan_op op,
			size_t count[static PLAN_N_KINDS])
{
	memset(count, 0, PLAN_N_KINDS * sizeof(*count));
	for (size_t i = 0; i < r->n; i++)
		count[r->steps[i]->kind] += r->steps[i]->op == op;
}

/* "1 link, 4 routes"; of a resource that stays, each with its sign. */
static void add_counts(const struct analyse_resource *r, struct strbuf *b)
{
	static const enum plan_op order[] = {PLAN_ADD, PLAN_CHANGE, PLAN_REMOVE};
	size_t count[PLAN_N_KINDS];
	const size_t start = b->len;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		count_steps(r, order[i], count);
		for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++) {
			if (!count[kind])
				continue;
			if (b->len > start)
				strbuf_add(b, ", ");
			if (r->op == PLAN_CHANGE)
				strbuf_addc(b, sign_of_op(order[i]));
			(void)plural(kind, count[kind], b); /* the text is in b */
		}
	}
}

static int width_of_names(const struct analyse_resources *r)
{
	size_t width = 0;

	for (size_t i = 0; i < r->n; i++)
		if (strlen(r->items[i].name) > width)
			width = strlen(r->items[i].name);
	return (int)width;
}

static void print_objects(const struct screen *s, const struct analyse_resource *r)
{
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < r->n; i++)
		put(s, colour_of_op(r->steps[i]->op),
		    arena_printf(a, "    %s", plan_step_describe(a, r->steps[i])));
}

static void print_resource(const struct screen *s, const struct analyse_resource *r, int width)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_printf(&line, "%c %-*s  ", sign_of_op(r->op), width, r->name);
	add_counts(r, &line);
	put(s, colour_of_op(r->op), strbuf_str(&line));
	if (s->c->objects)
		print_objects(s, r);
}

static bool alike(const struct analyse_resource *a, const struct analyse_resource *b)
{
	return a->op == b->op && strcmp(a->kind, b->kind) == 0;
}

static size_t count_alike(const struct analyse_resources *r, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < r->n; k++)
		n += alike(&r->items[i], &r->items[k]);
	return n;
}

static bool is_first_of_kind(const struct analyse_resources *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (alike(&r->items[i], &r->items[k]))
			return false;
	return true;
}

/* "+ 1000 of kind instance: instance ecs-1, ..." */
static void print_kind(const struct screen *s, const struct analyse_resources *r, size_t i,
		       size_t n)
{
	auto_strbuf struct strbuf line = {0};
	size_t named = 0;

	strbuf_printf(&line, "%c %zu of kind %s: ", sign_of_op(r->items[i].op), n,
		      r->items[i].kind);
	for (size_t k = i; k < r->n && named < FEW; k++)
		if (alike(&r->items[i], &r->items[k]))
			strbuf_printf(&line, "%s%s", named++ ? ", " : "",
				      strrchr(r->items[k].resource, '.')
					      ? strrchr(r->items[k].resource, '.') + 1
					      : r->items[k].resource);
	put(s, colour_of_op(r->items[i].op), strbuf_str(&line));
}

static void print_many(const struct screen *s, const struct analyse_resources *r, int width)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t n;

		if (!is_first_of_kind(r, i))
			continue;
		n = count_alike(r, i);
		if (n > FEW) {
			print_kind(s, r, i, n);
			continue;
		}
		for (size_t k = i; k < r->n; k++)
			if (alike(&r->items[i], &r->items[k]))
				print_resource(s, &r->items[k], width);
	}
}

static void print_resources(const struct screen *s)
{
	const struct analyse_resources *r = s->c->resources;
	const int width = width_of_names(r);
	size_t steps = 0;

	for (size_t i = 0; i < r->n; i++)
		steps += r->items[i].n;
	if (r->n > RESOURCES_MAX && !s->c->objects)
		print_many(s, r, width);
	else
		for (size_t i = 0; i < r->n; i++)
			print_resource(s, &r->items[i], width);
	printf("%zu to add, %zu to change, %zu to remove (%zu Linux object%s)\n",
	       r->count[PLAN_ADD], r->count[PLAN_CHANGE], r->count[PLAN_REMOVE], steps,
	       steps == 1 ? "" : "s");
}

/* --- reachability --- */

static void add_names(const struct screen *s, const char *const *names, size_t n, struct strbuf *b)
{
	const size_t shown = s->c->objects || n <= NAMES_MAX ? n : NAMES_MAX - 1;

	for (size_t i = 0; i < shown; i++)
		strbuf_printf(b, "%s%s", i ? ", " : "", names[i]);
	if (shown < n)
		strbuf_printf(b, " and %zu more", n - shown);
}

/* Everybody of the line and everybody else of it. */
static bool among(const struct analyse_change *c)
{
	return c->both && c->n_from > 1 && c->n_from == c->n_to &&
	       strcmp(c->from[0], c->to[0]) == 0;
}

static void add_pairs(const struct screen *s, const struct analyse_change *c, struct strbuf *b)
{
	if (among(c) && c->n_from == 2) {
		strbuf_printf(b, "%s <-> %s", c->from[0], c->from[1]);
		return;
	}
	add_names(s, c->from, c->n_from, b);
	strbuf_add(b, c->both ? " <-> " : " -> ");
	if (among(c))
		strbuf_add(b, "each other");
	else
		add_names(s, c->to, c->n_to, b);
}

static void print_change(const struct screen *s, const struct analyse_change *c)
{
	static const struct {
		char sign;
		const char *colour, *word;
	} looks[] = {[ANALYSE_GAINED] = {'+', "\033[32m", "gained"},
		     [ANALYSE_LOST] = {'-', "\033[31m", "lost"},
		     [ANALYSE_DOUBTFUL] = {'?', "\033[33m", "no longer known"}};
	auto_strbuf struct strbuf line = {0};

	strbuf_printf(&line, "%c ", looks[c->effect].sign);
	add_pairs(s, c, &line);
	strbuf_add(&line, ": ");
	if (c->services)
		strbuf_printf(&line, "%s ", c->services);
	strbuf_add(&line, looks[c->effect].word);
	if (c->reason)
		strbuf_printf(&line, ": %s", c->reason);
	put(s, looks[c->effect].colour, strbuf_str(&line));
}

static void print_reachability(const struct screen *s)
{
	const struct analyse_changes *c = s->c->reachability;
	const size_t shown = s->c->objects || c->n <= CHANGES_MAX ? c->n : CHANGES_MAX - 1;

	if (!c->n) {
		puts("nobody gains or loses reachability");
		return;
	}
	for (size_t i = 0; i < shown; i++)
		print_change(s, &c->items[i]);
	if (shown < c->n)
		printf("... and %zu more lines, which --objects shows\n", c->n - shown);
	printf("%zu pair%s gained, %zu lost", c->pairs[ANALYSE_GAINED],
	       c->pairs[ANALYSE_GAINED] == 1 ? "" : "s", c->pairs[ANALYSE_LOST]);
	if (c->pairs[ANALYSE_DOUBTFUL])
		printf(", %zu no longer known", c->pairs[ANALYSE_DOUBTFUL]);
	puts("");
}

void cli_changes_print(const struct cli_changes *c)
{
	const struct screen s = {c, cli_colour(stdout)};

	if (!c->resources->n) {
		printf("nothing to do: %s is as the plan says\n", c->lab);
		return;
	}
	print_resources(&s);
	puts("");
	print_reachability(&s);
}
