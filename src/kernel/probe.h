// SPDX-License-Identifier: GPL-2.0-only
/** Whether this kernel has what the plan may ask for: tried, in a throw-away namespace. */
#pragma once

#include <stdbool.h>

/** Delay and loss by netem. home: where the caller is. */
bool kernel_probe_netem(int home);
