// SPDX-License-Identifier: GPL-2.0-only
#include "base/name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

bool name_valid(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= NAME_MAX_LEN && *s != '-' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

const char *name_ifname(const char *name, char buf[static IFNAME_LEN])
{
	size_t n = strlen(name);

	if (n < IFNAME_LEN)
		memcpy(buf, name, n + 1);
	else /* no name has an underscore; of marks that are no letters BIRD takes it, and '~' not */
		(void)snprintf(buf, IFNAME_LEN, "%.8s_%06x", name,
			       (unsigned int)(hash_str(0, name) & 0xffffff));
	return buf;
}

void name_mac(const char *lab, const char *ns, const char *ifname, unsigned char mac[static 6])
{
	uint64_t h = hash_str(hash_str(hash_str(0, lab), ns), ifname);

	mac[0] = 0x02; /* locally administered, unicast */
	for (int i = 1; i < 6; i++)
		mac[i] = (unsigned char)(h >> (8 * i));
}

bool name_is_below(const char *name, const char *zone)
{
	const size_t n = strlen(name), m = strlen(zone);

	return n >= m && strcasecmp(name + n - m, zone) == 0 && (n == m || name[n - m - 1] == '.');
}
