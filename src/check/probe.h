// SPDX-License-Identifier: GPL-2.0-only
/** Running labctl-probe inside a node. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "plan/plan.h"

/** A probe that is under way, so that something can be done meanwhile. */
struct check_probe_run;

/** As check_probe(), in two steps. started: wait, at most timeout_ms, until it says that it has begun to
 * see what it looks for ("outage": the first answer). NULL with *err. */
struct check_probe_run *check_probe_start(const char *lab, const struct plan_node *node,
					  const char *libexec, const json_t *spec,
					  uint64_t timeout_ms, const volatile int *cancelled,
					  struct lab_error **err);
/** Its result, a new reference; the run is gone afterwards. */
json_t *check_probe_finish(struct check_probe_run *run, uint64_t timeout_ms,
			   const volatile int *cancelled, struct lab_error **err);

/**
 * Gives the probe its specification in the node and waits for its result, at most timeout_ms. A new
 * reference, or NULL with *err: the node could not be entered, or the probe failed (with what it
 * said). cancelled: may be NULL; when it becomes non-zero, the probe is killed.
 */
json_t *check_probe(const char *lab, const struct plan_node *node, const char *libexec,
		    const json_t *spec, uint64_t timeout_ms, const volatile int *cancelled,
		    struct lab_error **err);
