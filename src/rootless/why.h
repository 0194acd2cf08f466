// SPDX-License-Identifier: GPL-2.0-only
/** Why a host refuses a space, and what to do about it. */
#pragma once

#include "base/error.h"

/**
 * Appends to *err, which tells what the kernel refused, the setting that forbids it with its value, and
 * gives it a hint and LAB_DENIED. Settings are looked up below `proc` ("/proc"). -1.
 */
int rootless_explain(const char *proc, struct lab_error **err);
