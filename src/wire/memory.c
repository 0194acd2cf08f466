// SPDX-License-Identifier: GPL-2.0-only
/*
 * Old and new worker hold the very same sockets: of two that read, each would get a part of the frames, and
 * their order would be lost. So one is in charge: it holds a record lock on the memory. The old one keeps it
 * until it is told to end; then it reads no more, gives up the lock, sends what it still holds in its
 * time, and exits. The new one is ready before that, and tries for the lock until it gets it; meanwhile
 * frames wait in the sockets, with the time of their arrival on them. One that is taken back never
 * had the lock, and one that crashes loses it.
 */
#include "wire/memory.h"

#include <assert.h>
#include <stdlib.h>

#include "base/record_lock.h"
#include "base/worker.h"

#define MARKS ((WORKER_MEMORY - 16) / sizeof(struct wire_mark))

struct shared {
	uint32_t
		generation; /* of the youngest process; stays at its place in all versions to come */
	uint32_t version;   /* of what follows; another one's is not read */
	uint64_t unused;
	struct wire_mark marks[MARKS];
};
static_assert(sizeof(struct shared) <= WORKER_MEMORY, "the memory is large enough");

#define VERSION 2

struct wire_memory {
	int fd;
	uint32_t generation; /* ours */
	struct shared *shared;
};

static void begin(struct wire_memory *m)
{
	m->generation = __atomic_add_fetch(&m->shared->generation, 1, __ATOMIC_SEQ_CST);
	if (m->shared->version == VERSION)
		return;
	for (size_t i = 0; i < MARKS; i++)
		m->shared->marks[i] = (struct wire_mark){0};
	m->shared->version = VERSION;
}

struct wire_memory *wire_memory_open(int fd, struct lab_error **err)
{
	struct wire_memory *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->fd = fd;
	m->shared = worker_map_memory(fd, err);
	if (!m->shared) {
		free(m);
		return NULL;
	}
	begin(m);
	return m;
}

void wire_memory_free(struct wire_memory *m)
{
	if (m)
		worker_unmap_memory(m->shared);
	free(m);
}

bool wire_memory_take_charge(struct wire_memory *m)
{
	return record_lock(m->fd, F_SETLK, F_WRLCK, 0, 1) == 0;
}

void wire_memory_give_up(struct wire_memory *m)
{
	(void)record_lock(m->fd, F_SETLK, F_UNLCK, 0, 1); /* giving up one's own lock cannot fail */
}

bool wire_memory_is_replaced(const struct wire_memory *m)
{
	return __atomic_load_n(&m->shared->generation, __ATOMIC_SEQ_CST) != m->generation;
}

struct wire_mark *wire_memory_mark(struct wire_memory *m, uint64_t key)
{
	for (size_t i = 0; i < MARKS; i++) {
		struct wire_mark *mark = &m->shared->marks[i];

		if (!mark->key)
			*mark = (struct wire_mark){.key = key};
		if (mark->key == key)
			return mark;
	}
	return NULL;
}
