// SPDX-License-Identifier: GPL-2.0-only
/**
 * Other verbs of labctl as children of `labctl web`: what takes its time must not hold up the page. Their words
 * are fixed, or names from the plan; they are executed without a shell.
 */
#pragma once

#include "base/error.h"
#include "base/loop.h"
#include "base/strbuf.h"

#define CLI_JOB_WORDS 10

struct cli_job {
	struct loop *loop;
	struct loop_io io;
	struct strbuf
		text; /* what it said on standard output, and on standard error too where asked */
	pid_t pid;
	int pidfd;
	void *data;
	/** It has ended; status is its exit status, 128 + signal where one ended it. It may be used again. */
	void (*ended)(struct cli_job *j, int status);
};

/** words: "explain", ...; ended by NULL. Zeroed but for loop, data and ended. */
int cli_job_start(struct cli_job *j, const char *const *words, bool with_errors,
		  struct lab_error **err);
bool cli_job_runs(const struct cli_job *j);
/** Tells it to end and waits for that; nobody is told. */
void cli_job_stop(struct cli_job *j);
