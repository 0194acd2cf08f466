// SPDX-License-Identifier: GPL-2.0-only
/** The real backend: this kernel. */
#pragma once

#include "kernel/ledger.h"
#include "plan/backend.h"

/**
 * Whether this kernel can delay, lose, double and reorder packets by itself (sch_netem). Tried, not guessed,
 * and without changing anything; the caller needs CAP_NET_ADMIN. 1, 0, or -1 with *err.
 */
int kernel_has_netem(struct lab_error **err);

/** For the lab; the caller needs CAP_SYS_ADMIN and CAP_NET_ADMIN. NULL with *err (LAB_DENIED). */
struct backend *kernel_backend_new(const char *lab, struct lab_error **err);
void kernel_backend_free(struct backend *b);
/** From now on what becomes of tables is taken down in the ledger, which must live as long; NULL: no more. */
void kernel_backend_note(struct backend *b, struct kernel_ledger *ledger);

/** How many descriptors a process must be allowed to have at once to make this plan real. */
size_t kernel_descriptors_needed(const struct plan *p);

/**
 * What of `wanted` is really there: a plan that holds those objects of it that the kernel has, with
 * the values that the kernel has (filters: the text of `wanted` where the table is as it was
 * applied, "changed" otherwise). Workers and nodes are copied. ids[i] is what the journal knows of
 * wanted->namespaces[i], zero: nothing; ids NULL: any will do. A namespace of the right name but another
 * identity counts as missing and is named in *foreign (arena of the result). A link with an end that is
 * missing, or that leads elsewhere, counts as missing, and with it what hangs on its devices; one whose ends are
 * down or set up otherwise is there, and its ends say so (`fault` in plan/plan.h). What stands in a namespace of
 * the cloud beside all that is in `extra` of the result, which borrows strings of `wanted`. Tables that the ledger
 * knows are not listed; NULL: all are.
 */
struct plan *kernel_observe(const char *lab, const struct plan *wanted,
			    const struct backend_namespace_id *ids, struct kernel_ledger *ledger,
			    const char ***foreign, size_t *n_foreign, struct lab_error **err);

/**
 * Lets go of all namespaces that were removed since the last call, at once: the kernel tears down in one go
 * what dies together, and each go has its RCU grace periods (cleanup_net() in
 * net/core/net_namespace.c). Before kernel_wait_released(); kernel_backend_free() does it too.
 */
void kernel_backend_part(struct backend *b);

/**
 * Waits until the kernel has let go of network namespaces whose last reference was dropped before
 * the call: two sentinel namespaces are dropped behind them, one after the other, and the disappearance of
 * their veths awaited (cleanup_net() works in batches). 0, or -1 with LAB_FAILED after timeout_ms for one.
 */
int kernel_wait_released(int timeout_ms, struct lab_error **err);

/** One thing that labs need of a kernel, and whether this one has it. */
struct kernel_feature {
	const char *name;
	bool required; /* no lab works without it */
	bool ok;
	char detail[200];   /* what the kernel said; "" where all is well */
	const char *cost;   /* what does not work without it */
	const char *remedy; /* how to get it */
};

/**
 * Tries every feature in a throw-away namespace of its own: nothing is guessed from versions, and
 * nothing stays. An array of *n, to be freed by the caller. NULL with *err (LAB_DENIED) where not even
 * that can be tried.
 */
struct kernel_feature *kernel_probe_features(size_t *n, struct lab_error **err);

/** Whether this process may build labs at all; LAB_DENIED naming the capabilities that it has not. */
int kernel_check_privileges(struct lab_error **err);

/** The first feature without which no lab works and that this kernel has not; false: it has all. */
bool kernel_find_missing(struct kernel_feature *missing);

/** The same for what else of the host matters to labs: files, limits, tools, other people's rules. */
struct kernel_feature *kernel_check_host(size_t *n) __attribute__((returns_nonnull));

/** Refuses, with LAB_DENIED, so many new namespaces as do not fit into the memory that is available. */
int kernel_check_room(size_t namespaces, struct lab_error **err);
/** The same for a host that has so much. */
int kernel_room_memory(uint64_t available_kb, size_t namespaces, struct lab_error **err);

/** What kernel_find_own() asks and tells. */
struct kernel_finder {
	void *data;
	/** Whether this very namespace needs no look. */
	bool (*known)(void *data, const char *name, const struct backend_namespace_id *id);
	int (*found)(void *data, const char *name, const struct backend_namespace_id *id,
		     struct lab_error **err);
};

/**
 * Finds the namespaces of the lab that carry labctl's own mark, whatever a journal says: the way back
 * to them when it is lost. One that somebody else named so is passed over.
 */
int kernel_find_own(const char *lab, const struct kernel_finder *finder, struct lab_error **err);
