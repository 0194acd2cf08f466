// SPDX-License-Identifier: GPL-2.0-only
/** Names that users give to labs and cloud resources, and the names derived from them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_LEN 31
#define IFNAME_LEN   16 /* IFNAMSIZ: 15 characters and a NUL */

/** ^[a-z0-9][a-z0-9-]{0,30}$: safe in a path, an interface alias, a DNS label, a shell. */
bool name_valid(const char *s);

/** A Linux interface name for `name`: itself where it fits, else its head and a hash of the whole. */
const char *name_ifname(const char *name, char buf[static IFNAME_LEN]);

/** Whether a domain name is the zone or below it; ASCII letters of either case, no final dots. */
bool name_is_below(const char *name, const char *zone);

/** Six bytes of a locally administered unicast MAC, derived from the three parts. */
void name_mac(const char *lab, const char *ns, const char *ifname, unsigned char mac[static 6]);
