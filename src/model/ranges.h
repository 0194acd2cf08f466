// SPDX-License-Identifier: GPL-2.0-only
/** Ranges of addresses that mean something in every lab. */
#pragma once

#include "base/ip.h"

/** 100.64.0.0/10 (RFC 6598): the cloud's own network, services and routers. */
#define LAB_SERVICES ((struct ip_prefix){0x64400000, 10})

/** The resolvers of every VPC, 100.100.2.136 and .138. */
#define LAB_RESOLVER_1 0x64640288u
#define LAB_RESOLVER_2 0x6464028au

/** Of RFC 1918. */
bool lab_is_private(uint32_t ip);
bool lab_all_private(struct ip_prefix p);

/** No host's: of 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3. */
bool lab_range_is_nobodys(uint32_t ip);

/** Why no network of a lab can have such addresses, as a sentence; NULL where it can. */
const char *lab_range_fault(struct ip_prefix p);
