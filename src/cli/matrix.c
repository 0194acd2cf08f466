// SPDX-License-Identifier: GPL-2.0-only
/** labctl matrix: who reaches whom. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/matrix.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/seen.h"

#define NAMES_MAX 3 /* of nodes that are alike; more are only counted */

struct options {
	struct cli_lab_options common;
	bool planned;
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"plan", 'p', NULL, 0, "even if the lab is up, answer by its file", 0},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == 'p') {
		o->planned = true;
		return 0;
	}
	return cli_lab_option(&o->common, key, arg, state);
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Prints from which node (rows) what is reached (columns): nodes, gateways, VBRs, resolvers. Nodes "
	       "between which nothing differs share a row or a column. A lab that is up is looked at as it "
	       "is.\v"
	       "Examples:\n"
	       "  labctl matrix scenario1\n"
	       "  labctl matrix scenario1 --step attach\n"
	       "  labctl matrix scenario1 --json | jq '.pairs[] | select(.services.ping == \"no\")'\n",
};

/* --- rows and columns: what is alike together --- */

struct group {
	size_t kind, first, n;
	struct strbuf label;
};

struct groups {
	struct group *v;
	size_t n;
};

static void groups_add(struct groups *g, size_t kind, size_t place, const char *label)
{
	struct group *x = NULL;

	for (size_t i = 0; i < g->n && !x; i++)
		if (g->v[i].kind == kind)
			x = &g->v[i];
	if (!x) {
		g->v = reallocarray(g->v, g->n + 1, sizeof(*g->v));
		if (!g->v)
			abort();
		x = &g->v[g->n++];
		*x = (struct group){.kind = kind, .first = place};
	}
	if (x->n < NAMES_MAX)
		strbuf_printf(&x->label, "%s%s", x->n ? ", " : "", label);
	x->n++;
}

static void groups_end(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].n > NAMES_MAX)
			strbuf_printf(&g->v[i].label, " and %zu more", g->v[i].n - NAMES_MAX);
}

static void groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		strbuf_done(&g->v[i].label);
	free(g->v);
}
#define auto_groups __attribute__((cleanup(groups_done)))

/* --- marks --- */

struct mark {
	const char *text, *colour;
};

static const struct mark marks[] = {
	{"+", "\033[32m"}, {"o", "\033[33m"}, {".", "\033[31m"}, {"?", "\033[33m"}, {" ", ""}};
enum { ALL, SOME, NONE, UNKNOWN, SELF };

static size_t mark_of(const struct analyse_outcome *o)
{
	size_t count[3] = {0};

	if (!o)
		return SELF;
	for (size_t i = 0; i < o->n; i++)
		count[o->verdicts[i]]++;
	if (count[ANALYSE_PERHAPS])
		return UNKNOWN;
	return !count[ANALYSE_NO] ? ALL : count[ANALYSE_YES] ? SOME : NONE;
}

/* Of one group to another: their cell, by two members that are not the same node. */
static const struct analyse_outcome *cell_of(const struct analyse_matrix *m,
					     const struct group *row, const struct group *column)
{
	return m->cells[row->kind * m->n_target_kinds + column->kind];
}

/* One node to itself alone is no pair. */
static bool is_self(const struct analyse_matrix *m, const struct group *row,
		    const struct group *column)
{
	return row->n == 1 && column->n == 1 && !analyse_matrix_get(m, row->first, column->first);
}

static void print_rows(const struct analyse_matrix *m, const struct groups *rows,
		       const struct groups *columns)
{
	const bool colour = cli_colour(stdout);
	size_t width = strlen("from \\ to");

	for (size_t i = 0; i < rows->n; i++)
		if (rows->v[i].label.len > width)
			width = rows->v[i].label.len;
	printf("%-*s", (int)width, "from \\ to");
	for (size_t k = 0; k < columns->n; k++)
		printf(" %3zu", k + 1);
	puts("");
	for (size_t i = 0; i < rows->n; i++) {
		printf("%-*s", (int)width, strbuf_str(&rows->v[i].label));
		for (size_t k = 0; k < columns->n; k++) {
			const bool self = is_self(m, &rows->v[i], &columns->v[k]);
			const struct mark *x =
				&marks[self ? SELF
					    : mark_of(cell_of(m, &rows->v[i], &columns->v[k]))];

			printf("   %s%s%s", colour ? x->colour : "", x->text,
			       colour ? "\033[0m" : "");
		}
		puts("");
	}
}

static void print_table(const struct cli_seen *seen, const struct analyse_matrix *m)
{
	auto_groups struct groups rows = {0}, columns = {0};

	for (size_t i = 0; i < m->n_sources; i++)
		groups_add(&rows, m->sources[i].kind, i, m->sources[i].name);
	for (size_t i = 0; i < m->n_targets; i++)
		groups_add(&columns, m->targets[i].kind, i, m->targets[i].label);
	groups_end(&rows);
	groups_end(&columns);
	cli_seen_say(seen);
	puts("");
	print_rows(m, &rows, &columns);
	puts("");
	for (size_t k = 0; k < columns.n; k++)
		printf("%3zu  %s\n", k + 1, strbuf_str(&columns.v[k].label));
	puts("\n+ all services   o some of them   . nothing   ? not known");
}

/* --- JSON --- */

static const char *const words[] = {
	[ANALYSE_NO] = "no", [ANALYSE_YES] = "yes", [ANALYSE_PERHAPS] = "unknown"};

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

static void print_json(const struct cli_seen *seen, const struct analyse_matrix *m)
{
	json_t *pairs = json_array(), *root;
	auto_free char *text = NULL;

	for (size_t i = 0; i < m->n_sources; i++)
		for (size_t k = 0; k < m->n_targets; k++) {
			const struct analyse_outcome *o = analyse_matrix_get(m, i, k);
			char ip[IP_STRLEN];

			if (o &&
			    json_array_append_new(pairs, json_pack("{s:s, s:s, s:s, s:o}", "from",
								   m->sources[i].name, "to",
								   m->targets[k].name, "address",
								   ip_format(m->targets[k].ip, ip),
								   "services", services_of(o))))
				abort();
		}
	root = json_pack("{s:s, s:s?, s:b, s:o}", "lab", seen->plan->lab, "step", seen->step,
			 "live", seen->live, "pairs", pairs);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (!text)
		abort();
	puts(text);
	json_decref(root);
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_seen struct cli_seen seen = {0};
	struct analyse *a;
	struct analyse_matrix *m;

	if (cli_seen_open(&seen, "matrix", o->common.lab, o->common.step, o->planned, err))
		return -1;
	a = analyse_new(seen.plan);
	m = analyse_matrix_new(a);
	if (o->common.json)
		print_json(&seen, m);
	else
		print_table(&seen, m);
	analyse_matrix_free(m);
	analyse_free(a);
	return 0;
}

int verb_matrix(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&argp, argc, argv, &o);
	if (run(&o, &err))
		return cli_fail_json(o.common.json, err);
	return LAB_OK;
}
