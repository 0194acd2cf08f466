// SPDX-License-Identifier: GPL-2.0-only
/** What is kept of a lesson, in a folder of its own. */
#include "lib/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "state/progress.h"

static char base[] = "/tmp/test-progress.XXXXXX";
static char root[64], folder[80];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(base))
		return -1;
	(void)snprintf(root, sizeof(root), "%s/labctl", base);
	(void)snprintf(folder, sizeof(folder), "%s-lessons", root);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(base); /* each test leaves nothing */
}

static void keeps_and_forgets(void **state)
{
	auto_error struct lab_error *err = NULL;
	auto_free char *text = NULL;

	(void)state;
	assert_null(state_progress_read(root, "a", &err));
	assert_null(err);
	assert_int_equal(state_progress_write(root, "a", "one", &err), 0);
	assert_int_equal(state_progress_write(root, "a", "two", &err), 0);
	assert_int_equal(state_progress_write(root, "b", "other", &err), 0);
	text = state_progress_read(root, "a", &err);
	assert_string_equal(text, "two");
	assert_int_equal(state_progress_remove(root, "a", &err), 0);
	assert_int_equal(state_progress_remove(root, "a", &err), 0);
	assert_null(state_progress_read(root, "a", &err));
	assert_int_equal(access(folder, F_OK), 0);
	assert_int_equal(state_progress_remove(root, "b", &err), 0);
	assert_int_equal(access(folder, F_OK), -1);
	assert_int_equal(state_progress_remove(root, "b", &err), 0);
	assert_null(err);
}

static void leaves_a_folder_of_others_alone(void **state)
{
	auto_error struct lab_error *write = NULL;
	auto_error struct lab_error *read = NULL;
	auto_error struct lab_error *remove = NULL;

	(void)state;
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(state_progress_write(root, "a", "x", &write), -1);
	assert_int_equal(lab_error_status(write), LAB_DENIED);
	assert_null(state_progress_read(root, "a", &read));
	assert_int_equal(lab_error_status(read), LAB_DENIED);
	assert_int_equal(state_progress_remove(root, "a", &remove), -1);
	assert_int_equal(lab_error_status(remove), LAB_DENIED);
	assert_int_equal(rmdir(folder), 0); /* it is empty */
}

static void follows_no_link(void **state)
{
	auto_error struct lab_error *of_folder = NULL;
	auto_error struct lab_error *err = NULL;

	(void)state;
	assert_int_equal(symlink(base, folder), 0);
	assert_int_equal(state_progress_write(root, "a", "x", &of_folder), -1);
	assert_non_null(of_folder);
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	{
		auto_strbuf struct strbuf link = {0};

		strbuf_printf(&link, "%s/a", folder);
		assert_int_equal(symlink("/etc/hostname", link.s), 0);
	}
	assert_null(state_progress_read(root, "a", &err));
	assert_non_null(err);
	assert_int_equal(state_progress_remove(root, "a", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_and_forgets),
		cmocka_unit_test(leaves_a_folder_of_others_alone),
		cmocka_unit_test(follows_no_link),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
