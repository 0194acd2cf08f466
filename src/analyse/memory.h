// SPDX-License-Identifier: GPL-2.0-only
/**
 * What namespaces do with what comes in by a device for a destination, remembered: all who send to one address
 * share the ways that lead there, so each step of them is looked up once.
 *
 * Only what nothing but device and destination decides about is remembered. Filters look at more; they are
 * no part of a step, and are asked by every walk. Where rules ask for the source, nothing is remembered.
 */
#pragma once

#include "analyse/step.h"

struct walk_memory;
struct walk_row;

/** The analysis must outlive it, and not change. */
struct walk_memory *analyse_memory_new(const struct analyse *a) __attribute__((returns_nonnull));
void analyse_memory_free(struct walk_memory *m); /* NULL is fine */

/** What is remembered of ways to the address: good until another one is asked for. */
struct walk_row *analyse_memory_row(struct walk_memory *m, uint32_t dst)
	__attribute__((returns_nonnull));

/** The step of what came in by the device; NULL: the source decides, too, so look yourself. */
const struct walk_step *analyse_memory_step(struct walk_row *r, uint32_t dev);

/**
 * Whether a packet that came in by the device as its `hops`th namespace does not arrive for certain: whoever
 * sends it, whatever it is, and whatever filters say of it.
 */
bool analyse_memory_is_lost(struct walk_row *r, uint32_t dev, size_t hops);
