// SPDX-License-Identifier: GPL-2.0-only
/** labctl check: reads a lab file and says what is wrong with it. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "ui/table.h"

const struct argp cli_argp_check = {
	.options = cli_lab_option_table,
	.parser = cli_parse_lab_option,
	.args_doc = "LAB",
	.doc = "Reads a lab file, every step of it, and names all that is wrong with it. Needs no root and "
	       "touches nothing.\v"
	       "Examples:\n"
	       "  labctl check scenario1\n"
	       "  labctl check ./my-lab.yaml --json\n",
};

static const char *severity_name(enum diag_severity s)
{
	switch (s) {
	case DIAG_ERROR: return "error";
	case DIAG_WARNING: return "warning";
	}
	return "";
}

/* A note may have no place of its own. */
static void add_place(struct ui_json *j, const struct span *at)
{
	if (!at->src || !at->line) {
		ui_json_text(j, "file", NULL);
		ui_json_text(j, "line", NULL);
		ui_json_text(j, "col", NULL);
		return;
	}
	ui_json_text(j, "file", at->src->path);
	ui_json_number(j, "line", at->line);
	ui_json_number(j, "col", at->col);
}

static struct ui_json *diag_json(const struct diag_view *d)
{
	struct ui_json *j = ui_json_new();

	ui_json_text(j, "severity", severity_name(d->severity));
	ui_json_text(j, "id", d->id);
	add_place(j, &d->at);
	ui_json_text(j, "message", d->message);
	ui_json_append(j, "notes", NULL);
	for (size_t i = 0; i < d->n_notes; i++) {
		struct ui_json *note = ui_json_new();

		add_place(note, &d->notes[i].at);
		ui_json_text(note, "message", d->notes[i].message);
		ui_json_append(j, "notes", note);
	}
	return j;
}

static int print_json(struct diag_list *diags, const struct cli_lab *l, struct lab_error **err)
{
	auto_ui_json struct ui_json *j = ui_json_new();

	diag_list_sort(diags);
	ui_json_text(j, "file", l->path);
	ui_json_boolean(j, "ok", l->lab && !diag_errors(diags));
	ui_json_append(j, "diagnostics", NULL);
	for (size_t i = 0; i < diag_count(diags); i++) {
		struct diag_view d = diag_get(diags, i);

		ui_json_append(j, "diagnostics", diag_json(&d));
	}
	return ui_json_print(j, stdout, err);
}

static int print_text(struct diag_list *diags, const struct cli_lab *l)
{
	size_t n = diag_errors(diags);

	diag_print(diags, stderr, cli_colour(stderr));
	if (n || !l->lab)
		fprintf(stderr, "%s: %zu error%s\n", l->path, n, n == 1 ? "" : "s");
	else
		printf("%s: ok\n", l->path);
	return 0;
}

/* An exercise that the cloud refuses is as it should be when that very rule says so. */
static void judge_refused(const struct exercise *e, const struct diag_list *found,
			  struct diag_list *diags)
{
	for (size_t i = 0; i < diag_count(found); i++)
		if (!strcmp(diag_get(found, i).id, e->refused.s))
			return;
	diag_error(diags, "exercise-not-refused", e->refused.at,
		   "nothing of exercise '%s' is refused by the rule '%s'", e->id.name,
		   e->refused.s);
	diag_note(diags, (struct span){0}, "labctl check LAB --step STEP/%s shows what is",
		  e->id.name);
}

/* The lab as it is up to that step, the files of its functions, too. */
static struct cli_lab *read_step(const char *arg, const char *step, struct diag_list *diags,
				 struct lab_error **err)
{
	struct cli_lab *l = cli_read_lab(arg, step, diags, err);

	if (l && l->lab && !diag_errors(diags))
		cli_check_handlers(l, diags);
	return l;
}

/* The first exercise of a step with a fault: its lab takes the place of the whole one. */
static int read_exercises(const char *arg, struct cli_lab **whole, const struct step *s,
			  struct diag_list **diags, struct lab_error **err)
{
	for (size_t i = 0; i < s->n_exercises && !diag_errors(*diags); i++) {
		const struct exercise *e = &s->exercises[i];
		auto_diags struct diag_list *more = diag_list_new();
		auto_strbuf struct strbuf id = {0};
		auto_cli_lab struct cli_lab *l = NULL;

		strbuf_printf(&id, "%s/%s", s->id.name, e->id.name);
		l = read_step(arg, id.s, more, err);
		if (!l)
			return -1;
		if (e->refused.s) {
			judge_refused(e, more, *diags);
		} else if (diag_errors(more)) {
			cli_lab_free(*whole);
			*whole = steal_ptr(l);
			diag_list_free(*diags);
			*diags = steal_ptr(more);
			return 1; /* the step is gone with its lab */
		}
	}
	return 0;
}

static struct cli_lab *with_exercises(const char *arg, struct cli_lab *whole,
				      struct diag_list **diags, struct lab_error **err)
{
	int r = 0;

	for (size_t i = 0; !r && whole->lab && !diag_errors(*diags) && i < whole->lab->n_steps; i++)
		r = read_exercises(arg, &whole, &whole->lab->steps[i], diags, err);
	if (r >= 0)
		return whole;
	cli_lab_free(whole);
	return NULL;
}

/*
 * A lab is valid when it is so after every step. The first step that is not is reported; in most files
 * that is the whole.
 */
static struct cli_lab *read_every_step(const char *arg, struct diag_list **diags,
				       struct lab_error **err)
{
	auto_cli_lab struct cli_lab *whole = read_step(arg, NULL, *diags, err);

	for (size_t i = 0; whole && whole->lab && !diag_errors(*diags) && i < whole->lab->n_steps;
	     i++) {
		auto_diags struct diag_list *more = diag_list_new();
		struct cli_lab *l = read_step(arg, whole->lab->steps[i].id.name, more, err);

		if (!l)
			return NULL;
		if (diag_errors(more)) {
			/* the diagnostics point into this lab's source */
			cli_lab_free(whole);
			whole = l;
			diag_list_free(*diags);
			*diags = steal_ptr(more);
			break;
		}
		cli_lab_free(l);
	}
	return whole ? with_exercises(arg, steal_ptr(whole), diags, err) : NULL;
}

static int run(const struct cli_lab_options *o, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_lab struct cli_lab *l = o->step ? read_step(o->lab, o->step, diags, err)
						 : read_every_step(o->lab, &diags, err);

	if (!l)
		return cli_fail_json(o->json, *err);
	if (o->json ? print_json(diags, l, err) : print_text(diags, l))
		return cli_fail_json(o->json, *err);
	return l->lab && !diag_errors(diags) ? LAB_OK : LAB_USAGE;
}

int verb_check(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct cli_lab_options o = {0};

	cli_parse(&cli_argp_check, argc, argv, &o);
	return run(&o, &err);
}
