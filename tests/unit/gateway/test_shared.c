// SPDX-License-Identifier: GPL-2.0-only
/* Several processes that count in one memory at once: what they let through together is exact. */
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/worker.h"
#include "gateway/nonce.h"
#include "gateway/quota.h"
#include "gateway/throttle.h"
#include "lib/test.h"

#define PROCESSES 4
#define KEYS      300u /* less than there are counters */
#define LIMIT     10u
#define NONCES    2000u
#define NOON      1769918400

struct room {
	uint64_t memory[GATEWAY_MEMORY / sizeof(uint64_t)];
	_Atomic unsigned int arrived;
	unsigned char passed[PROCESSES][NONCES]; /* of each key or nonce, by each process */
};

static int open_room(void **state)
{
	*state = mmap(NULL, sizeof(struct room), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	return *state == MAP_FAILED ? -1 : 0;
}

static int close_room(void **state)
{
	return munmap(*state, sizeof(struct room));
}

/* All of them begin at once. */
static void together(struct room *r, void (*work)(struct room *r, unsigned char *passed))
{
	int status;

	for (size_t i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			atomic_fetch_add(&r->arrived, 1);
			while (atomic_load(&r->arrived) < PROCESSES)
				sched_yield();
			work(r, r->passed[i]);
			_exit(0);
		}
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static unsigned int passed(const struct room *r, size_t at)
{
	unsigned int n = 0;

	for (size_t i = 0; i < PROCESSES; i++)
		n += r->passed[i][at];
	return n;
}

/* Keys that are new to all, in the same order, so that they meet at each. */
static void call(struct room *r, unsigned char *through)
{
	for (unsigned int key = 0; key < KEYS; key++)
		for (unsigned int i = 0; i < 2 * LIMIT; i++)
			through[key] = (unsigned char)(through[key] +
						       gateway_throttle_take(r->memory,
									     (key + 1) * 977u,
									     LIMIT, 60, NOON));
}

static void a_limit_is_exact(void **state)
{
	struct room *r = *state;

	together(r, call);
	for (size_t key = 0; key < KEYS; key++)
		assert_int_equal(passed(r, key), LIMIT);
}

static void use(struct room *r, unsigned char *taken)
{
	for (unsigned int i = 0; i < NONCES; i++)
		taken[i] = gateway_nonce_take(r->memory, (i + 1) * UINT64_C(0x9e3779b97f4a7c15),
					      NOON);
}

static void a_nonce_is_used_once(void **state)
{
	struct room *r = *state;

	together(r, use);
	for (size_t i = 0; i < NONCES; i++)
		assert_int_equal(passed(r, i), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_limit_is_exact, open_room, close_room),
		cmocka_unit_test_setup_teardown(a_nonce_is_used_once, open_room, close_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
