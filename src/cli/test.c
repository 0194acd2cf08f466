// SPDX-License-Identifier: GPL-2.0-only
/** labctl test: runs the checks of a lab that is up, on its real data plane. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "check/check.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "cli/signals.h"
#include "cli/test_copies.h"

enum format { FORMAT_TAP, FORMAT_LIST, FORMAT_JUNIT, FORMAT_JSON, FORMAT_BY_PLACE };

const char *const cli_formats_test[] = {"tap", "list", "junit", "json", NULL};
static_assert(ARRAY_LEN(cli_formats_test) == FORMAT_JSON + 2, "one word per format");

struct options {
	struct cli_lab_options common; /* lab alone */
	char **only;                   /* ids of checks; the rest of the command line */
	size_t n_only;
	enum format format;
	bool copies;       /* of lab, instead of it */
	const char *junit; /* file that gets the report too; NULL: none */
};

#define OPTION_JUNIT 0x100 /* no short form */

static const struct argp_option option_table[] = {
	{"format", 'f', "FORMAT", 0,
	 "tap, list, junit or json; otherwise a list on a terminal and TAP elsewhere", 0},
	{"json", 'j', NULL, 0, "the same as --format json", 0},
	{"copies", 'c', NULL, 0, "all copies of LAB that are up, as a table or JSON", 0},
	{"junit", OPTION_JUNIT, "FILE", 0, "write the report to FILE as JUnit XML, too", 0},
	CLI_OPTION_END};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		o->format = (enum format)cli_option_word(state, "format", arg, cli_formats_test);
		return 0;
	case 'j': o->format = FORMAT_JSON; return 0;
	case 'c': o->copies = true; return 0;
	case ARGP_KEY_END:
		if (o->copies &&
		    (o->junit || (o->format != FORMAT_BY_PLACE && o->format != FORMAT_JSON)))
			argp_error(state, "--copies: a table, or --json");
		return 0;
	case OPTION_JUNIT: o->junit = arg; return 0;
	case ARGP_KEY_ARGS: /* what follows LAB */
		o->only = state->argv + state->next;
		o->n_only = (size_t)(state->argc - state->next);
		return 0;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_test = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB [--copies] [CHECK...]",
	.doc = "Runs the checks of the step that the lab stopped after, or of its last step and of the lab "
	       "as a whole; with CHECK only those. A check that fails is repeated until its time is over "
	       "(`within`), then shown with evidence. Exit status 1 where one does not hold.\v"
	       "Examples:\n"
	       "  labctl test scenario1\n"
	       "  labctl test scenario1 hello bandwidth\n"
	       "  labctl test scenario1 --copies\n"
	       "  labctl test scenario1 --format junit > report.xml\n"
	       "  labctl test scenario1 --junit report.xml\n",
};

static int unknown_check(const struct check *const *checks, size_t n, const char *id,
			 struct lab_error **err)
{
	auto_free const char **ids = calloc(n + 1, sizeof(*ids));
	const char *nearest;

	if (!ids)
		abort();
	for (size_t i = 0; i < n; i++)
		ids[i] = checks[i]->id.s;
	nearest = diag_nearest(id, ids, n);
	(void)lab_error_make(err, LAB_USAGE, "no such check: %s", id);
	if (nearest)
		return lab_error_hint(err, "did you mean %s?", nearest);
	return lab_error_hint(err, "without CHECK, all checks of the lab's present step are run");
}

/* Keeps those that were asked for, in the lab's order. */
static int keep_only(const struct options *o, const struct check **checks, size_t *n,
		     struct lab_error **err)
{
	size_t kept = 0;

	for (size_t k = 0; k < o->n_only; k++) {
		size_t i = 0;

		while (i < *n && strcmp(checks[i]->id.s, o->only[k]) != 0)
			i++;
		if (i == *n)
			return unknown_check(checks, *n, o->only[k], err);
	}
	for (size_t i = 0; o->n_only && i < *n; i++) {
		for (size_t k = 0; k < o->n_only; k++) {
			if (strcmp(checks[i]->id.s, o->only[k]) == 0) {
				checks[kept++] = checks[i];
				break;
			}
		}
	}
	if (o->n_only)
		*n = kept;
	return 0;
}

static void show_line(void *ctx, const struct check *check, const struct check_result *result)
{
	auto_strbuf struct strbuf line = {0};

	if (!result)
		return;
	check_report_line(&line, result, cli_colour(stdout));
	fputs(strbuf_str(&line), stdout);
	(void)fflush(stdout); /* main() reports what cannot be written */
}

static void report(enum format format, const struct plan *plan, const struct check_result *results,
		   size_t n)
{
	auto_strbuf struct strbuf text = {0};

	switch (format) {
	case FORMAT_BY_PLACE:
	case FORMAT_LIST:
		check_report_summary(&text, results, n);
		strbuf_addc(&text, '\n');
		break;
	case FORMAT_TAP: check_report_tap(&text, results, n); break;
	case FORMAT_JUNIT: check_report_junit(&text, plan->lab, results, n); break;
	case FORMAT_JSON: check_report_json(&text, plan->lab, plan->step, results, n); break;
	}
	fputs(strbuf_str(&text), stdout);
}

/* The file is there before the first check runs: minutes later would be too late to say that it cannot. */
static int open_junit(const char *path, FILE **file, struct lab_error **err)
{
	*file = path ? fopen(path, "we") : NULL;
	return path && !*file ? lab_error_errno(err, LAB_FAILED, errno, "cannot write %s", path)
			      : 0;
}

static int write_junit(FILE *file, const struct options *o, const struct plan *plan,
		       const struct check_result *results, size_t n, struct lab_error **err)
{
	auto_strbuf struct strbuf text = {0};

	check_report_junit(&text, plan->lab, results, n);
	if (fputs(strbuf_str(&text), file) < 0 || fflush(file))
		return lab_error_errno(err, LAB_FAILED, errno, "cannot write %s", o->junit);
	return 0;
}

static int run(const struct options *o, const struct cli_running *r, const struct cli_lab *l,
	       struct lab_error **err)
{
	size_t n;
	auto_free const struct check **checks = check_select(l->lab, r->plan->step, &n);
	struct check_options options = {
		.libexec = cli_libexec(),
		.lab_dir = state_dir_fd(r->state),
		.progress = o->format == FORMAT_LIST ? show_line : NULL,
		.cancelled = cli_catch_signals(),
	};
	struct check_result *results;
	struct check_summary summary;
	auto_fclose FILE *junit = NULL;
	int written;

	if (keep_only(o, checks, &n, err) || open_junit(o->junit, &junit, err))
		return -1;
	results = check_run(l->lab, r->plan, checks, n, &options, err);
	if (!results)
		return -1;
	summary = check_count(results, n);
	written = junit ? write_junit(junit, o, r->plan, results, n, err) : 0;
	if (written == 0) /* else the error is all that standard output gets */
		report(o->format, r->plan, results, n);
	check_results_free(results, n);
	if (written < 0)
		return -1;
	return summary.failed ? LAB_FAILED : LAB_OK;
}

/* Its own checks, under its own name; what was changed beyond the file is no matter to them. */
static struct cli_lab *find_lab(const struct options *o, const struct plan *running,
				struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_lab struct cli_lab *l = NULL;

	if (!running->file)
		return cli_find_lab(o->common.lab, running->step, err);
	l = cli_running_lab(running, NULL, diags, err);
	if (!l)
		return NULL;
	if (l->lab && !diag_errors(diags))
		return steal_ptr(l);
	diag_print(diags, stderr, cli_colour(stderr));
	(void)lab_error_make(err, LAB_USAGE, "%s: %zu error%s", l->path, diag_errors(diags),
			     diag_errors(diags) == 1 ? "" : "s");
	return NULL;
}

static int test_lab(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running r = {0};
	auto_cli_lab struct cli_lab *l = NULL;

	if (cli_enter_running("test", o->common.lab, err) ||
	    cli_open_running(o->common.lab, STATE_READ, &r, err))
		return -1;
	l = find_lab(o, r.plan, err);
	return l ? run(o, &r, l, err) : -1;
}

/* As JSON, for the table of all. */
static int test_copy(const char *name, void *data)
{
	struct options o = *(const struct options *)data;
	auto_error struct lab_error *err = NULL;
	int status;

	o.common.lab = name;
	o.format = FORMAT_JSON;
	status = test_lab(&o, &err);
	return status < 0 ? cli_fail_json(true, err) : status;
}

int verb_test(int argc, char **argv)
{
	struct options o = {.format = FORMAT_BY_PLACE};
	auto_error struct lab_error *err = NULL;
	int status;

	cli_parse(&cli_argp_test, argc, argv, &o);
	if (o.format == FORMAT_BY_PLACE && !o.copies)
		o.format = isatty(STDOUT_FILENO) ? FORMAT_LIST : FORMAT_TAP;
	status = o.copies ? cli_test_copies(o.common.lab, test_copy, &o, o.format == FORMAT_JSON,
					    &err)
			  : test_lab(&o, &err);
	return status < 0 ? cli_fail_json(o.format == FORMAT_JSON, err) : status;
}
