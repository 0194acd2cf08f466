// SPDX-License-Identifier: GPL-2.0-only
/**
 * What becomes of a frame: lost, doubled, overtaking, how late. Decided by the place of the frame among
 * those of its way and by nothing else, so that a lab loses the same packets every time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** What a line does to each frame that enters it, in either direction. */
struct wire_traits {
	uint64_t delay_ns;
	uint64_t jitter_ns; /* a frame takes delay - jitter to delay + jitter; at most the delay */
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm; /* frames per million */
};

struct wire_fate {
	unsigned int copies; /* 0: lost */
	bool overtakes;      /* takes no time at all */
	uint64_t delay_ns;
};

/** The fate of frame n, counted from 0, of the way that `seed` stands for. */
struct wire_fate wire_fate(const struct wire_traits *t, uint64_t seed, uint64_t n);
