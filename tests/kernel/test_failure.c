// SPDX-License-Identifier: GPL-2.0-only
/* A step that the kernel refuses: the error says which, *done counts, nothing behind it stays. */
#include "build.h"
#include "lib/sandbox.h"
#include "small_lab.h"

#include "base/cleanup.h"

static struct plan *plan;
static struct backend *backend;
static struct backend_namespace_id ids[BUILD_MAX_NAMESPACES];

static int set_up(void **state)
{
	struct lab_error *err = NULL;

	plan = small_lab();
	backend = build_backend("small");
	must_hold(build_to(backend, NULL, plan, ids, &err), &err);
	return 0;
}

static int tear_down(void **state)
{
	build_undo(backend, plan, ids);
	return 0;
}

static void assert_as_planned(void)
{
	struct lab_error *err = NULL;
	const char **foreign;
	size_t n_foreign;
	struct plan *there = kernel_observe("small", plan, ids, NULL, &foreign, &n_foreign, &err);
	struct plan_diff *d;

	must_hold(there ? 0 : -1, &err);
	d = plan_diff(there, plan);
	if (d->n)
		fail_msg("%s", plan_step_describe(d->arena, &d->steps[0]));
	plan_diff_free(d);
	plan_free(there);
}

/* Two good routes, one with an impossible next hop, and one more good one, in one batch. */
static void a_refused_route_leaves_nothing_behind_it(void **state)
{
	struct plan *p = plan_new("small");
	auto_error struct lab_error *err = NULL;
	struct plan_step steps[4];
	size_t done = 99;

	small_route(p, "r", 1002, IP(10, 1, 0, 0), 16, "h1", 0);
	small_route(p, "r", 1002, IP(10, 2, 0, 0), 16, "h1", 0);
	small_route(p, "r", 1002, IP(10, 3, 0, 0), 16, "h1", IP(99, 9, 9, 9));
	small_route(p, "r", 1002, IP(10, 4, 0, 0), 16, "h1", 0);
	p->routes[2].origin = (struct plan_origin){"vpcs.r.route", "lab.yaml:77"};
	for (size_t i = 0; i < 4; i++)
		steps[i] = (struct plan_step){PLAN_ADD, PLAN_ROUTE, NULL, &p->routes[i]};
	assert_int_equal(backend->ops->run(backend, steps, 4, &done, &err), -1);
	assert_int_equal(done, 2);
	assert_int_equal(lab_error_status(err), LAB_FAILED);
	assert_non_null(strstr(lab_error_message(err), "cannot add route r 1002 10.3.0.0/16"));
	assert_non_null(strstr(lab_error_message(err), "vpcs.r.route, lab.yaml:77"));
	assert_non_null(strstr(lab_error_message(err), "gateway")); /* the kernel's own words */
	assert_int_equal(sandbox_sh("ip -n small.r route show table 1002 | grep -q 10.2.0.0/16"),
			 0);
	assert_int_not_equal(sandbox_sh("ip -n small.r route show table 1002 | grep -q 10.4.0.0"),
			     0);
	assert_int_equal(sandbox_sh("ip -n small.r route flush table 1002"), 0); /* of no plan */
	plan_free(p);
	assert_as_planned();
}

/* The pair is born and then one of its settings refused: the pair goes again. */
static void half_a_link_is_taken_back(void **state)
{
	struct plan *p = plan_new("small");
	auto_error struct lab_error *err = NULL;
	struct plan_link *l = small_link(p, "r", "h9", "h1");
	struct plan_step step = {PLAN_ADD, PLAN_LINK, NULL, l};
	size_t done = 99;

	l->b.dev = "eth9";
	l->b.gso_segs = 1000000; /* more than a device can have */
	assert_int_equal(backend->ops->run(backend, &step, 1, &done, &err), -1);
	assert_int_equal(done, 0);
	assert_non_null(strstr(lab_error_message(err), "cannot add link r/h9"));
	assert_int_not_equal(sandbox_sh("ip -n small.r link show h9 2>/dev/null"), 0);
	assert_int_not_equal(sandbox_sh("ip -n small.h1 link show eth9 2>/dev/null"), 0);
	plan_free(p);
	assert_as_planned();
}

static const struct {
	const char *text, *message;
} bad_tables[] = {
	{"table ip sg { chain c { ip saddr 10.0.0.1 accept accept; }; }", "Error"},
	{"table ip sg { chain c { jump nowhere; }; }", "No such file or directory"},
};

static void a_bad_table_leaves_the_old_one(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_tables); i++) {
		struct plan_filter bad = plan->filters[0];
		struct plan_step step = {PLAN_CHANGE, PLAN_FILTER, &plan->filters[0], &bad};
		auto_error struct lab_error *err = NULL;
		size_t done = 99;

		bad.text = bad_tables[i].text;
		assert_int_equal(backend->ops->run(backend, &step, 1, &done, &err), -1);
		assert_int_equal(done, 0);
		assert_non_null(strstr(lab_error_message(err), "cannot change filter r sg"));
		assert_non_null(strstr(lab_error_message(err), bad_tables[i].message));
		assert_null(strstr(lab_error_message(err), "File exists"));
		assert_as_planned();
	}
}

static void an_unknown_device_is_named(void **state)
{
	struct plan_address a = {small_origin(), "r", "nodev", {IP(1, 2, 3, 4), 32}, false};
	struct plan_step step = {PLAN_ADD, PLAN_ADDRESS, NULL, &a};
	auto_error struct lab_error *err = NULL;
	size_t done = 99;

	assert_int_equal(backend->ops->run(backend, &step, 1, &done, &err), -1);
	assert_int_equal(done, 0);
	assert_non_null(strstr(lab_error_message(err), "no device nodev in namespace r"));
}

/* Twice added and twice removed is as good as once; the objects are those of the plan. */
static void steps_may_be_repeated(void **state)
{
	struct plan_diff *d = plan_diff(NULL, plan);
	struct lab_error *err = NULL;
	size_t first = 0, done;

	while (d->steps[first].kind == PLAN_NAMESPACE)
		first++;
	must_hold(backend->ops->run(backend, d->steps + first, d->n - first, &done, &err), &err);
	assert_int_equal(done, d->n - first);
	assert_as_planned();
	for (int round = 0; round < 2; round++)
		for (size_t i = d->n; i-- > first;) {
			struct plan_step s = plan_step_inverse(d->steps[i]);

			must_hold(backend->ops->run(backend, &s, 1, &done, &err), &err);
		}
	assert_int_not_equal(sandbox_sh("ip -n small.r link show h1 2>/dev/null"), 0);
	assert_int_not_equal(sandbox_sh("ip netns exec small.r nft list table ip sg 2>/dev/null"),
			     0);
	must_hold(backend->ops->run(backend, d->steps + first, d->n - first, &done, &err), &err);
	assert_as_planned();
	plan_diff_free(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_route_leaves_nothing_behind_it),
		TEST(half_a_link_is_taken_back),
		TEST(a_bad_table_leaves_the_old_one),
		TEST(an_unknown_device_is_named),
		TEST(steps_may_be_repeated),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
