// SPDX-License-Identifier: GPL-2.0-only
/**
 * Counters of devices, read again and again: one socket stays open in each namespace, and each reading is two
 * dumps. An open socket holds its namespace, so a lab that went down is let go of with
 * kernel_counters_free().
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "plan/counters.h"

struct kernel_counters;

/** Of these namespaces of the lab. One that is not there is passed over by every reading. NULL with *err. */
struct kernel_counters *kernel_counters_new(const char *lab, const char *const *namespaces,
					    size_t n, struct lab_error **err);
void kernel_counters_free(struct kernel_counters *c); /* NULL is fine */

/** Calls fn for each device of each namespace. 0, or -1 with *err. */
int kernel_counters_read(struct kernel_counters *c,
			 void (*fn)(const char *ns, const char *dev, const struct plan_counters *k,
				    void *data),
			 void *data, struct lab_error **err);
