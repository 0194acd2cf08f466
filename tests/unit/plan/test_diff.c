// SPDX-License-Identifier: GPL-2.0-only
#include "plan/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "unit/plan/sample.h"

/* All steps, one per line, only sign and key: what follows a route's or rule's key is cut. */
static char *steps_of(const struct plan *is, const struct plan *shall)
{
	struct plan_diff *d = plan_diff(is, shall);
	struct strbuf b = {0};

	for (size_t i = 0; i < d->n; i++) {
		const struct plan_step *s = &d->steps[i];
		const void *object = s->after ? s->after : s->before;

		assert_true((s->before != NULL) == (s->op != PLAN_ADD));
		assert_true((s->after != NULL) == (s->op != PLAN_REMOVE));
		strbuf_printf(&b, "%c %s\n", "-~+"[s->op],
			      plan_describe(d->arena, s->kind, object));
	}
	plan_diff_free(d);
	strbuf_add(&b, "");
	return strbuf_take(&b);
}

static void expect(const struct plan *is, const struct plan *shall, const char *want)
{
	auto_free char *got = steps_of(is, shall);

	assert_string_equal(got, want);
}

static void expect_step(const struct plan *is, const struct plan *shall, const char *step,
			bool there)
{
	auto_free char *got = steps_of(is, shall);

	if ((strstr(got, step) != NULL) != there)
		fail_msg("%s \"%s\" in:\n%s", there ? "no" : "an unwanted", step, got);
}

#define ALL_ADDED                     \
	"+ namespace a\n"             \
	"+ namespace b\n"             \
	"+ bridge a/lan\n"            \
	"+ link a/b <-> b/eth0\n"     \
	"+ address a/b 10.9.0.1/30\n" \
	"+ neighbour a/b 10.9.0.2\n"  \
	"+ route a 1000 10.0.0.0/8\n" \
	"+ route a 1001 0.0.0.0/0\n"  \
	"+ rule a 100\n"              \
	"+ shaper a/b\n"              \
	"+ filter a t\n"              \
	"+ worker w\n"                \
	"+ node b\n"

static void test_from_nothing(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *empty = plan_new("sample");

	expect(NULL, p, ALL_ADDED);
	expect(empty, p, ALL_ADDED);
	expect(p, p, "");
	expect(NULL, NULL, "");
}

static void test_to_nothing_removes_only_what_does_not_go_by_itself(void **state)
{
	auto_plan struct plan *p = sample_plan();

	expect(p, NULL, "- node b\n- worker w\n- namespace b\n- namespace a\n");
}

static void test_replaced_link_takes_what_hangs_on_it(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	q->links[0].b.dev = "eth1";
	expect(p, q,
	       "- link a/b <-> b/eth0\n"
	       "+ link a/b <-> b/eth1\n"
	       "+ address a/b 10.9.0.1/30\n"
	       "+ neighbour a/b 10.9.0.2\n"
	       "+ route a 1000 10.0.0.0/8\n"
	       "+ shaper a/b\n");
}

static void test_replaced_namespace_takes_all(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	q->namespaces[0].router = false;
	expect(p, q,
	       "- worker w\n"
	       "- namespace a\n"
	       "+ namespace a\n"
	       "+ bridge a/lan\n"
	       "+ link a/b <-> b/eth0\n"
	       "+ address a/b 10.9.0.1/30\n"
	       "+ neighbour a/b 10.9.0.2\n"
	       "+ route a 1000 10.0.0.0/8\n"
	       "+ route a 1001 0.0.0.0/0\n"
	       "+ rule a 100\n"
	       "+ shaper a/b\n"
	       "+ filter a t\n"
	       "+ worker w\n");
}

static void test_changes(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	q->bridges[0].down = false;
	q->addresses[0].noprefixroute = false;
	q->neighbours[0].mac[5] = 9;
	q->routes[0].via++;
	q->rules[0].table = 1001;
	q->shapers[0].rate = 1000;
	q->filters[0].text = "table ip t {\n\tchain c {\n\t}\n}\n";
	q->workers[0].config = "{}";
	q->nodes[0].hosts = "127.0.0.1 localhost\n";
	q->namespaces[0].role = "other";      /* not seen by the kernel */
	q->links[0].origin.at = "lab.yaml:4"; /* nor this */
	expect(p, q,
	       "- route a 1000 10.0.0.0/8\n"
	       "- neighbour a/b 10.9.0.2\n"
	       "~ bridge a/lan\n"
	       "~ address a/b 10.9.0.1/30\n"
	       "+ neighbour a/b 10.9.0.2\n"
	       "+ route a 1000 10.0.0.0/8\n"
	       "~ rule a 100\n"
	       "~ shaper a/b\n"
	       "~ filter a t\n"
	       "~ worker w\n"
	       "~ node b\n");
}

/* What does not ask for another device leaves the device, and all that hangs on it. */
static void test_links_and_namespaces_change_in_place(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	q->links[0].a.alias = "other";
	q->links[0].b.gso_segs = 1;
	p->namespaces[0].fault = "lo: down";
	q->neighbours[0].mac[5] = 9;
	expect(p, q, "~ namespace a\n~ link a/b <-> b/eth0\n~ neighbour a/b 10.9.0.2\n");
	q->links[0].b.mac[5]++; /* would flush the neighbours */
	expect(p, q,
	       "- link a/b <-> b/eth0\n"
	       "~ namespace a\n"
	       "+ link a/b <-> b/eth0\n"
	       "+ address a/b 10.9.0.1/30\n"
	       "+ neighbour a/b 10.9.0.2\n"
	       "+ route a 1000 10.0.0.0/8\n"
	       "+ shaper a/b\n");
}

static void test_faults_are_told(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();
	struct plan_step s = {PLAN_CHANGE, PLAN_LINK, &p->links[0], &q->links[0]};

	p->links[0].a.down = true;
	p->links[0].a.fault = "mtu 1400";
	p->links[0].b.gso_segs = 7;
	assert_string_equal(plan_step_describe(p->arena, &s),
			    "~ link a/b <-> b/eth0 a/b: down, mtu 1400; b/eth0: GSO limit");
}

/* A worker hands over to its successor before its ground goes, if the successor has ground to stand on. */
static void test_worker_hands_over_before_its_ground_goes(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	p->workers[0].ns = q->workers[0].ns = "b";
	q->workers[0].n_sockets = 0;
	q->namespaces[0].router = false;
	expect_step(p, q, "~ worker w\n", true);
	q->workers[0].ns = "a";
	expect_step(p, q, "- worker w\n", true);
	expect_step(p, q, "+ worker w\n", true);
}

static void test_what_is_of_no_plan_goes_first(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();
	struct plan_link *l;

	p->extra = plan_new("x");
	*plan_add_rule(p->extra) = (struct plan_rule){.ns = "a", .priority = 7};
	*plan_add_filter(p->extra) = (struct plan_filter){.ns = "a", .table = "inet t"};
	l = plan_add_link(p->extra);
	l->a.ns = l->b.ns = "a";
	l->a.dev = l->b.dev = "stray";
	*plan_add_address(p->extra) =
		(struct plan_address){.ns = "a", .dev = "b", .prefix = {0x0a000001, 24}};
	q->n_rules = 0;
	expect(p, q,
	       "- filter a inet t\n"
	       "- rule a 7\n"
	       "- address a/b 10.0.0.1/24\n"
	       "- device a/stray\n"
	       "- rule a 100\n");
	q->namespaces[0].router = false; /* a namespace that goes takes them along */
	expect_step(p, q, "stray", false);
}

static void test_removed_link_spares_what_is_not_on_it(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	q->n_links = q->n_addresses = q->n_neighbours = q->n_shapers = q->n_rules = 0;
	q->routes[0].type = PLAN_BLACKHOLE; /* the old one goes with its device */
	q->routes[0].dev = NULL;
	q->routes[0].via = 0;
	expect(p, q, "- rule a 100\n- link a/b <-> b/eth0\n+ route a 1000 10.0.0.0/8\n");
}

static void test_route_follows_its_source_address(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();

	p->routes[0].src = q->routes[0].src = p->addresses[0].prefix.addr;
	expect(p, q, "");
	q->addresses[0].prefix.len = 24; /* another key, the same address for a moment gone */
	expect(p, q,
	       "- route a 1000 10.0.0.0/8\n"
	       "- neighbour a/b 10.9.0.2\n"
	       "- address a/b 10.9.0.1/30\n"
	       "+ address a/b 10.9.0.1/24\n"
	       "+ neighbour a/b 10.9.0.2\n"
	       "+ route a 1000 10.0.0.0/8\n");
}

/* The kernel drops what leads through a device that loses its last address, not before. */
static void test_bare_device_loses_its_routes(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();
	struct plan_address *second;

	q->addresses[0].prefix.addr++;
	expect(p, q,
	       "- route a 1000 10.0.0.0/8\n"
	       "- neighbour a/b 10.9.0.2\n"
	       "- address a/b 10.9.0.1/30\n"
	       "+ address a/b 10.9.0.2/30\n"
	       "+ neighbour a/b 10.9.0.2\n"
	       "+ route a 1000 10.0.0.0/8\n");
	second = plan_add_address(p);
	*second = q->addresses[0];
	plan_sort(p);
	expect(p, q, "- address a/b 10.9.0.1/30\n");
}

static void test_inverse(void **state)
{
	auto_plan struct plan *p = sample_plan();
	const void *x = &p->rules[0], *y = &p->routes[0];
	struct plan_step add =
		plan_step_inverse((struct plan_step){PLAN_REMOVE, PLAN_RULE, x, NULL});
	struct plan_step remove =
		plan_step_inverse((struct plan_step){PLAN_ADD, PLAN_RULE, NULL, x});
	struct plan_step change =
		plan_step_inverse((struct plan_step){PLAN_CHANGE, PLAN_RULE, x, y});

	assert_true(add.op == PLAN_ADD && !add.before && add.after == x);
	assert_true(remove.op == PLAN_REMOVE && remove.before == x && !remove.after);
	assert_true(change.op == PLAN_CHANGE && change.before == y && change.after == x);
}

static void test_describe_says_what_changes(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_plan struct plan *q = sample_plan();
	struct plan_step s = {PLAN_CHANGE, PLAN_SHAPER, &p->shapers[0], &q->shapers[0]};

	q->shapers[0].rate = 1000;
	assert_string_equal(plan_step_describe(p->arena, &s),
			    "~ shaper a/b rate 1000 bit/s delay 15000 us "
			    "(was rate 2000000 bit/s delay 15000 us)");
	q->shapers[0].rate = p->shapers[0].rate;
	p->shapers[0].burst = 1600;
	q->shapers[0].burst = 3200;
	q->shapers[0].loss_ppm = 500;
	assert_string_equal(plan_step_detail(p->arena, &s),
			    "rate 2000000 bit/s burst 3200 bytes delay 15000 us loss 500 ppm "
			    "(was rate 2000000 bit/s burst 1600 bytes delay 15000 us loss 7 ppm)");
	q->shapers[0] = (struct plan_shaper){.ns = "a", .dev = "b", .burst = 1, .reorder_ppm = 7};
	s = (struct plan_step){PLAN_ADD, PLAN_SHAPER, NULL, &q->shapers[0]};
	assert_string_equal(plan_step_detail(p->arena, &s), "reorder 7 ppm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_nothing),
		cmocka_unit_test(test_to_nothing_removes_only_what_does_not_go_by_itself),
		cmocka_unit_test(test_replaced_link_takes_what_hangs_on_it),
		cmocka_unit_test(test_replaced_namespace_takes_all),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_links_and_namespaces_change_in_place),
		cmocka_unit_test(test_faults_are_told),
		cmocka_unit_test(test_worker_hands_over_before_its_ground_goes),
		cmocka_unit_test(test_what_is_of_no_plan_goes_first),
		cmocka_unit_test(test_removed_link_spares_what_is_not_on_it),
		cmocka_unit_test(test_route_follows_its_source_address),
		cmocka_unit_test(test_bare_device_loses_its_routes),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_describe_says_what_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
