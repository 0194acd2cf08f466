// SPDX-License-Identifier: GPL-2.0-only
/** Shared by the files of apply/. */
#pragma once

#include "apply/apply.h"

/** What earlier runs left behind, as far as it can be read. */
struct apply_past {
	struct plan *plan;   /* plan.json; NULL: none */
	struct plan *target; /* target.json; NULL: none */
	bool unfinished;     /* target.json is there, whatever it holds */
	bool damaged;        /* one of them is garbage or of another version */
};

int apply_past_read(const struct state *s, struct apply_past *p, struct lab_error **err);
void apply_past_done(struct apply_past *p);

/**
 * Beside plan.json, which says p, a copy that apply_planned() reads quickly. Where it cannot be written that file is
 * read: no error. It names the file by inode, size and times, so that no other's is taken for it: to be written last.
 */
void apply_packed_write(struct state *s, const struct plan *p);

/**
 * The objects of all plans by key, those of earlier plans first choice; sorted. No workers; nodes,
 * because what people add in them is theirs. Borrows the objects' strings from the plans. NULL plans are skipped.
 */
struct plan *apply_union(const char *lab, const struct plan *const *plans, size_t n);

/**
 * What of `wanted`, by key, is also in `there`: its own objects, or those of `there` where
 * `values_of_there` is set (filters always are those of `wanted`: the kernel cannot tell a table's
 * text). Namespaces to filters; borrowed strings; sorted.
 */
struct plan *apply_intersection(const struct plan *wanted, const struct plan *there,
				bool values_of_there);

/** What is seen of links that lead out of the open namespaces. */
enum apply_ends {
	APPLY_OPEN_ENDS, /* but not those of the namespace of labctl-wire whose other ends are not open */
	APPLY_BOTH_ENDS, /* the namespaces at their other ends are there, too, without what lies in them */
};
/**
 * Of the plan what lies in the open namespaces, links with one end there included; no workers. open: beside the plan's
 * namespaces. Borrowed strings; sorted.
 */
struct plan *apply_part(const struct plan *plan, const bool *open, enum apply_ends ends);
/** The plan, but of what apply_part() gives with open ends only that which is in `there`, as it is there. No `extra`. */
struct plan *apply_replaced(const struct plan *plan, const bool *open, const struct plan *there);

/** Adds the workers of `from` that keep(w, data); NULL keeps all. */
void apply_copy_workers(struct plan *to, const struct plan *from,
			bool (*keep)(const struct plan_worker *w, const void *data),
			const void *data);

void apply_copy_nodes(struct plan *to, const struct plan *from);

/** The journal's identities in the order of p->namespaces, zero where it knows none; to be freed. */
struct backend_namespace_id *apply_identities(const struct state *s, const struct plan *p);

/** What of the plan is there, by the journal's identities. */
struct plan *apply_observe(const struct state *s, const struct apply_ops *ops,
			   const struct plan *wanted, const char ***foreign, size_t *n_foreign,
			   struct lab_error **err);

/** resolv.conf, hosts and hostname of each node under node/NS/; those of other nodes go. before: may
 * be NULL. */
int apply_nodes(struct state *s, const struct plan *before, const struct plan *wanted,
		struct lab_error **err);

/** Ends the supervisor that the journal knows, if any. */
int apply_stop_supervisor(struct state *s, const struct apply_ops *ops, struct lab_error **err);
bool apply_supervised(const struct state *s); /* the journal's supervisor lives */
bool apply_answers(const struct state *s, const struct apply_ops *ops); /* and can be talked to */

/** Removes a namespace that the journal knows (others are left alone). A journal that cannot be
 * written is no error here: its line is only believed together with the identity. */
int apply_remove_namespace(struct state *s, struct backend *b, const char *name,
			   struct lab_error **err);

/** Removes the journal's namespaces that are not the plan's: those that were made and never seen,
 * and lines of those that somebody else removed. */
int apply_keep_only(struct state *s, struct backend *b, const struct plan *p,
		    struct lab_error **err);

/** Removes every namespace and the supervisor of the journal; goes on after failures, *err is the
 * first. */
int apply_sweep(struct state *s, struct backend *b, const struct apply_ops *ops,
		struct lab_error **err);

/** A lab as it is, and the way from there to a plan. */
struct apply_view {
	struct plan *
		is; /* what of it is there; workers and nodes as far as they stand on firm ground */
	struct plan_diff *diff;
	const char **foreign; /* arena of `is` */
	size_t n_foreign;
};

/** What earlier runs and this one speak of; borrowed strings; sorted. */
struct plan *apply_all(const struct apply_past *past, const struct plan *wanted);

/** s: NULL for a lab of which nothing is there. */
int apply_look(const struct state *s, const struct apply_past *past, const struct apply_ops *ops,
	       const struct plan *wanted, struct apply_view *v, struct lab_error **err);
void apply_view_done(struct apply_view *v);

/** Steps of one run. */
struct apply_run {
	struct state *state;
	struct backend *backend;
	const struct apply_ops *ops;
	const volatile sig_atomic_t *cancel; /* NULL: cannot be cancelled */
	size_t done, total;                  /* steps, for progress */
	/* called once when every namespace is there, before anything is added to one; may be NULL */
	int (*grounded)(struct apply_run *run, struct lab_error **err);
};

/** Carries out the steps of namespaces to filters in order; waits for the kernel between removed
 * namespaces and what is added. */
int apply_steps(struct apply_run *run, const struct plan_diff *diff, struct lab_error **err);
/** LAB_FAILED "interrupted" where the run was cancelled. */
int apply_cancelled(const struct apply_run *run, struct lab_error **err);
