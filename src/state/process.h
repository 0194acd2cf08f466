// SPDX-License-Identifier: GPL-2.0-only
/** Processes that stand for a lab, found without its state: for when that is lost. */
#pragma once

#include "base/name.h"
#include "state/state.h"

struct state_process {
	struct process_id id;
	char lab[NAME_MAX_LEN + 1]; /* its first argument */
};

/**
 * All that run `program` ("labctl-keeper"), of whichever installation, as this user and nobody else, for a
 * lab; *n. What a process or its executable is called proves nothing where it is another user's. Those of
 * containers are among them. To be freed by the caller.
 */
struct state_process *state_processes(const char *program, size_t *n)
	__attribute__((returns_nonnull));
