// SPDX-License-Identifier: GPL-2.0-only
/** The control plane of a running lab: monitors, sources and namespaces, on one event loop. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/loop.h"
#include "routing/config.h"
#include "routing/memory.h"

struct routing_control;

/**
 * Lives in the arena; all else is borrowed. NULL with *err. What it holds beside is given back by
 * routing_control_done(), before the loop is freed.
 */
struct routing_control *routing_control_new(struct arena *a, struct loop *loop,
					    const struct routing_config *config,
					    struct routing_memory *memory, struct lab_error **err);
void routing_control_done(struct routing_control *c); /* NULL is fine */

/** Takes over the sockets and brings all routes to where they should be. */
void routing_control_begin(struct routing_control *c);

/**
 * Ends the loop. Removes all routes where nobody goes on: no process that replaces this one, nor one
 * that this one was to replace.
 */
void routing_control_finish(struct routing_control *c);
