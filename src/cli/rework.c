// SPDX-License-Identifier: GPL-2.0-only
#include "cli/rework.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
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

/* `labctl up LAB` alone goes to the last step. */
static const char *step_option(const struct plan *running)
{
	return running->step ? " --step " : "";
}

static const char *step_word(const struct plan *running)
{
	return running->step ? running->step : "";
}

static int stale(const struct plan *running, struct lab_error **err)
{
	(void)lab_error_make(
		err, LAB_STATE, "lab %s: its file%s%s is not what it was brought up from",
		running->lab, running->file ? " " : "", running->file ? running->file : "");
	return lab_error_hint(err, "labctl up %s%s%s takes the file as it is now", running->lab,
			      step_option(running), step_word(running));
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

/* The word of the user at which a diagnostic points, at its key or its value: "rtt=3" of "rtt":"3"; NULL: none. */
static const char *word_at(const struct cli_rework *w, struct span at)
{
	auto_strbuf struct strbuf pair = {0};
	const char *text = at.src->text; /* JSON, in one line; places begin at the quotes */

	if (at.line != 1 || !at.col || at.col > at.src->len)
		return NULL;
	for (size_t i = 0; i < w->n_words; i++) {
		const char *value = strchr(w->words[i], '=') + 1;
		const size_t n_key = (size_t)(value - w->words[i]) - 1, place = at.col - 1;
		const size_t before_value = n_key + strlen("\"\":");

		strbuf_trunc(&pair, 0);
		strbuf_printf(&pair, "\"%.*s\":\"%s\"", (int)n_key, w->words[i], value);
		if (!strncmp(text + place, pair.s, pair.len) ||
		    (place >= before_value &&
		     !strncmp(text + place - before_value, pair.s, pair.len)))
			return w->words[i];
	}
	return NULL;
}

/* What is wrong with a change stands in no file that the user knows. */
static void print_refusal(const struct cli_rework *w, struct diag_list *diags)
{
	diag_list_sort(diags);
	for (size_t i = 0; i < diag_count(diags); i++) {
		const struct diag_view d = diag_get(diags, i);
		const char *word;

		if (d.severity != DIAG_ERROR)
			continue;
		word = word_at(w, d.at);
		cli_message("%s%s%s", word ? word : "", word ? ": " : "", d.message);
		for (size_t k = 0; k < d.n_notes; k++)
			if (!d.notes[k].at.line)
				cli_hint("%s", d.notes[k].message);
	}
}

/* Whether it is changes that are wrong, and nothing of the lab's file. */
static bool is_of_changes(const struct diag_list *diags)
{
	for (size_t i = 0; i < diag_count(diags); i++) {
		const struct diag_view d = diag_get(diags, i);

		if (d.severity == DIAG_ERROR &&
		    (!d.at.src || strcmp(d.at.src->path, CLI_CHANGES_PATH) != 0))
			return false;
	}
	return diag_errors(diags) > 0;
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
	if (is_of_changes(diags))
		print_refusal(w, diags);
	else
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

/* --- what became of the file --- */

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Where nothing was written since, there is nothing to be read. */
static bool is_older(const struct state *state, const struct stat *file)
{
	struct stat plan;

	return !fstatat(state_dir_fd(state), "plan.json", &plan, AT_SYMLINK_NOFOLLOW) &&
	       !is_newer(&file->st_mtim, &plan.st_mtim) && !is_newer(&file->st_ctim, &plan.st_mtim);
}

/* Lines, too. */
static bool is_all_the_same(const struct plan *running, struct plan *now)
{
	auto_free char *was = plan_write(running), *is = NULL;

	now->file = running->file;
	now->changes = running->changes;
	is = plan_write(now);
	return !strcmp(was, is);
}

/* What the file gives now, if that is the same lab in all but lines; NULL: it is another one, or none. */
static struct plan *same_plan(const struct plan *running)
{
	auto_error struct lab_error *ignored = NULL; /* then it is none */
	auto_cli_lab struct cli_lab *l = cli_changed_lab(running, &ignored);
	auto_plan struct plan *now = l ? cli_compile(l, &ignored) : NULL;
	struct plan_diff *diff = now ? plan_diff(running, now) : NULL;
	const bool same = diff && !diff->n;

	plan_diff_free(diff);
	return same ? steal_ptr(now) : NULL;
}

bool cli_file_untouched(const struct state *state, const struct plan *running)
{
	struct stat st;

	return running->file && !stat(running->file, &st) && is_older(state, &st);
}

enum cli_file cli_file_since(const struct state *state, const struct plan *running)
{
	auto_plan struct plan *now = NULL;
	struct stat st;

	if (!running->file)
		return CLI_FILE_SAME; /* as far as can be known */
	if (stat(running->file, &st))
		return CLI_FILE_GONE;
	if (is_older(state, &st))
		return CLI_FILE_SAME;
	now = same_plan(running);
	if (!now)
		return CLI_FILE_CHANGED;
	return is_all_the_same(running, now) ? CLI_FILE_SAME : CLI_FILE_EDITED;
}

const char *cli_file_word(enum cli_file file)
{
	static const char *const words[] = {[CLI_FILE_SAME] = "same",
					    [CLI_FILE_EDITED] = "edited",
					    [CLI_FILE_CHANGED] = "changed",
					    [CLI_FILE_GONE] = "gone"};

	return words[file];
}

const char *cli_file_note(enum cli_file file, const struct plan *running, struct arena *a)
{
	switch (file) {
	case CLI_FILE_SAME: return NULL;
	case CLI_FILE_EDITED:
		return arena_printf(a,
				    "its file %s was edited since `up`, which changes nothing but "
				    "the numbers of lines; `labctl up %s%s%s` takes them over",
				    running->file, running->lab, step_option(running),
				    step_word(running));
	case CLI_FILE_CHANGED:
		return arena_printf(
			a,
			"its file %s has changed since `up`; `labctl plan %s%s%s` shows how, "
			"`labctl up %s%s%s` takes it as it is now",
			running->file, running->lab, step_option(running), step_word(running),
			running->lab, step_option(running), step_word(running));
	case CLI_FILE_GONE:
		return arena_printf(
			a,
			"its file %s is not there any more: nothing can be changed until "
			"it is",
			running->file);
	}
	return NULL;
}

int cli_rework_is_current(const struct cli_rework *w, struct lab_error **err)
{
	auto_plan struct plan *now = same_plan(w->running);

	return now ? 0 : stale(w->running, err);
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
