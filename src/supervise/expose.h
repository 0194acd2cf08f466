// SPDX-License-Identifier: GPL-2.0-only
/** Labs may lie in a home folder that others cannot search; their handlers must run all the same. */
#pragma once

#include "base/error.h"

/**
 * Makes the folder of the program at this absolute path reachable for every user, by its own path, in a
 * mount namespace of this process alone: where a folder on the way is closed to others, an
 * empty read-only one is put over it that holds nothing but the way to the program's folder, which
 * is mounted read-only. Does nothing where all folders are open. Needs CAP_SYS_ADMIN.
 */
int supervise_expose(const char *path, struct lab_error **err);
