// SPDX-License-Identifier: GPL-2.0-only
/* What devices of several namespaces count, read again and again. */
#include "build.h"
#include "lib/sandbox.h"
#include "small_lab.h"

#include "base/cleanup.h"
#include "kernel/counters.h"

static struct plan *plan;
static struct backend *backend;
static struct kernel_counters *counters;
static struct backend_namespace_id ids[BUILD_MAX_NAMESPACES];

/* As read last, of one device. */
struct seen {
	const char *ns, *dev;
	struct plan_counters k;
	size_t n, all;
};

static void see(const char *ns, const char *dev, const struct plan_counters *k, void *data)
{
	struct seen *s = data;

	s->all++;
	if (strcmp(ns, s->ns) != 0 || strcmp(dev, s->dev) != 0)
		return;
	s->n++;
	s->k = *k;
}

static struct plan_counters read_one(const char *ns, const char *dev)
{
	struct seen s = {.ns = ns, .dev = dev};
	struct lab_error *err = NULL;

	must_hold(kernel_counters_read(counters, see, &s, &err), &err);
	assert_int_equal(s.n, 1);
	return s.k;
}

static int set_up(void **state)
{
	static const char *const namespaces[] = {"r", "nobody", "h1"};
	struct lab_error *err = NULL;

	plan = small_lab();
	backend = build_backend("small");
	must_hold(build_to(backend, NULL, plan, ids, &err), &err);
	counters = kernel_counters_new("small", namespaces, ARRAY_LEN(namespaces), &err);
	must_hold(counters ? 0 : -1, &err);
	return 0;
}

static int tear_down(void **state)
{
	kernel_counters_free(counters);
	build_undo(backend, plan, ids);
	return 0;
}

static void traffic_is_counted_at_both_ends(void **state)
{
	struct plan_counters r = read_one("r", "h1"), h = read_one("h1", "eth0"), r2, h2;

	assert_int_equal(
		sandbox_sh("ip netns exec small.h1 ping -q -c3 -i0.05 -s1000 -W2 10.0.1.253 "
			   ">/dev/null"),
		0);
	r2 = read_one("r", "h1");
	h2 = read_one("h1", "eth0");
	assert_true(r2.rx_packets - r.rx_packets >= 3 && r2.tx_packets - r.tx_packets >= 3);
	assert_in_range(r2.rx_bytes - r.rx_bytes, 3 * 1042, 3 * 1042 + 1000); /* and ARP */
	assert_int_equal(h2.tx_bytes - h.tx_bytes, r2.rx_bytes - r.rx_bytes);
	assert_int_equal(h2.rx_bytes - h.rx_bytes, r2.tx_bytes - r.tx_bytes);
	assert_int_equal(r2.drops, r.drops);
	assert_true(r2.up && r2.carrier && h2.up && h2.carrier);
}

static void an_end_that_is_down(void **state)
{
	assert_int_equal(sandbox_sh("ip -n small.h1 link set eth0 down"), 0);
	assert_false(read_one("h1", "eth0").up);
	assert_true(read_one("r", "h1").up);
	assert_false(read_one("r", "h1").carrier);
}

/* As by a shaper whose queue is full. */
static void what_a_queue_drops(void **state)
{
	uint64_t before;

	/* so that the neighbour is known */
	assert_int_equal(sandbox_sh("ip netns exec small.h1 ping -q -c1 -W2 10.0.1.253 >/dev/null"),
			 0);
	assert_int_equal(
		sandbox_sh("tc -n small.h1 qdisc replace dev eth0 root handle 5: bfifo limit 1"),
		0);
	before = read_one("h1", "eth0").drops;
	(void)sandbox_sh(
		"ip netns exec small.h1 ping -q -c3 -i0.05 -W1 10.0.1.253 >/dev/null 2>&1");
	assert_true(read_one("h1", "eth0").drops >= before + 3);
}

/* No namespace of that name is no error; one that went is told of as long as it is held. */
static void namespaces_that_are_not_there(void **state)
{
	struct seen s = {.ns = "nobody", .dev = "lo"};
	struct lab_error *err = NULL;

	must_hold(kernel_counters_read(counters, see, &s, &err), &err);
	assert_int_equal(s.n, 0);
	assert_true(s.all >= 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(traffic_is_counted_at_both_ends),
		TEST(an_end_that_is_down),
		TEST(what_a_queue_drops),
		TEST(namespaces_that_are_not_there),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
