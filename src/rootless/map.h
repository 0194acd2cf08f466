// SPDX-License-Identifier: GPL-2.0-only
/** Which users and groups a space has. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct subordinate {
	unsigned int first, count;
};

/** The first range of subuid(5) or subgid(5) that `file` gives to the user, by name (may be NULL) or
 * number. false: none of more than one. */
bool rootless_subordinate(const char *file, const char *name, uid_t uid, struct subordinate *range);

/** Whether a map (uid_map of user_namespaces(7)) has one user only, and that is not root outside. */
bool rootless_is_somebody(const char *map);

/**
 * Fills the maps of `child`, the first process of a new user namespace: its 0 is this user. Where
 * this user has subordinate ones, and newuidmap and newgidmap are installed, workers get users of
 * their own as with root (priv_worker_user()); else there is that one user and group, and, as the
 * kernel wants it then, nobody can leave a supplementary group. Root needs none: its workers have the
 * users that they have with root. LAB_DENIED where this user namespace does not have those: the one user
 * that is left would be root.
 */
int rootless_map(pid_t child, const char *lab, struct lab_error **err);
