// SPDX-License-Identifier: GPL-2.0-only
/**
 * The nonces that were used within the last 15 minutes, of which a signed call must have a new one. They are
 * remembered behind the daily limits (gateway/quota.h) in the memory that the supervisor keeps for the
 * gateway: restarts and new configurations forget none, and all processes of one gateway know the same.
 *
 *	offset	size
 *	65536	4128768	64512 sets of 8 words: 0, or minute << 44 | 44 bits of the nonce's hash
 *
 * A set that is full forgets its oldest nonce. Half a million have room; as they spread by chance, it takes more than 60
 * signed calls a second before one is forgotten within its 15 minutes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define GATEWAY_NONCE_OFFSET 65536
#define GATEWAY_NONCE_SETS   64512u
#define GATEWAY_NONCE_WAYS   8u

/** memory: as of gateway_quota_memory(). False: the app has used the nonce; else it has now. */
bool gateway_nonce_take(void *memory, uint64_t hash, time_t now);
