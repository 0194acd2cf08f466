// SPDX-License-Identifier: GPL-2.0-only
/* Removal of trees that somebody made to be in the way. */
#include "lib/place.h"
#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/tree.h"

#define DEEP 500 /* more than descriptors, and than a path can say */
#define FEW  64

static void touch(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static int make_folder(int parent, const char *name)
{
	int fd;

	assert_int_equal(mkdirat(parent, name, 0700), 0);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void what_is_not_there_is_removed_already(void **state)
{
	assert_int_equal(tree_remove(top, "nothing"), 0);
}

static void a_link_goes_and_its_target_stays(void **state)
{
	int folder = make_folder(top, "target");

	touch(folder, "file");
	assert_int_equal(symlinkat("target", top, "link"), 0);
	assert_int_equal(tree_remove(top, "link"), 0);
	assert_int_equal(faccessat(folder, "file", F_OK, 0), 0);
	assert_int_equal(symlinkat("..", folder, "up"), 0);
	assert_int_equal(tree_remove(top, "target"), 0);
	(void)close(folder);
}

static void depth_is_no_defence(void **state)
{
	int at = make_folder(top, "deep");

	for (int i = 0; i < DEEP; i++) {
		int next = make_folder(at, ".removed-0"); /* the very names that it uses */

		touch(at, "file");
		(void)close(at);
		at = next;
	}
	(void)close(at);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){FEW, FEW}), 0);
	assert_int_equal(tree_remove(top, "deep"), 0);
	assert_int_equal(faccessat(top, "deep", F_OK, 0), -1);
}

static void breadth_is_none_either(void **state)
{
	int folder = make_folder(top, "wide");

	for (int i = 0; i < 30; i++) {
		char name[32];
		int inner;

		(void)snprintf(name, sizeof(name), "%d", i);
		inner = make_folder(folder, name);
		for (int k = 0; k < 20; k++) {
			(void)snprintf(name, sizeof(name), "%d", k);
			(void)close(make_folder(inner, name));
		}
		(void)close(inner);
	}
	(void)close(folder);
	assert_int_equal(tree_remove(top, "wide"), 0);
}

static void closed_folders_are_opened(void **state)
{
	int folder = make_folder(top, "closed"), inner = make_folder(folder, "inner");

	touch(inner, "file");
	(void)close(make_folder(inner, "innermost"));
	assert_int_equal(fchmodat(inner, "innermost", 0, 0), 0);
	assert_int_equal(fchmod(inner, 0), 0);
	assert_int_equal(fchmod(folder, 0100), 0);
	(void)close(inner);
	(void)close(folder);
	assert_int_equal(tree_remove(top, "closed"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_is_removed_already),
		cmocka_unit_test(a_link_goes_and_its_target_stays),
		cmocka_unit_test(depth_is_no_defence),
		cmocka_unit_test(breadth_is_none_either),
		cmocka_unit_test(closed_folders_are_opened),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
