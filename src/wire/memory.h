// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a worker leaves to the one that takes its place: who reads from the ports, and how far each way is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/** One way of one line, in memory that outlives the process. */
struct wire_mark {
	uint64_t key; /* 0: not in use */
	uint64_t
		last_due; /* of the youngest frame, ns of CLOCK_MONOTONIC: none may be due before */
	uint64_t count[2]; /* frames so far: IPv4, others */
	uint32_t draining; /* a process that was replaced still has frames of it to send */
	uint32_t missed;   /* frames that its socket had no room for, as far as they are told */
};

struct wire_memory;

/** fd: the memfd of WORKER_MEMORY bytes that all processes of this worker share; stays open. NULL with *err. */
struct wire_memory *wire_memory_open(int fd, struct lab_error **err);
void wire_memory_free(struct wire_memory *m); /* NULL is fine; gives nothing up */

/** Whether this process may read from the ports: from now on, if it is the only one that would. */
bool wire_memory_take_charge(struct wire_memory *m);
/** Lets the next one read. */
void wire_memory_give_up(struct wire_memory *m);
/** Whether a process was started after this one. */
bool wire_memory_is_replaced(const struct wire_memory *m);

/** The mark of this key, new or left by an earlier process. NULL: there is no room for more. */
struct wire_mark *wire_memory_mark(struct wire_memory *m, uint64_t key);
