// SPDX-License-Identifier: GPL-2.0-only
/** libnftables, kept in a process of its own. */
#pragma once

/** Descriptors of namespaces stay out of those below while libnftables works: see the child in nft.c. */
#define KERNEL_NFT_LOW 64

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"
#include "kernel/nft_table.h"

struct kernel_nft {
	bool ok;                         /* all commands were carried out, in one transaction */
	struct kernel_nft_commit commit; /* of requests that ask for it */
	char *output;                    /* what they listed; never NULL */
	char *errors;                    /* what nft says about a refusal; never NULL */
};

/** One transaction: commands, and the namespace to run them in. */
struct kernel_nft_request {
	int ns; /* -1: the current one */
	const char *commands;
	bool commits; /* say between which generations */
};

/** Requests that are under way, all in one process: making one costs more than most of them. */
struct kernel_nft_job {
	pid_t pid; /* 0: none */
	FILE *answers;
	int words;
};

/** Begins to carry out the requests, one after the other. */
int kernel_nft_start(struct kernel_nft_request *requests, size_t n, struct kernel_nft_job *job,
		     struct lab_error **err);
/** Waits for the next answer, in the order of the requests. -1 with *err where libnftables itself
 * broke down; a refusal is r->ok == false. */
int kernel_nft_next(struct kernel_nft_job *job, struct kernel_nft *r, struct lab_error **err);
/** Waits for the end of the process; answers that were not asked for are lost. */
void kernel_nft_end(struct kernel_nft_job *job);

/** One request. */
int kernel_nft_run(struct kernel_nft_request request, struct kernel_nft *r, struct lab_error **err);
void kernel_nft_done(struct kernel_nft *r);
#define auto_nft_result __attribute__((cleanup(kernel_nft_done)))
