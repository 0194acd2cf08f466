// SPDX-License-Identifier: GPL-2.0-only
/** Turning the loop that a test shares with what it tests, up to a deadline. */
#pragma once

#include <time.h>

#include "base/loop.h"
#include "lib/test.h"

static inline uint64_t test_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Until the condition holds, at most ten seconds. */
#define test_turn_until(l, condition)                                    \
	do {                                                             \
		const uint64_t deadline_ = test_clock_ms() + 10000;      \
                                                                         \
		while (!(condition)) {                                   \
			if (test_clock_ms() > deadline_)                 \
				fail_msg("not in 10 s: %s", #condition); \
			assert_int_equal(loop_turn(l, 10), 0);           \
		}                                                        \
	} while (0)
