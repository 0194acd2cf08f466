// SPDX-License-Identifier: GPL-2.0-only
/**
 * Makes a plan real, takes it away again, and compares it with what is there.
 *
 * Order of a run: look at the kernel, write target.json, end the workers that lose their ground, remove,
 * add, write the nodes' files and what makes later looks cheaper, start the workers, let go of the supervisor, rename
 * target.json to plan.json, and last write the copy of it that is read quickly. Where the lab's supervisor is this run's
 * own, nobody uses its workers yet: they start as soon
 * as the namespaces are there, beside all that is added to them. Whatever happens in between, the journal knows every namespace and the supervisor, so
 * that the next `up` or `down` finds all of it; a failure that can be handled is undone at once.
 */
#pragma once

#include <signal.h>

#include "plan/backend.h"
#include "state/state.h"

/** What apply needs besides a kernel; given by the caller, so that tests need neither. */
struct apply_ops {
	void *data; /* handed to each */

	/** As kernel_observe(): ids[i] belongs to wanted->namespaces[i], zero where unknown. */
	struct plan *(*observe)(void *data, const struct plan *wanted,
				const struct backend_namespace_id *ids, const char ***foreign,
				size_t *n_foreign, struct lab_error **err);
	/** May be NULL. Lets go of removed namespaces, all at once, so that the kernel can begin. */
	void (*part)(void *data);
	/** The same, and waits until the kernel has let go of them. */
	int (*released)(void *data, struct lab_error **err);

	/** Starts the lab's supervisor; it dies with this process until detach. */
	int (*start)(void *data, struct process_id *id, struct lab_error **err);
	int (*detach)(void *data, struct lab_error **err);
	/**
	 * Has the supervisor run exactly the workers of this plan (its other objects do not matter),
	 * whose namespaces are there; load_finish() waits until they are ready.
	 */
	int (*load_start)(void *data, const struct plan *workers, struct lab_error **err);
	int (*load_finish)(void *data, struct lab_error **err);
	/** Ends the supervisor and all its processes; waits for it. Gone already: fine. */
	int (*stop)(void *data, const struct process_id *id, struct lab_error **err);

	/** May be NULL: then every supervisor that lives can be talked to. */
	bool (*answers)(void *data);

	/** May be NULL. Finds by its own marks what the journal should know and does not (it was damaged,
	 * or lost), and writes it there. */
	int (*adopt)(void *data, struct lab_error **err);

	/** May be NULL. Writes down what makes later looks cheaper, once objects are as they shall stay; without it,
	 * as where there is no room, they are not. */
	void (*keep)(void *data);

	/** May be NULL. Refuses so many more namespaces where the host has no room for them. */
	int (*room)(void *data, size_t namespaces, struct lab_error **err);

	/** May be NULL. What is being done, how much of it is done. */
	void (*progress)(void *data, const char *what, size_t done, size_t total);
};

struct apply_report {
	bool fresh;       /* there was nothing before */
	bool recovered;   /* an earlier run had not finished, or its traces were damaged */
	bool rolled_back; /* the run failed and what it had done was undone */
	size_t steps;     /* objects added, removed, changed; 0: all was as wanted */
	size_t added, removed, changed;
};

/**
 * Makes `wanted` (sorted, verified) real. *cancel, when it becomes non-zero, ends the run between
 * two steps with LAB_FAILED and everything undone. Errors: LAB_STATE where a wanted namespace's name
 * is taken by somebody else (nothing was touched); LAB_PARTIAL where undoing failed too; else what
 * the failing step says. After a failure on nothing the lab's directory is removed as well.
 */
int apply_up(struct state *s, struct backend *b, const struct apply_ops *ops,
	     const struct plan *wanted, const volatile sig_atomic_t *cancel,
	     struct apply_report *report, struct lab_error **err);

/**
 * Removes all that the journal knows, and the lab's directory. wait: until the kernel has let go of
 * it. Goes on after a failure and reports the first one as LAB_PARTIAL. *was_up: there was anything.
 */
int apply_down(struct state *s, struct backend *b, const struct apply_ops *ops, bool wait,
	       const volatile sig_atomic_t *cancel, bool *was_up, struct lab_error **err);

/**
 * The plan that was applied last, from a copy of its document that is read a hundred times as fast; for who looks.
 * NULL: there is none of it as it is now, the document is to be read. What decides what is removed goes by that alone.
 */
struct plan *apply_planned(const struct state *s);

/** How a lab differs from its plan. */
struct apply_status {
	struct plan *plan;       /* applied last; NULL: there is none that can be read */
	struct plan *observed;   /* what of it is there */
	struct plan_diff *drift; /* from observed to plan: adding means missing */
	const char **foreign;    /* namespaces of its names that somebody else made */
	size_t n_foreign;
	bool unfinished; /* an `up` was killed, or is running */
	bool supervised; /* the supervisor lives and can be talked to */
	bool halted;     /* but is stopped by a signal, and answers nobody */
};

int apply_status(const struct state *s, const struct apply_ops *ops, struct apply_status *status,
		 struct lab_error **err);
/** The same without a comparison: drift stays NULL. */
int apply_status_observed(const struct state *s, const struct apply_ops *ops,
			  struct apply_status *status, struct lab_error **err);
/** The same without a look at what is there: observed, drift and foreign stay empty. */
int apply_status_planned(const struct state *s, const struct apply_ops *ops,
			 struct apply_status *status, struct lab_error **err);
/**
 * As apply_status(), with an eye only for what lies in the namespaces that `concerns` names, for those who were
 * told where to look. plan: that of an apply_status(), which must outlive this one. Nothing about workers.
 */
int apply_status_part(const struct state *s, const struct apply_ops *ops, const struct plan *plan,
		      bool (*concerns)(const char *ns, void *data), void *data,
		      struct apply_status *status, struct lab_error **err);

/** A lab that only a part of was looked at. */
struct apply_glance {
	struct plan *plan; /* NULL: nothing was */
	/* owners */
	struct plan *part, *observed;
};

/**
 * A plan that in the namespaces that `open` names has what is there, and in all others what `plan` has, which must
 * outlive it. open: beside the plan's namespaces. A link between both is as its open end has it. No workers but
 * those of the plan.
 */
int apply_glance(const struct state *s, const struct apply_ops *ops, const struct plan *plan,
		 const bool *open, struct apply_glance *glance, struct lab_error **err);
void apply_glance_done(struct apply_glance *glance);

/**
 * What is wrong with the object of step i of a drift: "missing", "changed", "extra"; NULL where another step
 * of the same object says it.
 */
const char *apply_drift_of(const struct plan_diff *drift, size_t i);
void apply_status_done(struct apply_status *status);

/** The steps that apply_up() would take, without taking them. */
struct apply_preview {
	const struct plan_diff *diff;
	const struct plan *is; /* what is there; NULL: nothing of the lab */
	bool up;               /* there is something of the lab already */
	void *owned;           /* what the diff points into */
};

/** s: NULL where the lab is not up. */
int apply_preview(const struct state *s, const struct apply_ops *ops, const struct plan *wanted,
		  struct apply_preview *preview, struct lab_error **err);
void apply_preview_done(struct apply_preview *preview);
