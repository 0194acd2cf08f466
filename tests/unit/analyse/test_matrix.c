// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of nodes, the matrix, and what a change of it says. */
#include "analyse/change.h"
#include "analyse/class.h"
#include "analyse/net.h"
#include "network.h"

/* A view of everything that is needed for one matrix, freed as one. */
struct view {
	struct plan *p;
	struct analyse *a;
	struct analyse_matrix *m;
};

static struct view view_of(struct plan *p)
{
	struct view v = {.p = p, .a = net_analyse(p)};

	v.m = analyse_matrix_new(v.a);
	return v;
}

static void view_done(struct view *v)
{
	analyse_matrix_free(v->m);
	analyse_free(v->a);
	plan_free(v->p);
}
#define auto_view __attribute__((cleanup(view_done)))

static size_t source_of(const struct analyse_matrix *m, const char *name)
{
	for (size_t i = 0; i < m->n_sources; i++)
		if (strcmp(m->sources[i].name, name) == 0)
			return i;
	fail_msg("no source %s", name);
	return 0;
}

static size_t target_of(const struct analyse_matrix *m, const char *label)
{
	for (size_t i = 0; i < m->n_targets; i++)
		if (strcmp(m->targets[i].label, label) == 0)
			return i;
	fail_msg("no target %s", label);
	return 0;
}

static enum analyse_verdict verdict(const struct view *v, const char *from, const char *to,
				    struct analyse_service s)
{
	const struct analyse_outcome *o = analyse_matrix_get(v->m, source_of(v->m, from),
							     target_of(v->m, to));

	assert_non_null(o);
	return analyse_outcome_of(o, s);
}

static const struct analyse_service ping = {ANALYSE_ICMP, 0}, tcp = {ANALYSE_TCP, 0};

static void test_equal_nodes_share_walks(void **state)
{
	auto_view struct view v = view_of(net_two_routers());
	const size_t a = source_of(v.m, "a"), b = source_of(v.m, "b"), c = source_of(v.m, "c");

	assert_int_equal(v.m->n_sources, 3);
	assert_int_equal(v.m->sources[a].kind, v.m->sources[b].kind);
	assert_int_not_equal(v.m->sources[a].kind, v.m->sources[c].kind);
	assert_null(analyse_matrix_get(v.m, a, target_of(v.m, "a")));
	/* outcomes that are equal are one */
	assert_ptr_equal(analyse_matrix_get(v.m, a, target_of(v.m, "b")),
			 analyse_matrix_get(v.m, b, target_of(v.m, "a")));
	assert_int_equal(verdict(&v, "a", "c", ping), ANALYSE_YES);
	assert_int_equal(verdict(&v, "c", "b", tcp), ANALYSE_YES);
}

/* Whatever makes one of two nodes different must tell them apart. */
static void change_nothing(struct plan *p)
{
	(void)p;
}

static void filter_names_port(struct plan *p)
{
	net_filter(p, "r1", "t",
		   NET_TABLE("\tchain x {\n\t\tdrop\n\t}\n" NET_HOOK(
			   "forward", "oifname vmap { \"b\" : jump x }")));
}

static void set_has_address(struct plan *p)
{
	net_filter(p, "r2", "t", NET_FORWARD("ip saddr 10.0.1.2 drop"));
}

static void rule_names_port(struct plan *p)
{
	net_rule(p, "r1", 100, 2000)->iif = "b";
}

static void rule_names_source(struct plan *p)
{
	net_rule(p, "r2", 100, 2000)->from = net_prefix("10.0.1.2/32");
}

static void prefix_covers_one(struct plan *p)
{
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.1.2/31", NULL, NULL);
}

static void next_hop(struct plan *p)
{
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "192.168.0.0/16", "b", "10.0.1.2");
}

static void port_is_the_way_to_others(struct plan *p)
{
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "192.168.0.0/16", "b", NULL);
}

static void port_loses_all(struct plan *p)
{
	*plan_add_shaper(p) = (struct plan_shaper){
		.origin = here, .ns = "r1", .dev = "b", .loss_ppm = NET_LOST_ALL};
}

static void port_loses_some(struct plan *p)
{
	*plan_add_shaper(p) =
		(struct plan_shaper){.origin = here, .ns = "r1", .dev = "b", .loss_ppm = 10000};
}

static void device_loses_some(struct plan *p)
{
	*plan_add_shaper(p) =
		(struct plan_shaper){.origin = here, .ns = "b", .dev = "eth0", .loss_ppm = 10000};
}

static void address_of_somebody_else(struct plan *p)
{
	net_address(p, "r2", "lo", "10.0.1.2/32");
}

static void own_route(struct plan *p)
{
	(void)net_route(p, "b", PLAN_TABLE_MAIN, "10.0.2.0/24", NULL, NULL);
}

static void own_filter(struct plan *p)
{
	net_filter(p, "b", "t", "table ip t {\n}\n");
}

static void second_address(struct plan *p)
{
	net_address(p, "b", "eth0", "10.0.1.9/24");
}

static void no_proxy(struct plan *p)
{
	p->links[1].a.proxy_arp = false;
}

static void test_what_tells_nodes_apart(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct plan *p);
		bool same;
	} rows[] = {
		{"nothing", change_nothing, true},
		{"filter_names_port", filter_names_port, false},
		{"set_has_address", set_has_address, false},
		{"rule_names_port", rule_names_port, false},
		{"rule_names_source", rule_names_source, false},
		{"prefix_covers_one", prefix_covers_one, false},
		{"next_hop", next_hop, false},
		{"port_is_the_way_to_others", port_is_the_way_to_others, false},
		{"port_loses_all", port_loses_all, false},
		{"port_loses_some", port_loses_some, false},
		{"device_loses_some", device_loses_some, false},
		{"address_of_somebody_else", address_of_somebody_else, false},
		{"own_route", own_route, false},
		{"own_filter", own_filter, false},
		{"second_address", second_address, false},
		{"no_proxy", no_proxy, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_plan struct plan *p = net_two_routers();
		auto_analyse struct analyse *a = NULL;
		struct class_index *classes;

		rows[i].change(p);
		a = net_analyse(p);
		classes = analyse_class_index_new(a);
		if ((analyse_class_of(classes, analyse_net_find_ns(a, "a")) ==
		     analyse_class_of(classes, analyse_net_find_ns(a, "b"))) != rows[i].same)
			fail_msg("%s", rows[i].name);
		analyse_class_index_free(classes);
	}
}

/* Of a plan with many equal nodes, each pair is what a walk of its own says. */
static void test_every_pair_is_what_its_walk_says(void **state)
{
	struct plan *p = net_two_routers();
	struct view v;

	net_host(p, "r1", "d", "10.0.1.4", "10.0.1.253");
	net_host(p, "r2", "e", "10.0.2.5", "10.0.2.253");
	net_host(p, "r2", "f", "10.0.2.6", "10.0.2.253");
	filter_names_port(p);
	set_has_address(p);
	v = view_of(p);
	for (size_t i = 0; i < v.m->n_sources; i++)
		for (size_t k = 0; k < v.m->n_targets; k++) {
			const struct analyse_outcome *o = analyse_matrix_get(v.m, i, k);

			for (size_t s = 0; o && s < o->n; s++) {
				struct analyse_trip trip;

				analyse_matrix_walk(v.m, i, k, o->services[s], &trip);
				if (trip.ok != (o->verdicts[s] == ANALYSE_YES))
					fail_msg("%s -> %s", v.m->sources[i].name,
						 v.m->targets[k].label);
			}
		}
	assert_true(v.m->walks < 6 * 5 * 3);
	view_done(&v);
}

/* A tenth is lost each way, by whoever carries it. */
static void lose_by_shaper(struct plan *p)
{
	*plan_add_shaper(p) =
		(struct plan_shaper){.origin = here, .ns = "r1", .dev = "far", .loss_ppm = 100000};
	*plan_add_shaper(p) =
		(struct plan_shaper){.origin = here, .ns = "r2", .dev = "far", .loss_ppm = 100000};
}

static void lose_by_config(struct plan *p, const char *config)
{
	net_ns(p, "w", "wire", false);
	p->links[3].b.ns = "w"; /* r1's end; r2 has one of its own */
	p->links[3].b.dev = "one";
	(void)net_link(p, "w", "other", "r2", "far");
	*plan_add_worker(p) = (struct plan_worker){.origin = here,
						   .name = "wire",
						   .ns = "w",
						   .program = "labctl-wire",
						   .config = config};
}

static void lose_by_wire(struct plan *p)
{
	lose_by_config(p, "{\"lines\": [{\"a\": \"one\", \"b\": \"other\", \"delay_us\": 1000, "
			  "\"loss_ppm\": 100000}]}");
}

/* As compile/ writes it, which is read without making values of it. */
#define WRITTEN(a)                                                                                  \
	"{\"lab\":\"t\",\"lines\":[{\"a\":\"no\",\"b\":\"nobody\",\"delay_us\":5,\"hold\":1048576," \
	"\"name\":\"x\"},{\"a\":\"" a "\",\"b\":\"other\",\"delay_us\":1000,\"hold\":1048576,"      \
	"\"jitter_us\":7,\"loss_ppm\":100000,\"name\":\"r1.far\"}],\"state\":\"wire-state\"}"

static void lose_by_written_wire(struct plan *p)
{
	lose_by_config(p, WRITTEN("one"));
}

/* In that form all but for one text, behind a line that is read by then. */
static void lose_by_quoted_wire(struct plan *p)
{
	lose_by_config(p, WRITTEN("\\u006fne"));
}

static uint32_t loss(const struct view *v, const char *from, const char *to)
{
	const struct analyse_outcome *o = analyse_matrix_get(v->m, source_of(v->m, from),
							     target_of(v->m, to));

	assert_non_null(o);
	return o->loss_ppm;
}

static void test_lossy_ways(void **state)
{
	static void (*const rows[])(struct plan * p) = {lose_by_shaper, lose_by_wire,
							lose_by_written_wire, lose_by_quoted_wire};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct plan *p = net_two_routers();

		rows[i](p);
		auto_view struct view v = view_of(p);

		assert_int_equal(verdict(&v, "a", "c", ping), ANALYSE_YES);
		assert_int_equal(loss(&v, "a", "c"), 190000);
		assert_int_equal(loss(&v, "c", "b"), 190000);
		assert_int_equal(loss(&v, "a", "b"), 0);
	}
}

/* Nothing passes, so nothing of it is lost on the way. */
static void test_no_loss_of_what_does_not_pass(void **state)
{
	struct plan *p = net_two_routers();

	lose_by_shaper(p);
	net_filter(
		p, "r2", "t",
		"table ip t {\n\tchain c {\n\t\ttype filter hook forward priority filter; policy drop;\n"
		"\t}\n}\n");
	auto_view struct view v = view_of(p);

	assert_int_equal(verdict(&v, "a", "c", ping), ANALYSE_NO);
	assert_int_equal(loss(&v, "a", "c"), 0);
}

static void add_worker(struct plan *p, const char *name, const char *program, const char *ns,
		       const struct plan_socket *sockets, size_t n, const char *config)
{
	*plan_add_worker(p) = (struct plan_worker){.origin = here,
						   .name = name,
						   .program = program,
						   .ns = ns,
						   .sockets = sockets,
						   .n_sockets = n,
						   .config = config};
}

static void test_listeners_resolvers_calls(void **state)
{
	static const struct plan_socket web = {"listen", "c", PLAN_TCP, 0, 8080};
	static const struct plan_socket dns[] = {{"u", "r1", PLAN_UDP, 0x64640288, 53},
						 {"t", "r1", PLAN_TCP, 0x64640288, 53}};
	static const struct plan_socket vip = {"vip-80", "b", PLAN_TCP, 0x0a000102, 80};
	static const char apis[] =
		"{\"apis\":[{\"backend\":{\"address\":\"10.0.2.1\",\"device\":\"eth0\","
		"\"port\":8080,\"source\":\"10.0.1.2\"}},{\"backend\":{\"kind\":\"mock\"}},"
		"{\"backend\":{\"address\":\"10.0.9.9\",\"device\":\"eth0\",\"port\":1,"
		"\"source\":\"10.0.1.2\"}}]}";
	struct plan *p = net_two_routers();
	struct view v;

	net_address(p, "r1", "lo", "100.100.2.136/32");
	p->n_nodes = 1; /* a */
	net_node(p, "c");
	add_worker(p, "web", "labctl-service", "c", &web, 1, "{}");
	add_worker(p, "cmd", "labctl-service", "c", NULL, 0, "{\"ready\":{\"udp\":514}}");
	add_worker(p, "dns", "labctl-dns", "r1", dns, 2, "{}");
	add_worker(p, "gw", "labctl-gateway", "b", &vip, 1, apis);
	v = view_of(p);
	assert_int_equal(v.m->n_sources, 2);
	assert_int_equal(v.m->n_targets, 4); /* a, b (the gateway), c, the resolver */
	assert_int_equal(verdict(&v, "a", "resolver", (struct analyse_service){ANALYSE_UDP, 53}),
			 ANALYSE_YES);
	assert_int_equal(verdict(&v, "c", "resolver", ping), ANALYSE_NO);
	assert_int_equal(analyse_matrix_get(v.m, 0, target_of(v.m, "c"))->n, 5);
	assert_int_equal(analyse_matrix_get(v.m, 0, target_of(v.m, "b"))->n, 4);
	assert_int_equal(v.m->n_calls, 2);
	assert_string_equal(v.m->calls[0].label, "c");
	assert_int_equal(v.m->calls[0].verdict, ANALYSE_YES);
	assert_string_equal(v.m->calls[1].label, "10.0.9.9");
	assert_int_equal(v.m->calls[1].verdict, ANALYSE_NO);
	view_done(&v);
}

/* A gateway with a leg in each of two VPCs, which have the same addresses. */
static struct plan *two_legs(bool second)
{
	static const struct plan_socket vip = {"vip-80", "gw", PLAN_TCP, 0x0a000102, 80};
	static const char apis[] =
		"{\"apis\":[{\"backend\":{\"address\":\"10.0.2.1\",\"device\":\"v1\",\"port\":80,"
		"\"source\":\"10.0.2.9\"}},{\"backend\":{\"address\":\"10.0.2.1\",\"device\":\"v2\","
		"\"port\":80,\"source\":\"10.0.2.8\"}}]}";
	struct plan *p = plan_new("test");

	net_ns(p, "gw", "gateway", false);
	net_ns(p, "c1", "ecs", false);
	(void)net_link(p, "gw", "v1", "c1", "eth0");
	net_address(p, "gw", "v1", "10.0.2.9/32");
	net_address(p, "c1", "eth0", "10.0.2.1/24");
	net_node(p, "c1");
	net_address(p, "gw", "v2", "10.0.2.8/32");
	net_ns(p, "c2", "ecs", false);
	(void)net_link(p, "gw", "v2", "c2", "eth0");
	if (second)
		net_address(p, "c2", "eth0", "10.0.2.1/24");
	net_node(p, "c2");
	add_worker(p, "gw", "labctl-gateway", "gw", &vip, 1, apis);
	return p;
}

static void test_calls_through_two_legs(void **state)
{
	auto_view struct view before = view_of(two_legs(false));
	auto_view struct view after = view_of(two_legs(true));

	assert_int_equal(before.m->n_calls, 2);
	assert_string_equal(before.m->calls[0].label, "c1 by way of v1");
	assert_int_equal(before.m->calls[0].verdict, ANALYSE_YES);
	assert_int_equal(before.m->calls[1].verdict, ANALYSE_NO);
	assert_string_equal(after.m->calls[0].label, "10.0.2.1 by way of v1");
	assert_string_equal(after.m->calls[1].label, "10.0.2.1 by way of v2");
	assert_int_equal(after.m->calls[1].verdict, ANALYSE_YES);
}

/* --- changes --- */

static void expect_change(const struct analyse_change *c, enum analyse_effect effect,
			  const char *from, const char *to, const char *services,
			  const char *reason)
{
	assert_int_equal(c->effect, effect);
	assert_string_equal(c->from[0], from);
	assert_string_equal(c->to[0], to);
	if (services)
		assert_string_equal(c->services, services);
	else
		assert_null(c->services);
	if (reason)
		assert_string_equal(c->reason, reason);
	else
		assert_null(c->reason);
}

static bool tells_call(const struct analyse_changes *c, enum analyse_effect effect, const char *to)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].effect == effect && !strcmp(c->items[i].from[0], "gw") &&
		    !strcmp(c->items[i].to[0], to))
			return true;
	return false;
}

static void test_a_call_that_changes_beside_another(void **state)
{
	auto_view struct view before = view_of(two_legs(false));
	auto_view struct view after = view_of(two_legs(true));
	struct analyse_changes *there = analyse_compare(before.m, after.m);
	struct analyse_changes *back = analyse_compare(after.m, before.m);

	assert_true(tells_call(there, ANALYSE_GAINED, "10.0.2.1 by way of v2"));
	assert_false(tells_call(there, ANALYSE_GAINED, "10.0.2.1 by way of v1"));
	assert_true(tells_call(back, ANALYSE_LOST, "c1 by way of v2"));
	analyse_changes_free(there);
	analyse_changes_free(back);
}

static void test_no_change(void **state)
{
	auto_view struct view before = view_of(net_two_routers());
	auto_view struct view after = view_of(net_two_routers());
	struct analyse_changes *c = analyse_compare(before.m, after.m);

	assert_int_equal(c->n, 0);
	analyse_changes_free(c);
}

static void test_from_nothing(void **state)
{
	auto_view struct view after = view_of(net_two_routers());
	struct analyse_changes *c = analyse_compare(NULL, after.m);

	assert_int_equal(c->pairs[ANALYSE_GAINED], 6);
	assert_int_equal(c->n, 1); /* all reach each other: one line */
	assert_true(c->items[0].both);
	assert_int_equal(c->items[0].n_from, 3);
	assert_int_equal(c->items[0].n_pairs, 6);
	expect_change(&c->items[0], ANALYSE_GAINED, "a", "a", NULL, NULL);
	analyse_changes_free(c);
}

static void test_a_lost_route(void **state)
{
	auto_view struct view before = view_of(net_two_routers());
	struct plan *p = net_two_routers();
	struct view after;
	struct analyse_changes *c;

	p->n_routes--; /* r2's to r1 */
	after = view_of(p);
	c = analyse_compare(before.m, after.m);
	assert_int_equal(c->pairs[ANALYSE_LOST], 4);
	assert_int_equal(c->n, 2);
	assert_int_equal(c->items[0].n_from, 2);
	expect_change(&c->items[0], ANALYSE_LOST, "a", "c", NULL,
		      "no way back: r2 has no route to 10.0.1.0/24");
	assert_int_equal(c->items[1].n_to, 2);
	expect_change(&c->items[1], ANALYSE_LOST, "c", "a", NULL, "r2 has no route to 10.0.1.0/24");
	analyse_changes_free(c);
	view_done(&after);
}

#define FORWARD(rules)                                                   \
	"table ip labctl-fw {\n\tchain forward {\n"                      \
	"\t\ttype filter hook forward priority filter; policy accept;\n" \
	"\t\tct state established,related accept\n" rules "\t}\n}\n"

static void test_some_services(void **state)
{
	struct plan *p = net_two_routers(), *q = net_two_routers();
	struct view before, after;
	struct analyse_changes *c;

	net_filter(p, "r2", "labctl-fw",
		   FORWARD("\t\toifname \"c\" tcp dport 22 accept\n"
			   "\t\toifname \"c\" ip protocol tcp drop\n"));
	net_filter(q, "r2", "labctl-fw",
		   FORWARD("\t\toifname \"c\" ip protocol icmp drop\n"
			   "\t\toifname \"c\" tcp dport 22 drop\n"));
	before = view_of(p);
	after = view_of(q);
	c = analyse_compare(before.m, after.m);
	assert_int_equal(c->n, 2);
	expect_change(&c->items[0], ANALYSE_LOST, "a", "c", "ping, tcp/22",
		      "the firewall of r2 drops it: oifname \"c\" ip protocol icmp drop");
	expect_change(&c->items[1], ANALYSE_GAINED, "a", "c", "tcp", NULL);
	analyse_changes_free(c);
	view_done(&before);
	view_done(&after);
}

static void test_who_goes_and_what_is_not_known(void **state)
{
	auto_view struct view before = view_of(net_two_routers());
	struct plan *p = net_two_routers();
	struct view after;
	struct analyse_changes *c;

	p->n_nodes--; /* c: its namespace is there, and nobody's */
	net_filter(p, "b", "foreign", "changed");
	after = view_of(p);
	c = analyse_compare(before.m, after.m);
	assert_int_equal(c->pairs[ANALYSE_LOST], 4);
	assert_int_equal(c->pairs[ANALYSE_DOUBTFUL], 2);
	expect_change(&c->items[0], ANALYSE_LOST, "a", "c", NULL, "c no longer has 10.0.2.1");
	expect_change(&c->items[1], ANALYSE_LOST, "c", "a", NULL, "c is gone");
	expect_change(&c->items[2], ANALYSE_DOUBTFUL, "a", "a", NULL, /* each other */
		      "not known: a filter holds what the analyser does not understand "
		      "(foreign of b: policy drop)");
	analyse_changes_free(c);
	view_done(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_nodes_share_walks),
		cmocka_unit_test(test_what_tells_nodes_apart),
		cmocka_unit_test(test_every_pair_is_what_its_walk_says),
		cmocka_unit_test(test_lossy_ways),
		cmocka_unit_test(test_no_loss_of_what_does_not_pass),
		cmocka_unit_test(test_listeners_resolvers_calls),
		cmocka_unit_test(test_calls_through_two_legs),
		cmocka_unit_test(test_a_call_that_changes_beside_another),
		cmocka_unit_test(test_no_change),
		cmocka_unit_test(test_from_nothing),
		cmocka_unit_test(test_a_lost_route),
		cmocka_unit_test(test_some_services),
		cmocka_unit_test(test_who_goes_and_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
