// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a worker is replaced, two processes work on the same tables, and may do so through the same
 * sockets: not two of one kind, but the very same, with one queue and one port id (that is the
 * supervisor's choice, and nothing here depends on it). If both read such a socket, each takes away
 * what the other waits for; if both write, the last one wins, and that may be the one that is out of
 * date. So at any time one process is in charge, and no other one touches a socket.
 *
 * Each process has a generation, counted up in the memory that all of them share. In charge is the
 * youngest one that lives. Whether a process lives is told by a record lock (fcntl) that it holds
 * for as long as it does, on the byte of the file that its generation is the number of: the kernel
 * takes the lock away however the process ends, which no flag in the memory could promise.
 *
 * A turn is what a process does between two waits. It holds the lock on byte TURN, and looks first
 * whether a younger process lives. So once a process has its generation, which it takes in a turn
 * as well, every older one is between two turns, will see it at the begin of its next one, and
 * stands by. Nothing of a dump, no answer can be taken away after that. What an older one had asked
 * for before has answers with other sequence numbers, or none; see channel.c.
 *
 * An older process is not done for: a replacement may be given up (the younger one crashes, or is
 * told to end because another worker of the same load failed), and then the older is the youngest
 * that lives, and is in charge again. It learns that by asking now and then; and by the count of
 * generations, where the younger came and went between two of its turns. Either way it has missed
 * events, and begins anew.
 *
 * Record locks belong to processes; flock(2) and OFD locks belong to the open file description, which
 * is one for all of them here, and would exclude nobody. Closing any descriptor of the file gives a
 * process's record locks up: it has one, and never closes it.
 *
 * A process that is stopped (SIGSTOP) within its turn stops the others, too. The supervisor kills a
 * replacement that is not ready in time, and all stays as it was.
 */
#include "routing/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/record_lock.h"
#include "base/worker.h"

/* Locks are on places of the file, not on contents: those of the processes lie behind its end. */
#define TURN          0
#define PLACE(number) ((off_t)WORKER_MEMORY + (off_t)(number))

struct mark {
	uint64_t key;
	uint64_t down_since; /* ms */
};

#define MARKS ((WORKER_MEMORY - 16) / sizeof(struct mark))

/* In the memory. The generation stays at its place in all versions to come. */
struct shared {
	uint32_t generation;
	uint32_t version; /* of what follows; another one's is not read */
	uint64_t n;
	struct mark marks[MARKS];
};
static_assert(sizeof(struct shared) <= WORKER_MEMORY, "the memory is large enough");

#define VERSION 1

struct routing_memory {
	int fd;
	uint32_t generation; /* ours */
	uint32_t seen;       /* the last one that we know of */
	struct shared *shared;
};

/* Whether another process holds a lock on any of these places; len 0: to the end of all. */
static bool is_held(int fd, off_t start, off_t len)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

static int begin_turn(int fd)
{
	return record_lock(fd, F_SETLKW, F_WRLCK, TURN, 1);
}

static void end_turn(int fd)
{
	(void)record_lock(fd, F_SETLK, F_UNLCK, TURN, 1); /* giving up one's own lock cannot fail */
}

static int take_charge(struct routing_memory *m)
{
	int rc;

	if (begin_turn(m->fd) < 0)
		return -1;
	m->generation = m->seen = ++m->shared->generation;
	rc = record_lock(m->fd, F_SETLK, F_WRLCK, PLACE(m->generation), 1);
	if (m->shared->version != VERSION)
		routing_memory_clear(m);
	m->shared->version = VERSION;
	end_turn(m->fd);
	return rc;
}

struct routing_memory *routing_memory_open(int fd, struct lab_error **err)
{
	struct routing_memory *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->fd = fd;
	m->shared = worker_map_memory(fd, err);
	if (m->shared && take_charge(m) == 0)
		return m;
	if (m->shared)
		(void)lab_error_errno(err, LAB_FAILED, errno, "memory"); /* always -1 */
	routing_memory_free(m);
	return NULL;
}

void routing_memory_free(struct routing_memory *m)
{
	if (m)
		worker_unmap_memory(m->shared);
	free(m);
}

enum routing_turn routing_memory_enter(struct routing_memory *m)
{
	bool anew;

	if (begin_turn(m->fd) < 0) {
		log_warning("no turn: %s", strerror(errno));
		return ROUTING_NO_TURN;
	}
	if (is_held(m->fd, PLACE(m->generation) + 1, 0)) {
		end_turn(m->fd);
		return ROUTING_NO_TURN;
	}
	anew = m->seen != m->shared->generation;
	m->seen = m->shared->generation;
	return anew ? ROUTING_TURN_ANEW : ROUTING_TURN;
}

void routing_memory_leave(struct routing_memory *m)
{
	end_turn(m->fd);
}

bool routing_memory_has_heir(const struct routing_memory *m)
{
	/* a length of 0 would mean all that is behind */
	return m->generation > 1 && is_held(m->fd, PLACE(1), m->generation - 1);
}

uint64_t routing_memory_down_since(const struct routing_memory *m, uint64_t key)
{
	for (uint64_t i = 0; i < m->shared->n && i < MARKS; i++) {
		if (m->shared->marks[i].key == key)
			return m->shared->marks[i].down_since;
	}
	return 0;
}

void routing_memory_clear(struct routing_memory *m)
{
	m->shared->n = 0;
}

void routing_memory_mark(struct routing_memory *m, uint64_t key, uint64_t down_since)
{
	struct shared *s = m->shared;
	uint64_t i = 0;

	while (i < s->n && i < MARKS && s->marks[i].key != key)
		i++;
	if (i == MARKS)
		return; /* there is no room: after a restart it is taken for up, as any new one */
	s->marks[i] = (struct mark){key, down_since};
	if (i == s->n)
		s->n = i + 1;
}
