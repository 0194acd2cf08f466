// SPDX-License-Identifier: GPL-2.0-only
/** A mount namespace of one's own, in which nothing of the host's is changed or kept alive. */
#pragma once

#include "base/error.h"

/**
 * Makes a mount namespace for this process. Mounts made in it stay in it; what the host unmounts
 * disappears here too (slave, not private: a private copy would keep file systems busy). Pinned
 * namespaces (/run/netns/...) are dropped from the copy: they would keep the networks of every lab
 * alive, and `down` would wait for them, for as long as this process runs.
 */
int mounts_unshare(struct lab_error **err) __attribute__((warn_unused_result));

/** Mounts a fresh /proc: that of the PID namespace of this process. */
int mounts_proc(struct lab_error **err) __attribute__((warn_unused_result));

/** Mounts a fresh /sys, read-only: it shows the devices of this process's network namespace. */
int mounts_sys(struct lab_error **err) __attribute__((warn_unused_result));
