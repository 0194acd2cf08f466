// SPDX-License-Identifier: GPL-2.0-only
/** What people read beside the worker: one line, that stays true until something changes. */
#pragma once

#include <stddef.h>
#include <time.h>

#include "base/strbuf.h"
#include "routing/monitor.h"

struct routing_tally {
	size_t learned; /* prefixes */
	size_t routes;  /* of ours in the kernel */
	size_t missing; /* wanted, and not there */
};

/**
 * Appends "vbr-1 up, vbr-2 down since 12:00:05Z (7 lost), 3 learned, 5 routes, 1 missing". Of many
 * monitors, their number and those that are down. down_at: since when, by place of the pulse.
 */
void routing_note(struct strbuf *b, const struct routing_pulse *pulses, const time_t *down_at,
		  size_t n, const struct routing_tally *tally);
