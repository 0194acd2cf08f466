// SPDX-License-Identifier: GPL-2.0-only
/* A lab built by the real backend works: packets cross it, and its objects are as planned. */
#include "build.h"
#include "lib/sandbox.h"
#include "small_lab.h"

static void hosts_reach_each_other(void **state)
{
	struct backend_namespace_id ids[BUILD_MAX_NAMESPACES] = {0};
	struct plan *p = small_lab();
	struct backend *b = build_backend("small");
	struct lab_error *err = NULL;

	must_hold(build_to(b, NULL, p, ids, &err), &err);
	assert_int_equal(sandbox_sh("ip netns exec small.h1 ping -c1 -W1 10.0.1.2"), 0);
	kernel_backend_free(b);
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_reach_each_other),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
