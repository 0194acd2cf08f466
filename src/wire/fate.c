// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers are drawn by counter (SplitMix64, Steele, Lea and Flood 2014), a stream for each question: what
 * is lost does not depend on whether there is jitter, nor on what was asked before.
 */
#include "wire/fate.h"

#define GOLDEN 0x9e3779b97f4a7c15u

enum question { LOST, DOUBLED, OVERTAKING, HOW_LATE };

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t draw(uint64_t seed, enum question q, uint64_t n)
{
	return mix(mix(seed + ((uint64_t)q + 1) * GOLDEN) + (n + 1) * GOLDEN);
}

static bool happens(uint32_t ppm, uint64_t seed, enum question q, uint64_t n)
{
	return ppm && ((draw(seed, q, n) >> 32) * 1000000 >> 32) < ppm;
}

/* As netem's: a frame that is lost and doubled arrives once. */
struct wire_fate wire_fate(const struct wire_traits *t, uint64_t seed, uint64_t n)
{
	struct wire_fate f = {.copies = 1, .delay_ns = t->delay_ns};

	f.copies += happens(t->duplicate_ppm, seed, DOUBLED, n);
	f.copies -= happens(t->loss_ppm, seed, LOST, n);
	f.overtakes = happens(t->reorder_ppm, seed, OVERTAKING, n);
	if (t->jitter_ns)
		f.delay_ns += draw(seed, HOW_LATE, n) % (2 * t->jitter_ns + 1) - t->jitter_ns;
	return f;
}
