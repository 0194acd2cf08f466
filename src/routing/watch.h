// SPDX-License-Identifier: GPL-2.0-only
/** The monitors' sockets, and what becomes of their states: log, memory, wants. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "routing/config.h"
#include "routing/memory.h"
#include "routing/monitor.h"
#include "routing/wants.h"

struct routing_watch {
	const struct routing_config *config;
	struct routing_memory *memory;
	struct routing_wants *wants;  /* set by the owner before routing_watch_begin() */
	struct routing_pulse *pulses; /* by place of the monitor */
	time_t *down_at;              /* likewise: wall clock, for people */
	uint16_t id;                  /* of the first monitor's requests; the others' follow */
};

/** config and memory are borrowed; what it holds lives in the arena. */
int routing_watch_init(struct routing_watch *w, struct arena *a,
		       const struct routing_config *config, struct routing_memory *memory,
		       struct lab_error **err);

/** All monitors begin: up, or as the memory says that a predecessor left them. Within a turn. */
void routing_watch_begin(struct routing_watch *w, uint64_t now);
/** Takes the answers that wait on the socket of a monitor. */
void routing_watch_read(struct routing_watch *w, size_t place, uint64_t now);
/** Sends what is due and looks at the time. Gives when it has to be called again, ms. */
uint64_t routing_watch_beat(struct routing_watch *w, size_t place, uint64_t now);
