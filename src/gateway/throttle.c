// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/throttle.h"

#include <stdatomic.h>
#include <stddef.h>

#include "gateway/breaker.h"

#define SLOTS      1024u
#define PROBES     64u
#define UTC_8      (8 * 3600)
#define CALLS_MASK UINT64_C(0xffffffff)

struct slot {
	_Atomic uint64_t hash;
	_Atomic uint64_t count; /* end of the unit << 32 | calls */
};

_Static_assert(GATEWAY_THROTTLE_OFFSET + SLOTS * sizeof(struct slot) == GATEWAY_BREAKER_OFFSET,
	       "up to the circuits");

/* What a slot has that may be taken: 0, free, is best, as two processes then choose the same whatever time they have. */
struct choice {
	struct slot *slot; /* NULL: none */
	uint64_t has;
};

/* The slot that has the hash, else a free one, else one whose unit is over. */
static struct choice choose(struct slot *slots, uint64_t hash, uint64_t now)
{
	struct choice best = {0};

	for (size_t i = 0; i < PROBES; i++) {
		struct slot *s = &slots[(hash + i) % SLOTS];
		const uint64_t has = atomic_load(&s->hash);

		if (has == hash)
			return (struct choice){s, has};
		if (best.slot && best.has == 0)
			continue;
		if (has == 0 || (!best.slot && atomic_load(&s->count) >> 32 <= now))
			best = (struct choice){s, has};
	}
	return best;
}

static struct slot *find(struct slot *slots, uint64_t hash, uint64_t now)
{
	for (;;) {
		struct choice c = choose(slots, hash, now);

		/* where somebody else was faster, it may have been for the same; else there may be another one */
		if (!c.slot || c.has == hash ||
		    atomic_compare_exchange_strong(&c.slot->hash, &c.has, hash) || c.has == hash)
			return c.slot;
	}
}

bool gateway_throttle_take(void *memory, uint64_t hash, uint32_t limit, uint32_t unit, time_t now)
{
	struct slot *slots = (void *)((char *)memory + GATEWAY_THROTTLE_OFFSET);
	const uint64_t begun = ((uint64_t)now + UTC_8) / unit * unit - UTC_8;
	const uint64_t end = (begun + unit) & CALLS_MASK;
	struct slot *s = find(slots, hash | 1, (uint64_t)now);
	uint64_t old, calls, of;

	if (!s)
		return true;
	old = atomic_load(&s->count);
	do {
		/* where another process is in the next unit already, this call, which is late, is of that one */
		of = old >> 32 == end + unit ? end + unit : end;
		calls = old >> 32 == of ? old & CALLS_MASK : 0;
		if (calls >= limit)
			return false;
	} while (!atomic_compare_exchange_weak(&s->count, &old, of << 32 | (calls + 1)));
	return true;
}
