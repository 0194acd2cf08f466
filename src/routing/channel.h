// SPDX-License-Identifier: GPL-2.0-only
/** A namespace's rtnetlink socket: events, dumps, orders. Never waits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "routing/message.h"

struct routing_channel {
	int fd;       /* borrowed */
	uint32_t seq; /* of the next request */
	/* What is told, in the order in which the kernel did it. */
	void (*on_route)(void *ctx, const struct routing_told *t);
	void (*on_link)(void *ctx, const struct routing_link *l);
	void (*on_address)(void *ctx, bool gone);
	void *ctx;
};

/** Subscribes to routes, links and addresses. fd and callbacks are set. */
int routing_channel_open(struct routing_channel *ch, struct lab_error **err);

/** Takes all that waits. 0, or an errno: messages were lost (ENOBUFS), so only a dump tells. */
int routing_channel_read(struct routing_channel *ch);

/** Has all routes (RTM_GETROUTE) or links (RTM_GETLINK) told. 0, or an errno: not all came. */
int routing_channel_dump(struct routing_channel *ch, uint16_t type);

#define ROUTING_BATCH 64

/**
 * Sends at most ROUTING_BATCH orders, and has told what came of them. refused[i]: 0, or the errno
 * for order i. 0, or an errno where the fate of some is not known.
 */
int routing_channel_send(struct routing_channel *ch, const struct routing_order *orders, size_t n,
			 int *refused);
