// SPDX-License-Identifier: GPL-2.0-only
/** The check that breaks something: how long do answers stay away? */
#pragma once

#include <jansson.h>

#include "check/check.h"

/**
 * Pings from the node while the check's line is cut in the middle, so that both ends keep their carrier,
 * and joins it again. The probe's result, a new reference; NULL with *err.
 */
json_t *check_outage(const struct check *check, const struct plan *plan,
		     const struct check_options *o, struct lab_error **err);
