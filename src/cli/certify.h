// SPDX-License-Identifier: GPL-2.0-only
/** The keys and certificates of a lab, made by labctl-certify before workers that want them start. */
#pragma once

#include "plan/plan.h"
#include "state/state.h"

/** Sees to it that each secret of the plan's workers is there. What was made for an earlier plan stays. */
int cli_certify(struct state *s, const struct plan *plan, struct lab_error **err);
