// SPDX-License-Identifier: GPL-2.0-only
/* A list of chunks: frames lie behind each other in one as long as the longest frame would still fit. */
#include "wire/hold.h"

#include <stdlib.h>

#define CHUNK ((size_t)256 * 1024)
#define SPARE 64 /* chunks that are kept for the next burst: 16 MiB */
#define ALIGN 16

struct wire_chunk {
	struct wire_chunk *next;
	size_t begin, end; /* in data */
	_Alignas(ALIGN) unsigned char data[];
};
#define ROOM (CHUNK - sizeof(struct wire_chunk))

struct wire_pool {
	size_t n, most; /* chunks that are out, at most */
	struct wire_chunk *spare;
	size_t n_spare;
};

struct wire_pool *wire_pool_new(size_t most)
{
	struct wire_pool *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->most = most / CHUNK;
	return p;
}

void wire_pool_free(struct wire_pool *p)
{
	while (p && p->spare) {
		struct wire_chunk *c = p->spare;

		p->spare = c->next;
		free(c);
	}
	free(p);
}

static struct wire_chunk *take(struct wire_pool *p)
{
	struct wire_chunk *c = p->spare;

	if (p->n == p->most)
		return NULL;
	if (c) {
		p->spare = c->next;
		p->n_spare--;
	} else {
		c = malloc(CHUNK);
		if (!c)
			return NULL; /* as full as can be */
	}
	p->n++;
	c->next = NULL;
	c->begin = c->end = 0;
	return c;
}

static void give_back(struct wire_pool *p, struct wire_chunk *c)
{
	p->n--;
	if (p->n_spare == SPARE) {
		free(c);
		return;
	}
	c->next = p->spare;
	p->spare = c;
	p->n_spare++;
}

static size_t room_for(size_t len)
{
	return (sizeof(struct wire_frame) + len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct wire_frame *wire_hold_room(struct wire_hold *h)
{
	if (h->bytes >= h->limit)
		return NULL;
	if (!h->last || ROOM - h->last->end < room_for(WIRE_FRAME_MAX)) {
		struct wire_chunk *c = take(h->pool);

		if (!c)
			return NULL;
		if (h->last)
			h->last->next = c;
		else
			h->first = c;
		h->last = c;
	}
	return (struct wire_frame *)(void *)(h->last->data + h->last->end);
}

void wire_hold_add(struct wire_hold *h, struct wire_frame *f)
{
	h->last->end += room_for(f->len);
	h->bytes += f->len;
	h->n++;
}

void wire_hold_tidy(struct wire_hold *h)
{
	if (!h->n)
		wire_hold_empty(h);
}

struct wire_frame *wire_hold_oldest(const struct wire_hold *h)
{
	return h->n ? (struct wire_frame *)(void *)(h->first->data + h->first->begin) : NULL;
}

void wire_hold_drop_oldest(struct wire_hold *h)
{
	const struct wire_frame *f = wire_hold_oldest(h);
	struct wire_chunk *c = h->first;

	h->n--;
	h->bytes -= f->len;
	c->begin += room_for(f->len);
	if (!h->n) {
		wire_hold_empty(h);
	} else if (c->begin == c->end) {
		h->first = c->next;
		give_back(h->pool, c);
	}
}

void wire_hold_empty(struct wire_hold *h)
{
	while (h->first) {
		struct wire_chunk *c = h->first;

		h->first = c->next;
		give_back(h->pool, c);
	}
	h->last = NULL;
	h->n = h->bytes = 0;
}
