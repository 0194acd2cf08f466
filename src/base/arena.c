// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chain of blocks, memory handed out by bumping a pointer. Each is twice as big as the one before, up to 256 KiB, or
 * as what does not fit into that. Who has filled these, or wants more at once, has a big lab, and gets huge pages from
 * then on.
 * arena_grow() doubles: arrays have room for 2, 4, 8, ... elements. Most of a lab have one or
 * two; one that is still the last thing handed out grows where it is.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_BLOCK 4096u
#define LAST_BLOCK  (1u << 18)
#define HUGE_PAGE   ((size_t)1 << 21)
#define FIRST_ARRAY 2u

struct block {
	struct block *next;
	size_t size;
	bool huge;
	max_align_t data[];
};

struct arena {
	struct block *blocks; /* newest first */
	size_t pos;           /* in the newest block */
	size_t next;          /* size of the next block, 0: a huge page */
	size_t cap, used;
};

static size_t align(size_t n)
{
	return (n + 15u) & ~(size_t)15u;
}

struct arena *arena_new(size_t cap)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->cap = cap;
	a->next = FIRST_BLOCK;
	return a;
}

/*
 * Whole huge pages, filled with zeros: one fault in place of 512, where the kernel has transparent huge pages for all
 * or for who asks; memory like any other where it has none. See Documentation/admin-guide/mm/transhuge.rst.
 */
static struct block *map_huge(size_t bytes)
{
	char *room = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (room == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)room % HUGE_PAGE;
	if (before)
		(void)munmap(room, before); /* of a mapping that nobody has seen yet */
	(void)munmap(room + before + bytes, HUGE_PAGE - before);
	(void)madvise(room + before, bytes, MADV_HUGEPAGE); /* only advice */
	return (struct block *)(room + before);
}

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		if (b->huge)
			(void)munmap(b, sizeof(*b) + b->size); /* whole, as it was mapped */
		else
			free(b);
		b = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	free_blocks(a->blocks);
	free(a);
}

void arena_reset(struct arena *a)
{
	if (a->blocks) {
		struct block *keep = a->blocks;

		free_blocks(keep->next);
		keep->next = NULL;
		memset(keep->data, 0, a->pos);
	}
	a->pos = 0;
	a->used = 0;
}

static struct block *new_block(size_t size, bool huge)
{
	struct block *b = huge ? map_huge(sizeof(*b) + size) : calloc(1, sizeof(*b) + size);

	if (!b)
		abort();
	b->size = size;
	b->huge = huge;
	return b;
}

static struct block *add_block(struct arena *a, size_t need)
{
	size_t size = need > a->next ? need : a->next;
	bool huge;
	struct block *b;

	if (need > LAST_BLOCK)
		a->next = 0;
	huge = !a->next;
	if (huge)
		size = (need + sizeof(*b) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE - sizeof(*b);
	else if (size == a->next)
		a->next = a->next < LAST_BLOCK ? a->next * 2 : 0;
	b = new_block(size, huge);
	b->next = a->blocks;
	a->blocks = b;
	a->pos = 0;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct block *b = a->blocks;
	size_t need = align(size ? size : 1);
	void *p;

	if (need < size)
		abort();
	if (a->cap && (need > a->cap || a->used > a->cap - need))
		return NULL;
	if (!b || b->size - a->pos < need)
		b = add_block(a, need);
	p = (char *)b->data + a->pos;
	a->pos += need;
	a->used += need;
	return p;
}

void *arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (copy && size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_join(struct arena *a, const char *first, ...)
{
	size_t len = 0;
	char *text, *at;
	va_list ap;

	va_start(ap, first);
	for (const char *s = first; s; s = va_arg(ap, const char *))
		len += strlen(s);
	va_end(ap);
	at = text = arena_alloc(a, len + 1);
	if (!text)
		return NULL;
	va_start(ap, first);
	for (const char *s = first; s; s = va_arg(ap, const char *))
		at = stpcpy(at, s);
	va_end(ap);
	return text;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char short_text[128], *text; /* most are short: formatted once, not measured first */
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(short_text, sizeof(short_text), fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	if ((size_t)n < sizeof(short_text))
		return arena_strndup(a, short_text, (size_t)n);
	text = arena_alloc(a, (size_t)n + 1);
	if (text)
		(void)vsnprintf(text, (size_t)n + 1, fmt, ap); /* measured above */
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

/* Whether the `old` bytes at p, the last that were handed out, could become `size` where they are. */
static bool extend(struct arena *a, const void *p, size_t old, size_t size)
{
	struct block *b = a->blocks;
	const size_t more = align(size) - align(old);

	if (!b || (const char *)p + align(old) != (char *)b->data + a->pos ||
	    b->size - a->pos < more || (a->cap && a->used > a->cap - more))
		return false;
	a->pos += more;
	a->used += more;
	return true;
}

void *arena_grow(struct arena *a, void *items, size_t n, size_t size)
{
	size_t room;
	void *grown;

	if (n == 0) {
		room = FIRST_ARRAY;
	} else {
		if (n < FIRST_ARRAY || (n & (n - 1)) != 0)
			return items;
		room = n * 2;
		if (extend(a, items, n * size, room * size))
			return items;
	}
	grown = arena_alloc(a, room * size);
	if (!grown)
		abort(); /* arrays are for arenas without a cap */
	if (n)
		memcpy(grown, items, n * size);
	return grown;
}

/* Of the two newest blocks, the one with more room goes on being filled. */
void arena_adopt(struct arena *a, struct arena *b)
{
	struct block *ours = a->blocks, *theirs = b->blocks, **end = &a->blocks;

	assert(!a->cap);
	a->used += b->used;
	if (theirs && (!ours || theirs->size - b->pos > ours->size - a->pos)) {
		a->blocks = theirs;
		a->pos = b->pos;
		theirs = ours;
	}
	while (*end)
		end = &(*end)->next;
	*end = theirs;
	if (a->next && (!b->next || b->next > a->next))
		a->next = b->next;
	free(b);
}

bool arena_has(const struct arena *a, const void *p)
{
	for (const struct block *b = a->blocks; b; b = b->next)
		if ((uintptr_t)p - (uintptr_t)b->data <
		    b->size) /* unsigned: before it is far behind it */
			return true;
	return false;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
