// SPDX-License-Identifier: GPL-2.0-only
/**
 * What all processes of one gateway count together, for its metrics, where it has several: in a memory of the
 * supervisor's ("counts") that outlives restarts and new configurations.
 *
 * The memory holds, in the machine's byte order, a head (magic, then zero), the processes, the backends, and rows of calls,
 * each found by a hash from hash % number of rows on. Words are changed in one atomic step each; processes need no lock.
 *
 * Calls are exact. What a process has now (connections) and its traffic with backends it tells once a second: a
 * process that has not told for three seconds is gone, and what it had not told yet is lost.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "httpd/upstream.h"

#define GATEWAY_COUNTS_BUCKETS  16u
#define GATEWAY_COUNTS_CODES    16u
#define GATEWAY_COUNTS_BACKENDS 256u
#define GATEWAY_COUNTS_TELL_MS  1000u
#define GATEWAY_COUNTS_GONE_MS  3000u

/** Calls of an API in a stage. */
struct gateway_row {
	_Atomic uint64_t hash; /* 0: nobody's */
	_Atomic uint64_t n, sum_us, others;
	_Atomic uint64_t buckets[GATEWAY_COUNTS_BUCKETS]; /* each by itself */
	struct {
		_Atomic uint64_t code, n; /* code: see gateway/metrics.c; 0: free */
	} codes[GATEWAY_COUNTS_CODES];
};

struct gateway_counts;

/** Maps the memory behind a descriptor, which may be closed afterwards. NULL with *err. */
struct gateway_counts *gateway_counts_open(int fd, struct lab_error **err);
/** Forgets what this process has now. NULL is fine. */
void gateway_counts_close(struct gateway_counts *c);

/** Whether the word is that one, which is not 0; with `make` also where it was 0, and has just become it. */
bool gateway_counts_is(_Atomic uint64_t *word, uint64_t hash, bool make);

/** The row of a hash that is not 0; where it is not there, it is made, or NULL: `make` is false, or all are taken. */
struct gateway_row *gateway_counts_row(struct gateway_counts *c, uint64_t hash, bool make);

/** What this process has at that time, of CLOCK_MONOTONIC. Of backends beyond so many nobody learns. */
void gateway_counts_tell(struct gateway_counts *c, uint64_t now_ms, uint64_t connections,
			 const struct upstream *u);

/** Of all processes that are there at that time. */
uint64_t gateway_counts_connections(const struct gateway_counts *c, uint64_t now_ms);
/** Calls fn for each backend that any of them ever called. */
void gateway_counts_pools(const struct gateway_counts *c, uint64_t now_ms,
			  void (*fn)(const struct upstream_pool *pool, void *arg), void *arg);
