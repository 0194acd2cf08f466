// SPDX-License-Identifier: GPL-2.0-only
/** From the cloud to Linux: a validated lab becomes a plan. Pure: the same lab, the same bytes. */
#pragma once

#include "base/error.h"
#include "model/model.h"
#include "plan/plan.h"

/** What of the kernel a plan depends on. */
struct compile_options {
	/** It cannot delay or lose packets by itself: labctl-wire does. */
	bool no_netem;
};

/** Whether the plan of the lab may depend on that option; else nobody needs to find out. */
bool compile_asks_for_netem(const struct lab *lab);

/** What a link is like, by its object and by what is said of it; 0: no limit, no delay. */
struct compile_link {
	bool down;
	uint64_t rate; /* bit/s, each way */
	uint32_t rtt_us, jitter_us, loss_ppm;
};
struct compile_link compile_link_of(const struct lab *lab, const struct lab_link *link);

/**
 * Compiles a lab that validate/ found without errors, for looking at: texts are the lab's, which has to
 * outlive the plan, nobody has verified it, and its summary tells of API groups only.
 */
struct plan *compile_view(const struct lab *lab, struct compile_options options)
	__attribute__((returns_nonnull, warn_unused_result));

/**
 * The same for all else: the plan owns all its memory and may outlive the lab. NULL with *err set
 * (LAB_FAILED) means a defect of this layer: the plan contradicts itself.
 */
struct plan *compile_lab(const struct lab *lab, struct compile_options options,
			 struct lab_error **err) __attribute__((warn_unused_result));
