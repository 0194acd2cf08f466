// SPDX-License-Identifier: GPL-2.0-only
/** What the kernel holds in a namespace of the lab: for route checks, and as evidence. Read only. */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "base/strbuf.h"

/**
 * Where the route of a namespace to exactly this destination comes from: "system", "custom", "cen",
 * "circuit", "bgp", "tracked" or "none", as the kernel would choose it: the longest prefix that holds all of dst, in
 * table main, then in the VPC's system table. NULL with *err.
 */
const char *check_route_origin(const char *lab, const char *vpc, struct ip_prefix dst,
			       struct lab_error **err);

/** The same of a route's protocol (RTPROT_*, plan/plan.h): "bgp"; "" where labctl has no word for it. */
const char *check_origin_name(uint32_t protocol);

/** Appends the namespace's routes (of our own protocols), neighbours and queues, one per line. */
void check_dump_routes(const char *lab, const char *ns, struct strbuf *out);
void check_dump_neighbours(const char *lab, const char *ns, struct strbuf *out);
void check_dump_queues(const char *lab, const char *ns, struct strbuf *out);
