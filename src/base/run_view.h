// SPDX-License-Identifier: GPL-2.0-only
/** Labs of a container are not this host's, although all its processes can be seen from here. */
#pragma once

#include <stdbool.h>

/** Whether the process has the /run that this one has. False where it is gone, or cannot be asked. */
bool run_view_shared(const char *pid);
