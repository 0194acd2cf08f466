// SPDX-License-Identifier: GPL-2.0-only
/* What stands in a running lab and is of no plan: as observe gives it, without origins. */
#include "network.h"

static struct plan_route *foreign_route(struct plan *p, const char *dst, enum plan_route_type type)
{
	struct plan_route *r;

	if (!p->extra)
		p->extra = plan_new("test");
	r = plan_add_route(p->extra);
	*r = (struct plan_route){
		.ns = "r1", .table = PLAN_TABLE_MAIN, .dst = net_prefix(dst), .type = type};
	return r;
}

static void test_foreign_routes(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	(void)foreign_route(p, "10.0.2.1/32", PLAN_BLACKHOLE);
	foreign_route(p, "10.0.2.2/32", PLAN_UNICAST)->dev = "b";
	foreign_route(p, "10.0.2.3/32", PLAN_UNICAST)->dev = "gone";
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_BLACKHOLE);
	net_assert_why(a, &trip, "the route to 10.0.2.1/32 of r1 leads nowhere");
	trip = net_ping(a, "a", "10.0.2.2");
	net_assert_why(a, &trip, "r1 finds nobody with 10.0.2.2 on b");
	assert_true(net_ping(a, "a", "10.0.2.253").ok);
}

/* Unreachable, or multipath: which of its kinds it is, the plan does not say. */
static void test_foreign_routes_that_are_not_known(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	(void)foreign_route(p, "10.0.2.0/24", PLAN_OTHER);
	p->n_routes -= 2; /* those between the routers: the first has become that one */
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.1.0/24", "far", "10.9.0.1");
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_UNKNOWN);
	net_assert_why(a, &trip,
		       "not known: a route is of a type, or has hops, that no plan has "
		       "(10.0.2.0/24 of r1)");
}

static void test_foreign_addresses(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	const struct analyse_packet packet = {.ns = "a", .dst = net_ip("10.0.2.1")};
	struct analyse_trip trip;

	p->extra = plan_new("test");
	*plan_add_address(p->extra) = (struct plan_address){
		.ns = "r1", .dev = "a", .prefix = net_prefix("10.0.2.1/24"), .noprefixroute = true};
	*plan_add_neighbour(p->extra) = (struct plan_neighbour){
		.ns = "r2", .dev = "far", .ip = net_ip("10.9.0.1"), .mac = {2, 9}};
	a = net_analyse(p);
	analyse_walk(a, &packet, "c", &trip);
	assert_int_equal(trip.there.end, ANALYSE_ELSEWHERE);
	/* those of the other devices are still where they were */
	assert_true(net_ping(a, "a", "10.0.1.253").ok);
	assert_true(net_ping(a, "a", "10.9.0.1").ok);
	/* a frame for a MAC that nobody has */
	trip = net_ping(a, "c", "10.0.1.2");
	net_assert_why(a, &trip, "r2 finds nobody with 10.9.0.1 on far");
}

static void add_foreign_rule(struct plan *extra)
{
	*plan_add_rule(extra) = (struct plan_rule){.ns = "r1", .priority = 77};
}

static void add_foreign_filter(struct plan *extra)
{
	*plan_add_filter(extra) = (struct plan_filter){.ns = "r1", .table = "inet other"};
}

static void add_foreign_device(struct plan *extra)
{
	struct plan_link *l = plan_add_link(extra);

	l->a.ns = l->b.ns = "r1";
	l->a.dev = l->b.dev = "other";
}

static void test_foreign_things_make_doubts(void **state)
{
	static const struct {
		void (*add)(struct plan *extra);
		bool delivers; /* to the router's own addresses */
		const char *why;
	} rows[] = {
		{add_foreign_rule, true,
		 "not known: r1 has a rule that is of no plan: priority 77"},
		{add_foreign_filter, false,
		 "not known: a filter stands there that is of no plan (inet other of r1)"},
		{add_foreign_device, false, "not known: r1 has a device that is of no plan: other"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = net_two_routers();
		auto_analyse struct analyse *a = NULL;
		struct analyse_trip trip;

		p->extra = plan_new("test");
		rows[i].add(p->extra);
		a = net_analyse(p);
		trip = net_ping(a, "a", "10.0.2.1");
		assert_int_equal(trip.there.end, ANALYSE_UNKNOWN);
		net_assert_why(a, &trip, rows[i].why);
		trip = net_ping(a, "r1", "10.0.1.253"); /* to itself */
		assert_int_equal(trip.ok, rows[i].delivers);
		assert_true(net_ping(a, "c", "10.9.0.2").ok); /* not by way of r1 */
	}
}

/* A line's own namespace is no hop, and what was put into it stops frames nevertheless. */
static void test_foreign_things_beside_a_bridge(void **state)
{
	auto_plan struct plan *p = bridged(false);
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	p->extra = plan_new("test");
	*plan_add_filter(p->extra) = (struct plan_filter){.ns = "line", .table = "bridge other"};
	a = net_analyse(p);
	trip = net_ping(a, "h1", "10.0.0.3");
	net_assert_why(a, &trip, "not known: line has a filter that is of no plan: bridge other");
}

static struct plan_link *link_of(struct plan *p, const char *ns, const char *dev)
{
	for (size_t i = 0; i < p->n_links; i++)
		if (!strcmp(p->links[i].a.ns, ns) && !strcmp(p->links[i].a.dev, dev))
			return &p->links[i];
	fail_msg("no link of %s/%s", ns, dev);
	return NULL;
}

/* The kernel takes away what leads out of a device that is down; what comes with addresses is implied. */
static void test_a_device_that_is_down(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	p->n_routes -= 2; /* those between the routers, the last ones */
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.1.0/24", "far", "10.9.0.1");
	link_of(p, "r1", "far")->a.down = true;
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	net_assert_why(a, &trip, "r1 has no route to 10.0.2.0/24; its far is down");
	assert_false(net_ping(a, "r1", "10.9.0.2").ok);
	trip = net_ping(a, "c", "10.0.1.1");
	assert_int_equal(trip.there.end, ANALYSE_DOWN);
	net_assert_why(a, &trip, "far of r1 is down");
	assert_true(net_ping(a, "a", "10.0.1.2").ok);
	assert_true(net_ping(a, "a", "10.9.0.1").ok); /* its address is still there */
}

static void test_a_port_that_is_down(void **state)
{
	auto_plan struct plan *p = bridged(false);
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	link_of(p, "line", "h1")->a.down = true;
	a = net_analyse(p);
	trip = net_ping(a, "h1", "10.0.0.3");
	net_assert_why(a, &trip, "h1 of line is down");
	assert_true(net_ping(a, "h2", "10.0.0.3").ok);
	assert_false(net_ping(a, "h2", "10.0.0.1").ok);
}

static void test_a_device_of_another_conduct(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	link_of(p, "r1", "a")->a.fault = "forwarding 0";
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	net_assert_why(a, &trip,
		       "not known: r1 has a device that is not as planned: a, forwarding 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign_routes),
		cmocka_unit_test(test_foreign_routes_that_are_not_known),
		cmocka_unit_test(test_foreign_addresses),
		cmocka_unit_test(test_foreign_things_make_doubts),
		cmocka_unit_test(test_foreign_things_beside_a_bridge),
		cmocka_unit_test(test_a_device_that_is_down),
		cmocka_unit_test(test_a_port_that_is_down),
		cmocka_unit_test(test_a_device_of_another_conduct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
