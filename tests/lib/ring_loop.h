// SPDX-License-Identifier: GPL-2.0-only
/**
 * The loops of the tests that are included behind this have their events by a ring, which also sends for them. Skipped
 * where the kernel has no rings for us.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "gateway/ring.h"

static struct {
	struct loop *loop;
	struct gateway_ring *ring;
} test_ringed[4];

static inline struct loop *test_ring_loop_new(void)
{
	static bool had_one;
	size_t i = 0;

	while (test_ringed[i].loop)
		if (++i == ARRAY_LEN(test_ringed))
			abort();
	test_ringed[i].ring = gateway_ring_new();
	if (!test_ringed[i].ring && had_one)
		abort(); /* that is no reason to skip anything */
	had_one = true;
	if (!test_ringed[i].ring) {
		printf("skipped: this kernel has no io_uring for us\n");
		exit(77);
	}
	test_ringed[i].loop = loop_new();
	loop_use_ring(test_ringed[i].loop, &gateway_ring_ops, test_ringed[i].ring);
	return test_ringed[i].loop;
}

static inline void test_ring_loop_free(struct loop *l)
{
	size_t i = 0;

	while (test_ringed[i].loop != l)
		if (++i == ARRAY_LEN(test_ringed))
			abort();
	loop_free(l);
	gateway_ring_free(test_ringed[i].ring);
	test_ringed[i].loop = NULL;
}

#define TEST_BY_RING true
#define loop_new     test_ring_loop_new
#define loop_free    test_ring_loop_free
