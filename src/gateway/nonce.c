// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/nonce.h"

#include <stdatomic.h>

#include "gateway/quota.h"

#define HASH_BITS   44
#define HASH_MASK   ((UINT64_C(1) << HASH_BITS) - 1)
#define MINUTE_MASK ((UINT64_C(1) << (64 - HASH_BITS)) - 1)
#define MINUTES     15u

typedef _Atomic uint64_t word;

_Static_assert(GATEWAY_NONCE_OFFSET + GATEWAY_NONCE_SETS * GATEWAY_NONCE_WAYS * sizeof(word) ==
		       GATEWAY_MEMORY,
	       "fills the memory");

/* How long ago, in minutes; those of a clock that was set back are of now. */
static uint64_t age(uint64_t there, uint64_t minute)
{
	const uint64_t then = there >> HASH_BITS;

	return then > minute ? 0 : minute - then;
}

/* The way of the set that is free, or has been remembered longest, and what it has; -1: the nonce is there. */
static int victim(const word *set, uint64_t hash, uint64_t minute, uint64_t *has)
{
	uint64_t oldest = 0;
	int at = 0;

	*has = atomic_load(&set[0]);
	for (unsigned int i = 0; i < GATEWAY_NONCE_WAYS; i++) {
		const uint64_t there = atomic_load(&set[i]);
		const uint64_t old = there ? age(there, minute) : MINUTE_MASK;

		if (there && (there & HASH_MASK) == hash && old <= MINUTES)
			return -1;
		if (old > oldest) {
			oldest = old;
			at = (int)i;
			*has = there;
		}
	}
	return at;
}

bool gateway_nonce_take(void *memory, uint64_t hash, time_t now)
{
	word *sets = (void *)((char *)memory + GATEWAY_NONCE_OFFSET);
	word *set = &sets[hash % GATEWAY_NONCE_SETS * GATEWAY_NONCE_WAYS];
	const uint64_t minute = (uint64_t)now / 60 & MINUTE_MASK;
	const uint64_t bits = hash / GATEWAY_NONCE_SETS & HASH_MASK;

	for (;;) {
		uint64_t there;
		const int at = victim(set, bits, minute, &there);

		if (at < 0)
			return false;
		/* where somebody else was faster, it may have been with the same nonce */
		if (atomic_compare_exchange_strong(&set[at], &there, minute << HASH_BITS | bits))
			return true;
	}
}
