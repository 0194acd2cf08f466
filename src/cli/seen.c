// SPDX-License-Identifier: GPL-2.0-only
#include "cli/seen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/build.h"
#include "cli/rework.h"
#include "cli/rootless.h"

/* One look, and some more where the lab is not as it should be; then it costs less to look at all of it. */
#define LOOKS_MAX 8

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

static int see_all(struct cli_seen *s, struct lab_error **err)
{
	if (apply_status_observed(s->session.state, &s->session.ops, &s->status, err))
		return -1;
	if (!s->status.supervised)
		s->status.observed->n_workers = 0;             /* nobody serves */
	s->status.observed->summary = s->status.plan->summary; /* no kernel has one */
	s->plan = s->status.observed;
	return 0;
}

static int see_nothing(struct cli_seen *s, struct lab_error **err)
{
	if (apply_status_planned(s->session.state, &s->session.ops, &s->status, err))
		return -1;
	s->nothing_seen = *s->status.plan;
	if (!s->status.supervised)
		s->nothing_seen.n_workers = 0;
	s->open = calloc(s->nothing_seen.n_namespaces + 1, sizeof(*s->open));
	if (!s->open)
		abort();
	s->plan = &s->nothing_seen;
	return 0;
}

/* 1: it is not up. */
static int look(struct cli_seen *s, const char *verb, enum cli_sight sight, struct lab_error **err)
{
	if (cli_enter(verb, s->lab, STATE_READ, err) || cli_session_read(&s->session, s->lab, err))
		return -1;
	if (!s->session.state)
		return 1;
	if (sight == CLI_SEE_ALL ? see_all(s, err) : see_nothing(s, err))
		return -1;
	s->step = s->status.plan->step;
	s->live = true;
	return 0;
}

int cli_seen_open(struct cli_seen *s, const char *verb, const char *lab, const char *step,
		  bool planned, enum cli_sight sight, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	int up = 1;

	if (!planned && !step) {
		s->lab = cli_lab_name_read(lab, &s->read, diags, err);
		if (!s->lab)
			return -1;
		if (can_know(s->lab))
			up = look(s, verb, sight, err);
	}
	if (up > 0)
		return compile(s, lab, step, diags, err);
	cli_lab_free(s->read); /* it came up this moment */
	s->read = NULL;
	return up;
}

int cli_seen_more(struct cli_seen *s, const struct analyse *a, struct lab_error **err)
{
	if (!s->open || !analyse_open_asked(a, &s->nothing_seen, s->open))
		return 0;
	if (++s->looks == LOOKS_MAX)
		memset(s->open, true, s->nothing_seen.n_namespaces * sizeof(*s->open));
	apply_glance_done(&s->glance);
	s->plan = &s->nothing_seen;
	if (apply_glance(s->session.state, &s->session.ops, s->plan, s->open, &s->glance, err))
		return -1;
	s->plan = s->glance.plan;
	return 1;
}

bool cli_seen_is_planned(const struct cli_seen *s)
{
	return s->plan == &s->nothing_seen && s->status.supervised;
}

void cli_seen_done(struct cli_seen *s)
{
	apply_glance_done(&s->glance);
	free(s->open);
	apply_status_done(&s->status);
	cli_session_done(&s->session);
	plan_free(s->compiled);
	cli_lab_free(s->read);
	free(s->lab);
}

static enum cli_file file_since(const struct cli_seen *s)
{
	return cli_file_since(s->session.state, s->status.plan);
}

/* Lines of the file that are told are those of the plan. */
static void say_file(const struct cli_seen *s)
{
	auto_arena struct arena *a = arena_new(0);
	const char *note = cli_file_note(file_since(s), s->status.plan, a);

	if (note)
		printf("%s\n", note);
}

const char *cli_seen_file(const struct cli_seen *s)
{
	return s->live ? cli_file_word(file_since(s)) : NULL;
}

void cli_seen_say(const struct cli_seen *s)
{
	printf("%s as %s%s%s\n", s->plan->lab, s->live ? "it runs" : "planned",
	       s->step ? ", up to step " : "", s->step ? s->step : "");
	if (s->live)
		say_file(s);
}
