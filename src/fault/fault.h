// SPDX-License-Identifier: GPL-2.0-only
/**
 * Riddles: what could be broken in a lab, one thing at a time, each as a piece of a lab file. Pure: the same lab
 * and seed give the same faults in the same order. Whether one is allowed and whether anybody
 * notices is for the caller to try.
 */
#pragma once

#include "base/arena.h"
#include "model/model.h"

struct fault {
	const char *kind; /* "route", "security-group", ...: kinds are as likely as each other */
	const char *
		what; /* "route entry to-idc (10.0.0.0/8) of route table system of VPC vpc-1 is missing" */
	const char *resource; /* "vpcs.vpc-1.route_tables.system.entries.to-idc" */
	struct span at;
	const char *apply; /* a piece of a lab file, as JSON */
	const char *
		proof; /* what shows whether anybody notices, where that is not `apply`: packets that are
			    * lost at times are noticed where all of them would be */
};

/** All of them, in the order in which the seed tries them. In the arena. */
struct fault *fault_list(const struct lab *lab, long long seed, struct arena *a, size_t *n)
	__attribute__((returns_nonnull));
