// SPDX-License-Identifier: GPL-2.0-only
#include "cli/seen.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/build.h"
#include "cli/rework.h"
#include "cli/rootless.h"

/* s->read: what was read for the lab's name, and diags what there is to say of it. */
static int compile(struct cli_seen *s, const char *lab, const char *step, struct diag_list *diags,
		   struct lab_error **err)
{
	s->read = s->read ? cli_accept_lab(s->read, diags, err) : cli_find_lab(lab, step, err);
	s->compiled = s->read ? cli_compile_view(s->read) : NULL;
	s->plan = s->compiled;
	s->step = step;
	return s->plan ? 0 : -1;
}

/* Who is not root cannot know whether a lab of root's is up. */
static bool can_know(const char *lab)
{
	return cli_outside() ? cli_lives(lab) : geteuid() == 0;
}

/* 1: it is not up. */
static int look(struct cli_seen *s, const char *verb, struct lab_error **err)
{
	if (cli_enter(verb, s->lab, STATE_READ, err) || cli_session_read(&s->session, s->lab, err))
		return -1;
	if (!s->session.state)
		return 1;
	if (apply_status(s->session.state, &s->session.ops, &s->status, err))
		return -1;
	if (!s->status.supervised)
		s->status.observed->n_workers = 0;             /* nobody serves */
	s->status.observed->summary = s->status.plan->summary; /* no kernel has one */
	s->plan = s->status.observed;
	s->step = s->status.plan->step;
	s->live = true;
	return 0;
}

int cli_seen_open(struct cli_seen *s, const char *verb, const char *lab, const char *step,
		  bool planned, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	int up = 1;

	if (!planned && !step) {
		s->lab = cli_lab_name_read(lab, &s->read, diags, err);
		if (!s->lab)
			return -1;
		if (can_know(s->lab))
			up = look(s, verb, err);
	}
	if (up > 0)
		return compile(s, lab, step, diags, err);
	cli_lab_free(s->read); /* only its name was wanted */
	s->read = NULL;
	return up;
}

void cli_seen_done(struct cli_seen *s)
{
	apply_status_done(&s->status);
	cli_session_done(&s->session);
	plan_free(s->compiled);
	cli_lab_free(s->read);
	free(s->lab);
}

/* Lines of the file that are told are those of the plan. */
static void say_file(const struct cli_seen *s)
{
	auto_arena struct arena *a = arena_new(0);
	const struct plan *p = s->status.plan;
	const char *note = cli_file_note(cli_file_since(s->session.state, p), p, a);

	if (note)
		printf("%s\n", note);
}

void cli_seen_say(const struct cli_seen *s)
{
	printf("%s as %s%s%s\n", s->plan->lab, s->live ? "it runs" : "planned",
	       s->step ? ", up to step " : "", s->step ? s->step : "");
	if (s->live)
		say_file(s);
}
