// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/breaker.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/worker.h"
#include "gateway/nonce.h"

#define COUNT_BITS 20
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)
#define TIME_MASK  ((UINT64_C(1) << 42) - 1)
#define WINDOW_MAX 90000u
#define OPEN_MAX   300000u
#define PROBE_MAX  150000u /* a backend has at most 120 s: later, whoever probed has died */

enum state { CLOSED, OPEN, HALF_OPEN };

struct slot {
	_Atomic uint64_t hash, word;
};

_Static_assert(GATEWAY_BREAKER_OFFSET + GATEWAY_BREAKER_SLOTS * sizeof(struct slot) ==
		       GATEWAY_NONCE_OFFSET,
	       "up to the nonces");

static uint64_t word_of(enum state state, uint64_t time, uint64_t count)
{
	return (uint64_t)state << 62 | (time & TIME_MASK) << COUNT_BITS | (count & COUNT_MASK);
}

static enum state state_of(uint64_t word)
{
	return (enum state)(word >> 62);
}

static uint64_t time_of(uint64_t word)
{
	return word >> COUNT_BITS & TIME_MASK;
}

/* ---- slots ---- */

/* The i-th place where that circuit may be. */
static struct slot *slot_at(void *memory, uint64_t hash, size_t i)
{
	struct slot *slots = (void *)((char *)memory + GATEWAY_BREAKER_OFFSET);

	return &slots[((hash >> 1) + i) % GATEWAY_BREAKER_SLOTS]; /* bit 0 is set in all */
}

/* A slot is never emptied again, so behind an empty one there is none that claim() did not find free. */
static struct slot *find(void *memory, uint64_t hash)
{
	for (size_t i = 0; i < GATEWAY_BREAKER_SLOTS; i++) {
		struct slot *s = slot_at(memory, hash, i);
		const uint64_t there = atomic_load(&s->hash);

		if (there == hash || there == 0)
			return there ? s : NULL;
	}
	return NULL;
}

static bool is_far(uint64_t a, uint64_t b, uint64_t max)
{
	return a > b ? a - b > max : b - a > max;
}

/* Nothing that is in it matters any more; of a circuit that is not closed: nobody has called since long. */
static bool is_over(uint64_t word, uint64_t now)
{
	const uint64_t time = time_of(word);

	switch (state_of(word)) {
	case CLOSED: return time > now || now - time >= WINDOW_MAX;
	case OPEN: return is_far(time, now, OPEN_MAX);
	case HALF_OPEN: return is_far(time, now, PROBE_MAX);
	}
	return true;
}

static struct slot *claim(void *memory, uint64_t hash, uint64_t now)
{
	struct slot *s = find(memory, hash);

	for (size_t i = 0; !s && i < GATEWAY_BREAKER_SLOTS; i++) {
		struct slot *x = slot_at(memory, hash, i);
		uint64_t there = atomic_load(&x->hash);

		if (there != 0 && !is_over(atomic_load(&x->word), now))
			continue;
		if (atomic_compare_exchange_strong(&x->hash, &there, hash)) {
			s = x;
			atomic_store(&s->word, 0);
		} else if (there == hash) {
			s = x; /* another process was faster */
		}
	}
	return s;
}

/* ---- circuits ---- */

/* Where a clock was set back, a time may be further off than can be. */
static bool has_passed(uint64_t until, uint64_t now)
{
	return now >= until || until - now > OPEN_MAX;
}

static bool probe_is_under_way(uint64_t word, uint64_t now)
{
	return (word & COUNT_MASK) && time_of(word) <= now && now - time_of(word) < PROBE_MAX;
}

enum gateway_breaker gateway_breaker_enter(void *memory, uint64_t hash, uint64_t now)
{
	struct slot *s = find(memory, hash | 1);
	uint64_t word = s ? atomic_load(&s->word) : 0;

	while (state_of(word) != CLOSED) {
		if (state_of(word) == OPEN && !has_passed(time_of(word), now))
			return GATEWAY_BREAKER_OPEN;
		if (state_of(word) == HALF_OPEN && probe_is_under_way(word, now))
			return GATEWAY_BREAKER_BUSY;
		if (atomic_compare_exchange_weak(&s->word, &word, word_of(HALF_OPEN, now, 1)))
			return GATEWAY_BREAKER_PROBE;
	}
	return GATEWAY_BREAKER_PASS;
}

/* One more failure of a closed circuit. */
static uint64_t counted(uint64_t word, const struct gateway_breaker_rules *rules, uint64_t now)
{
	const uint64_t began = time_of(word);
	uint64_t count = (word & COUNT_MASK) + 1;

	if (began > now || now - began >= rules->window_ms)
		count = 1;
	if (count >= rules->threshold)
		return word_of(OPEN, now + rules->open_ms, 0);
	return word_of(CLOSED, count == 1 ? now : began, count);
}

static uint64_t next(uint64_t word, const struct gateway_breaker_rules *rules, bool probe,
		     bool failed, uint64_t now)
{
	switch (state_of(word)) {
	case CLOSED: return failed ? counted(word, rules, now) : word;
	case HALF_OPEN:
		if (probe)
			return failed ? word_of(OPEN, now + rules->open_ms, 0) : 0;
		break;
	case OPEN: break; /* it had entered before */
	}
	return word;
}

void gateway_breaker_leave(void *memory, uint64_t hash, const struct gateway_breaker_rules *rules,
			   bool probe, bool failed, uint64_t now)
{
	struct slot *s = failed ? claim(memory, hash | 1, now) : find(memory, hash | 1);
	uint64_t word = s ? atomic_load(&s->word) : 0;

	while (s && !atomic_compare_exchange_weak(&s->word, &word,
						  next(word, rules, probe, failed, now)))
		;
}

void gateway_breaker_release(void *memory, uint64_t hash)
{
	struct slot *s = find(memory, hash | 1);
	uint64_t word = s ? atomic_load(&s->word) : 0;

	while (s && state_of(word) == HALF_OPEN &&
	       !atomic_compare_exchange_weak(&s->word, &word, word_of(HALF_OPEN, time_of(word), 0)))
		;
}
