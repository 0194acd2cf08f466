// SPDX-License-Identifier: GPL-2.0-only
/**
 * What apply/ needs of a kernel. kernel/ implements it for real; tests implement it in memory and
 * fail or die at every call.
 */
#pragma once

#include <sys/types.h>

#include "plan/diff.h"

/** Who holds a namespace or a process: enough to know it again, never to mistake it. */
struct backend_namespace_id {
	uint64_t dev, ino; /* of the namespace file; never reused while it lives */
};

struct backend;

/** Steps in one call of run() at most: often enough to hear a cancel within 100 ms, and to show progress. */
#define BACKEND_BATCH 128

struct backend_ops {
	/**
	 * Makes a network namespace that nobody can see yet and gives its identity. The caller writes
	 * it into the journal, then calls namespace_publish(). A namespace that was only made
	 * vanishes with this process.
	 */
	int (*namespace_make)(struct backend *b, const struct plan_namespace *ns,
			      struct backend_namespace_id *id, struct lab_error **err);
	/** Pins it as /run/netns/LAB.NAME. LAB_STATE where that name exists already. */
	int (*namespace_publish)(struct backend *b, const struct plan_namespace *ns,
				 struct lab_error **err);
	/** A namespace that is there gets back what every new one has: its lo, and labctl's mark. */
	int (*namespace_mend)(struct backend *b, const struct plan_namespace *ns,
			      struct lab_error **err);
	/**
	 * Unpins a namespace if it is still the one of `id`. Not there: fine. Somebody else's: left
	 * alone, fine (*foreign is set).
	 */
	int (*namespace_remove)(struct backend *b, const char *name,
				const struct backend_namespace_id *id, bool *foreign,
				struct lab_error **err);
	/**
	 * Carries out steps of bridges, links, addresses, neighbours, routes, rules, shapers and
	 * filters, in order. *done: how many were carried out, also on failure. Adding what is
	 * there already with the same value, and removing what is gone, succeed.
	 */
	int (*run)(struct backend *b, const struct plan_step *steps, size_t n, size_t *done,
		   struct lab_error **err);
	/** After the last step of a diff: sets up what a later step might have had a part in. */
	int (*settle)(struct backend *b, struct lab_error **err);
};

struct backend {
	const struct backend_ops *ops;
};
