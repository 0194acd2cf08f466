// SPDX-License-Identifier: GPL-2.0-only
/* Packets through small networks made by hand. */
#include "network.h"

static void test_there_and_back(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = net_analyse(p);
	const struct analyse_trip trip = net_ping(a, "a", "10.0.2.1");

	assert_true(trip.ok);
	assert_int_equal(trip.there.src, net_ip("10.0.1.1"));
	assert_int_equal(trip.there.n_hops, 4);
	assert_string_equal(trip.there.hops[1].ns->name, "r1");
	assert_string_equal(trip.there.hops[1].in, "a");
	assert_string_equal(trip.there.hops[1].out, "far");
	assert_int_equal(trip.there.hops[1].next, net_ip("10.9.0.2"));
	assert_int_equal(trip.there.hops[1].route->dst.addr, net_ip("10.0.2.0"));
	assert_string_equal(trip.there.hops[3].ns->name, "c");
	assert_null(trip.there.hops[3].out);
	assert_int_equal(trip.back.n_hops, 4);
	/* proxy ARP: both are on one subnet, and on ports of their own */
	assert_true(net_ping(a, "a", "10.0.1.2").ok);
	/* addresses of routers */
	assert_true(net_ping(a, "a", "10.0.2.253").ok);
	assert_true(net_ping(a, "a", "10.9.0.1").ok);
	/* the answer to oneself needs nobody */
	assert_true(net_ping(a, "a", "127.0.0.1").ok);
}

static void test_no_route(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	net_route(p, "r1", PLAN_TABLE_MAIN, "0.0.0.0/0", NULL, NULL)->metric = PLAN_METRIC_LAST;
	net_route(p, "r2", PLAN_TABLE_MAIN, "192.168.1.0/24", NULL, NULL)->proto =
		PLAN_PROTO_CUSTOM;
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "192.168.0.0/16", "far", "10.9.0.2");
	a = net_analyse(p);
	trip = net_ping(a, "a", "172.16.0.1");
	assert_int_equal(trip.there.end, ANALYSE_NO_ROUTE);
	net_assert_why(a, &trip, "r1 has no route to 172.16.0.1");
	trip = net_ping(a, "a", "192.168.1.1");
	assert_int_equal(trip.there.end, ANALYSE_BLACKHOLE);
	net_assert_why(a, &trip, "the route to 192.168.1.0/24 of r2 leads nowhere");
	trip = net_ping(a, "a", "192.168.2.1");
	assert_int_equal(trip.there.end, ANALYSE_NO_ROUTE);
	net_assert_why(a, &trip, "r2 has no route to 192.168.2.1");
}

static void test_no_way_back(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	for (size_t i = 0; i < p->n_routes; i++)
		if (p->routes[i].dst.addr == net_ip("10.0.1.0") && !strcmp(p->routes[i].ns, "r2"))
			p->routes[i].dst = net_prefix("10.0.1.2/32"); /* b only */
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_DELIVERED);
	assert_int_equal(trip.back.end, ANALYSE_NO_ROUTE);
	net_assert_why(a, &trip, "no way back: r2 has no route to 10.0.1.0/24");
	assert_true(net_ping(a, "b", "10.0.2.1").ok);
}

/* By netem; what labctl-wire loses is its configuration's. */
static void test_a_line_that_loses_all(void **state)
{
	static const struct {
		const char *ns, *dev;
		uint32_t loss_ppm;
		bool passes;
	} lines[] = {
		{"r1", "far", 999999, true},
		{"r1", "far", 1000000, false},
		{"r2", "far", 1000000, false}, /* either end will do */
		{"r1", "b", 1000000, true},    /* not on the way */
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		auto_plan struct plan *p = net_two_routers();
		auto_analyse struct analyse *a = NULL;

		*plan_add_shaper(p) = (struct plan_shaper){.origin = here,
							   .ns = lines[i].ns,
							   .dev = lines[i].dev,
							   .loss_ppm = lines[i].loss_ppm};
		a = net_analyse(p);
		assert_int_equal(net_ping(a, "a", "10.0.2.1").ok, lines[i].passes);
	}
}

/* It is no neighbour that is missing; the link is named where `links:` says so. */
static void test_what_loses_all_is_named(void **state)
{
	static const struct {
		const char *resource, *target, *why;
	} lines[] = {
		{"links.far-away", "10.0.2.1", "link far-away loses every packet"},
		{"vpcs.v", "10.0.2.1", "the line at far of r2 loses every packet"},
		{"links.far-away", "10.9.0.3", "r1 finds nobody with 10.9.0.3 on far"},
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		auto_plan struct plan *p = net_two_routers();
		auto_analyse struct analyse *a = NULL;
		struct analyse_trip trip;

		*plan_add_shaper(p) =
			(struct plan_shaper){.origin = {lines[i].resource, "lab.yaml:9"},
					     .ns = "r2",
					     .dev = "far",
					     .loss_ppm = 1000000};
		a = net_analyse(p);
		trip = net_ping(a, "a", lines[i].target);
		net_assert_why(a, &trip, lines[i].why);
	}
}

/* The longest prefix, then the lowest metric; what a rule names comes before the main table. */
static void test_choice_of_routes(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.2.0/24", NULL, NULL)->metric = 50;
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.0.0/8", NULL, NULL);
	(void)net_route(p, "r1", 2000, "10.0.2.1/32", NULL, NULL);
	net_rule(p, "r1", 100, 2000)->iif = "b";
	a = net_analyse(p);
	assert_true(net_ping(a, "a", "10.0.2.1").ok);
	trip = net_ping(a, "b", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_BLACKHOLE);
	assert_int_equal(trip.there.hops[1].rule->priority, 100);
	/* its table does not have it: the next one is asked */
	assert_true(net_ping(a, "b", "10.0.2.253").ok);
}

static void test_rules_by_source_and_device(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_packet packet = {.ns = "r1", .dst = net_ip("10.0.2.1")};
	struct analyse_trip trip;

	net_rule(p, "r1", 100, 2000)->from = net_prefix("10.9.0.1/32");
	(void)net_route(p, "r1", 2000, "10.0.2.0/24", NULL, NULL);
	net_rule(p, "r1", 200, 2001)->oif = "far";
	net_route(p, "r1", 2001, "10.0.2.0/24", "far", "10.9.0.2")->src = net_ip("10.0.1.253");
	a = net_analyse(p);
	packet.src = net_ip("10.9.0.1");
	analyse_walk(a, &packet, NULL, &trip);
	assert_int_equal(trip.there.end, ANALYSE_BLACKHOLE);
	packet.src = 0;
	packet.dev = "far";
	analyse_walk(a, &packet, NULL, &trip);
	assert_true(trip.ok);
	assert_int_equal(trip.there.hops[0].rule->priority, 200);
	assert_int_equal(trip.there.src, net_ip("10.0.1.253"));
}

/* Whoever binds a socket to a device sends there, route or not. */
static void test_bound_without_a_route(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_packet packet = {.ns = "r1", .dev = "far", .dst = net_ip("10.0.2.1")};
	struct analyse_trip trip;

	p->n_routes -= 2; /* those between the routers, which come last */
	a = net_analyse(p);
	analyse_walk(a, &packet, NULL, &trip);
	assert_int_equal(trip.there.end, ANALYSE_NO_NEIGHBOUR);
	assert_string_equal(trip.there.hops[0].out, "far");
	assert_int_equal(trip.there.hops[0].next, packet.dst);
}

/* ... and hears from there only. */
static void test_bound_and_answered_by_another_way(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_packet packet = {
		.ns = "r1", .src = net_ip("10.0.1.253"), .dst = net_ip("10.0.2.1")};
	struct analyse_trip trip;

	net_link(p, "r1", "side", "r2", "side");
	net_address(p, "r1", "side", "10.8.0.1/24");
	net_address(p, "r2", "side", "10.8.0.2/24");
	net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.1.253/32", "side", "10.8.0.1");
	a = net_analyse(p);
	analyse_walk(a, &packet, NULL, &trip);
	assert_true(trip.ok);
	packet.dev = "far";
	analyse_walk(a, &packet, NULL, &trip);
	assert_int_equal(trip.back.end, ANALYSE_OTHER_DEVICE);
	assert_false(trip.ok);
	net_assert_why(a, &trip,
		       "no way back: r1 gets it by side, which is not the way that it was sent by");
}

static void test_neighbours(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "192.168.0.0/16", "far", "10.9.0.3");
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.2.1/32", "far", "100.64.0.2");
	*plan_add_neighbour(p) = (struct plan_neighbour){
		.origin = here, .ns = "r1", .dev = "far", .ip = net_ip("100.64.0.2")};
	memcpy(p->neighbours[0].mac, p->links[3].b.mac, 6);
	a = net_analyse(p);
	trip = net_ping(a, "a", "192.168.0.1");
	assert_int_equal(trip.there.end, ANALYSE_NO_NEIGHBOUR);
	net_assert_why(a, &trip, "r1 finds nobody with 10.9.0.3 on far");
	assert_true(net_ping(a, "a", "10.0.2.1").ok);
	analyse_free(a);
	p->neighbours[0].mac[5] = 99; /* nobody's: frames for it are lost */
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_NO_NEIGHBOUR);
}

static void test_hosts_do_not_forward(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "192.168.0.0/16", "b", "10.0.1.2");
	a = net_analyse(p);
	trip = net_ping(a, "a", "192.168.0.1");
	assert_int_equal(trip.there.end, ANALYSE_NO_ROUTER);
	net_assert_why(a, &trip, "b is no router, and gets what is for 192.168.0.1");
}

static void test_circles(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "192.168.0.0/16", "far", "10.9.0.2");
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "192.168.0.0/16", "far", "10.9.0.1");
	a = net_analyse(p);
	trip = net_ping(a, "a", "192.168.0.1");
	assert_int_equal(trip.there.end, ANALYSE_LOOP);
}

static void test_own_source(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	net_address(p, "r2", "lo", "10.0.1.1/32");
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_FORGED);
	/* and whoever asks for that address gets the nearer one */
	assert_true(net_ping(a, "b", "10.0.1.1").ok);
}

static void test_somebody_else_has_it(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	const struct analyse_packet packet = {.ns = "a", .dst = net_ip("10.0.2.1")};
	struct analyse_trip trip;

	net_address(p, "r1", "lo", "10.0.2.1/32");
	a = net_analyse(p);
	analyse_walk(a, &packet, "c", &trip);
	assert_int_equal(trip.there.end, ANALYSE_ELSEWHERE);
	net_assert_why(a, &trip, "r1 gets it, which has 10.0.2.1, too");
	analyse_walk(a, &packet, NULL, &trip);
	assert_true(trip.ok);
}

static void test_bridges(void **state)
{
	auto_plan struct plan *p = bridged(false);
	auto_analyse struct analyse *a = net_analyse(p);
	struct analyse_trip trip = net_ping(a, "h1", "10.0.0.3");

	assert_true(trip.ok);
	assert_int_equal(trip.there.n_hops, 2); /* a bridge is no hop */
	trip = net_ping(a, "h1", "10.0.0.9");
	assert_int_equal(trip.there.end, ANALYSE_NO_NEIGHBOUR);
}

/* The line that loses it need not be the sender's own. */
static void test_loss_behind_a_bridge(void **state)
{
	auto_plan struct plan *p = bridged(false);
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	*plan_add_shaper(p) = (struct plan_shaper){.origin = {"links.h3", "lab.yaml:9"},
						   .ns = "line",
						   .dev = "h3",
						   .loss_ppm = 1000000};
	a = net_analyse(p);
	trip = net_ping(a, "h1", "10.0.0.3");
	assert_int_equal(trip.there.end, ANALYSE_LOSS);
	net_assert_why(a, &trip, "link h3 loses every packet");
	assert_true(net_ping(a, "h1", "10.0.0.2").ok);
}

/* Ends that are at different VLANs: what the plan's summary says of the VBR, from either side. */
static void test_a_circuit_without_a_far_end(void **state)
{
	static const char fault[] =
		"nobody answers VBR v on its circuit: it has VLAN 110, the customer "
		"router VLAN 111";
	static const char one[] = "{\"circuits\": [{\"vbr\": \"v\", \"device\": \"pc-1.110\", "
				  "\"physical_connection\": \"pc-1\", \"vlan\": 110, \"fault\": "
				  "\"it has VLAN 110, the customer router VLAN 111\"}]}";
	static const char two[] =
		"{\"circuits\": ["
		"{\"vbr\": \"x\", \"physical_connection\": \"pc-1\", \"vlan\": 1, "
		"\"fault\": \"a\"}, "
		"{\"vbr\": \"y\", \"physical_connection\": \"pc-1\", \"vlan\": 2, "
		"\"fault\": \"b\"}]}";
	static const struct {
		const char *summary, *from, *target, *why;
	} rows[] = {
		{one, "v", "10.0.0.2", fault},
		{one, "idc", "10.0.0.1", fault},
		{two, "idc", "10.0.0.1", "idc finds nobody with 10.0.0.1 on pc-1.111"}, /* which? */
		{NULL, "idc", "10.0.0.1", "idc finds nobody with 10.0.0.1 on pc-1.111"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = plan_new("test");
		auto_analyse struct analyse *a = NULL;
		struct analyse_trip trip;

		net_ns(p, "pc-1", "line", false);
		net_ns(p, "v", "vbr", true);
		net_ns(p, "idc", "customer-router", true);
		for (size_t k = 0; k < 2; k++) {
			const char *bridge = k ? "vlan111" : "vlan110", *ns = k ? "idc" : "v";
			const char *dev = k ? "pc-1.111" : "pc-1.110";

			*plan_add_bridge(p) =
				(struct plan_bridge){.origin = here, .ns = "pc-1", .dev = bridge};
			net_link(p, "pc-1", ns, ns, dev)->a.master = bridge;
			net_address(p, ns, dev, k ? "10.0.0.2/30" : "10.0.0.1/30");
		}
		p->summary = rows[i].summary;
		a = net_analyse(p);
		trip = net_ping(a, rows[i].from, rows[i].target);
		net_assert_why(a, &trip, rows[i].why);
	}
}

static void test_a_line_that_is_down(void **state)
{
	auto_plan struct plan *p = bridged(true);
	auto_analyse struct analyse *a = net_analyse(p);
	const struct analyse_trip trip = net_ping(a, "h1", "10.0.0.3");

	assert_int_equal(trip.there.end, ANALYSE_DOWN);
	net_assert_why(a, &trip, "line is down");
}

static void test_two_with_one_address(void **state)
{
	auto_plan struct plan *p = bridged(false);
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	net_address(p, "h2", "eth0", "10.0.0.3/24");
	a = net_analyse(p);
	trip = net_ping(a, "h1", "10.0.0.3");
	assert_int_equal(trip.there.end, ANALYSE_UNKNOWN);
	net_assert_why(a, &trip, "not known: more than one device answers for the next hop");
}

static const char only_from_b[] =
	"table ip labctl-sg {\n"
	"\tset members-sg-1 {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.1.2 }\n\t}\n"
	"\tchain ingress-sg-1 {\n\t\ttcp dport 8080 return\n\t\tip saddr @members-sg-1 return\n"
	"\t\tdrop\n\t}\n"
	"\tchain egress-sg-1 {\n\t}\n"
	"\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n"
	"\t\tct state established,related accept\n"
	"\t\tiifname vmap { \"c\" : jump egress-sg-1 }\n"
	"\t\toifname vmap { \"c\" : jump ingress-sg-1 }\n\t}\n}\n";

static void test_security_groups(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	net_filter(p, "r2", "labctl-sg", only_from_b);
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	net_assert_why(a, &trip, "security group sg-1 of r2 drops it on its way in");
	assert_string_equal(trip.there.hops[2].chain, "ingress-sg-1");
	assert_string_equal(trip.there.hops[2].verdict, "drop");
	assert_true(net_walk(a, "a", "10.0.2.1", ANALYSE_TCP, 8080).ok);
	assert_false(net_walk(a, "a", "10.0.2.1", ANALYSE_TCP, 8081).ok);
	assert_false(net_walk(a, "a", "10.0.2.1", ANALYSE_UDP, 8080).ok);
	assert_true(net_ping(a, "b", "10.0.2.1").ok);
	/* the answers come back in because r2 has seen the questions */
	assert_true(net_ping(a, "c", "10.0.1.1").ok);
}

static void test_filters_that_nobody_understands(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	net_filter(p, "r2", "mine", "changed");
	a = net_analyse(p);
	trip = net_ping(a, "a", "10.0.2.1");
	assert_int_equal(trip.there.end, ANALYSE_UNKNOWN);
	net_assert_why(
		a, &trip,
		"not known: a filter holds what the analyser does not understand (mine of r2: "
		"policy drop)");
	assert_true(net_ping(a, "a", "10.0.1.2").ok);
}

/* Of a plan that was observed, things may be missing. */
static void test_pieces(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct analyse_trip trip;

	p->n_links--; /* the one between the routers: its addresses and routes hang in the air */
	a = net_analyse(p);
	assert_true(net_ping(a, "a", "10.0.1.2").ok);
	trip = net_ping(a, "a", "10.0.2.1");
	net_assert_why(a, &trip, "r1 has no route to 10.0.2.0/24");
	trip = net_ping(a, "nobody", "10.0.2.1");
	net_assert_why(a, &trip, "the sender does not exist");
	analyse_free(a);
	net_rule(p, "r2", 100, 2000)->iif = "c";
	net_filter(p, "r2", "t", "table ip t {\n}\n");
	plan_sort(p);
	p->namespaces[p->n_namespaces - 1].name = "other"; /* r2 is no more */
	a = net_analyse(p);
	assert_true(net_ping(a, "a", "10.0.1.2").ok);
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_no_route),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_a_line_that_loses_all),
		cmocka_unit_test(test_what_loses_all_is_named),
		cmocka_unit_test(test_choice_of_routes),
		cmocka_unit_test(test_rules_by_source_and_device),
		cmocka_unit_test(test_bound_without_a_route),
		cmocka_unit_test(test_bound_and_answered_by_another_way),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_hosts_do_not_forward),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_own_source),
		cmocka_unit_test(test_somebody_else_has_it),
		cmocka_unit_test(test_bridges),
		cmocka_unit_test(test_a_line_that_is_down),
		cmocka_unit_test(test_loss_behind_a_bridge),
		cmocka_unit_test(test_a_circuit_without_a_far_end),
		cmocka_unit_test(test_two_with_one_address),
		cmocka_unit_test(test_security_groups),
		cmocka_unit_test(test_filters_that_nobody_understands),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
