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

/** Of plan.extra too: whatever it is called. One that is not there is fine. */
int kernel_filter_remove(const struct plan_filter *f, struct lab_error **err);
enum kernel_filter_sight { KERNEL_FILTER_ABSENT, KERNEL_FILTER_SAME, KERNEL_FILTER_OTHER };

/**
 * Compares the table of namespace `there` with the wanted one: nft's own listings of both, without counters and
 * handles. For that, the wanted one is made in `sample`, a namespace for nothing else. -1 with *err.
 */
int kernel_filter_compare(const struct plan_filter *f, int there, int sample,
			  enum kernel_filter_sight *seen, struct lab_error **err);
/** Whether the chain FORWARD of iptables drops by default, as Docker sets it (nft variant only). */
bool kernel_filter_forward_drops(void);
