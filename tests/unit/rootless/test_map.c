// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rootless/map.h"

/* Rows of subuid(5), who asks, and what he gets; count 0: nothing. */
static const struct {
	const char *text, *name;
	uid_t uid;
	struct subordinate wanted;
} rows[] = {
	{"alice:100000:65536\n", "alice", 1000, {100000, 65536}},
	{"1000:100000:65536\n", "alice", 1000, {100000, 65536}},
	{"bob:1:2\nalice:3:4\nalice:5:6\n", "alice", 1000, {3, 4}},
	{"alice:100000:65536", "alice", 1000, {100000, 65536}}, /* the last line without its end */
	{"1000:100000:65536\n", NULL, 1000, {100000, 65536}},
	{"", "alice", 1000, {0, 0}},
	{"alicea:100000:65536\n", "alice", 1000, {0, 0}},
	{"alic:100000:65536\n", "alice", 1000, {0, 0}},
	{"10000:100000:65536\n", "alice", 1000, {0, 0}},
	{"alice\n", "alice", 1000, {0, 0}},
	{"alice:100000\n", "alice", 1000, {0, 0}},
	{"alice:x:65536\n", "alice", 1000, {0, 0}},
	{"alice:100000:1\n", "alice", 1000, {0, 0}}, /* no room for a worker and for nobody */
	{"alice:0:65536\n", "alice", 1000, {0, 0}},  /* root itself is never subordinate */
	{"alice:4294967000:65536\n", "alice", 1000, {0, 0}},
};

static void ranges_are_found(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[] = "/tmp/labctl-test-subid-XXXXXX";
		struct subordinate r = {0, 0};
		int fd = mkstemp(path);
		bool found;

		assert_true(fd >= 0);
		assert_int_equal(write(fd, rows[i].text, strlen(rows[i].text)),
				 (ssize_t)strlen(rows[i].text));
		found = rootless_subordinate(path, rows[i].name, rows[i].uid, &r);
		close(fd);
		unlink(path);
		if (found != (rows[i].wanted.count > 0))
			fail_msg("row %zu: %s", i, found ? "found" : "not found");
		if (found) {
			assert_int_equal(r.first, rows[i].wanted.first);
			assert_int_equal(r.count, rows[i].wanted.count);
		}
	}
}

static void no_file_gives_nothing(void **state)
{
	struct subordinate r;

	assert_false(rootless_subordinate("/nowhere/subuid", "alice", 1000, &r));
}

/* Rows of user_namespaces(7), and whether one shares nothing by being alone there. */
static const struct {
	const char *text;
	bool wanted;
} maps[] = {
	{"         0       1000          1\n", true},
	{"      1000       1000          1\n", true},
	{"         0          0          1\n", false}, /* root itself */
	{"         0          0 4294967295\n", false},
	{"         0     100000      65536\n", false},
	{"         0       1000          1\n         1     100000      65536\n", false},
	{"", false},
};

static void who_is_alone_is_somebody(void **state)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		char path[] = "/tmp/labctl-test-map-XXXXXX";
		int fd = mkstemp(path);
		bool got;

		assert_true(fd >= 0);
		assert_int_equal(write(fd, maps[i].text, strlen(maps[i].text)),
				 (ssize_t)strlen(maps[i].text));
		got = rootless_is_somebody(path);
		close(fd);
		unlink(path);
		if (got != maps[i].wanted)
			fail_msg("row %zu", i);
	}
	assert_false(rootless_is_somebody("/nowhere/uid_map"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_found),
		cmocka_unit_test(no_file_gives_nothing),
		cmocka_unit_test(who_is_alone_is_somebody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
