// SPDX-License-Identifier: GPL-2.0-only
/** Whether this kernel has what the plan may ask for: tried, not guessed. */
#pragma once

#include <stdbool.h>

/**
 * Delay and loss by netem. sock: netlink socket of a namespace of the lab's, on whose lo it is tried and
 * taken away again; -1: there is none yet, a throw-away namespace serves. home: where the caller is.
 */
bool kernel_probe_netem(int home, int sock);
