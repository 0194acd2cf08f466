// SPDX-License-Identifier: GPL-2.0-only
/** labctl lesson: teaches a lab step by step. */
#include "lesson/lesson.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/rootless.h"
#include "cli/up.h"
#include "state/progress.h"
#include "ui/markdown.h"
#include "ui/table.h"

struct options {
	struct cli_lab_options common; /* lab and --json */
	const char *action;            /* NULL: show where one is */
	const char *what;              /* of goto and exercise */
};

struct lesson;

struct action {
	const char *name;
	int (*fn)(struct lesson *l, struct lab_error **err);
	bool operand;
	enum { KEPT, LOOKS, CHANGES } lab; /* what it has to do with the lab that is up */
};

/* A run of the verb: the whole lab, what is kept, and what is up. */
struct lesson {
	const struct options *o;
	const struct action *action;
	struct cli_lab *whole;
	struct lesson_progress progress;
	bool up;
};

static const struct argp_option option_table[] = {
	{"json", 'j', NULL, 0, "print the status as JSON", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == 's')
		return ARGP_ERR_UNKNOWN;
	if (key != ARGP_KEY_ARG || !o->common.lab)
		return cli_lab_option(&o->common, key, arg, state);
	if (o->what)
		return ARGP_ERR_UNKNOWN;
	*(o->action ? &o->what : &o->action) = arg;
	return 0;
}

const struct argp cli_argp_lesson = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB [start|next|back|check|hint|status|reset]\nLAB goto STEP\nLAB exercise ID",
	.doc = "Teaches a lab: `start` brings it up as it is before its first step, `next` explains a step, "
	       "shows what it changes and does it, `check` runs its checks, `hint` helps. `exercise` does what "
	       "somebody does who forgets something; `check` then proves the answer and shows it, `next` and "
	       "`back` leave it. `goto` goes to any step, by its name or number. How far one has come is kept until `reset`, also "
	       "while the lab is down. Without a word: where one is.\v"
	       "Examples:\n"
	       "  labctl lesson scenario1 start\n"
	       "  labctl lesson scenario1 next\n"
	       "  labctl lesson scenario1 check\n"
	       "  labctl lesson scenario1 exercise no-bandwidth\n",
};

static void lesson_done(struct lesson *l)
{
	cli_lab_free(l->whole);
	lesson_progress_done(&l->progress);
}
#define auto_lesson __attribute__((cleanup(lesson_done)))

static const struct lab *lab_of(const struct lesson *l)
{
	return l->whole->lab;
}

static const char *name_of(const struct lesson *l)
{
	return lab_of(l)->id.name;
}

/* --- what is remembered, and what is --- */

static int save(struct lesson *l, struct lab_error **err)
{
	auto_free char *text = lesson_write(&l->progress);

	return state_progress_write(cli_lasting_root(), name_of(l), text, err);
}

/* Nothing of an exercise that is refused comes up: the lab stays as it was. */
static bool stays(const struct lesson *l, const char *place, const char *up)
{
	const struct exercise *e = lab_find_exercise(lab_of(l), place);
	const struct step *s = lab_find_step(lab_of(l), place);

	return e && e->refused.s && s && !strcmp(s->id.name, up);
}

/* Who changed the lab by `up` is where the lab is. */
static void follow(struct lesson *l, const struct plan *plan)
{
	const struct lab *lab = lab_of(l);
	const char *up = plan->step     ? plan->step
			 : lab->n_steps ? lab->steps[lab->n_steps - 1].id.name
					: LAB_BASE;

	if (!l->progress.at || !stays(l, l->progress.at, up))
		lesson_move(&l->progress, up);
}

/* Where the lab is, without root: all that follows happens in there. */
static int enter(const struct lesson *l, struct lab_error **err)
{
	if (!cli_outside())
		return 0;
	if (l->action->lab == CHANGES)
		return cli_enter("lesson", name_of(l), STATE_CREATE, err);
	return cli_lives(name_of(l)) ? cli_enter("lesson", name_of(l), STATE_READ, err) : 0;
}

/* Outside there is nobody whom it needs. */
static int need_root(struct lab_error **err)
{
	return cli_outside() ? 0 : cli_need_root("lesson", err);
}

static int look(struct lesson *l, struct lab_error **err)
{
	auto_cli_running struct cli_running r = {0};
	struct lab_error *why = NULL;

	if (enter(l, err))
		return -1;
	if (cli_outside()) /* it is not up */
		return 0;
	l->up = !cli_open_running(l->o->common.lab, STATE_READ, &r, &why);
	if (l->up && lab_of(l)->n_steps)
		follow(l, r.plan);
	if (l->up || lab_error_status(why) == LAB_STATE) {
		lab_error_free(why);
		return 0;
	}
	lab_error_free(*err);
	*err = why;
	return -1;
}

static int open_lesson(struct lesson *l, struct lab_error **err)
{
	auto_free char *text = NULL;

	l->whole = cli_find_lab(l->o->common.lab, NULL, err);
	if (!l->whole)
		return -1;
	if (!lab_of(l)->n_steps)
		return lab_error_make(err, LAB_USAGE, "lab %s: has no steps, so there is no lesson",
				      name_of(l));
	if (l->action->lab == KEPT)
		return 0; /* whatever is kept */
	text = state_progress_read(cli_lasting_root(), name_of(l), err);
	return (!text && *err) || lesson_read(text, &l->progress, err) ? -1 : look(l, err);
}

/* --- on the screen --- */

static int screen_width(void)
{
	int columns = (int)cli_columns();

	if (columns < 20)
		return 80;
	return columns > 100 ? 100 : columns;
}

static void print_markdown(const char *text, int indent)
{
	const struct ui_markdown style = {screen_width(), indent, cli_colour(stdout)};
	auto_strbuf struct strbuf out = {0};

	ui_markdown(&out, text, &style);
	fputs(strbuf_str(&out), stdout);
}

static void print_heading(const char *text)
{
	bool colour = cli_colour(stdout);

	printf("%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void print_list(const char *title, const struct text *items, size_t n)
{
	if (!n)
		return;
	putchar('\n');
	print_heading(title);
	for (size_t i = 0; i < n; i++) {
		auto_strbuf struct strbuf item = {0};

		strbuf_printf(&item, "- %s", items[i].s);
		print_markdown(item.s, 2);
	}
}

static void print_title(const struct lesson *l, const char *place)
{
	const struct lab *lab = lab_of(l);
	const struct step *s = lab_find_step(lab, place);
	const struct exercise *e = lab_find_exercise(lab, place);
	auto_strbuf struct strbuf title = {0};

	if (!s)
		strbuf_printf(&title, "%s: %s", lab->id.name, lab->title.s ? lab->title.s : "");
	else
		strbuf_printf(&title, "[%zu/%zu %s] %s", (size_t)(s - lab->steps) + 1, lab->n_steps,
			      place,
			      e            ? e->title.s
			      : s->title.s ? s->title.s
					   : s->id.name);
	print_heading(title.s);
}

static void print_text(const struct lesson *l, const char *place)
{
	const struct lab *lab = lab_of(l);
	const struct step *s = lab_find_step(lab, place);
	const struct exercise *e = lab_find_exercise(lab, place);
	const char *text = e ? e->text.s : s ? s->text.s : lab->description.s;

	print_title(l, place);
	putchar('\n');
	if (text)
		print_markdown(text, 0);
}

static void print_exercises(const struct lesson *l, const struct step *s)
{
	if (!s->n_exercises)
		return;
	putchar('\n');
	print_heading("What if you forget it?");
	for (size_t i = 0; i < s->n_exercises; i++)
		printf("  - %s\n    labctl lesson %s exercise %s\n", s->exercises[i].title.s,
		       l->o->common.lab, s->exercises[i].id.name);
}

/* What one can do at a place. */
static void print_advice(const struct lesson *l, const char *place)
{
	const struct lab *lab = lab_of(l);
	const struct step *s = lab_find_step(lab, place);
	const struct exercise *e = lab_find_exercise(lab, place);
	const char *next = lesson_next(lab, place);

	if (s && !e)
		print_list("Try", s->tries, s->n_tries);
	if (s && !e)
		print_exercises(l, s);
	putchar('\n');
	if (s && (e || s->n_checks || s == &lab->steps[lab->n_steps - 1]))
		printf("check: labctl lesson %s check\n", l->o->common.lab);
	if (next)
		printf("next:  labctl lesson %s next\n", l->o->common.lab);
	else if (s)
		printf("this is the last step; labctl lesson %s status\n", l->o->common.lab);
}

/* --- going somewhere --- */

/* What labctl, in the place of the console, says to it. */
static int refuse(const struct lesson *l, const char *place, bool show, bool *refused,
		  struct lab_error **err)
{
	const struct exercise *e = lab_find_exercise(lab_of(l), place);
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_lab struct cli_lab *lab = cli_read_lab(l->o->common.lab, place, diags, err);

	if (!lab)
		return -1;
	*refused = false;
	for (size_t i = 0; i < diag_count(diags); i++)
		*refused = *refused || !strcmp(diag_get(diags, i).id, e->refused.s);
	fflush(stdout); /* main() reports what cannot be written */
	if (show)
		diag_print(diags, stderr, cli_colour(stderr));
	return 0;
}

/* What was added since is taken away again: nobody should take it for what the step does. */
static void print_direction(const struct lesson *l, const char *place)
{
	const char *at = l->progress.at;
	auto_strbuf struct strbuf title = {0};

	if (at && lesson_precedes(lab_of(l), place, at))
		strbuf_printf(&title, "What going back from %s changes", at);
	else
		strbuf_add(&title, "What changes");
	putchar('\n');
	print_heading(title.s);
}

static int apply(const struct lesson *l, const char *place, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *lab = cli_find_lab(l->o->common.lab, place, err);
	auto_plan struct plan *wanted = lab ? cli_wanted(lab, err) : NULL;
	struct cli_summary summary = {0};

	if (!wanted)
		return -1;
	if (l->up) {
		print_direction(l, place);
		if (cli_show_change(wanted, err))
			return -1;
	}
	if (cli_up(wanted, &summary, err))
		return -1;
	printf(summary.report.fresh ? "up in %lld ms\n" : "done in %lld ms\n", summary.ms);
	return 0;
}

static int go(struct lesson *l, const char *place, struct lab_error **err)
{
	const struct exercise *e = lab_find_exercise(lab_of(l), place);
	bool refused = false;

	if (need_root(err))
		return -1;
	if (e && e->refused.s) {
		const char *step = lab_find_step(lab_of(l), place)->id.name;

		if ((!l->up || !l->progress.at || strcmp(l->progress.at, step) != 0) &&
		    apply(l, step, err))
			return -1;
		print_text(l, place);
		putchar('\n');
		if (refuse(l, place, true, &refused, err))
			return -1;
	} else {
		print_text(l, place);
		if (apply(l, place, err))
			return -1;
	}
	lesson_move(&l->progress, place);
	if (save(l, err))
		return -1;
	print_advice(l, place);
	return 0;
}

static int do_start(struct lesson *l, struct lab_error **err)
{
	return go(l, LAB_BASE, err);
}

static int not_begun(const struct lesson *l, struct lab_error **err)
{
	(void)lab_error_make(err, LAB_STATE, "lesson %s: has not begun", name_of(l));
	return lab_error_hint(err, "labctl lesson %s start", l->o->common.lab);
}

static int do_next(struct lesson *l, struct lab_error **err)
{
	const char *next;

	if (!l->progress.at)
		return do_start(l, err);
	next = lesson_next(lab_of(l), l->progress.at);
	if (next)
		return go(l, next, err);
	if (lab_find_exercise(lab_of(l), l->progress.at)) /* of the last step: back to it */
		return go(l, lesson_back(lab_of(l), l->progress.at), err);
	printf("this was the last step\n");
	return 0;
}

static int do_back(struct lesson *l, struct lab_error **err)
{
	const char *back = l->progress.at ? lesson_back(lab_of(l), l->progress.at) : NULL;

	if (!l->progress.at)
		return not_begun(l, err);
	if (back)
		return go(l, back, err);
	printf("this is the beginning\n");
	return 0;
}

static int do_goto(struct lesson *l, struct lab_error **err)
{
	const char *place = lesson_find(lab_of(l), l->o->what, err);

	return place ? go(l, place, err) : -1;
}

static int do_exercise(struct lesson *l, struct lab_error **err)
{
	const char *at = l->progress.at ? l->progress.at : LAB_BASE;
	const char *place = lesson_find_exercise(lab_of(l), at, l->o->what, err);

	return place ? go(l, place, err) : -1;
}

/* --- looking --- */

static int run_checks(const struct lesson *l, bool *held, struct lab_error **err)
{
	char verb[] = "labctl test", format[] = "--format=list";
	auto_free char *lab = strdup(name_of(l));
	char *argv[] = {verb, format, lab, NULL};
	const struct exercise *e = lab_find_exercise(lab_of(l), l->progress.at);
	int status;

	if (!lab)
		abort();
	if (e && e->refused.s) {
		if (refuse(l, l->progress.at, false, held, err))
			return -1;
		printf("%s\n", *held ? "refused, as it must be" : "it is not refused");
		return 0;
	}
	if (!l->up) {
		(void)lab_error_make(err, LAB_STATE, "lab %s: is not up", name_of(l));
		return lab_error_hint(err, "labctl lesson %s goto %s", l->o->common.lab,
				      strcmp(l->progress.at, LAB_BASE) ? l->progress.at : "start");
	}
	status = verb_test(3, argv); /* it has said itself what went wrong */
	*held = status == LAB_OK;
	return status == LAB_OK || status == LAB_FAILED
		       ? 0
		       : lab_error_make(err, (enum lab_status)status,
					"lesson %s: its checks could not run", name_of(l));
}

static int do_check(struct lesson *l, struct lab_error **err)
{
	const struct exercise *e;
	bool held = false;

	if (!l->progress.at)
		return not_begun(l, err);
	if (need_root(err) || run_checks(l, &held, err))
		return -1;
	if (!held) {
		printf("hint:  labctl lesson %s hint\n", l->o->common.lab);
		return LAB_FAILED;
	}
	lesson_pass(&l->progress);
	if (save(l, err))
		return -1;
	e = lab_find_exercise(lab_of(l), l->progress.at);
	if (e) {
		putchar('\n');
		print_heading(e->title.s);
		print_markdown(e->answer.s, 0);
		printf("\nback to the step: labctl lesson %s back\n", l->o->common.lab);
	}
	if (lesson_next(lab_of(l), l->progress.at))
		printf("next:  labctl lesson %s next\n", l->o->common.lab);
	return 0;
}

static int do_hint(struct lesson *l, struct lab_error **err)
{
	size_t n;
	const struct text *hints;

	if (!l->progress.at)
		return not_begun(l, err);
	hints = lesson_hints(lab_of(l), l->progress.at, &n);
	if (!n) {
		printf("there are no hints here\n");
		return 0;
	}
	if (l->progress.hints >= n) {
		printf("these were all hints; from the first one:\n");
		l->progress.hints = 0;
	}
	printf("hint %zu of %zu\n", l->progress.hints + 1, n);
	print_markdown(hints[l->progress.hints++].s, 2);
	return save(l, err);
}

static int do_show(struct lesson *l, struct lab_error **err)
{
	if (!l->progress.at)
		return not_begun(l, err);
	print_text(l, l->progress.at);
	print_advice(l, l->progress.at);
	return 0;
}

static const struct ui_column columns[] = {
	{"PLACE", UI_TEXT}, {"DONE", UI_BOOLEAN}, {"HERE", UI_BOOLEAN}, {"TITLE", UI_TEXT}};

static void add_place(const struct lesson *l, struct ui_table *t, const char *place,
		      const char *title)
{
	bool done = lesson_passed(&l->progress, place);
	bool here = l->progress.at && !strcmp(l->progress.at, place);

	ui_table_add(t, (const char *const[]){strcmp(place, LAB_BASE) ? place : "start",
					      done ? "yes" : NULL, here ? "yes" : NULL, title});
	if (done)
		ui_table_colour(t, 1, UI_GREEN);
	if (here)
		ui_table_colour(t, 2, UI_BOLD);
}

static struct ui_table *status_table(const struct lesson *l)
{
	struct ui_table *t = ui_table_new("places", columns, ARRAY_LEN(columns));
	const struct lab *lab = lab_of(l);

	add_place(l, t, LAB_BASE, lab->title.s);
	for (size_t i = 0; i < lab->n_steps; i++) {
		const struct step *s = &lab->steps[i];

		add_place(l, t, s->id.name, s->title.s);
		for (size_t j = 0; j < s->n_exercises; j++) {
			auto_strbuf struct strbuf place = {0};

			strbuf_printf(&place, "%s/%s", s->id.name, s->exercises[j].id.name);
			add_place(l, t, place.s, s->exercises[j].title.s);
		}
	}
	return t;
}

static int do_status(struct lesson *l, struct lab_error **err)
{
	auto_ui_table struct ui_table *t = status_table(l);
	auto_ui_json struct ui_json *j = NULL;

	if (!l->o->common.json)
		return ui_table_print(t, stdout, cli_colour(stdout), err);
	j = ui_json_new();
	ui_json_text(j, "lab", name_of(l));
	ui_json_boolean(j, "up", l->up);
	ui_json_text(j, "at", l->progress.at);
	ui_json_table(j, t);
	return ui_json_print(j, stdout, err);
}

static int do_reset(struct lesson *l, struct lab_error **err)
{
	return need_root(err) ? -1 : state_progress_remove(cli_lasting_root(), name_of(l), err);
}

/* --- the words --- */

static const struct action actions[] = {
	{"start", do_start, false, CHANGES},      {"next", do_next, false, CHANGES},
	{"back", do_back, false, CHANGES},        {"goto", do_goto, true, CHANGES},
	{"check", do_check, false, LOOKS},        {"hint", do_hint, false, LOOKS},
	{"exercise", do_exercise, true, CHANGES}, {"status", do_status, false, LOOKS},
	{"reset", do_reset, false, KEPT},         {"show", do_show, false, LOOKS},
};

const char *cli_lesson_word(size_t i)
{
	return i < ARRAY_LEN(actions) - 1 ? actions[i].name : NULL; /* the last: no word at all */
}

static const struct action *find_action(const struct options *o, struct lab_error **err)
{
	const char *name = o->action ? o->action : "show", *names[ARRAY_LEN(actions)], *near;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		names[i] = actions[i].name;
		if (strcmp(actions[i].name, name) != 0)
			continue;
		if (actions[i].operand == (o->what != NULL))
			return &actions[i];
		(void)lab_error_make(err, LAB_USAGE, "lesson: %s %s", name,
				     o->what ? "takes nothing behind it"
					     : "needs a name behind it");
		return NULL;
	}
	(void)lab_error_make(err, LAB_USAGE, "lesson: there is no %s", name);
	near = diag_nearest(name, names, ARRAY_LEN(names));
	if (near)
		(void)lab_error_hint(err, "did you mean %s?", near);
	else
		(void)lab_error_hint(err, "`labctl lesson --help` lists them");
	return NULL;
}

int verb_lesson(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	auto_lesson struct lesson l = {.o = &o};
	int status;

	cli_parse(&cli_argp_lesson, argc, argv, &o);
	l.action = find_action(&o, &err);
	if (!l.action || open_lesson(&l, &err))
		return cli_fail_json(o.common.json, err);
	status = l.action->fn(&l, &err);
	return status < 0 ? cli_fail_json(o.common.json, err) : status;
}
