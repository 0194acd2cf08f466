// SPDX-License-Identifier: GPL-2.0-only
/** The plan that questions about a lab are answered by: of its file, or what the kernel holds of it. */
#pragma once

#include "apply/apply.h"
#include "cli/cli.h"
#include "cli/session.h"

struct cli_seen {
	const struct plan *plan;
	const char *step;     /* that it stops after; NULL: all of them */
	bool live;            /* it is what the kernel holds */
	struct cli_lab *read; /* the file that the plan is of; NULL where it is live */
	/* owners */
	struct plan *compiled;
	struct cli_session session;
	struct apply_status status;
	char *lab;
};

/**
 * A lab that is up is looked at as it is, unless planned or step say otherwise, or this process cannot know;
 * any other as its file says. Must not move. -1 with *err.
 */
int cli_seen_open(struct cli_seen *s, const char *verb, const char *lab, const char *step,
		  bool planned, struct lab_error **err);
void cli_seen_done(struct cli_seen *s);
/** "scenario1 as it runs", "scenario1 as planned up to step attach" */
void cli_seen_say(const struct cli_seen *s);

#define auto_cli_seen __attribute__((cleanup(cli_seen_done)))
