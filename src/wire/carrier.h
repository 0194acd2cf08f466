// SPDX-License-Identifier: GPL-2.0-only
/** The lines of a lab at work: ports, ways and the clock between them. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/loop.h"
#include "wire/config.h"
#include "wire/memory.h"

struct wire_carrier;

/** Borrows all of it. NULL with *err. */
struct wire_carrier *wire_carrier_new(struct arena *a, struct loop *loop,
				      const struct wire_config *config, struct wire_memory *memory,
				      struct lab_error **err);
void wire_carrier_done(struct wire_carrier *c); /* NULL is fine */

/** Works until wire_carrier_finish() and what follows from it. 0, or -1 with *err. */
int wire_carrier_run(struct wire_carrier *c, struct lab_error **err);

/**
 * Reads no more. Where another process takes over, what is held is still sent in its time; else
 * nobody waits for it.
 */
void wire_carrier_finish(struct wire_carrier *c);
