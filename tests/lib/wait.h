// SPDX-License-Identifier: GPL-2.0-only
/**
 * Waiting for a condition up to a deadline; no test sleeps for a fixed time. The seconds are those of a
 * machine that has nothing else to do: a busy one may take four times as long.
 */
#pragma once

#include <poll.h>
#include <time.h>

#include "lib/test.h"

#define wait_until(seconds, condition)                                                  \
	do {                                                                            \
		time_t deadline_ = time(NULL) + 4 * (seconds);                          \
		while (!(condition)) {                                                  \
			if (time(NULL) > deadline_)                                     \
				fail_msg("not within %d s: %s", (seconds), #condition); \
			(void)poll(NULL, 0, 5);                                         \
		}                                                                       \
	} while (0)
