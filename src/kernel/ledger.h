// SPDX-License-Identifier: GPL-2.0-only
/**
 * What is known of nftables tables without a listing: which text a table was made from, and the generation of its
 * namespace at which it was as that text says. Each entry is true for ever: a namespace's cookie is never another's
 * in this boot, and no generation of it comes a second time before 2^32 transactions. So an old ledger cannot
 * mislead, only be of no use; and whatever it does not know is listed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "kernel/nft_table.h"

struct kernel_ledger;

/* NULL for a ledger: it knows nothing, and learns nothing. */

/**
 * From what kernel_ledger_text() gave in the same boot; empty where that is NULL, of another boot, or not as it was
 * written down to the last byte. boot: its id.
 */
struct kernel_ledger *kernel_ledger_new(const char *text, const char *boot)
	__attribute__((returns_nonnull));
void kernel_ledger_free(struct kernel_ledger *l); /* NULL is fine */

/** Whether the table is as `text` makes it, at that generation. */
bool kernel_ledger_knows(struct kernel_ledger *l, struct kernel_nft_generation at,
			 const char *table, const char *text);

/**
 * The table was put in place, or removed (text: NULL), between the two. Where that was the only transaction between
 * them, it is known from now on, and with it what was known of the namespace's other tables just before.
 */
void kernel_ledger_commit(struct kernel_ledger *l, const struct kernel_nft_commit *c,
			  const char *table, const char *text);

/** The table was seen to be as `text` makes it, with nothing done between the two. */
void kernel_ledger_confirm(struct kernel_ledger *l, const struct kernel_nft_commit *c,
			   const char *table, const char *text);

/**
 * To be freed; of namespaces that nobody asked for, or wrote to, since kernel_ledger_new(), nothing: they are gone.
 * NULL where that is what it was made from.
 */
char *kernel_ledger_text(const struct kernel_ledger *l);
