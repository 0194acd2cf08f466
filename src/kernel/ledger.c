// SPDX-License-Identifier: GPL-2.0-only
/*
 * As text:
 *
 *	labctl-filters 1 BOOT-ID SUM
 *	COOKIE GENERATION TABLE TEXT
 *
 * a line for each table, all numbers hexadecimal. SUM is the hash of all lines behind the first, TABLE and TEXT those
 * of the table's name and of the text that it was made from. One wrong byte, and all of it counts for nothing.
 */
#include "kernel/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/strbuf.h"

struct entry {
	struct kernel_nft_generation at;
	uint64_t table, text;
	bool used;   /* its namespace is still there */
	size_t next; /* of the same bucket, counted from 1; 0: none */
};

struct kernel_ledger {
	char *boot;
	struct entry *entries;
	size_t n;
	size_t *buckets, n_buckets; /* by namespace */
	bool changed;
};

static void *must(void *p)
{
	if (!p)
		abort(); /* as the arena: a heap that is empty is the end */
	return p;
}

/* Cookies are counted through. */
static size_t *bucket_of(const struct kernel_ledger *l, uint64_t ns)
{
	return &l->buckets[ns % l->n_buckets];
}

static void index_entry(struct kernel_ledger *l, size_t i)
{
	size_t *bucket = bucket_of(l, l->entries[i].at.ns);

	l->entries[i].next = *bucket;
	*bucket = i + 1;
}

/* There are as many buckets as there is room for entries. */
static void make_room(struct kernel_ledger *l)
{
	if (l->n < l->n_buckets)
		return;
	l->n_buckets = l->n_buckets ? 2 * l->n_buckets : 64;
	l->entries = must(reallocarray(l->entries, l->n_buckets, sizeof(*l->entries)));
	free(l->buckets);
	l->buckets = must(calloc(l->n_buckets, sizeof(*l->buckets)));
	for (size_t i = 0; i < l->n; i++)
		index_entry(l, i);
}

static struct entry *add(struct kernel_ledger *l, struct kernel_nft_generation at, uint64_t table)
{
	make_room(l);
	l->entries[l->n] = (struct entry){.at = at, .table = table};
	index_entry(l, l->n);
	return &l->entries[l->n++];
}

/* The entries of a namespace, one after the other; begins with NULL. */
static struct entry *next_of(const struct kernel_ledger *l, uint64_t ns, const struct entry *e)
{
	size_t i = e ? e->next : l->n_buckets ? *bucket_of(l, ns) : 0;

	while (i && l->entries[i - 1].at.ns != ns)
		i = l->entries[i - 1].next;
	return i ? &l->entries[i - 1] : NULL;
}

/* ---- as text ---- */

#define MAGIC "labctl-filters 1 "

static uint64_t sum_of(const char *lines)
{
	return hash_str(0, lines);
}

/* The lines behind the header; NULL where that is not ours. */
static const char *check_header(const char *text, const char *boot)
{
	const size_t n = strlen(MAGIC), n_boot = strlen(boot);
	const char *lines = strchr(text, '\n');
	char *end;

	if (!lines++ || strncmp(text, MAGIC, n) != 0 || strncmp(text + n, boot, n_boot) != 0 ||
	    text[n + n_boot] != ' ')
		return NULL;
	return strtoull(text + n + n_boot + 1, &end, 16) == sum_of(lines) && *end == '\n' ? lines
											  : NULL;
}

/* Nobody but kernel_ledger_text() can have written them: the sum fits. */
static void read_lines(struct kernel_ledger *l, const char *lines)
{
	char *at = (char *)lines;

	while (*at) {
		struct kernel_nft_generation g = {.ns = strtoull(at, &at, 16)};
		struct entry *e;

		g.id = (uint32_t)strtoul(at, &at, 16);
		e = add(l, g, strtoull(at, &at, 16));
		e->text = strtoull(at, &at, 16);
		if (*at != '\n') { /* forged, or ended */
			l->changed = true;
			return;
		}
		at++;
	}
}

struct kernel_ledger *kernel_ledger_new(const char *text, const char *boot)
{
	struct kernel_ledger *l = must(calloc(1, sizeof(*l)));
	const char *lines = text ? check_header(text, boot) : NULL;

	l->boot = must(strdup(boot));
	l->changed = !lines;
	if (lines)
		read_lines(l, lines);
	return l;
}

void kernel_ledger_free(struct kernel_ledger *l)
{
	if (!l)
		return;
	free(l->boot);
	free(l->entries);
	free(l->buckets);
	free(l);
}

/* What is forgotten stays in the array, of no generation that there is. */
static bool is_kept(const struct entry *e)
{
	return e->used && e->at.id;
}

static bool is_as_read(const struct kernel_ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!is_kept(&l->entries[i]))
			return false;
	return !l->changed;
}

char *kernel_ledger_text(const struct kernel_ledger *l)
{
	auto_strbuf struct strbuf lines = {0};
	struct strbuf all = {0};

	if (is_as_read(l))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];

		if (is_kept(e))
			strbuf_printf(&lines, "%" PRIx64 " %" PRIx32 " %" PRIx64 " %" PRIx64 "\n",
				      e->at.ns, e->at.id, e->table, e->text);
	}
	strbuf_printf(&all, MAGIC "%s %" PRIx64 "\n%s", l->boot, sum_of(strbuf_str(&lines)),
		      strbuf_str(&lines));
	return strbuf_take(&all);
}

/* ---- */

bool kernel_ledger_knows(struct kernel_ledger *l, struct kernel_nft_generation at,
			 const char *table, const char *text)
{
	const uint64_t name = hash_str(0, table);
	bool known = false;

	for (struct entry *e = NULL; l && at.ns && (e = next_of(l, at.ns, e));) {
		e->used = true;
		if (e->at.id == at.id && e->table == name)
			known = e->text == hash_str(0, text);
	}
	return known;
}

/* Entries of the namespace at `from` stand at `to` now; others, and the table itself, are forgotten. */
static void move_on(struct kernel_ledger *l, struct kernel_nft_generation from,
		    struct kernel_nft_generation to, uint64_t table)
{
	for (struct entry *e = NULL; (e = next_of(l, from.ns, e));) {
		e->used = true;
		e->at.id = e->at.id == from.id && e->table != table ? to.id : 0;
	}
}

static void put(struct kernel_ledger *l, struct kernel_nft_generation at, uint64_t table,
		const char *text)
{
	struct entry *e = NULL;

	/* one that was forgotten makes room */
	while ((e = next_of(l, at.ns, e)) && e->at.id)
		;
	e = e ? e : add(l, at, table);
	*e = (struct entry){
		.at = at, .table = table, .text = hash_str(0, text), .used = true, .next = e->next};
}

void kernel_ledger_commit(struct kernel_ledger *l, const struct kernel_nft_commit *c,
			  const char *table, const char *text)
{
	const uint64_t name = hash_str(0, table);

	if (!l || !c->before.ns || c->after.ns != c->before.ns || c->after.id == c->before.id)
		return;
	l->changed = true;
	/* else somebody else's transaction came in between, before ours or behind it */
	if (c->after.id == c->before.id + 1) {
		move_on(l, c->before, c->after, name);
		if (text)
			put(l, c->after, name, text);
	}
}

void kernel_ledger_confirm(struct kernel_ledger *l, const struct kernel_nft_commit *c,
			   const char *table, const char *text)
{
	const uint64_t name = hash_str(0, table);

	if (!l || !c->before.ns || c->after.ns != c->before.ns || c->after.id != c->before.id)
		return;
	l->changed = true;
	move_on(l, c->before, c->after, name);
	put(l, c->after, name, text);
}
