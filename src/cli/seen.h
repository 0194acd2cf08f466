// SPDX-License-Identifier: GPL-2.0-only
/** The plan that questions about a lab are answered by: of its file, or what the kernel holds of it. */
#pragma once

#include "analyse/analyse.h"
#include "apply/apply.h"
#include "cli/cli.h"
#include "cli/session.h"

/* What of a lab that is up is looked at. */
enum cli_sight {
	CLI_SEE_ALL,  /* everything, at once */
	CLI_SEE_ASKED /* nothing, until cli_seen_more() is told what matters */
};

struct cli_seen {
	const struct plan *plan; /* that of CLI_SEE_ASKED lives until cli_seen_more() */
	const char *step;        /* that it stops after; NULL: all of them */
	bool live;               /* it is what the kernel holds */
	struct cli_lab *read;    /* the file that the plan is of; NULL where it is live */
	/* owners */
	struct plan *compiled;
	struct cli_session session;
	struct apply_status status;
	struct plan nothing_seen; /* the plan that was applied, without what nobody serves */
	struct apply_glance glance;
	bool *open; /* beside status.plan's namespaces: what was looked at */
	unsigned int looks;
	char *lab;
};

/**
 * A lab that is up is looked at as it is, unless planned or step say otherwise, or this process cannot know;
 * any other as its file says. Must not move. -1 with *err.
 */
int cli_seen_open(struct cli_seen *s, const char *verb, const char *lab, const char *step,
		  bool planned, enum cli_sight sight, struct lab_error **err);
/**
 * After answers about s->plan: 0 where they are as if all of the lab had been looked at. 1 where they depend on
 * namespaces that were not: these are looked at now, s->plan is another one, and what was asked has to be asked again.
 * a: made of s->plan. -1 with *err.
 */
int cli_seen_more(struct cli_seen *s, const struct analyse *a, struct lab_error **err);
/** Whether s->plan is, as it is before the first of these, the plan of a lab that is up, and nothing else. */
bool cli_seen_is_planned(const struct cli_seen *s);
void cli_seen_done(struct cli_seen *s);
/** "scenario1 as it runs", "scenario1 as planned up to step attach" */
void cli_seen_say(const struct cli_seen *s);

/** What became of the file of a lab that is looked at as it runs, in a word for JSON; NULL: it is no such lab. */
const char *cli_seen_file(const struct cli_seen *s);

#define auto_cli_seen __attribute__((cleanup(cli_seen_done)))
