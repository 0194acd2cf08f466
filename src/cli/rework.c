// SPDX-License-Identifier: GPL-2.0-only
#include "cli/rework.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/build.h"
#include "cli/rootless.h"
#include "cli/signals.h"
#include "compile/compile.h"

static int read_running(struct cli_rework *w, struct lab_error **err)
{
	size_t len = 0;
	auto_free char *text = state_read(w->session.state, "plan.json", &len, err);

	if (text)
		w->running = plan_read(text, len, err);
	if (w->running && w->running->file)
		w->changes = changes_read(w->running->changes, err);
	if (w->changes)
		return 0;
	if (!text && !*err)
		(void)lab_error_make(err, LAB_STATE, "is not up: `labctl up` failed");
	else if (w->running && !*err)
		(void)lab_error_make(err, LAB_STATE, "its lab file is not known");
	(void)lab_error_prefix(err, "lab %s", w->session.lab);
	(void)lab_error_set_status(err, LAB_STATE);
	return lab_error_hint(err, "labctl up %s", w->session.lab);
}

int cli_rework_open(struct cli_rework *w, const char *verb, const char *arg, struct lab_error **err)
{
	*w = (struct cli_rework){.name = cli_lab_name(arg, err), .cancel = cli_catch_signals()};
	if (!w->name || cli_enter(verb, w->name, STATE_READ, err) < 0 ||
	    cli_session_open(&w->session, w->name, STATE_LOCK, err)) {
		cli_rework_done(w);
		return -1;
	}
	if (!read_running(w, err))
		return 0;
	cli_rework_done(w);
	return -1;
}

void cli_rework_done(struct cli_rework *w)
{
	changes_free(w->changes);
	plan_free(w->running);
	if (w->session.backend)
		cli_session_done(&w->session);
	free(w->name);
	*w = (struct cli_rework){0};
}

struct cli_lab *cli_running_lab(const struct plan *running, const char *changes,
				struct diag_list *diags, struct lab_error **err)
{
	auto_changes struct changes *c = changes_read(changes, err);

	return c ? cli_read_changed_lab(running->file, running->step, running->lab, c, false, diags,
					err)
		 : NULL;
}

static int stale(const struct plan *running, struct lab_error **err)
{
	(void)lab_error_make(
		err, LAB_STATE, "lab %s: its file%s%s is not what it was brought up from",
		running->lab, running->file ? " " : "", running->file ? running->file : "");
	return lab_error_hint(err, "labctl up %s takes the file as it is now", running->lab);
}

struct cli_lab *cli_changed_lab(const struct plan *running, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_lab struct cli_lab *l =
		running->file ? cli_running_lab(running, running->changes, diags, err) : NULL;

	if (l && l->lab && !diag_errors(diags))
		return steal_ptr(l);
	if (!*err)
		(void)stale(running, err);
	return NULL;
}

static struct cli_lab *lab_with(const struct cli_rework *w, const struct changes *changes,
				bool without_links, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_lab struct cli_lab *l = cli_read_changed_lab(w->running->file, w->running->step,
							      w->running->lab, changes,
							      without_links, diags, err);

	if (!l)
		return NULL;
	if (l->lab && !diag_errors(diags))
		return steal_ptr(l);
	diag_print(diags, stderr, cli_colour(stderr));
	(void)lab_error_make(err, LAB_USAGE, "lab %s: this change is refused", w->running->lab);
	return NULL;
}

struct cli_lab *cli_rework_lab(const struct cli_rework *w, const struct changes *changes,
			       struct lab_error **err)
{
	return lab_with(w, changes, false, err);
}

struct cli_lab *cli_rework_base(const struct cli_rework *w, struct lab_error **err)
{
	return lab_with(w, w->changes, true, err);
}

void cli_rework_state(struct changes *c, const struct lab *base, const struct lab_link *link,
		      bool down)
{
	const bool as_base = compile_link_of(base, link).down == down;

	changes_set_link(c, link_change_name(link), "state", as_base ? NULL : down ? "down" : "up");
}

int cli_rework_is_current(const struct cli_rework *w, struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;
	auto_cli_lab struct cli_lab *l = cli_changed_lab(w->running, &why);
	auto_plan struct plan *was = l ? cli_compile(l, &why) : NULL;
	struct plan_diff *diff = was ? plan_diff(w->running, was) : NULL;
	const bool same = diff && !diff->n;

	plan_diff_free(diff);
	return same ? 0 : stale(w->running, err);
}

int cli_rework_apply(struct cli_rework *w, size_t *steps, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = cli_rework_lab(w, w->changes, err);
	auto_plan struct plan *wanted = l ? cli_compile(l, err) : NULL;
	struct apply_report report = {0};
	auto_free char *text = NULL;

	if (!wanted || kernel_check_privileges(err))
		return -1;
	text = changes_write(w->changes);
	wanted->file = w->running->file;
	wanted->changes = text;
	if (apply_up(w->session.state, w->session.backend, &w->session.ops, wanted, w->cancel,
		     &report, err)) {
		ui_progress_clear(&w->session.progress);
		return lab_error_prefix(err, "lab %s", w->running->lab);
	}
	ui_progress_clear(&w->session.progress);
	*steps = report.added + report.removed + report.changed;
	return 0;
}
