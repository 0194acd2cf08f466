// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"
#include "lib/test.h"

#define NOON 1769918400 /* 2026-02-01 12:00:00 UTC+8 */
#define HOUR 3600

static int open_memory(void **state)
{
	int *fd = malloc(sizeof(*fd));

	assert_non_null(fd);
	*fd = memfd_create("state", MFD_CLOEXEC);
	*state = fd;
	return ftruncate(*fd, GATEWAY_MEMORY);
}

static int close_memory(void **state)
{
	close(*(int *)*state);
	free(*state);
	return 0;
}

static struct gateway_quota *open_quota(void **state)
{
	struct gateway_quota *q = gateway_quota_open(*(int *)*state, NULL);

	assert_non_null(q);
	return q;
}

/* How many of n calls get through. */
static int take(struct gateway_quota *q, const char *domain, uint32_t limit, time_t now, int n)
{
	int taken = 0;

	for (int i = 0; i < n; i++)
		taken += gateway_quota_take(q, domain, limit, now);
	return taken;
}

static void each_domain_and_day(void **state)
{
	const time_t midnight = NOON + 12 * HOUR;
	struct gateway_quota *q = open_quota(state);

	assert_int_equal(take(q, "a", 3, NOON, 5), 3);
	assert_int_equal(take(q, "b", 3, NOON, 5), 3);
	assert_int_equal(take(q, "a", 3, midnight - 1, 5), 0);
	assert_int_equal(take(q, "a", 3, midnight, 5), 3);
	assert_int_equal(take(q, "a", 3, midnight + 24 * HOUR - 1, 5), 0);
	assert_int_equal(take(q, "a", 3, midnight + 24 * HOUR, 2), 2);
	/* another limit holds at once, for what has been counted */
	assert_int_equal(take(q, "a", 5, midnight + 24 * HOUR, 9), 3);
	assert_int_equal(take(q, "a", 2, midnight + 24 * HOUR, 9), 0);
	gateway_quota_close(q);
}

static void it_outlives_its_process(void **state)
{
	struct gateway_quota *q = open_quota(state);

	assert_int_equal(take(q, "a", 5, NOON, 2), 2);
	gateway_quota_close(q);
	q = open_quota(state);
	assert_int_equal(take(q, "a", 5, NOON, 9), 3);
	gateway_quota_close(q);
}

/* Four processes at once: not one call more or less. */
static void many_processes(void **state)
{
	const uint32_t limit = 20000;
	int pipes[2], total = 0, part;

	gateway_quota_close(open_quota(state)); /* the first one prepares the memory */
	assert_int_equal(pipe(pipes), 0);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			struct gateway_quota *q = gateway_quota_open(*(int *)*state, NULL);

			part = q ? take(q, "a", limit, NOON, 10000) : 0;
			_exit(write(pipes[1], &part, sizeof(part)) != sizeof(part));
		}
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(read(pipes[0], &part, sizeof(part)), sizeof(part));
		total += part;
	}
	while (wait(NULL) > 0)
		;
	assert_int_equal(total, limit);
	close(pipes[0]);
	close(pipes[1]);
}

static void fill(int fd, const void *bytes, size_t n, size_t at)
{
	static unsigned char all[GATEWAY_MEMORY];
	const size_t len = (sizeof(all) - at) / n * n;

	for (size_t i = 0; i < len; i += n)
		memcpy(all + i, bytes, n);
	assert_int_equal(pwrite(fd, all, len, (off_t)at), len);
}

static void garbage(void **state)
{
	static const unsigned char bytes[] = {0xff, 0x00, 0x5a, 0x01};
	int fd = *(int *)*state;
	struct gateway_quota *q;

	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		fill(fd, &bytes[i], 1, 0);
		q = open_quota(state);
		assert_int_equal(take(q, "a", 3, NOON, 5), 3);
		assert_int_equal(take(q, "b", 3, NOON, 5), 3);
		gateway_quota_close(q);
	}
}

/* Slots that are all taken: by domains of another day they are given up, by those of today not. */
static void a_full_table(void **state)
{
	const uint64_t day = (NOON + 8 * HOUR) / (24 * HOUR);
	const uint64_t old[] = {77, (day - 1) << 32 | 9}, todays[] = {77, day << 32 | 9};
	int fd = *(int *)*state;
	struct gateway_quota *q = open_quota(state);

	fill(fd, old, sizeof(old), 16);
	assert_int_equal(take(q, "a", 3, NOON, 5), 3);
	assert_int_equal(take(q, "b", 3, NOON, 5), 3);
	assert_int_equal(take(q, "a", 3, NOON, 5), 0);
	fill(fd, todays, sizeof(todays), 16);
	assert_int_equal(take(q, "a", 3, NOON, 5), 5);
	gateway_quota_close(q);
}

static void as_many_domains_as_slots(void **state)
{
	struct gateway_quota *q = open_quota(state);
	char name[32];

	for (int i = 0; i < 2 * 1024; i++) {
		snprintf(name, sizeof(name), "g%d.example", i % 1024);
		assert_int_equal(take(q, name, 2, NOON, 3), i < 1024 ? 2 : 0);
	}
	gateway_quota_close(q);
}

static void the_layout(void **state)
{
	const uint64_t day = (NOON + 8 * HOUR) / (24 * HOUR);
	struct gateway_quota *q = open_quota(state);
	static unsigned char all[GATEWAY_MEMORY];
	uint64_t word;
	int slots = 0;

	assert_int_equal(take(q, "a", 3, NOON, 2), 2);
	gateway_quota_close(q);
	assert_int_equal(pread(*(int *)*state, all, sizeof(all), 0), sizeof(all));
	assert_memory_equal(all, "labquota\0\0\0\0\0\0\0", 16);
	for (size_t at = 16; at < sizeof(all); at += 8) {
		memcpy(&word, all + at, sizeof(word));
		assert_true(word == 0 || at < 16 + 16384);
		if (word && at % 16 == 8)
			assert_true(word == (day << 32 | 2));
		slots += word != 0;
	}
	assert_int_equal(slots, 2);
}

static void what_is_no_memory(void **state)
{
	auto_error struct lab_error *err = NULL;
	int fd = *(int *)*state;

	assert_int_equal(ftruncate(fd, GATEWAY_MEMORY - 1), 0);
	assert_null(gateway_quota_open(fd, &err));
	assert_non_null(strstr(lab_error_message(err), "less than 4194304 bytes"));
	assert_null(gateway_quota_open(-1, &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_memory, close_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_domain_and_day), TEST(it_outlives_its_process),
		TEST(many_processes),      TEST(garbage),
		TEST(a_full_table),        TEST(as_many_domains_as_slots),
		TEST(the_layout),          TEST(what_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
