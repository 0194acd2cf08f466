// SPDX-License-Identifier: GPL-2.0-only
/**
 * Calls that are counted within a unit of time, for plug-ins of kind trafficControl, the instance and its groups. Units
 * are those of the clock: a minute begins at its second 0, a day at 00:00 UTC+8. Counters are in the memory that the
 * supervisor keeps for the gateway: a new configuration goes on counting, and all processes of one gateway count together.
 *
 *	offset	size
 *	16400	16384	1024 slots of 16 bytes: hash of what is counted (0: empty); end of its unit, in
 *			seconds since 1970, << 32 | calls
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define GATEWAY_THROTTLE_OFFSET 16400

/**
 * Counts one call of what has this hash, in the unit of so many seconds that `now` is in. False where `limit` has been
 * reached, and nothing is counted. More than there are slots at a time: what has none has no limit. Exact, however many
 * processes count; but where all slots that it may have (64) have been used, and one whose unit is over goes to another in the very moment in
 * which it begins to count again, a few calls may be missed or counted twice.
 */
bool gateway_throttle_take(void *memory, uint64_t hash, uint32_t limit, uint32_t unit, time_t now);
