// SPDX-License-Identifier: GPL-2.0-only
/** The clock that nobody sets. */
#pragma once

#include <stdint.h>
#include <time.h>

/** CLOCK_MONOTONIC in microseconds. */
static inline uint64_t clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/** The same in milliseconds. */
static inline uint64_t clock_ms(void)
{
	return clock_us() / 1000;
}
