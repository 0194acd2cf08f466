// SPDX-License-Identifier: GPL-2.0-only
/**
 * When a process that frames wait for goes before all others. An ordinary process that wakes up beside a busy
 * one may wait for its turn for milliseconds (EEVDF's slice), and each of them would be seen in a round trip;
 * one of SCHED_FIFO runs at once. But one that never sleeps would also take a processor for itself: after
 * PROMPT_NS of work it is an ordinary one, until it has slept for as long. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WIRE_PROMPT_NS 2000000u

struct wire_prompt {
	uint64_t worked; /* ns, less what it slept since */
	bool ordinary;
};

/**
 * Counts ns of work, then ns of sleep. Whether `ordinary` has changed, and the process's scheduling is to
 * follow.
 */
bool wire_prompt_count(struct wire_prompt *p, uint64_t worked, uint64_t slept);
