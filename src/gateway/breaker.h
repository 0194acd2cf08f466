// SPDX-License-Identifier: GPL-2.0-only
/**
 * Circuit breakers. They are before the nonces (gateway/nonce.h) in the memory that the supervisor keeps for the gateway:
 * a new configuration goes on counting, an open circuit stays open, and all processes of one gateway see the same.
 *
 *	offset	size
 *	32784	32752	2047 slots of 16 bytes: hash of the circuit (0: empty); state << 62 | time << 20 | count
 *
 * A circuit is in the first slot from (hash >> 1) % 2047 on that was free when it failed first: most calls look at one.
 *
 * Times are milliseconds since 1970. Closed: failures since the window began; open: until when; half open: when the call
 * began that is under way to see whether the backend is well again (count 1). A circuit without a failure needs no slot;
 * more than there are slots at a time: what has none stays closed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_BREAKER_OFFSET 32784
#define GATEWAY_BREAKER_SLOTS  2047u

enum gateway_breaker {
	GATEWAY_BREAKER_PASS,
	GATEWAY_BREAKER_PROBE, /* passes, and decides: gateway_breaker_leave() or _release() follows */
	GATEWAY_BREAKER_OPEN,
	GATEWAY_BREAKER_BUSY, /* half open, and another call is the probe */
};

struct gateway_breaker_rules {
	uint32_t threshold;          /* failures within the window, at least 1 */
	uint32_t window_ms, open_ms; /* at most 90 and 300 s */
};

enum gateway_breaker gateway_breaker_enter(void *memory, uint64_t hash, uint64_t now_ms);

/** How a call that had entered ended. */
void gateway_breaker_leave(void *memory, uint64_t hash, const struct gateway_breaker_rules *rules,
			   bool probe, bool failed, uint64_t now_ms);

/** The probe ended, and said nothing of the backend: the next call is it. */
void gateway_breaker_release(void *memory, uint64_t hash);
