// SPDX-License-Identifier: GPL-2.0-only
/** labctl matrix: who reaches whom. */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/matrix.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/matrix_svg.h"
#include "cli/options.h"
#include "cli/seen.h"

#define NAMES_MAX   4  /* of nodes that are alike; more are only counted */
#define FEW_COLUMNS 16 /* of which each has room for its number */
#define WIDTH       96 /* of a line of names */
#define TOLD_MAX    64 /* names of more are for --json */

enum format { FORMAT_TEXT, FORMAT_SVG, FORMAT_JSON };

const char *const cli_formats_matrix[] = {"text", "svg", "json", NULL};
static_assert(ARRAY_LEN(cli_formats_matrix) == FORMAT_JSON + 2, "one word per format");

struct options {
	struct cli_lab_options common;
	bool planned;
	enum format format;
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"plan", 'p', NULL, 0, "even if the lab is up, answer by its file", 0},
	{"format", 'f', "FORMAT", 0, "text (default), svg or json", 0},
	{"json", 'j', NULL, 0, "the same as --format json", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'p': o->planned = true; return 0;
	case 'f':
		o->format = (enum format)cli_option_word(state, "format", arg, cli_formats_matrix);
		o->common.json = o->format == FORMAT_JSON;
		return 0;
	case 'j':
		o->format = FORMAT_JSON;
		o->common.json = true;
		return 0;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_matrix = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Prints from which node (rows) what is reached (columns): nodes, gateways, VBRs, resolvers. "
	       "Nodes between which nothing differs share a row or a column. A lab that is up is looked at "
	       "as it is.\v"
	       "Examples:\n"
	       "  labctl matrix scenario1\n"
	       "  labctl matrix scenario1 --step attach\n"
	       "  labctl matrix hybrid --format svg >matrix.svg\n"
	       "  labctl matrix scenario1 --json | jq '. as $m | .cells[] | select(.services.ping == \"no\") | "
	       "[$m.from[.from], $m.to[.to]]'\n",
};

/* --- rows and columns: what the analyser found to be alike --- */

struct group {
	size_t kind, first; /* place of its first member */
	const char **names;
	size_t n;
	bool merged; /* its members stand in a group before it */
};

struct groups {
	struct group *v;
	size_t n;
};

struct grid {
	struct arena *arena;
	const struct analyse_matrix *m;
	struct groups rows, columns;
	char *marks;       /* by row and column */
	const char **some; /* what the letters stand for */
	size_t n_some;
};

#define SELF  ' '
#define OTHER '*' /* of what there are no more letters for */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
#define LETTERS (sizeof(letters) - 1)

static void add_member(struct grid *g, struct groups *groups, size_t kind, size_t place,
		       const char *name)
{
	struct group *x = NULL;

	for (size_t i = 0; i < groups->n && !x; i++)
		if (groups->v[i].kind == kind)
			x = &groups->v[i];
	if (!x) {
		x = arena_push(g->arena, groups->v, groups->n);
		*x = (struct group){.kind = kind, .first = place};
	}
	*arena_push(g->arena, x->names, x->n) = name;
}

static char *label_of(struct grid *g, const struct group *x)
{
	const size_t shown = x->n <= NAMES_MAX ? x->n : NAMES_MAX - 1;
	auto_strbuf struct strbuf b = {0};

	for (size_t i = 0; i < shown; i++)
		strbuf_printf(&b, "%s%s", i ? ", " : "", x->names[i]);
	if (shown < x->n)
		strbuf_printf(&b, " and %zu more", x->n - shown);
	return arena_strdup(g->arena, strbuf_str(&b));
}

/* --- marks --- */

/* A port that fares as all others of its protocol is not told; nor is what does not pass at all. */
static bool is_told(const struct analyse_outcome *o, size_t i)
{
	const struct analyse_service rest = {o->services[i].protocol, 0};

	return o->verdicts[i] != (o->services[i].port ? analyse_outcome_of(o, rest) : ANALYSE_NO);
}

/* "any tcp" where no port of it is told. */
static const char *any(const struct analyse_outcome *o, struct analyse_service s)
{
	if (s.port || s.protocol == ANALYSE_ICMP)
		return "";
	for (size_t i = 0; i < o->n; i++)
		if (o->services[i].protocol == s.protocol && o->services[i].port && is_told(o, i))
			return "any other ";
	return "any ";
}

/* "ping, tcp/80": the services of that verdict, after `before`. */
static void add_services(const struct analyse_outcome *o, enum analyse_verdict verdict,
			 const char *before, struct strbuf *b)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->verdicts[i] != verdict || !is_told(o, i))
			continue;
		strbuf_printf(b, "%s%s", before, any(o, o->services[i]));
		analyse_service_name(o->services[i], b);
		before = ", ";
	}
}

static size_t number_of(const struct analyse_outcome *o, enum analyse_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->verdicts[i] == verdict;
	return n;
}

/* "only any other tcp, not tcp/80; not known: ping; 51 % of round trips lost" */
static char *describe(struct grid *g, const struct analyse_outcome *o)
{
	auto_strbuf struct strbuf b = {0};

	if (number_of(o, ANALYSE_YES) == o->n)
		strbuf_add(&b, "everything");
	else
		add_services(o, ANALYSE_YES, "only ", &b);
	if (!b.len)
		strbuf_add(&b, "nothing");
	add_services(o, ANALYSE_NO, ", not ", &b);
	add_services(o, ANALYSE_PERHAPS, "; not known: ", &b);
	if (o->loss_ppm)
		strbuf_printf(&b, "; %g %% of round trips lost", (double)o->loss_ppm / 10000);
	return arena_strdup(g->arena, strbuf_str(&b));
}

static char letter_of(struct grid *g, const struct analyse_outcome *o)
{
	const char *text = describe(g, o);
	size_t i = 0;

	while (i < g->n_some && strcmp(g->some[i], text) != 0)
		i++;
	if (i == g->n_some)
		*arena_push(g->arena, g->some, g->n_some) = text;
	return i < LETTERS ? letters[i] : OTHER;
}

static char mark_of(struct grid *g, const struct analyse_outcome *o)
{
	if (!o)
		return SELF;
	if (number_of(o, ANALYSE_YES) == o->n && !o->loss_ppm)
		return '+';
	if (number_of(o, ANALYSE_NO) == o->n)
		return '.';
	return number_of(o, ANALYSE_PERHAPS) == o->n ? '?' : letter_of(g, o);
}

/* One node to itself alone is no pair. */
static const struct analyse_outcome *cell_of(const struct analyse_matrix *m,
					     const struct group *row, const struct group *column)
{
	if (row->n == 1 && column->n == 1)
		return analyse_matrix_get(m, row->first, column->first);
	return m->cells[row->kind * m->n_target_kinds + column->kind];
}

static char *mark_at(const struct grid *g, size_t row, size_t column)
{
	return &g->marks[row * g->columns.n + column];
}

static void fill(struct grid *g)
{
	g->marks = arena_alloc(g->arena, g->rows.n * g->columns.n + 1);
	for (size_t i = 0; i < g->rows.n; i++)
		for (size_t k = 0; k < g->columns.n; k++)
			*mark_at(g, i, k) = mark_of(g,
						    cell_of(g->m, &g->rows.v[i], &g->columns.v[k]));
}

/* --- what looks alike goes together --- */

/* What has no letter of its own may be different. */
static bool fits(char a, char b)
{
	return (a == b && a != OTHER) || a == SELF || b == SELF;
}

static void join(struct grid *g, struct group *to, struct group *x)
{
	for (size_t i = 0; i < x->n; i++)
		*arena_push(g->arena, to->names, to->n) = x->names[i];
	x->merged = true;
}

/* step, n: how the marks of one line lie. */
static bool lines_fit(const char *a, const char *b, size_t step, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fits(a[i * step], b[i * step]))
			return false;
	return true;
}

static void merge_lines(struct grid *g, struct groups *lines, size_t stride, size_t step, size_t n)
{
	for (size_t i = 1; i < lines->n; i++)
		for (size_t to = 0; to < i && !lines->v[i].merged; to++) {
			char *a = g->marks + to * stride, *b = g->marks + i * stride;

			if (lines->v[to].merged || !lines_fit(a, b, step, n))
				continue;
			for (size_t k = 0; k < n; k++)
				if (a[k * step] == SELF)
					a[k * step] = b[k * step];
			join(g, &lines->v[to], &lines->v[i]);
		}
}

static void merge(struct grid *g)
{
	merge_lines(g, &g->rows, g->columns.n, 1, g->columns.n);
	merge_lines(g, &g->columns, 1, g->columns.n, g->rows.n);
}

static void grid_fill(struct grid *g)
{
	const struct analyse_matrix *m = g->m;

	for (size_t i = 0; i < m->n_sources; i++)
		add_member(g, &g->rows, m->sources[i].kind, i, m->sources[i].name);
	for (size_t i = 0; i < m->n_targets; i++)
		add_member(g, &g->columns, m->targets[i].kind, i, m->targets[i].label);
	fill(g);
}

/* --- the table --- */

static const char *colour_of(char mark)
{
	switch (mark) {
	case SELF: return "";
	case '+': return "\033[32m";
	case '.': return "\033[31m";
	default: return "\033[33m";
	}
}

static size_t count(const struct groups *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->n; i++)
		n += !groups->v[i].merged;
	return n;
}

/* gap: blanks before each mark. */
static void print_row(struct grid *g, size_t row, int width, int gap)
{
	const bool colour = cli_colour(stdout);

	printf("%-*s ", width, label_of(g, &g->rows.v[row]));
	for (size_t k = 0; k < g->columns.n; k++)
		if (!g->columns.v[k].merged)
			printf("%*s%s%c%s", gap, "", colour ? colour_of(*mark_at(g, row, k)) : "",
			       *mark_at(g, row, k), colour ? "\033[0m" : "");
	puts("");
}

/* Numbers of columns; of many, one digit above the other. */
static void print_head(size_t n, int width, int gap)
{
	printf("%-*s ", width, "from \\ to");
	if (gap) {
		for (size_t k = 1; k <= n; k++)
			printf("%*zu", gap + 1, k);
		puts("");
		return;
	}
	for (size_t k = 1; k <= n; k++)
		putchar(k % 10 ? ' ' : (int)('0' + k / 10 % 10));
	printf("\n%*s ", width, "");
	for (size_t k = 1; k <= n; k++)
		putchar((int)('0' + k % 10));
	puts("");
}

static void print_rows(struct grid *g)
{
	const size_t n = count(&g->columns);
	const int gap = n <= FEW_COLUMNS ? 3 : 0;
	size_t width = strlen("from \\ to");

	for (size_t i = 0; i < g->rows.n; i++)
		if (!g->rows.v[i].merged && strlen(label_of(g, &g->rows.v[i])) > width)
			width = strlen(label_of(g, &g->rows.v[i]));
	print_head(n, (int)width, gap);
	for (size_t i = 0; i < g->rows.n; i++)
		if (!g->rows.v[i].merged)
			print_row(g, i, (int)width, gap);
}

struct lines {
	const char **v;
	size_t n;
};

static void add_line(struct grid *g, struct lines *lines, const char *text)
{
	*(const char **)arena_push(g->arena, lines->v, lines->n) = text;
}

static bool same_names(const struct group *a, const struct group *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}

/* "ecs-1, ecs-2, ecs-3 and 2 more: ecs-4, ecs-5", in as many lines as that takes. */
static void add_rest(struct grid *g, struct lines *lines, const struct group *x)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_printf(&line, "%s:", label_of(g, x));
	for (size_t i = NAMES_MAX - 1; i < x->n; i++) {
		if (line.len + strlen(x->names[i]) + 2 > WIDTH) {
			add_line(g, lines, arena_strdup(g->arena, line.s));
			strbuf_trunc(&line, 0);
			strbuf_add(&line, "  ");
		}
		strbuf_printf(&line, " %s%s", x->names[i], i + 1 < x->n ? "," : "");
	}
	add_line(g, lines, arena_strdup(g->arena, line.s));
}

/* A group that is a row and a column is told once. */
static bool is_a_row(const struct grid *g, const struct group *x)
{
	for (size_t i = 0; i < g->rows.n; i++)
		if (!g->rows.v[i].merged && same_names(&g->rows.v[i], x))
			return true;
	return false;
}

static void add_group(struct grid *g, struct lines *lines, const struct group *x, bool *left_out)
{
	if (x->merged || x->n <= NAMES_MAX)
		return;
	if (x->n <= TOLD_MAX)
		add_rest(g, lines, x);
	else
		*left_out = true;
}

/* Who they are of whom labels give only the number. */
static struct lines rest_of(struct grid *g)
{
	struct lines lines = {0};
	bool left_out = false;

	for (size_t i = 0; i < g->rows.n; i++)
		add_group(g, &lines, &g->rows.v[i], &left_out);
	for (size_t i = 0; i < g->columns.n; i++)
		if (!is_a_row(g, &g->columns.v[i]))
			add_group(g, &lines, &g->columns.v[i], &left_out);
	if (left_out)
		add_line(g, &lines, "--json names all of them");
	return lines;
}

/* What the marks mean: "+  everything". */
static struct lines legend_of(struct grid *g)
{
	struct lines lines = {0};

	add_line(g, &lines, "+  everything");
	add_line(g, &lines, ".  nothing");
	for (size_t i = 0; i < g->n_some && i < LETTERS; i++)
		add_line(g, &lines, arena_printf(g->arena, "%c  %s", letters[i], g->some[i]));
	if (g->n_some > LETTERS)
		add_line(g, &lines,
			 arena_printf(g->arena, "%c  something; --json says what", OTHER));
	if (memchr(g->marks, '?', g->rows.n * g->columns.n))
		add_line(g, &lines, "?  not known");
	if (memchr(g->marks, SELF, g->rows.n * g->columns.n))
		add_line(
			g, &lines,
			"of a node's own place nothing is said: it is blank, or as those beside it");
	return lines;
}

static void print_rest(struct grid *g)
{
	const struct lines rest = rest_of(g);

	if (rest.n)
		puts("");
	for (size_t i = 0; i < rest.n; i++)
		puts(rest.v[i]);
}

static void print_legend(struct grid *g)
{
	const struct lines legend = legend_of(g);
	size_t n = 0;

	puts("");
	for (size_t k = 0; k < g->columns.n; k++)
		if (!g->columns.v[k].merged)
			printf("%3zu  %s\n", ++n, label_of(g, &g->columns.v[k]));
	puts("");
	for (size_t i = 0; i < legend.n; i++)
		printf("  %s\n", legend.v[i]);
	print_rest(g);
}

static void print_table(const struct cli_seen *seen, struct grid *g)
{
	merge(g);
	cli_seen_say(seen);
	puts("");
	print_rows(g);
	print_legend(g);
}

/* --- the picture --- */

static const char **labels_of(struct grid *g, const struct groups *groups)
{
	const char **labels = arena_alloc(g->arena, (groups->n + 1) * sizeof(*labels));
	size_t n = 0;

	for (size_t i = 0; i < groups->n; i++)
		if (!groups->v[i].merged)
			labels[n++] = label_of(g, &groups->v[i]);
	return labels;
}

static const char *marks_of(struct grid *g)
{
	char *marks = arena_alloc(g->arena, g->rows.n * g->columns.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < g->rows.n; i++)
		for (size_t k = 0; k < g->columns.n; k++)
			if (!g->rows.v[i].merged && !g->columns.v[k].merged)
				marks[n++] = *mark_at(g, i, k);
	return marks;
}

static void print_svg(const struct cli_seen *seen, struct grid *g)
{
	auto_strbuf struct strbuf out = {0};
	struct lines legend, rest;
	struct cli_matrix_picture p = {
		.title = arena_printf(g->arena, "%s%s%s: who reaches whom%s", seen->plan->lab,
				      seen->step ? ", step " : "", seen->step ? seen->step : "",
				      seen->live ? ", as it runs" : ""),
	};

	merge(g);
	p.rows = labels_of(g, &g->rows);
	p.columns = labels_of(g, &g->columns);
	p.n_rows = count(&g->rows);
	p.n_columns = count(&g->columns);
	p.marks = marks_of(g);
	legend = legend_of(g);
	rest = rest_of(g);
	for (size_t i = 0; i < rest.n; i++)
		add_line(g, &legend, rest.v[i]);
	p.legend = legend.v;
	p.n_legend = legend.n;
	cli_matrix_svg(&out, &p);
	fputs(strbuf_str(&out), stdout); /* main() reports what cannot be written */
}

/* --- JSON --- */

static const char *const words[] = {
	[ANALYSE_NO] = "no", [ANALYSE_YES] = "yes", [ANALYSE_PERHAPS] = "unknown"};

static void append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value))
		abort();
}

static json_t *names_of(const struct groups *groups)
{
	json_t *list = json_array();

	for (size_t i = 0; i < groups->n; i++) {
		json_t *names = json_array();

		for (size_t k = 0; k < groups->v[i].n; k++)
			append(names, json_string(groups->v[i].names[k]));
		append(list, names);
	}
	return list;
}

static json_t *services_of(const struct analyse_outcome *o)
{
	json_t *services = json_object();

	for (size_t i = 0; i < o->n; i++) {
		auto_strbuf struct strbuf name = {0};

		analyse_service_name(o->services[i], &name);
		if (json_object_set_new(services, strbuf_str(&name),
					json_string(words[o->verdicts[i]])))
			abort();
	}
	return services;
}

static json_t *cells_of(const struct grid *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->rows.n; i++)
		for (size_t k = 0; k < g->columns.n; k++) {
			const struct analyse_outcome *o = cell_of(g->m, &g->rows.v[i],
								  &g->columns.v[k]);

			if (o)
				append(list,
				       json_pack("{s:I, s:I, s:o, s:I}", "from", (json_int_t)i,
						 "to", (json_int_t)k, "services", services_of(o),
						 "loss_ppm", (json_int_t)o->loss_ppm));
		}
	return list;
}

static void print_json(const struct cli_seen *seen, const struct grid *g)
{
	json_t *root = json_pack("{s:s, s:s?, s:b, s:s?, s:o, s:o, s:o}", "lab", seen->plan->lab,
				 "step", seen->step, "live", seen->live, "file",
				 cli_seen_file(seen), "from", names_of(&g->rows), "to",
				 names_of(&g->columns), "cells", cells_of(g));
	auto_free char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

	if (!text)
		abort();
	puts(text);
	json_decref(root);
}

static void show(const struct options *o, const struct cli_seen *seen)
{
	auto_arena struct arena *arena = arena_new(0);
	struct analyse *a = analyse_new(seen->plan);
	struct analyse_matrix *m = analyse_matrix_new(a);
	struct grid g = {.arena = arena, .m = m};

	grid_fill(&g);
	switch (o->format) {
	case FORMAT_TEXT: print_table(seen, &g); break;
	case FORMAT_SVG: print_svg(seen, &g); break;
	case FORMAT_JSON: print_json(seen, &g); break;
	}
	analyse_matrix_free(m);
	analyse_free(a);
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_seen struct cli_seen seen = {0};

	if (cli_seen_open(&seen, "matrix", o->common.lab, o->common.step, o->planned, CLI_SEE_ALL,
			  err))
		return -1;
	show(o, &seen);
	return 0;
}

int verb_matrix(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_matrix, argc, argv, &o);
	if (run(&o, &err))
		return cli_fail_json(o.common.json, err);
	return LAB_OK;
}
