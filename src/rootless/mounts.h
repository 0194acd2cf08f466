// SPDX-License-Identifier: GPL-2.0-only
/** The files of a space. */
#pragma once

#include "base/error.h"

/**
 * In the mount namespace of a space: a /run of its own, with all that the host has there but for
 * labctl's and iproute2's directories, and a /proc of its PID namespace. All else stays the host's.
 */
int rootless_mounts(struct lab_error **err);
