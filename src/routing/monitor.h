// SPDX-License-Identifier: GPL-2.0-only
/** The health check of a circuit: ICMP echo requests, and what their answers say. Clock and sending
 * are the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/config.h"

#define ROUTING_ANSWERS 2 /* in a row, to be up again: our choice, the vendor does not say */

struct routing_pulse {
	const struct routing_monitor *monitor;
	bool up;
	uint64_t since;       /* ms: of the last change, or the start */
	uint64_t last;        /* ms: of the last answer, or the start */
	uint64_t send_at;     /* ms */
	unsigned int lost;    /* requests sent since `last` */
	unsigned int answers; /* in a row while down */
	uint16_t id, next;    /* of echo requests */
	uint16_t answered;    /* sequence number of the last answer */
	uint64_t unanswered;  /* bit i: request next - 1 - i was sent and has no answer yet */
	unsigned int lost_by; /* `lost` when it went down */
	uint64_t down_ms;     /* how long it was down before it came up */
};

/** Sends a packet to the monitor's target, or drops it. */
typedef void routing_send(void *ctx, const void *packet, size_t n);

/**
 * Begins, up; or down since that time, where it is known that it was. id: of its own among all that
 * ask from this address.
 */
void routing_monitor_begin(struct routing_pulse *p, const struct routing_monitor *m, uint16_t id,
			   uint64_t now);
void routing_monitor_begin_down(struct routing_pulse *p, uint64_t since);

/** Sends what is due, and looks whether time is over. true: it went down. */
bool routing_monitor_tick(struct routing_pulse *p, uint64_t now, routing_send *send, void *ctx);
/** When routing_monitor_tick() has to be called next, ms. */
uint64_t routing_monitor_due(const struct routing_pulse *p, uint64_t now);

/** Takes a packet as a raw socket gives it, received from `from`. true: it came up. */
bool routing_monitor_take(struct routing_pulse *p, uint64_t now, const void *packet, size_t n,
			  uint32_t from);
