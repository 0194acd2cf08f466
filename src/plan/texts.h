// SPDX-License-Identifier: GPL-2.0-only
/**
 * Texts that are kept once. Names of namespaces and devices, resources and places in the lab file come again and again
 * in a plan: without this, that of a lab of thousands of nodes takes twice the memory.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

struct plan_text {
	const char *text; /* NULL: new; whoever asked for it sets it, to an equal text */
	size_t at;        /* the caller's own */
};

/** Open addressing, at most half full; zeroed at first. Borrows the texts. */
struct plan_texts {
	struct plan_text *slots;
	size_t n, room; /* a power of two */
};

/** The entry of the text, until the next call. */
struct plan_text *plan_texts_get(struct plan_texts *t, const char *s)
	__attribute__((returns_nonnull));

static inline void plan_texts_done(struct plan_texts *t)
{
	free(t->slots);
}
#define auto_plan_texts __attribute__((cleanup(plan_texts_done)))
