// SPDX-License-Identifier: GPL-2.0-only
/** nftables tables in the current network namespace. */
#pragma once

#include "kernel/nft.h"
#include "plan/plan.h"

/** Puts the table in place of the one of its name, if any, in one transaction. */
int kernel_filter_set(const struct plan_filter *f, struct lab_error **err);

/**
 * The same for several tables, in parts, with time for other things in between: most of a table's cost
 * is nft's thinking, and another processor may do that. The commands that begin it, to be freed, are
 * for kernel_nft_start(); for each table in turn follows kernel_filter_set_finish() in its
 * namespace, or kernel_filter_set_abandon(), which leaves things as if it had never begun.
 */
char *kernel_filter_set_commands(const struct plan_filter *f);
int kernel_filter_set_finish(const struct plan_filter *f, struct kernel_nft_job *job,
			     struct lab_error **err);
void kernel_filter_set_abandon(const struct plan_filter *f, struct kernel_nft_job *job);

int kernel_filter_remove(const struct plan_filter *f, struct lab_error **err);
/**
 * The table as the kernel has it: nft's own listing without counters and handles, to be freed by the
 * caller. "" where there is no such table; NULL with *err.
 */
char *kernel_filter_list(const struct plan_filter *f, struct lab_error **err);
/** Whether the chain FORWARD of iptables drops by default, as Docker sets it (nft variant only). */
bool kernel_filter_forward_drops(void);
