// SPDX-License-Identifier: GPL-2.0-only
/** Breaking a running lab on purpose, and mending it. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/** Sets a bridge of a lab's namespace up or down: its ports keep their carrier. */
int kernel_set_bridge(const char *lab, const char *ns, const char *dev, bool up,
		      struct lab_error **err);
