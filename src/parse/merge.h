// SPDX-License-Identifier: GPL-2.0-only
/** Steps: pieces of a lab merged onto the lab. */
#pragma once

#include "parse/report.h"
#include "parse/tree.h"

/**
 * Merges a map onto another, in place: maps by key, all else replaces what was there, null deletes
 * it. The fragment is copied, never changed. Keys keep the order of their first appearance and a
 * map the place where it was first written; a replaced value has the place of the newer one.
 * Deleting what is not there is an error ("nothing-to-delete").
 */
void parse_merge(struct arena *arena, struct node *base, const struct node *fragment,
		 struct report *r);
