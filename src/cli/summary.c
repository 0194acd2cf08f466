// SPDX-License-Identifier: GPL-2.0-only
#include "cli/summary.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/rootless.h"
#include "ui/table.h"

static void add_count(struct strbuf *b, size_t n, const char *what)
{
	strbuf_printf(b, "%s%zu %s%s", b->len ? ", " : "", n, what, n == 1 ? "" : "s");
}

static char *counts(const struct plan *p)
{
	struct strbuf b = {0};

	add_count(&b, p->n_namespaces, "namespace");
	add_count(&b, p->n_links, "link");
	add_count(&b, p->n_routes, "route");
	add_count(&b, p->n_workers, "worker");
	return strbuf_take(&b);
}

static void print_verdict(const struct cli_summary *s, const char *counted)
{
	const struct apply_report *r = &s->report;

	if (r->recovered)
		printf("recovered from an earlier run that had not finished\n");
	if (r->fresh || r->recovered)
		printf("up in %lld ms: %s\n", s->ms, counted);
	else if (!r->steps)
		printf("nothing to do: %s, all as the plan says\n", counted);
	else
		printf("changed in %lld ms: %zu added, %zu changed, %zu removed; now %s\n", s->ms,
		       r->added, r->changed, r->removed, counted);
}

/* Who delays packets on the lab's lines: NULL where there are none that do. */
static const char *delayer(const struct plan *p)
{
	if (plan_find_worker(p, "wire"))
		return "labctl-wire";
	for (size_t i = 0; i < p->n_shapers; i++)
		if (p->shapers[i].delay_us || p->shapers[i].loss_ppm || p->shapers[i].duplicate_ppm)
			return "netem";
	return NULL;
}

/* The lines that compile/summary.c made. */
static void print_cloud(const struct plan *p, const json_t *summary)
{
	bool colour = cli_colour(stdout);
	const json_t *line;
	size_t i;

	printf("%s%s%s", colour ? "\033[1m" : "", p->lab, colour ? "\033[0m" : "");
	if (p->title)
		printf("  %s", p->title);
	if (p->step && strcmp(p->step, LAB_BASE) == 0)
		printf(" (before the first step)");
	else if (p->step)
		printf(" (up to step %s)", p->step);
	putchar('\n');
	json_array_foreach (json_object_get(summary, "lines"), i, line)
		printf("  %s\n", json_string_value(line) ? json_string_value(line) : "");
}

int cli_summary_print(const struct cli_summary *s, struct lab_error **err)
{
	json_t *summary = s->plan->summary ? json_loads(s->plan->summary, 0, NULL) : NULL;
	const char *command = json_string_value(json_object_get(summary, "try"));
	auto_free char *counted = counts(s->plan);

	print_cloud(s->plan, summary);
	print_verdict(s, counted);
	if (command)
		printf("try: %s%s\n", cli_labctl(), command + strlen("labctl"));
	json_decref(summary);
	if (fflush(stdout))
		return lab_error_make(err, LAB_FAILED, "write standard output: it is closed");
	return 0;
}

int cli_summary_json(const struct cli_summary *s, struct lab_error **err)
{
	auto_ui_json struct ui_json *j = ui_json_new();

	ui_json_text(j, "lab", s->plan->lab);
	ui_json_text(j, "step", s->plan->step);
	ui_json_boolean(j, "fresh", s->report.fresh);
	ui_json_boolean(j, "recovered", s->report.recovered);
	ui_json_number(j, "added", (long long)s->report.added);
	ui_json_number(j, "changed", (long long)s->report.changed);
	ui_json_number(j, "removed", (long long)s->report.removed);
	ui_json_number(j, "ms", s->ms);
	ui_json_number(j, "namespaces", (long long)s->plan->n_namespaces);
	ui_json_number(j, "links", (long long)s->plan->n_links);
	ui_json_number(j, "routes", (long long)s->plan->n_routes);
	ui_json_number(j, "workers", (long long)s->plan->n_workers);
	ui_json_text(j, "delay", delayer(s->plan));
	return ui_json_print(j, stdout, err);
}
