// SPDX-License-Identifier: GPL-2.0-only
/** Reading log files that grow, and that the supervisor cuts (supervise/logfile.h). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strbuf.h"

struct tail {
	char *name;         /* of the worker */
	int dir;            /* folder of the logs, borrowed */
	off_t at;           /* read up to here */
	struct strbuf line; /* the beginning of a line whose end is not written yet */
};

/** Takes one whole line, without its end. */
typedef void cli_tail_line(void *data, const struct tail *t, const char *line);

void cli_tail_init(struct tail *t, int dir, const char *name);
void cli_tail_done(struct tail *t);

/** Reads what is there and gives its last `lines` lines. A log that is not there yet is empty. */
int cli_tail_last(struct tail *t, size_t lines, cli_tail_line *fn, void *data,
		  struct lab_error **err);
/** Gives what was written since; also when the file was cut in between. */
int cli_tail_more(struct tail *t, cli_tail_line *fn, void *data, struct lab_error **err);
