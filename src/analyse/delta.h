// SPDX-License-Identifier: GPL-2.0-only
/** What becomes of the services of one pair. */
#pragma once

#include "analyse/change.h"

struct delta {
	const char *services[3]; /* by effect: as of analyse_change; meaningless where !there */
	bool there[3];
	struct analyse_service first[3]; /* the first one, which tells the reason */
};

/** NULL outcomes: the pair does not exist. Texts live in the arena. */
struct delta analyse_delta_of(struct arena *a, const struct analyse_outcome *before,
			      const struct analyse_outcome *after);
