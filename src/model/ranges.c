// SPDX-License-Identifier: GPL-2.0-only
#include "model/ranges.h"

#include "base/cleanup.h"

static const struct ip_prefix private[] = {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}};

bool lab_all_private(struct ip_prefix p)
{
	for (size_t i = 0; i < ARRAY_LEN(private); i++)
		if (ip_prefix_contains(private[i], p))
			return true;
	return false;
}

bool lab_is_private(uint32_t ip)
{
	return lab_all_private((struct ip_prefix){ip, 32});
}

bool lab_range_is_nobodys(uint32_t ip)
{
	return ip >> 24 == 0 || ip >> 24 == 127 || ip >= 0xe0000000;
}

static const struct {
	struct ip_prefix p;
	const char *why;
} faults[] = {
	{{0x64400000, 10}, "100.64.0.0/10 is the cloud's own network"},
	{{0xe0000000, 4}, "224.0.0.0/4 is multicast"},
	{{0x7f000000, 8}, "127.0.0.0/8 is each host's own"},
	{{0xa9fe0000, 16}, "169.254.0.0/16 is link-local"},
	{{0x00000000, 8}, "0.0.0.0/8 names no host"},
	{{0xf0000000, 4}, "240.0.0.0/4 is reserved"},
};

const char *lab_range_fault(struct ip_prefix p)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (ip_prefix_overlaps(p, faults[i].p))
			return faults[i].why;
	return NULL;
}
