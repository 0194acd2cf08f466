// SPDX-License-Identifier: GPL-2.0-only
/** One step of a packet: where a namespace sends it, filters aside. */
#pragma once

#include "analyse/net.h"

/** What becomes of a packet that came in by a device, if no filter stops it. */
struct walk_step {
	bool here;               /* it is for an address of the namespace */
	struct net_answer found; /* else: the way out */
	struct net_taker taker;  /* where there is one: who gets it */
};

/** f->iif is where it came in. Its source is nobody's here. */
struct walk_step analyse_step_look(const struct analyse *a, const struct net_flow *f);

static inline bool analyse_step_leads_out(const struct net_answer *found)
{
	return found->route && found->route->dev != NET_NONE;
}

static inline uint32_t analyse_step_next(const struct net_route *way, uint32_t dst)
{
	return way->via ? way->via : dst;
}

/** The address that a packet out of the device has as its source (inet_select_addr()). */
uint32_t analyse_step_source(const struct analyse *a, uint32_t dev, uint32_t next);
/** Who gets what leaves by the way. src: of the packet, whoever's it is. */
struct net_taker analyse_step_taker(const struct analyse *a, const struct net_route *way,
				    uint32_t src, uint32_t dst);
