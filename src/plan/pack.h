// SPDX-License-Identifier: GPL-2.0-only
/**
 * A plan as bytes that are read a hundred times as fast as its document: for who asks about a lab that is up, which
 * a moment later may be another one. Beside the document, never in its place: it is of one build of labctl on one
 * machine, and nobody else's to read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/** Which document it is a copy of, in whatever numbers tell that; only compared. */
struct plan_stamp {
	uint64_t of[6];
};

/** To be freed by the caller. Without `extra` and what was only seen in a kernel, as in the document. */
void *plan_pack(const struct plan *p, const struct plan_stamp *stamp, size_t *len)
	__attribute__((returns_nonnull));

/**
 * Makes of a new plan what plan_read() of that document would give, in its arena; its texts are those among the bytes,
 * which must outlive it. False: a copy of another document, of another labctl, or not whole; the plan is only to be
 * freed then. It is not verified: only plans that were are packed, and a sum says that these are the bytes. Whatever
 * they are, nothing outside of them is read, and every pointer of the plan may be followed.
 */
bool plan_unpack(struct plan *p, const void *packed, size_t len, const struct plan_stamp *stamp);

/** Writes the sum of the bytes into their head: of plan_pack()'s last, and of tests that change some. */
void plan_pack_seal(void *packed, size_t len);
