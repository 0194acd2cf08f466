// SPDX-License-Identifier: GPL-2.0-only
/** nftables tables in the current network namespace. */
#pragma once

#include "plan/plan.h"

/** Puts the table in place of the one of its name, if any, in one transaction. */
int kernel_filter_set(const struct plan_filter *f, struct lab_error **err);
int kernel_filter_remove(const struct plan_filter *f, struct lab_error **err);
/**
 * The table as the kernel has it: nft's own listing without counters and handles, to be freed by the
 * caller. "" where there is no such table; NULL with *err.
 */
char *kernel_filter_list(const struct plan_filter *f, struct lab_error **err);
/** Whether the chain FORWARD of iptables drops by default, as Docker sets it (nft variant only). */
bool kernel_filter_forward_drops(void);
