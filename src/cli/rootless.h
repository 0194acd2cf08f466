// SPDX-License-Identifier: GPL-2.0-only
/** Whether this run works as root, or without root in a lab's space (rootless/rootless.h). */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "state/state.h"

/**
 * To be called once, before any verb. asked: `--rootless` was given. Else LABCTL_ROOTLESS decides (1:
 * without root; 0: as root or not at all), else whether this is root.
 */
void cli_rootless_init(bool asked);

/** Without root, and this process is not in a space: state directories are records, not labs. */
bool cli_outside(void);

/** In the space of a lab without root. */
bool cli_inside(void);

/** state_root() as it is outside, also for who is inside: what is beside it outlasts a lab. */
const char *cli_lasting_root(void);

/** How the user calls it: "sudo labctl", "labctl", "labctl --rootless". */
const char *cli_labctl(void);

/**
 * Goes where the lab is: after it, all works as for root. As root: nothing, and LAB_DENIED for
 * others. Without root it returns in a child in the lab's space, while this process waits for it and
 * ends as it does. mode and 1 as for rootless_open().
 */
int cli_enter(const char *verb, const char *lab, enum state_mode mode, struct lab_error **err)
	__attribute__((warn_unused_result));

/** The same into a space for this run alone. */
int cli_enter_trial(const char *verb, struct lab_error **err) __attribute__((warn_unused_result));

/** Whether a lab of that name is up; without root and outside only. */
bool cli_lives(const char *lab);
