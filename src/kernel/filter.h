// SPDX-License-Identifier: GPL-2.0-only
/** nftables tables in the current network namespace. */
#pragma once

#include "kernel/ledger.h"
#include "kernel/nft.h"
#include "plan/plan.h"

/* ledger, everywhere: takes down what becomes of tables, and is asked before a listing; NULL: none is kept. */

/** Puts the table in place of the one of its name, if any, in one transaction. */
int kernel_filter_set(const struct plan_filter *f, struct kernel_ledger *ledger,
		      struct lab_error **err);

/**
 * The same for several tables, in parts, with time for other things in between: most of a table's cost
 * is nft's thinking, and another processor may do that. The commands that begin it, to be freed, are
 * for kernel_nft_start(); for each table in turn follows kernel_filter_set_finish() in its
 * namespace, or kernel_filter_set_abandon(), which leaves things as if it had never begun.
 */
char *kernel_filter_set_commands(const struct plan_filter *f);
int kernel_filter_set_finish(const struct plan_filter *f, struct kernel_nft_job *job,
			     struct kernel_ledger *ledger, struct lab_error **err);
void kernel_filter_set_abandon(const struct plan_filter *f, struct kernel_nft_job *job,
			       struct kernel_ledger *ledger);

/** Of plan.extra too: whatever it is called. One that is not there is fine. */
int kernel_filter_remove(const struct plan_filter *f, struct kernel_ledger *ledger,
			 struct lab_error **err);

enum kernel_filter_sight { KERNEL_FILTER_ABSENT, KERNEL_FILTER_SAME, KERNEL_FILTER_OTHER };

/** A wanted table, where it should be, and how it is there. */
struct kernel_filter_look {
	const struct plan_filter *filter;
	int ns; /* descriptor */
	enum kernel_filter_sight seen;
	bool known;                      /* by the ledger */
	struct kernel_nft_generation at; /* of the namespace, before any listing */
	size_t sample; /* place of the look that makes the text for this one, too */
};

struct kernel_filter_looks {
	struct kernel_filter_look *v; /* those of a namespace beside each other */
	size_t n;
	int home;
	struct kernel_ledger *ledger;
	struct kernel_nft_job job;
};

/**
 * Compares tables with the wanted ones. One that the ledger knows to be as it should at the generation that its
 * namespace is at is so. Of others, nft's own listings of both are compared, without counters and handles. For that,
 * each wanted text is made once, in a namespace for nothing else. All in one process, while the caller may do other
 * things. Whatever becomes of it, it is to be ended by kernel_nft_end(&looks->job). -1 with *err.
 */
int kernel_filter_look_start(struct kernel_filter_looks *looks, struct lab_error **err);
int kernel_filter_look_finish(struct kernel_filter_looks *looks, struct lab_error **err);

/** Whether the chain FORWARD of iptables drops by default, as Docker sets it (nft variant only). */
bool kernel_filter_forward_drops(void);
