// SPDX-License-Identifier: GPL-2.0-only
/* What is to be done to a namespace's routes, given what the kernel told and what is wanted. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "routing/fib.h"

#define NOW   5000u
#define TABLE 254
#define VIA_1 0x64400102
#define VIA_2 0x64400202

static const struct ip_prefix ten = {0x0a000000, 8}, eleven = {0x0b000000, 8};

struct fixture {
	struct routing_fib *fib;
	size_t v1, v2; /* devices */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->fib = routing_fib_new();
	f->v1 = routing_fib_device(f->fib, "v1");
	f->v2 = routing_fib_device(f->fib, "v2");
	assert_int_equal(routing_fib_device(f->fib, "v1"), f->v1);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	routing_fib_free(f->fib);
	free(f);
	return 0;
}

static void link_is(struct fixture *f, const char *name, int index, bool up)
{
	routing_fib_link(f->fib, &(struct routing_link){.name = name, .index = index, .up = up});
}

static void link_gone(struct fixture *f, const char *name, int index)
{
	routing_fib_link(f->fib,
			 &(struct routing_link){.name = name, .index = index, .gone = true});
}

static void want(struct fixture *f, struct ip_prefix dst, size_t device, uint32_t via)
{
	const struct routing_hop hop = {device, via, true};

	routing_fib_want(f->fib, TABLE, dst, 204, &hop, via != 0);
}

/* The kernel tells of a route with our metric. */
static struct routing_told told(struct ip_prefix dst, uint8_t protocol, int index, uint32_t via)
{
	const struct routing_nexthop hop = {index, via, true};

	return (struct routing_told){.unicast = true,
				     .protocol = protocol,
				     .table = TABLE,
				     .metric = ROUTING_METRIC,
				     .dst = dst,
				     .print = routing_hops_print(&hop, 1)};
}

static void comes(struct fixture *f, struct routing_told t)
{
	routing_fib_route(f->fib, &t);
}

static void goes(struct fixture *f, struct routing_told t)
{
	t.gone = true;
	routing_fib_route(f->fib, &t);
}

/* The orders of a moment, as "create 10.0.0.0/8 v7 100.64.1.2". */
static char *orders_text(struct fixture *f, uint64_t now)
{
	static const char *const acts[] = {"create", "replace", "remove"};
	struct strbuf b = {0};
	char dst[IP_PREFIX_STRLEN], via[IP_STRLEN];
	size_t n;
	auto_free struct routing_order *orders = routing_fib_orders(f->fib, now, &n);

	for (size_t i = 0; i < n; i++) {
		strbuf_printf(&b, "%s%s %s", i ? "; " : "", acts[orders[i].act],
			      ip_prefix_format(orders[i].dst, dst));
		for (size_t k = 0; k < orders[i].n && orders[i].act != ROUTING_REMOVE; k++)
			strbuf_printf(&b, " %d %s", orders[i].hops[k].index,
				      ip_format(orders[i].hops[k].via, via));
	}
	return strbuf_take(&b);
}

static void expect_(struct fixture *f, uint64_t now, const char *text, int line)
{
	auto_free char *got = orders_text(f, now);

	if (strcmp(got, text) != 0)
		fail_msg("line %d: \"%s\"", line, got);
}
#define expect(f, now, text) expect_((f), (now), (text), __LINE__)

static void a_wanted_route_is_created_once(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2");
	assert_int_equal(routing_fib_state(f->fib)->missing, 1);
	expect(f, NOW, "");
	comes(f, told(ten, 204, 7, VIA_1));
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->missing, 0);
	assert_int_equal(routing_fib_state(f->fib)->routes, 1);
	assert_true(routing_fib_state(f->fib)->due == UINT64_MAX);
	want(f, ten, f->v1, VIA_1); /* nothing new */
	expect(f, NOW, "");
}

static void another_choice_replaces_and_none_removes(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	link_is(f, "v2", 8, true);
	comes(f, told(ten, 204, 7, VIA_1));
	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, ""); /* it was there already: no gap after a restart */
	want(f, ten, f->v2, VIA_2);
	expect(f, NOW, "replace 10.0.0.0/8 8 100.64.2.2"); /* at once, whatever the pace */
	comes(f, told(ten, 204, 8, VIA_2));
	expect(f, NOW, "");
	want(f, ten, 0, 0);
	expect(f, NOW, "remove 10.0.0.0/8");
	goes(f, told(ten, 204, 8, VIA_2));
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->routes, 0);
}

static void leftovers_go_and_foreign_routes_stay(void **state)
{
	struct fixture *f = *state;
	struct routing_told other_metric = told(ten, 204, 7, VIA_1);

	other_metric.metric = 999;
	comes(f, other_metric);
	comes(f, told(eleven, 4, 7, VIA_1));
	expect(f, NOW, "");
	comes(f, told(ten, 205, 7, VIA_1)); /* of an older configuration */
	expect(f, NOW, "remove 10.0.0.0/8");
}

static void of_our_protocols_either_is_ours(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	comes(f, told(ten, 205, 7, VIA_1));
	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, "replace 10.0.0.0/8 7 100.64.1.2"); /* in one message: no gap */
}

static void a_place_that_is_taken_is_waited_for(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	comes(f, told(ten, 4, 9, VIA_2));
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->taken, 1);
	assert_true(ip_prefix_equal(routing_fib_state(f->fib)->dst, ten));
	assert_true(routing_fib_state(f->fib)->due == UINT64_MAX); /* no polling */
	goes(f, told(ten, 4, 9, VIA_2));
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2");
	comes(f, told(ten, 204, 7, VIA_1));
	/* one that comes beside ours is left alone; ours is not replaced by message any more */
	comes(f, told(ten, 4, 9, VIA_2));
	expect(f, NOW, "");
	link_is(f, "v2", 8, true);
	want(f, ten, f->v2, VIA_2);
	expect(f, NOW, "remove 10.0.0.0/8"); /* exactly ours */
}

static void a_foreign_route_may_replace_ours(void **state)
{
	struct fixture *f = *state;
	struct routing_told t = told(ten, 4, 9, VIA_2);

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	comes(f, told(ten, 204, 7, VIA_1));
	t.replaces = true;
	comes(f, t);
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->taken, 1);
	assert_int_equal(routing_fib_state(f->fib)->routes, 0);
}

static void what_is_deleted_comes_back_at_its_pace(void **state)
{
	struct fixture *f = *state;
	const struct routing_told t = told(ten, 204, 7, VIA_1);

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2");
	comes(f, t);
	goes(f, t);
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->due, NOW + ROUTING_PACE_MS);
	expect(f, NOW + ROUTING_PACE_MS - 1, "");
	expect(f, NOW + ROUTING_PACE_MS, "create 10.0.0.0/8 7 100.64.1.2");
	comes(f, t);
	expect(f, NOW + 2000, "");
	goes(f, t); /* long after: at once */
	expect(f, NOW + 2000, "create 10.0.0.0/8 7 100.64.1.2");
}

static void a_refusal_is_tried_again_in_time(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2");
	assert_int_equal(routing_fib_state(f->fib)->due, NOW + ROUTING_RETRY_MS);
	expect(f, NOW + ROUTING_RETRY_MS - 1, "");
	expect(f, NOW + ROUTING_RETRY_MS, "create 10.0.0.0/8 7 100.64.1.2");
	routing_fib_retry(f->fib); /* an address came */
	expect(f, NOW + ROUTING_RETRY_MS + ROUTING_PACE_MS, "create 10.0.0.0/8 7 100.64.1.2");
	link_is(f, "v1", 7, false);
	link_is(f, "v1", 7, true);
	expect(f, NOW + ROUTING_RETRY_MS + 2 * ROUTING_PACE_MS, "create 10.0.0.0/8 7 100.64.1.2");
}

static void devices_are_waited_for(void **state)
{
	struct fixture *f = *state;

	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->absent, 1);
	assert_string_equal(routing_fib_state(f->fib)->dev, "v1");
	link_is(f, "v1", 7, false);
	expect(f, NOW, "");
	link_is(f, "v3", 8, true);
	expect(f, NOW, "");
	link_is(f, "v1", 7, true);
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2");
	comes(f, told(ten, 204, 7, VIA_1));
	expect(f, NOW, "");
	/* what the kernel dropped with the device is seen by a dump; it is another one then */
	link_gone(f, "v1", 7);
	routing_fib_dump(f->fib);
	expect(f, NOW, "");
	link_is(f, "v1", 12, true);
	expect(f, NOW + ROUTING_PACE_MS, "create 10.0.0.0/8 12 100.64.1.2");
}

static void a_device_may_change_its_name(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	comes(f, told(ten, 204, 7, VIA_1));
	expect(f, NOW, "");
	link_is(f, "old", 7, true);
	expect(f, NOW, "remove 10.0.0.0/8"); /* by way of v1 is what was wanted */
}

static void of_a_multipath_route_what_can_be_is_written(void **state)
{
	struct fixture *f = *state;
	const struct routing_hop hops[] = {{f->v1, VIA_1, true}, {f->v2, VIA_2, true}};
	const struct routing_nexthop both[] = {{7, VIA_1, true}, {8, VIA_2, true}};
	struct routing_told t = told(ten, 204, 0, 0);

	link_is(f, "v1", 7, true);
	routing_fib_want(f->fib, TABLE, ten, 204, hops, 2);
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2");
	comes(f, told(ten, 204, 7, VIA_1));
	expect(f, NOW, "");
	assert_int_equal(routing_fib_state(f->fib)->missing, 1);
	assert_string_equal(routing_fib_state(f->fib)->dev, "v2");
	link_is(f, "v2", 8, true);
	expect(f, NOW + 200, "replace 10.0.0.0/8 7 100.64.1.2 8 100.64.2.2");
	t.print = routing_hops_print(both, 2);
	comes(f, t);
	expect(f, NOW + 200, "");
	assert_int_equal(routing_fib_state(f->fib)->missing, 0);
	/* the kernel keeps it, with a dead hop; the living one is written alone */
	link_is(f, "v1", 7, false);
	expect(f, NOW + 300, "replace 10.0.0.0/8 8 100.64.2.2");
}

static void a_dump_is_the_truth(void **state)
{
	struct fixture *f = *state;
	struct routing_told t = told(ten, 204, 7, VIA_1), wrong = told(ten, 204, 9, VIA_2);

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	want(f, eleven, f->v1, VIA_1);
	comes(f, t);
	comes(f, told(eleven, 204, 7, VIA_1));
	expect(f, NOW, "");
	routing_fib_dump(f->fib);
	link_is(f, "v1", 7, true);
	t.dumped = wrong.dumped = true;
	comes(f, t);
	comes(f, wrong); /* appended by hand: the first one is in use */
	expect(f, NOW, "create 11.0.0.0/8 7 100.64.1.2");
	assert_int_equal(routing_fib_state(f->fib)->routes, 1);
}

static void in_the_end_all_of_ours_go(void **state)
{
	struct fixture *f = *state;

	link_is(f, "v1", 7, true);
	want(f, ten, f->v1, VIA_1);
	expect(f, NOW, "create 10.0.0.0/8 7 100.64.1.2"); /* and now its pace would hold it back */
	comes(f, told(ten, 204, 7, VIA_1));
	comes(f, told(eleven, 4, 7, VIA_1));
	routing_fib_want_nothing(f->fib);
	expect(f, NOW, "remove 10.0.0.0/8");
}

int main(void)
{
#define ON_A_FIB(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ON_A_FIB(a_wanted_route_is_created_once),
		ON_A_FIB(another_choice_replaces_and_none_removes),
		ON_A_FIB(leftovers_go_and_foreign_routes_stay),
		ON_A_FIB(of_our_protocols_either_is_ours),
		ON_A_FIB(a_place_that_is_taken_is_waited_for),
		ON_A_FIB(a_foreign_route_may_replace_ours),
		ON_A_FIB(what_is_deleted_comes_back_at_its_pace),
		ON_A_FIB(a_refusal_is_tried_again_in_time),
		ON_A_FIB(devices_are_waited_for),
		ON_A_FIB(a_device_may_change_its_name),
		ON_A_FIB(of_a_multipath_route_what_can_be_is_written),
		ON_A_FIB(a_dump_is_the_truth),
		ON_A_FIB(in_the_end_all_of_ours_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
