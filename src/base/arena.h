// SPDX-License-Identifier: GPL-2.0-only
/** Memory that is freed whole: one arena per lab file, per plan, per HTTP request. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/** A new arena that hands out at most `cap` bytes (0: no limit). Aborts where the heap is empty. */
struct arena *arena_new(size_t cap) __attribute__((returns_nonnull, warn_unused_result));
void arena_free(struct arena *a); /* NULL is fine */

/** Forgets all that was handed out and keeps the newest block for reuse. */
void arena_reset(struct arena *a);

/**
 * Zeroed, 16-byte aligned memory that lives as long as the arena. NULL only for an arena with a cap,
 * when the cap is reached; an arena without a cap aborts the program when the heap is empty.
 */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, alloc_size(2)));
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n); /* NUL-terminated copy of n bytes */
/** The texts one behind the other, NULL behind the last: much quicker than arena_printf(). */
char *arena_join(struct arena *a, const char *first, ...) __attribute__((sentinel));
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/**
 * Appends a zeroed element to an array (pointer `items`, count `n`) that lives in the arena, and
 * gives its address. Pointers to earlier elements become stale when the array grows.
 */
#define arena_push(a, items, n) \
	((items) = arena_grow((a), (items), (n), sizeof(*(items))), &(items)[(n)++])
void *arena_grow(struct arena *a, void *items, size_t n, size_t size);

/** Takes over all that b handed out, which stays where it is; b is gone. For an `a` without a cap. */
void arena_adopt(struct arena *a, struct arena *b);

/** Whether p points into what it handed out. */
bool arena_has(const struct arena *a, const void *p);

size_t arena_used(const struct arena *a);

static inline void cleanup_arena(struct arena **a)
{
	arena_free(*a);
}
#define auto_arena __attribute__((cleanup(cleanup_arena)))
