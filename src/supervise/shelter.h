// SPDX-License-Identifier: GPL-2.0-only
/** The file system that a handler sees: handlers are programs of others. */
#pragma once

#include "base/error.h"

/**
 * For a worker that starts the program at this absolute path, before it gives up CAP_SYS_ADMIN. In a
 * mount namespace of this process alone: all of the host's files are read-only (what a handler wrote
 * would stay when the lab goes down), /tmp, /var/tmp and /dev/shm are empty and its own, and /run is
 * empty, for the sockets of the host's daemons are in it.
 *
 * The program's folder is reachable for every user by its own path all the same, read-only: where a
 * folder on the way is closed to others or is one of the above, only the way to it is there.
 */
int supervise_shelter(const char *path, struct lab_error **err) __attribute__((warn_unused_result));
