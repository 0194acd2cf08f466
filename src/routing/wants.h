// SPDX-License-Identifier: GPL-2.0-only
/** From what sources offer to what each namespace wants; computed anew where a source changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "routing/config.h"
#include "routing/monitor.h"
#include "routing/namespace.h"

struct routing_wants;

/**
 * All are borrowed: namespaces by place of the configuration's tables, pulses by that of its monitors.
 * Lives in the arena; what it holds beside is given back by routing_wants_done().
 */
struct routing_wants *routing_wants_new(struct arena *a, const struct routing_config *config,
					struct routing_namespace *namespaces,
					const struct routing_pulse *pulses);
void routing_wants_done(struct routing_wants *w); /* NULL is fine */

/** The state of this monitor changed. */
void routing_wants_pulse(struct routing_wants *w, size_t monitor);

/** Looks at changed monitors and feeds, and tells the namespaces' fibs. true: a site was decided anew. */
bool routing_wants_renew(struct routing_wants *w);

/** How many prefixes are learned and, up to the limits, offered. */
size_t routing_wants_learned(const struct routing_wants *w);
