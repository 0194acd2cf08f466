// SPDX-License-Identifier: GPL-2.0-only
/* The probes tell what is there from what is not, and leave nothing. */
#include "build.h"
#include "lib/sandbox.h"

#include <sys/wait.h>

#include "base/cleanup.h"

static const struct kernel_feature *find(const struct kernel_feature *list, size_t n,
					 const char *name)
{
	for (size_t i = 0; list && i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	fail_msg("no feature %s", name);
	return NULL;
}

static void every_row_is_complete(void **state)
{
	struct lab_error *err = NULL;
	size_t n, n_host;
	auto_free struct kernel_feature *list = kernel_probe_features(&n, &err);
	auto_free struct kernel_feature *host = kernel_check_host(&n_host);

	must_hold(list ? 0 : -1, &err);
	for (size_t i = 0; list && i < n; i++) {
		assert_true(list[i].cost[0] && list[i].remedy[0]);
		assert_int_equal(list[i].detail[0] == '\0', list[i].ok);
	}
	for (size_t i = 0; i < n_host; i++)
		assert_true(host[i].ok || host[i].detail[0]);
	assert_true(find(list, n, "veth across namespaces")->ok);
}

/* tc asks the same question in its own way. */
static void netem_is_told_truly(void **state)
{
	struct lab_error *err = NULL;
	size_t n;
	auto_free struct kernel_feature *list = kernel_probe_features(&n, &err);
	bool tc = sandbox_sh("ip link add d0 type veth peer name d1 && "
			     "tc qdisc add dev d0 root netem delay 1ms 2>/dev/null") == 0;

	must_hold(list ? 0 : -1, &err);
	assert_int_equal(find(list, n, "netem")->ok, tc);
	assert_int_equal(kernel_has_netem(&err), tc);
	assert_int_not_equal(sandbox_sh("tc qdisc show dev lo | grep netem"),
			     0); /* nothing was made */
	assert_int_equal(sandbox_sh("ip link del d0"), 0);
}

static void nothing_is_left(void **state)
{
	struct lab_error *err = NULL;
	size_t n;
	auto_free struct kernel_feature *list = NULL;

	assert_int_equal(sandbox_sh("ip -o link > /run/before; ls -l /proc/$PPID/fd > /run/fds"),
			 0);
	list = kernel_probe_features(&n, &err);
	must_hold(list ? 0 : -1, &err);
	assert_int_equal(sandbox_sh("ip -o link | cmp - /run/before"), 0);
	assert_int_equal(sandbox_sh("test $(ls /proc/$PPID/fd | wc -l) = "
				    "$(($(wc -l < /run/fds) - 1))"),
			 0);
	assert_int_not_equal(sandbox_sh("test -e /run/netns"), 0);
}

static void without_privilege_it_says_so(void **state)
{
	auto_error struct lab_error *err = NULL;
	size_t n;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct kernel_feature *list;

		/* another user namespace: no rights over the one that owns the network */
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(0);
		list = kernel_probe_features(&n, &err);
		_exit(!list && lab_error_status(err) == LAB_DENIED && lab_error_hint_get(err) ? 0
											      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(netem_is_told_truly),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(without_privilege_it_says_so),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
