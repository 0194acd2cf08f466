// SPDX-License-Identifier: GPL-2.0-only
/** labctl fault: breaks one thing in a lab that is up, as a riddle. */
#include "fault/fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/change.h"
#include "base/cleanup.h"
#include "check/check.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "explain/explain.h"
#include "ui/table.h"
#include "validate/validate.h"

struct options {
	struct cli_lab_options common; /* lab and --json */
	long long seed;
	bool seeded, hidden, reveal;
};

#define KEY_SEED   0x100 /* no short forms */
#define KEY_HIDDEN 0x101
#define KEY_REVEAL 0x102

static const struct argp_option option_table[] = {
	{"seed", KEY_SEED, "N", 0, "which riddle: the same lab and N break the same thing", 0},
	{"hidden", KEY_HIDDEN, NULL, 0, "do not say what is broken", 0},
	{"reveal", KEY_REVEAL, NULL, 0, "say what is broken", 0},
	{"json", 'j', NULL, 0, "print JSON instead of sentences", 0},
	CLI_OPTION_END,
};

static void parse_seed(struct options *o, const char *arg, const struct argp_state *state)
{
	char *end;

	errno = 0;
	o->seed = strtoll(arg, &end, 10);
	o->seeded = true;
	if (errno || end == arg || *end)
		argp_error(state, "%s: not a number", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_SEED: parse_seed(o, arg, state); return 0;
	case KEY_HIDDEN: o->hidden = true; return 0;
	case KEY_REVEAL: o->reveal = true; return 0;
	case ARGP_KEY_END:
		if (o->common.lab && o->reveal == o->seeded)
			argp_error(state, o->reveal ? "--reveal and --seed exclude each other"
						    : "which riddle? --seed N, or --reveal");
		return 0;
	case 's': return ARGP_ERR_UNKNOWN;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_fault = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB --seed N\nLAB --reveal",
	.doc = "Breaks one thing in a lab that is up: a route, a rule, an attachment or what belongs to it, an "
	       "authorization, a name, a binding, a VLAN, a link. The seed chooses among what somebody "
	       "would notice: a pair of nodes that no longer reach each other, or a check that goes "
	       "otherwise. `labctl reset LAB` mends it.\v"
	       "Examples:\n"
	       "  labctl fault scenario2 --seed 7 --hidden\n"
	       "  labctl fault scenario2 --reveal\n"
	       "  labctl reset scenario2\n",
};

/* --- what is noticed --- */

/* A lab as it would be, and all that can be asked of it. */
struct view {
	const struct plan *plan;
	struct analyse *analyse;
	struct analyse_matrix *matrix;
};

static struct view view_of(const struct plan *p)
{
	struct view v = {.plan = p, .analyse = analyse_new(p)};

	v.matrix = analyse_matrix_new(v.analyse);
	return v;
}

static void view_done(struct view *v)
{
	analyse_matrix_free(v->matrix);
	analyse_free(v->analyse);
}
#define auto_view __attribute__((cleanup(view_done)))

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* "GET http://..." without its method. */
static const char *target_of(const struct check *c)
{
	const char *blank = c->kind == CHECK_HTTP ? strchr(c->target.s, ' ') : NULL;

	return blank ? blank + 1 : c->target.s;
}

static const char *header_of(const struct check *c, const char *name)
{
	const size_t n = strlen(name);

	for (size_t i = 0; i < c->n_headers; i++)
		if (!strncasecmp(c->headers[i].s, name, n) && c->headers[i].s[n] == ':')
			return c->headers[i].s + n + 1 + strspn(c->headers[i].s + n + 1, " ");
	return NULL;
}

/* Checks of earlier steps still have their variables. NULL: one that has no value here. */
static const char *filled(struct lab *lab, const char *text)
{
	const char *ignored;

	return text ? validate_expand(lab, text, &ignored) : NULL;
}

static struct explanation *explain_check(struct lab *lab, const struct view *v,
					 const struct check *c)
{
	const struct explain_request r = {.from = c->from.name,
					  .to = filled(lab, target_of(c)),
					  .host = filled(lab, header_of(c, "Host")),
					  .stage = header_of(c, "X-Ca-Stage"),
					  .app = c->app.name};
	auto_error struct lab_error *ignored = NULL; /* what cannot be asked is not noticed */

	return r.to ? explain_new(v->analyse, &r, &ignored) : NULL;
}

/* What the gateway decided on the way to its answer; NULL: it was not asked. */
static const struct explain_leg *gateway_leg(const struct explanation *e)
{
	for (size_t i = 0; i < e->n_legs; i++)
		if (!strncmp(e->legs[i].title, "gateway ", strlen("gateway ")))
			return &e->legs[i];
	return NULL;
}

/* A limit that is gone changes no single answer, and yet what the gateway does. */
static bool decides_otherwise(const struct explanation *was, const struct explanation *is)
{
	const struct explain_leg *a = gateway_leg(was), *b = gateway_leg(is);

	if (!a || !b || a->n_notes != b->n_notes)
		return a && b;
	for (size_t i = 0; i < a->n_notes; i++)
		if (strcmp(a->notes[i], b->notes[i]) != 0)
			return true;
	return false;
}

static bool answers_otherwise(const struct explanation *was, const struct explanation *is)
{
	return was->verdict != is->verdict || was->status != is->status ||
	       was->is.rate != is->is.rate || was->is.delay_us != is->is.delay_us ||
	       !same_text(was->code, is->code) || !same_text(was->answer, is->answer);
}

static bool goes_otherwise(struct lab *lab, const struct view *before, const struct view *after,
			   const struct check *c)
{
	auto_explanation struct explanation *was = NULL, *is = NULL;

	if (c->kind == CHECK_ROUTE || !c->from.name || !c->target.s)
		return false;
	was = explain_check(lab, before, c);
	is = explain_check(lab, after, c);
	return was && is && (answers_otherwise(was, is) || decides_otherwise(was, is));
}

/* The checks of that step, of the lab or of an exercise. */
static bool checks_notice(struct lab *lab, const char *step, const struct view *before,
			  const struct view *after)
{
	size_t n;
	auto_free const struct check **checks = check_select(lab, step, &n);

	for (size_t i = 0; i < n; i++)
		if (goes_otherwise(lab, before, after, checks[i]))
			return true;
	return false;
}

/*
 * What earlier steps were about is still there to be broken. Their checks need not hold any more, but what they
 * ask is what somebody does in this lab.
 */
static bool earlier_checks_notice(struct lab *lab, const struct view *before,
				  const struct view *after)
{
	const char *step = before->plan->step;
	const struct step *at = lab_find_step(lab, step); /* NULL: all were done */

	if (step && !strcmp(step, LAB_BASE))
		return false;
	for (size_t i = 0; i < lab->n_steps && &lab->steps[i] != at; i++)
		if (checks_notice(lab, lab->steps[i].id.name, before, after))
			return true;
	return false;
}

static bool is_noticed(struct lab *lab, const struct view *before, const struct view *after)
{
	struct analyse_changes *changes = analyse_compare(before->matrix, after->matrix);
	const bool pairs = changes->n > 0;

	analyse_changes_free(changes);
	return pairs || checks_notice(lab, before->plan->step, before, after) ||
	       earlier_checks_notice(lab, before, after);
}

/* --- which --- */

static struct changes *with_fault(const struct cli_rework *w, const struct options *o,
				  const struct fault *f, const char *apply, struct lab_error **err)
{
	const char *slash = strrchr(f->at.src->path, '/');
	auto_arena struct arena *a = arena_new(0);
	struct changes *c = changes_read(w->running->changes, err);
	const struct fault_told told = {
		.seed = o->seed,
		.hidden = o->hidden,
		.what = f->what,
		.resource = f->resource,
		.at = arena_printf(a, "%s:%u", slash ? slash + 1 : f->at.src->path, f->at.line),
		.apply = apply,
	};

	if (c)
		changes_set_fault(c, &told);
	return c;
}

/* The cloud refuses some mistakes, or something else refers to what would be missing. */
static struct plan *try(const struct cli_rework *w, const struct changes *c)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *ignored = NULL;
	auto_cli_lab struct cli_lab *l = cli_read_changed_lab(
		w->running->file, w->running->step, w->running->lab, c, false, diags, &ignored);

	return l && l->lab && !diag_errors(diags) ? cli_compile(l, &ignored) : NULL;
}

static bool is_good(const struct cli_rework *w, const struct options *o, struct lab *lab,
		    const struct view *now, const struct fault *f, struct lab_error **err)
{
	auto_changes struct changes *c = with_fault(w, o, f, f->proof ? f->proof : f->apply, err);
	auto_plan struct plan *p = c ? try(w, c) : NULL;
	auto_view struct view then = {0};

	if (!p)
		return false;
	then = view_of(p);
	return is_noticed(lab, now, &then);
}

static int choose(struct cli_rework *w, const struct options *o, struct lab_error **err)
{
	auto_arena struct arena *a = arena_new(0);
	auto_cli_lab struct cli_lab *l = cli_rework_lab(w, w->changes, err);
	auto_view struct view now = {0};
	struct fault *faults;
	size_t n;

	if (!l)
		return -1;
	now = view_of(w->running);
	faults = fault_list(l->lab, o->seed, a, &n);
	for (size_t i = 0; i < n && !*err; i++)
		if (is_good(w, o, l->lab, &now, &faults[i], err)) {
			changes_free(w->changes);
			w->changes = with_fault(w, o, &faults[i], faults[i].apply, err);
			return w->changes ? 0 : -1;
		}
	return *err ? -1
		    : lab_error_make(err, LAB_STATE,
				     "lab %s: has nothing whose loss anybody would notice",
				     w->running->lab);
}

/* --- telling --- */

static int tell(const char *lab, const struct fault_told *f, bool reveal, bool json,
		struct lab_error **err)
{
	const bool say = reveal || !f->hidden;
	auto_ui_json struct ui_json *j = NULL;

	if (!json) {
		printf("one thing is broken in %s (seed %lld)\n", lab, f->seed);
		if (say)
			printf("  what   %s\n  where  %s, %s\n", f->what, f->at, f->resource);
		else
			printf("tell:  labctl fault %s --reveal\n", lab);
		printf("mend:  labctl reset %s\n", lab);
		return 0;
	}
	j = ui_json_new();
	ui_json_text(j, "lab", lab);
	ui_json_number(j, "seed", f->seed);
	ui_json_boolean(j, "hidden", f->hidden);
	ui_json_text(j, "what", say ? f->what : NULL);
	ui_json_text(j, "resource", say ? f->resource : NULL);
	ui_json_text(j, "at", say ? f->at : NULL);
	return ui_json_print(j, stdout, err);
}

static int reveal(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running r = {0};
	auto_changes struct changes *c = NULL;
	struct fault_told told;

	if (cli_enter_running("fault", o->common.lab, err) ||
	    cli_open_running(o->common.lab, STATE_READ, &r, err))
		return -1;
	c = changes_read(r.plan->changes, err);
	if (!c)
		return -1;
	if (changes_fault(c, &told))
		return tell(r.plan->lab, &told, true, o->common.json, err);
	(void)lab_error_make(err, LAB_STATE, "lab %s: `labctl fault` has broken nothing in it",
			     r.plan->lab);
	return lab_error_hint(err, "labctl fault %s --seed 1", o->common.lab);
}

static int break_one(const struct options *o, struct lab_error **err)
{
	auto_rework struct cli_rework w = {0};
	struct fault_told told;
	size_t steps;

	if (cli_rework_open(&w, "fault", o->common.lab, err))
		return -1;
	if (changes_fault(w.changes, &told)) {
		(void)lab_error_make(err, LAB_STATE, "lab %s: one thing in it is broken already",
				     w.name);
		return lab_error_hint(err, "labctl reset %s mends it", o->common.lab);
	}
	if (cli_rework_is_current(&w, err) || choose(&w, o, err) ||
	    cli_rework_apply(&w, &steps, err))
		return -1;
	(void)changes_fault(w.changes, &told); /* there is one now */
	return tell(w.name, &told, false, o->common.json, err);
}

int verb_fault(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_fault, argc, argv, &o);
	if (o.reveal ? reveal(&o, &err) : break_one(&o, &err))
		return cli_fail_json(o.common.json, err);
	return LAB_OK;
}
