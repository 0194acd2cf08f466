// SPDX-License-Identifier: GPL-2.0-only
/** labctl-capture at work for another verb, which wants to know what is seen while it does something. */
#pragma once

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/points.h"

struct cli_listen {
	pid_t pid;
	int out;           /* memfd: its sightings; -1: it was not started */
	FILE *says;        /* pipe: its standard error; ends with it */
	uintmax_t dropped; /* packets that the kernel had no room for */
};

/** Listens at the points, which are closed. Listening has begun when it gives 0. -1 with *err. */
int cli_listen_start(struct cli_listen *c, struct cli_points *points, const char *filter,
		     struct lab_error **err);
/** Waits until no packet comes any more, and appends the sightings (capture/run.c) to lines. */
int cli_listen_finish(struct cli_listen *c, json_t *lines, struct lab_error **err);
void cli_listen_done(struct cli_listen *c);

#define auto_cli_listen __attribute__((cleanup(cli_listen_done)))
