// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/quota.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/worker.h"

#define SLOTS      1024u
#define UTC_8      (8 * 3600)
#define DAY        86400
#define CALLS_MASK 0xffffffffu

/* An atomic word is seen by other processes only where it is no lock in disguise. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomic words without locks");

struct slot {
	_Atomic uint64_t hash;
	_Atomic uint64_t count; /* day << 32 | calls */
};

struct gateway_quota {
	_Atomic uint64_t magic;
	uint64_t zero;
	struct slot slots[SLOTS];
};

_Static_assert(sizeof(struct gateway_quota) <= GATEWAY_MEMORY && GATEWAY_MEMORY <= WORKER_TABLE,
	       "fits the memory");

static uint64_t magic(void)
{
	uint64_t word;

	memcpy(&word, "labquota", sizeof(word));
	return word;
}

/*
 * A new memory is all zero, and so needs nothing but its first word. Two processes that find the same garbage both clear
 * it: a few calls are lost, nothing else.
 */
static void begin(struct gateway_quota *q)
{
	uint64_t there = 0;

	if (atomic_compare_exchange_strong(&q->magic, &there, magic()) || there == magic())
		return;
	memset((char *)q + sizeof(*q), 0, GATEWAY_MEMORY - sizeof(*q));
	q->zero = 0;
	for (size_t i = 0; i < SLOTS; i++) {
		atomic_store(&q->slots[i].hash, 0);
		atomic_store(&q->slots[i].count, 0);
	}
	atomic_store(&q->magic, magic());
}

struct gateway_quota *gateway_quota_open(int fd, struct lab_error **err)
{
	struct gateway_quota *q;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		lab_error_errno(err, LAB_FAILED, errno, "memory");
		return NULL;
	}
	if (st.st_size < GATEWAY_MEMORY) { /* else the first access would end us (SIGBUS) */
		lab_error_make(err, LAB_FAILED, "memory: less than %u bytes", GATEWAY_MEMORY);
		return NULL;
	}
	q = mmap(NULL, GATEWAY_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (q == MAP_FAILED) {
		lab_error_errno(err, LAB_FAILED, errno, "memory");
		return NULL;
	}
	begin(q);
	return q;
}

void gateway_quota_close(struct gateway_quota *q)
{
	if (q)
		(void)munmap(q, GATEWAY_MEMORY); /* a whole mapping: it cannot fail */
}

void *gateway_quota_memory(const struct gateway_quota *q)
{
	return (void *)(uintptr_t)q;
}

/* Whether the slot is the domain's, or has just become it. */
static bool claim(struct slot *s, uint64_t expected, uint64_t hash)
{
	/* where somebody else was faster, it may have been for the same domain */
	return atomic_compare_exchange_strong(&s->hash, &expected, hash) || expected == hash;
}

/* A slot whose domain had no call today, for a table that is full; or NULL. */
static struct slot *reclaim(struct gateway_quota *q, uint64_t hash, uint64_t today)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &q->slots[(hash + i) % SLOTS];
		uint64_t old = atomic_load(&s->hash);

		if (atomic_load(&s->count) >> 32 != today && claim(s, old, hash))
			return s;
	}
	return NULL;
}

static struct slot *find(struct gateway_quota *q, uint64_t hash, uint64_t today)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &q->slots[(hash + i) % SLOTS];
		uint64_t there = atomic_load(&s->hash);

		if (there == hash || (there == 0 && claim(s, 0, hash)))
			return s;
	}
	return reclaim(q, hash, today);
}

bool gateway_quota_take(struct gateway_quota *q, const char *domain, uint32_t limit, time_t now)
{
	const uint64_t today = (uint64_t)(now + UTC_8) / DAY & CALLS_MASK;
	const uint64_t hash = hash_str(0, domain) | 1; /* never that of an empty slot */
	struct slot *s = find(q, hash, today);
	uint64_t old, calls;

	if (!s)
		return true;
	old = atomic_load(&s->count);
	do {
		calls = old >> 32 == today ? old & CALLS_MASK : 0;
		if (calls >= limit)
			return false;
	} while (!atomic_compare_exchange_weak(&s->count, &old, today << 32 | (calls + 1)));
	return true;
}
