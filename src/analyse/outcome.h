// SPDX-License-Identifier: GPL-2.0-only
/** Outcomes, each kept once: equal ones are the same pointer. */
#pragma once

#include "analyse/matrix.h"

struct outcomes {
	struct arena *arena;
	const struct analyse_outcome **slots; /* by hash; NULL: free */
	size_t n, room;
};

/** The one that is equal to `o`, copied where there is none yet. */
const struct analyse_outcome *analyse_outcome_keep(struct outcomes *t,
						   const struct analyse_outcome *o);
void analyse_outcomes_done(struct outcomes *t); /* what was kept stays in the arena */

int analyse_outcome_service_cmp(struct analyse_service a, struct analyse_service b);
