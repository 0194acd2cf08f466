// SPDX-License-Identifier: GPL-2.0-only
#include "cli/test_copies.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "ui/table.h"

/* --- reports --- */

/* The checks of one copy, in a process of its own. */
struct job {
	const char *name;
	pid_t pid;          /* 0: not started, or over */
	int out, errors;    /* files that are its standard output and error */
	json_t *report;     /* NULL until it is over */
	struct strbuf said; /* told in its turn, so that nothing is mixed */
};

struct jobs {
	struct job *list;
	size_t n, started, told; /* of the first ones */
	size_t running;
	int worst;
};

static bool start_job(struct job *j, cli_apart_fn *test, void *data, struct lab_error **err)
{
	j->out = memfd_create("report", MFD_CLOEXEC);
	j->errors = memfd_create("errors", MFD_CLOEXEC);
	if (j->out < 0 || j->errors < 0) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "lab %s: its report", j->name);
		return false;
	}
	j->pid = cli_apart_start(j->name, test, data, j->out, j->errors);
	return true;
}

/* An object without checks where they could not run. */
static json_t *report_of(const struct job *j)
{
	json_t *report = lseek(j->out, 0, SEEK_SET) ? NULL : json_loadfd(j->out, 0, NULL);

	if (!json_is_object(report)) {
		json_decref(report);
		report = json_object();
	}
	if (json_object_set_new(report, "lab", json_string(j->name)))
		abort(); /* no memory */
	return report;
}

static void read_errors(struct job *j)
{
	char buf[4096];
	ssize_t n = lseek(j->errors, 0, SEEK_SET);

	while (!n && (n = read(j->errors, buf, sizeof(buf))) > 0) {
		strbuf_addn(&j->said, buf, (size_t)n);
		n = 0;
	}
}

static void end_job(struct jobs *all, struct job *j, int status)
{
	all->worst = status > all->worst ? status : all->worst;
	j->report = report_of(j);
	read_errors(j);
	cleanup_closep(&j->out);
	cleanup_closep(&j->errors);
	j->out = j->errors = -1;
	j->pid = 0;
}

/* What they said, in the order of their numbers. */
static void tell(struct jobs *all)
{
	for (; all->told < all->n && all->list[all->told].report; all->told++)
		fputs(strbuf_str(&all->list[all->told].said), stderr);
}

static void wait_for_one(struct jobs *all, const volatile sig_atomic_t *cancel)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; i < all->started; i++) {
		struct job *j = &all->list[i];

		if (pid < 0 && *cancel &&
		    j->pid > 0) /* a terminal has told them too; who else, has not */
			(void)kill(j->pid, SIGTERM);
		if (pid > 0 && j->pid == pid) {
			end_job(all, j, cli_apart_status(status));
			all->running--;
		}
	}
	tell(all);
}

/* As many at once as there are processors: rates and times are measured. */
static size_t at_once(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 1 ? (size_t)n : 1;
}

static int run_jobs(struct jobs *all, cli_apart_fn *test, void *data, struct lab_error **err)
{
	const volatile sig_atomic_t *cancel = cli_catch_signals();
	const size_t most = at_once();
	int rc = 0;

	while (all->running || (!rc && !*cancel && all->started < all->n)) {
		struct job *j = &all->list[all->started];

		if (rc || *cancel || all->started == all->n || all->running == most) {
			wait_for_one(all, cancel);
			continue;
		}
		all->started++;
		if (!start_job(j, test, data, err))
			rc = -1;
		else if (j->pid < 0)
			end_job(all, j, LAB_FAILED);
		else
			all->running++;
	}
	return rc;
}

static json_t *reports_of(char **names, size_t n, cli_apart_fn *test, void *data, int *worst,
			  struct lab_error **err)
{
	auto_free struct job *list = calloc(n + 1, sizeof(*list));
	struct jobs all = {.list = list, .n = n, .worst = LAB_OK};
	json_t *reports = json_array();
	int rc;

	if (!list || !reports)
		abort();
	for (size_t i = 0; i < n; i++)
		list[i] = (struct job){.name = names[i], .out = -1, .errors = -1};
	rc = run_jobs(&all, test, data, err);
	tell(&all);
	for (size_t i = 0; i < n; i++) {
		if (list[i].report && json_array_append_new(reports, list[i].report))
			abort();
		cleanup_closep(&list[i].out);
		cleanup_closep(&list[i].errors);
		strbuf_done(&list[i].said);
	}
	*worst = all.worst;
	if (!rc)
		return reports;
	json_decref(reports);
	return NULL;
}

static const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const json_t *check_in(const json_t *report, const char *id)
{
	const json_t *check;
	size_t i;

	json_array_foreach (json_object_get(report, "checks"), i, check)
		if (!strcmp(text_in(check, "id"), id))
			return check;
	return NULL;
}

/* --- the table --- */

/* Ids of all checks, each once; copies may be at different steps. */
static const char **ids_of(const json_t *reports, struct arena *a, size_t *n)
{
	const char **ids = NULL;
	const json_t *report, *check;
	size_t i, k;

	*n = 0;
	json_array_foreach (reports, i, report)
		json_array_foreach (json_object_get(report, "checks"), k, check) {
			const char *id = text_in(check, "id");
			size_t seen = 0;

			while (seen < *n && strcmp(ids[seen], id) != 0)
				seen++;
			if (seen == *n)
				*(const char **)arena_push(a, ids, *n) = id;
		}
	return ids;
}

static const char *number_of(const char *name)
{
	return strrchr(name, '-') + 1; /* of a copy */
}

static void add_row(struct ui_table *t, const json_t *reports, const char *id, struct arena *a)
{
	const size_t n = json_array_size(reports);
	const char **cells = arena_alloc(a, (n + 1) * sizeof(*cells));

	cells[0] = id;
	for (size_t i = 0; i < n; i++) {
		const json_t *check = check_in(json_array_get(reports, i), id);

		cells[i + 1] = check ? text_in(check, "verdict") : NULL;
	}
	ui_table_add(t, cells);
	for (size_t i = 0; i < n; i++)
		if (cells[i + 1])
			ui_table_colour(t, i + 1, strcmp(cells[i + 1], "ok") ? UI_RED : UI_GREEN);
}

static int print_table(const json_t *reports, struct lab_error **err)
{
	auto_arena struct arena *a = arena_new(0);
	const size_t n = json_array_size(reports);
	struct ui_column *columns = arena_alloc(a, (n + 1) * sizeof(*columns));
	auto_ui_table struct ui_table *t = NULL;
	size_t n_ids;
	const char **ids = ids_of(reports, a, &n_ids);

	columns[0] = (struct ui_column){"CHECK", UI_TEXT};
	for (size_t i = 0; i < n; i++)
		columns[i + 1] = (struct ui_column){
			number_of(text_in(json_array_get(reports, i), "lab")), UI_TEXT};
	t = ui_table_new("checks", columns, n + 1);
	for (size_t i = 0; i < n_ids; i++)
		add_row(t, reports, ids[i], a);
	return ui_table_print(t, stdout, cli_colour(stdout), err);
}

static void print_verdicts(const json_t *reports)
{
	const json_t *report, *check;
	size_t i, k;

	putchar('\n');
	json_array_foreach (reports, i, report) {
		const json_t *checks = json_object_get(report, "checks");
		auto_strbuf struct strbuf failed = {0};
		size_t ok = 0;

		json_array_foreach (checks, k, check) {
			if (!strcmp(text_in(check, "verdict"), "ok"))
				ok++;
			else
				strbuf_printf(&failed, "%s%s", failed.len ? ", " : ": not ",
					      text_in(check, "id"));
		}
		if (checks)
			printf("%s: %zu of %zu checks hold%s\n", text_in(report, "lab"), ok,
			       json_array_size(checks), strbuf_str(&failed));
		else
			printf("%s: its checks could not run\n", text_in(report, "lab"));
	}
}

static int print_json(const json_t *reports, int worst)
{
	json_t *root = json_pack("{s:b, s:O}", "ok", worst == LAB_OK, "copies", reports);
	auto_free char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	if (!text)
		abort(); /* no memory */
	puts(text);
	json_decref(root);
	return 0;
}

int cli_test_copies(const char *arg, cli_apart_fn *test, void *data, bool json,
		    struct lab_error **err)
{
	size_t n;
	char **names = cli_copies(arg, &n, err);
	int worst = LAB_OK, printed;
	json_t *reports = names ? reports_of(names, n, test, data, &worst, err) : NULL;

	if (names)
		cli_copies_free(names, n);
	if (!reports)
		return -1;
	printed = json ? print_json(reports, worst) : print_table(reports, err);
	if (!json && !printed)
		print_verdicts(reports);
	json_decref(reports);
	return printed ? -1 : worst;
}
