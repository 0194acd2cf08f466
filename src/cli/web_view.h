// SPDX-License-Identifier: GPL-2.0-only
/** A running lab as `labctl web` and `labctl graph --live` look at it, again and again. */
#pragma once

#include <jansson.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/tail.h"
#include "kernel/counters.h"
#include "live/live.h"

#define CLI_VIEW_CALLS 50

struct cli_view {
	const char *arg; /* the lab, as the user called it; borrowed */
	bool all;        /* every instance is drawn */
	/* of the lab that is up; all gone while it is not (live NULL) */
	struct cli_running running;
	struct cli_lab *lab, *whole; /* as it is, and with all its steps */
	struct graph *graph;
	struct live *live;
	struct kernel_counters *counters;
	struct tail *tails; /* of gateways */
	size_t n_tails;
	int logs;
	struct stat plan_file;
	json_t *calls;  /* the last ones */
	json_t *lesson; /* NULL: the lab has none */
	char *progress; /* what it was made of; NULL: nothing is kept */
};

/** Zeroed but for arg and all. Opens the lab. */
int cli_view_open(struct cli_view *v, struct lab_error **err);
void cli_view_close(struct cli_view *v);
/** Whether another plan was applied since, or the lab went down. */
bool cli_view_is_stale(const struct cli_view *v);

/** Reads all counters. */
int cli_view_count(struct cli_view *v, struct lab_error **err);
/** Calls that were logged since the last time: an array, maybe empty. NULL with *err. */
json_t *cli_view_calls(struct cli_view *v, struct lab_error **err);
/** Reads the lesson again; *changed: it is otherwise than before. */
int cli_view_lesson(struct cli_view *v, bool *changed, struct lab_error **err);
/** All about a namespace. NULL with *err (LAB_USAGE: there is none). */
json_t *cli_view_node(struct cli_view *v, const char *ns, struct lab_error **err);
