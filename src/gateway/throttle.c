// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/throttle.h"

#include <stdatomic.h>
#include <stddef.h>

#include "gateway/nonce.h"

#define SLOTS      1024u
#define PROBES     64u
#define UTC_8      (8 * 3600)
#define CALLS_MASK UINT64_C(0xffffffff)

struct slot {
	_Atomic uint64_t hash;
	_Atomic uint64_t count; /* end of the unit << 32 | calls */
};

_Static_assert(GATEWAY_THROTTLE_OFFSET + SLOTS * sizeof(struct slot) <= GATEWAY_NONCE_OFFSET,
	       "nonces follow");

static bool claim(struct slot *s, uint64_t expected, uint64_t hash)
{
	/* where somebody else was faster, it may have been for the same */
	return atomic_compare_exchange_strong(&s->hash, &expected, hash) || expected == hash;
}

/* The slot that has the hash, else one that is free or whose unit is over. */
static struct slot *find(struct slot *slots, uint64_t hash, uint64_t now)
{
	struct slot *over = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct slot *s = &slots[(hash + i) % SLOTS];
		const uint64_t there = atomic_load(&s->hash);

		if (there == hash)
			return s;
		if (!over && (there == 0 || atomic_load(&s->count) >> 32 <= now))
			over = s;
	}
	return over && claim(over, atomic_load(&over->hash), hash) ? over : NULL;
}

bool gateway_throttle_take(void *memory, uint64_t hash, uint32_t limit, uint32_t unit, time_t now)
{
	struct slot *slots = (void *)((char *)memory + GATEWAY_THROTTLE_OFFSET);
	const uint64_t begun = ((uint64_t)now + UTC_8) / unit * unit - UTC_8;
	const uint64_t end = (begun + unit) & CALLS_MASK;
	struct slot *s = find(slots, hash | 1, (uint64_t)now);
	uint64_t old, calls;

	if (!s)
		return true;
	old = atomic_load(&s->count);
	do {
		calls = old >> 32 == end ? old & CALLS_MASK : 0;
		if (calls >= limit)
			return false;
	} while (!atomic_compare_exchange_weak(&s->count, &old, end << 32 | (calls + 1)));
	return true;
}
