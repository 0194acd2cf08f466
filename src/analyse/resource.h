// SPDX-License-Identifier: GPL-2.0-only
/** The steps of a diff under the cloud objects that they come from. */
#pragma once

#include "analyse/change.h"
#include "plan/diff.h"

struct strbuf;

/** "attachment attach-vpc-3 of CEN cen-1" for "cen.cen-1.attachments.attach-vpc-3". */
void analyse_resource_name(const char *resource, struct strbuf *b);
/** Its kind alone: "attachment"; for counting many of them. */
const char *analyse_resource_kind(const char *resource);

struct analyse_resource {
	enum plan_op op;                /* add: it was not there; remove: it will not be */
	const char *resource, *at;      /* "extra" and "": what is of no plan, all of it */
	const char *name, *kind;        /* see above */
	const struct plan_step **steps; /* in the diff's order; none: it goes with what it is in */
	size_t n;
};

struct analyse_resources {
	struct arena *arena;
	struct analyse_resource *items; /* in the order of the lab file */
	size_t n;
	size_t count[3]; /* by op */
};

/** is: NULL where nothing is there. Borrows all three. */
struct analyse_resources *analyse_resources_of(const struct plan_diff *diff, const struct plan *is,
					       const struct plan *shall)
	__attribute__((returns_nonnull));
void analyse_resources_free(struct analyse_resources *r); /* NULL is fine */

/** The document of include/labctl/changes.h, to be freed by the caller. up: the lab is. */
char *analyse_write(const struct plan *shall, bool up, const struct analyse_resources *resources,
		    const struct analyse_changes *changes) __attribute__((returns_nonnull));
