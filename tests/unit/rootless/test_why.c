// SPDX-License-Identifier: GPL-2.0-only
/* What is told about a refusal, with a /proc that says what each distribution's would. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/tree.h"
#include "rootless/why.h"

static char proc[] = "/tmp/labctl-test-proc-XXXXXX";

static int make_proc(void **state)
{
	return mkdtemp(proc) ? 0 : -1;
}

static int remove_proc(void **state)
{
	return tree_remove(AT_FDCWD, proc);
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", proc, folder);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", proc, folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect(int errnum, const char *said, const char *advised)
{
	struct lab_error *err = NULL;

	(void)lab_error_errno(&err, LAB_FAILED, errnum, "without root: make its namespaces");
	assert_int_equal(rootless_explain(proc, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_DENIED);
	assert_non_null(strstr(lab_error_message(err), "make its namespaces: "));
	if (!strstr(lab_error_message(err), said))
		fail_msg("\"%s\" does not say \"%s\"", lab_error_message(err), said);
	if (!strstr(lab_error_hint_get(err), advised))
		fail_msg("\"%s\" does not advise \"%s\"", lab_error_hint_get(err), advised);
	lab_error_free(err);
}

static void the_setting_is_named(void **state)
{
	put("sys", "none", "");
	expect(EPERM, "Operation not permitted", "labctl doctor");
	expect(ENOSPC, "No space left", "user.max_*_namespaces");
	expect(ENOSYS, "not implemented", "CONFIG_USER_NS");

	put("self", "status", "Name:\tlabctl\nSeccomp:\t0\n");
	expect(EPERM, "Operation not permitted", "labctl doctor");
	put("self", "status", "Name:\tlabctl\nSeccomp:\t2\n");
	expect(EPERM, "Seccomp is 2", "seccomp=unconfined");

	put("sys/kernel", "apparmor_restrict_unprivileged_userns", "0\n");
	expect(EPERM, "Seccomp is 2", "seccomp=unconfined");
	put("sys/kernel", "apparmor_restrict_unprivileged_userns", "1\n");
	expect(EACCES, "kernel.apparmor_restrict_unprivileged_userns is 1", "apparmor_parser -r");

	put("sys/user", "max_user_namespaces", "10\n");
	put("sys/user", "max_net_namespaces", "0\n");
	expect(ENOSPC, "user.max_net_namespaces is 0", "sysctl user.max_net_namespaces=");
	put("sys/user", "max_user_namespaces", "0\n");
	expect(ENOSPC, "user.max_user_namespaces is 0", "sysctl user.max_user_namespaces=");

	put("sys/kernel", "unprivileged_userns_clone", "0\n");
	expect(EPERM, "kernel.unprivileged_userns_clone is 0",
	       "sysctl kernel.unprivileged_userns_clone=1");
	put("sys/kernel", "unprivileged_userns_clone", "\n"); /* not a number: no reason */
	expect(EPERM, "user.max_user_namespaces is 0", "sudo labctl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_setting_is_named),
	};

	return cmocka_run_group_tests(tests, make_proc, remove_proc);
}
