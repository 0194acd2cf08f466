// SPDX-License-Identifier: GPL-2.0-only
/** The IPv4 routes of one namespace, as they are: also those that no plan names. Read only. */
#pragma once

#include <net/if.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ip.h"

struct kernel_route {
	uint32_t table;
	struct ip_prefix dst;
	uint32_t via;          /* 0: none */
	char dev[IF_NAMESIZE]; /* "": none, or of a multipath route, whose hops are not told */
	uint32_t metric;
	uint8_t protocol, type; /* RTPROT_, RTN_ */
};

/** Calls fn for each route but those of table local. 0, or -1 with *err. */
int kernel_each_route(const char *lab, const char *ns,
		      void (*fn)(const struct kernel_route *r, void *data), void *data,
		      struct lab_error **err);
