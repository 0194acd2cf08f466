// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/counts.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "gateway/error.h"

#define PROCESSES 64u  /* those that are there, and those that are about to end */
#define DEVICE    16u  /* IFNAMSIZ */
#define SECURED   256u /* a name of the DNS */

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomic words without locks");

struct process {
	_Atomic uint64_t pid, told; /* in the lab's PID namespace; when, in ms, 0: never */
	_Atomic uint64_t connections;
	_Atomic uint64_t idle[GATEWAY_COUNTS_BACKENDS];
};

struct backend {
	_Atomic uint64_t hash; /* 0: nobody's */
	_Atomic uint64_t peer; /* address << 16 | port, as in memory; 0: not known yet */
	_Atomic uint64_t device[DEVICE / sizeof(uint64_t)];
	_Atomic uint64_t secured[SECURED / sizeof(uint64_t)];
	_Atomic uint64_t connects, reuses;
};

struct memory {
	_Atomic uint64_t magic;
	uint64_t zero[7];
	struct process processes[PROCESSES];
	struct backend backends[GATEWAY_COUNTS_BACKENDS];
	struct gateway_row rows[];
};

/* Of a backend: what this process has of it now, and what it has told of it. */
struct told {
	uint64_t idle, connects, reuses, told_connects, told_reuses;
};

struct gateway_counts {
	struct memory *memory;
	size_t size, n_rows;
	struct process *own; /* NULL: none yet */
	struct told backends[GATEWAY_COUNTS_BACKENDS];
};

/* Another one where the layout, or what the numbers mean, is another. */
static uint64_t magic(void)
{
	const uint64_t layout[] = {sizeof(struct memory), sizeof(struct gateway_row),
				   GATEWAY_N_ERRORS};

	return hash_bytes(0, layout, sizeof(layout)) | 1;
}

/* A new memory is all zero; one of another layout is of an older program, and its counts are lost. */
static void begin(struct memory *m, size_t size)
{
	uint64_t there = 0;

	if (atomic_compare_exchange_strong(&m->magic, &there, magic()) || there == magic())
		return;
	memset((char *)m + sizeof(m->magic), 0, size - sizeof(m->magic));
	atomic_store(&m->magic, magic());
}

struct gateway_counts *gateway_counts_open(int fd, struct lab_error **err)
{
	const off_t least = sizeof(struct memory) + sizeof(struct gateway_row);
	struct gateway_counts *c;
	void *p = MAP_FAILED;
	struct stat st;

	if (fstat(fd, &st) == 0) {
		if (st.st_size < least) /* else the first access would end us (SIGBUS) */
			errno = EFBIG;
		else
			p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				 0);
	}
	if (p == MAP_FAILED) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "counts");
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->memory = p;
	c->size = (size_t)st.st_size;
	c->n_rows = (c->size - sizeof(*c->memory)) / sizeof(*c->memory->rows);
	begin(c->memory, c->size);
	return c;
}

void gateway_counts_close(struct gateway_counts *c)
{
	if (!c)
		return;
	if (c->own && atomic_load(&c->own->pid) == (uint64_t)getpid())
		atomic_store(&c->own->told, 0);
	(void)munmap(c->memory, c->size); /* a whole mapping: it cannot fail */
	free(c);
}

/* ---- what is found by its hash ---- */

bool gateway_counts_is(_Atomic uint64_t *word, uint64_t hash, bool make)
{
	uint64_t there = atomic_load(word);

	/* where somebody else was faster, it may have been for the same */
	return there == hash ||
	       (there == 0 && make &&
		(atomic_compare_exchange_strong(word, &there, hash) || there == hash));
}

struct gateway_row *gateway_counts_row(struct gateway_counts *c, uint64_t hash, bool make)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		struct gateway_row *row = &c->memory->rows[(hash + i) % c->n_rows];

		if (gateway_counts_is(&row->hash, hash, make))
			return row;
		if (atomic_load(&row->hash) == 0)
			return NULL; /* nothing is ever removed */
	}
	return NULL;
}

/* Into so many bytes of whole words, cut where it is longer. */
static void store_text(_Atomic uint64_t *words, size_t size, const char *text)
{
	const size_t len = strnlen(text, size - 1);

	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t word = 0;

		if (at < len)
			memcpy(&word, text + at, len - at < sizeof(word) ? len - at : sizeof(word));
		atomic_store(&words[at / sizeof(word)], word);
	}
}

static void load_text(const _Atomic uint64_t *words, size_t size, uint64_t *text)
{
	for (size_t i = 0; i < size / sizeof(*text); i++)
		text[i] = atomic_load(&words[i]);
}

static int backend_of(struct memory *m, const struct upstream_pool *p)
{
	const uint64_t peer = (uint64_t)p->peer.sin_addr.s_addr << 16 | p->peer.sin_port;
	const uint64_t place = hash_str(hash_bytes(0, &peer, sizeof(peer)), p->device);
	const uint64_t hash = hash_str(place, p->secured) | 1;

	for (size_t i = 0; i < GATEWAY_COUNTS_BACKENDS; i++) {
		const size_t at = (hash + i) % GATEWAY_COUNTS_BACKENDS;
		struct backend *b = &m->backends[at];

		if (!gateway_counts_is(&b->hash, hash, true))
			continue;
		/* whoever else does so writes the same */
		store_text(b->device, DEVICE, p->device);
		store_text(b->secured, SECURED, p->secured);
		atomic_store(&b->peer, peer);
		return (int)at;
	}
	return -1;
}

/* ---- processes ---- */

static bool is_there(const struct process *p, uint64_t now)
{
	const uint64_t told = atomic_load(&p->told);

	return told && told + GATEWAY_COUNTS_GONE_MS > now;
}

/* The place of this process, which another one may have taken if it was away for long. NULL: all are taken. */
static struct process *own(struct gateway_counts *c, uint64_t now)
{
	const uint64_t pid = (uint64_t)getpid();

	if (c->own && atomic_load(&c->own->pid) == pid)
		return c->own;
	for (size_t i = 0; i < PROCESSES; i++) {
		struct process *p = &c->memory->processes[i];
		uint64_t told = atomic_load(&p->told);

		/* by the word that says whether it is free: two that come at the same time do not both get it */
		if (is_there(p, now) || !atomic_compare_exchange_strong(&p->told, &told, now))
			continue;
		atomic_store(&p->pid, pid);
		atomic_store(&p->connections, 0);
		return c->own = p;
	}
	return c->own = NULL;
}

static void add_pool(const struct upstream_pool *p, void *arg)
{
	struct gateway_counts *c = arg;
	const int at = backend_of(c->memory, p);

	if (at < 0)
		return;
	c->backends[at].idle += p->idle;
	c->backends[at].connects += p->connects;
	c->backends[at].reuses += p->reuses;
}

void gateway_counts_tell(struct gateway_counts *c, uint64_t now_ms, uint64_t connections,
			 const struct upstream *u)
{
	struct process *p = own(c, now_ms);

	upstream_pools(u, add_pool, c);
	for (size_t i = 0; i < GATEWAY_COUNTS_BACKENDS; i++) {
		struct told *t = &c->backends[i];
		struct backend *b = &c->memory->backends[i];

		if (t->connects != t->told_connects || t->reuses != t->told_reuses) {
			atomic_fetch_add(&b->connects, t->connects - t->told_connects);
			atomic_fetch_add(&b->reuses, t->reuses - t->told_reuses);
		}
		if (p && atomic_load(&p->idle[i]) != t->idle)
			atomic_store(&p->idle[i], t->idle);
		*t = (struct told){.told_connects = t->connects, .told_reuses = t->reuses};
	}
	if (!p)
		return;
	atomic_store(&p->connections, connections);
	atomic_store(&p->told, now_ms);
}

uint64_t gateway_counts_connections(const struct gateway_counts *c, uint64_t now_ms)
{
	uint64_t n = 0;

	for (size_t i = 0; i < PROCESSES; i++) {
		const struct process *p = &c->memory->processes[i];

		n += is_there(p, now_ms) ? atomic_load(&p->connections) : 0;
	}
	return n;
}

static unsigned int idle_of(const struct memory *m, size_t backend, uint64_t now)
{
	uint64_t n = 0;

	for (size_t i = 0; i < PROCESSES; i++)
		n += is_there(&m->processes[i], now) ? atomic_load(&m->processes[i].idle[backend])
						     : 0;
	return (unsigned int)n;
}

void gateway_counts_pools(const struct gateway_counts *c, uint64_t now_ms,
			  void (*fn)(const struct upstream_pool *pool, void *arg), void *arg)
{
	for (size_t i = 0; i < GATEWAY_COUNTS_BACKENDS; i++) {
		const struct backend *b = &c->memory->backends[i];
		const uint64_t peer = atomic_load(&b->peer);
		uint64_t device[DEVICE / sizeof(uint64_t)], secured[SECURED / sizeof(uint64_t)];

		load_text(b->device, DEVICE, device);
		load_text(b->secured, SECURED, secured);
		if (peer)
			fn(&(struct upstream_pool){.peer = {.sin_family = AF_INET,
							    .sin_addr.s_addr = (in_addr_t)(peer >>
											   16),
							    .sin_port = (in_port_t)(peer & 0xffff)},
						   .device = (const char *)device,
						   .secured = (const char *)secured,
						   .idle = idle_of(c->memory, i, now_ms),
						   .connects = atomic_load(&b->connects),
						   .reuses = atomic_load(&b->reuses)},
			   arg);
	}
}
