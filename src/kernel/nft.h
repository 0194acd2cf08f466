// SPDX-License-Identifier: GPL-2.0-only
/** libnftables, kept in a process of its own. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct kernel_nft {
	bool ok;      /* all commands were carried out, in one transaction */
	char *output; /* what they listed; never NULL */
	char *errors; /* what nft says about a refusal; never NULL */
};

/** A run that is under way; zero it before first use. */
struct kernel_nft_job {
	pid_t pid; /* 0: none */
	int answer, words;
};

/** Begins to run nft commands in the current network namespace. */
int kernel_nft_start(const char *commands, struct kernel_nft_job *job, struct lab_error **err);
/** Waits for the end of it. -1 with *err where libnftables itself broke down; a refusal is r->ok ==
 * false. */
int kernel_nft_finish(struct kernel_nft_job *job, struct kernel_nft *r, struct lab_error **err);
/** Waits for the end of it, whatever it is. */
void kernel_nft_abandon(struct kernel_nft_job *job);
/** Both in one. */
int kernel_nft_run(const char *commands, struct kernel_nft *r, struct lab_error **err);
void kernel_nft_done(struct kernel_nft *r);
#define auto_nft_result __attribute__((cleanup(kernel_nft_done)))
