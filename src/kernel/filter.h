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

/** A wanted table, where it should be, and how it is there. */
struct kernel_filter_look {
	const struct plan_filter *filter;
	int ns; /* descriptor; may be closed once the looks are started */
	enum kernel_filter_sight seen;
	size_t sample; /* place of the look that makes the text for this one, too */
};

/**
 * Compares tables with the wanted ones: nft's own listings of both, without counters and handles. For that, each wanted
 * text is made once, in a namespace for nothing else. All in one process, while the caller may do other things; job is
 * to be ended by kernel_nft_end() in any case. -1 with *err.
 */
int kernel_filter_look_start(struct kernel_filter_look *looks, size_t n, int home,
			     struct kernel_nft_job *job, struct lab_error **err);
int kernel_filter_look_finish(struct kernel_filter_look *looks, size_t n,
			      struct kernel_nft_job *job, struct lab_error **err);
/** Whether the chain FORWARD of iptables drops by default, as Docker sets it (nft variant only). */
bool kernel_filter_forward_drops(void);
