// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "rootless/rootless.h"

static char dir[] = "/tmp/labctl-test-runtime-XXXXXX";

static int make_dir(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	return rmdir(dir);
}

/* Whether it is a folder of the user's own that was chosen, not `given`. */
static void expect_other(const char *given)
{
	auto_free char *folder = rootless_folder(given);
	char tmp[64], run[64];

	snprintf(tmp, sizeof(tmp), "/tmp/labctl-%u", geteuid());
	snprintf(run, sizeof(run), "/run/user/%u/labctl", geteuid());
	if (strcmp(folder, tmp) != 0 && strcmp(folder, run) != 0)
		fail_msg("%s gives %s", given ? given : "nothing", folder);
}

static void a_folder_of_the_user_alone_is_taken(void **state)
{
	auto_free char *folder = rootless_folder(dir);
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "%s/labctl", dir);
	assert_string_equal(folder, wanted);
}

static void others_are_passed_over(void **state)
{
	char link[128];

	expect_other(NULL);
	expect_other("");
	expect_other("relative");
	expect_other("/nowhere/at/all");
	expect_other("/tmp"); /* anybody may write there */
	expect_other("/dev/null");

	assert_int_equal(chmod(dir, 0770), 0);
	expect_other(dir);
	assert_int_equal(chmod(dir, 0700), 0);

	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink(dir, link), 0);
	expect_other(link);
	assert_int_equal(unlink(link), 0);
	if (geteuid() != 0)
		expect_other("/root"); /* somebody else's */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_of_the_user_alone_is_taken),
		cmocka_unit_test(others_are_passed_over),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
