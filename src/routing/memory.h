// SPDX-License-Identifier: GPL-2.0-only
/** Who is in charge: this process, or one that was started to replace it; and what both must know. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct routing_memory;

/**
 * Takes charge. fd: the memfd of WORKER_MEMORY bytes that all processes of this worker share; stays
 * open. NULL with *err.
 */
struct routing_memory *routing_memory_open(int fd, struct lab_error **err);
void routing_memory_free(struct routing_memory *m); /* NULL is fine; the process stays in charge */

enum routing_turn {
	ROUTING_TURN,      /* begun, and nobody else had one since our last */
	ROUTING_TURN_ANEW, /* begun, but another process was in charge meanwhile */
	ROUTING_NO_TURN    /* not begun: a younger process lives, and is in charge */
};

/** Begins a turn, in which the shared sockets are this process's alone. */
enum routing_turn routing_memory_enter(struct routing_memory *m);
void routing_memory_leave(struct routing_memory *m);
/** Whether an older process lives, which would be in charge again if this one ended. */
bool routing_memory_has_heir(const struct routing_memory *m);

/** The marks that monitors leave: when one of this key went down (ms), 0 where it is not known to be.
 * Within turns only. */
uint64_t routing_memory_down_since(const struct routing_memory *m, uint64_t key);
/** Forgets all marks, to be followed by one for each monitor. */
void routing_memory_clear(struct routing_memory *m);
void routing_memory_mark(struct routing_memory *m, uint64_t key, uint64_t down_since);
