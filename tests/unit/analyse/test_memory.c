// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is remembered of ways makes no difference: in generated labs, whole and broken, every walk with a memory is the
 * walk without one, and every cell of the matrix is what plain walks say.
 */
#include "analyse/memory.h"

#include <stdlib.h>

#include "analyse/matrix.h"
#include "analyse/walk.h"
#include "generate/generate.h"
#include "network.h"

#include "lib/compiled.h"

#define SEEDS 10

/* --- labs --- */

static struct plan *generated(const char *shape, size_t n)
{
	const struct generate_request r = {"lab-1", n, 4, 100, "30ms", "test"};
	auto_strbuf struct strbuf text = {0};

	generate_find(shape)->write(&text, &r);
	return compiled_text(strbuf_str(&text));
}

static uint32_t random_below(uint64_t *state, size_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*state >> 33) % n);
}

static const struct plan_namespace *random_router(const struct plan *p, uint64_t *state)
{
	const struct plan_namespace *ns;

	do
		ns = &p->namespaces[random_below(state, p->n_namespaces)];
	while (!ns->router);
	return ns;
}

static const struct plan_address *random_address(const struct plan *p, uint64_t *state)
{
	return &p->addresses[random_below(state, p->n_addresses)];
}

typedef void change_fn(struct plan *p, uint64_t *state);

static void lose_route(struct plan *p, uint64_t *state)
{
	p->routes[random_below(state, p->n_routes)] = p->routes[p->n_routes - 1];
	p->n_routes--;
}

static void lose_address(struct plan *p, uint64_t *state)
{
	p->addresses[random_below(state, p->n_addresses)] = p->addresses[p->n_addresses - 1];
	p->n_addresses--;
}

static void lose_neighbour(struct plan *p, uint64_t *state)
{
	if (!p->n_neighbours)
		return;
	p->neighbours[random_below(state, p->n_neighbours)] = p->neighbours[p->n_neighbours - 1];
	p->n_neighbours--;
}

static void cut_link(struct plan *p, uint64_t *state)
{
	p->links[random_below(state, p->n_links)].a.down = true;
}

static void filter_port(struct plan *p, uint64_t *state)
{
	static const char *const rules[] = {
		"tcp dport 80 drop", "ip protocol icmp drop",
		"ct state established,related accept\n\t\ttcp dport 22 accept\n"
		"\t\tip protocol tcp drop",
		"tcp flags & (syn | ack) == syn drop"};
	static const char *const hooks[] = {"input", "forward", "output"};
	auto_strbuf struct strbuf text = {0};

	strbuf_printf(&text, NET_TABLE(NET_HOOK("%s", "%s")),
		      hooks[random_below(state, ARRAY_LEN(hooks))],
		      rules[random_below(state, ARRAY_LEN(rules))]);
	net_filter(p, random_router(p, state)->name, "t",
		   arena_strdup(p->arena, strbuf_str(&text)));
}

/* Another way, or none, for what one of the lab's networks sends. */
static void rule_by_source(struct plan *p, uint64_t *state)
{
	const struct plan_route *r = &p->routes[random_below(state, p->n_routes)];
	const struct plan_address *from = random_address(p, state);
	const char *ns = random_router(p, state)->name;

	net_rule(p, ns, 7, 4000)->from = (struct ip_prefix){from->prefix.addr & ip_mask(16), 16};
	(void)net_route(p, ns, 4000, "0.0.0.0/0", NULL, NULL);
	net_rule(p, r->ns, 8, 4001)->from = (struct ip_prefix){from->prefix.addr, 32};
	*plan_add_route(p) = (struct plan_route){.origin = here,
						 .ns = r->ns,
						 .table = 4001,
						 .type = r->type,
						 .dev = r->dev,
						 .via = r->via};
}

/* A second hop that is as good as the first one, or leads astray. */
static void second_hop(struct plan *p, uint64_t *state)
{
	const size_t i = random_below(state, p->n_routes);
	struct plan_route *r = plan_add_route(p);

	*r = p->routes[i];
	for (size_t k = 0; k < p->n_routes - 1; k++)
		if (!strcmp(p->routes[k].ns, r->ns) && p->routes[k].dev && r->dev &&
		    strcmp(p->routes[k].dev, r->dev) != 0) {
			r->dev = p->routes[k].dev;
			r->via = p->routes[k].via;
			return;
		}
	p->n_routes--;
}

static void twin_address(struct plan *p, uint64_t *state)
{
	const struct ip_prefix ip = {random_address(p, state)->prefix.addr, 32};

	*plan_add_address(p) = (struct plan_address){
		.origin = here, .ns = random_router(p, state)->name, .dev = "lo", .prefix = ip};
}

static void hole(struct plan *p, uint64_t *state)
{
	const struct ip_prefix ip = {random_address(p, state)->prefix.addr, 32};

	*plan_add_route(p) = (struct plan_route){.origin = here,
						 .ns = random_router(p, state)->name,
						 .table = PLAN_TABLE_MAIN,
						 .dst = ip,
						 .type = PLAN_BLACKHOLE};
}

static change_fn *const changes[] = {lose_route, lose_address, lose_neighbour,
				     cut_link,   filter_port,  rule_by_source,
				     second_hop, twin_address, hole};

/* --- what is compared --- */

static bool same_hop(const struct analyse_hop *x, const struct analyse_hop *y)
{
	return x->ns == y->ns && x->in == y->in && x->out == y->out && x->rule == y->rule &&
	       x->route == y->route && x->link == y->link && x->next == y->next &&
	       x->filter == y->filter && x->chain == y->chain && x->verdict == y->verdict;
}

static bool same_walk(const struct analyse_walk *x, const struct analyse_walk *y)
{
	if (x->end != y->end || x->n_hops != y->n_hops || x->src != y->src || x->dst != y->dst ||
	    x->alternatives != y->alternatives || x->by_service != y->by_service ||
	    (x->end == ANALYSE_UNKNOWN && x->unknown != y->unknown))
		return false;
	for (size_t i = 0; i < x->n_hops; i++)
		if (!same_hop(&x->hops[i], &y->hops[i]))
			return false;
	return true;
}

static bool same_trip(const struct analyse_trip *x, const struct analyse_trip *y)
{
	return x->ok == y->ok && same_walk(&x->there, &y->there) &&
	       (x->there.end != ANALYSE_DELIVERED || same_walk(&x->back, &y->back));
}

static enum analyse_verdict verdict_of(const struct analyse_trip *t)
{
	const struct analyse_walk *last = t->there.end == ANALYSE_DELIVERED ? &t->back : &t->there;

	return t->ok ? ANALYSE_YES : last->end == ANALYSE_UNKNOWN ? ANALYSE_PERHAPS : ANALYSE_NO;
}

/* How many walks and cells were other than they had to be. */
struct count {
	size_t walks, cells, differ, yes, no;
};

static void check_cell(const struct analyse_matrix *m, struct walk_memory *memory, size_t i,
		       size_t k, struct count *n)
{
	const struct analyse_outcome *o = analyse_matrix_get(m, i, k);

	for (size_t s = 0; o && s < o->n; s++) {
		const struct analyse_service service = o->services[s];
		const bool any = service.protocol != ANALYSE_ICMP && !service.port;
		const struct analyse_packet packet = {.ns = m->sources[i].name,
						      .dst = m->targets[k].ip,
						      .protocol = service.protocol,
						      .port = any ? m->any_port : service.port};
		const struct walk_packet p = analyse_walk_packet(m->a, &packet);
		const struct walk_means follow = {m->a, memory, false},
					brief = {m->a, memory, true};
		const uint32_t to = m->targets[k].ns ? analyse_net_find_ns(m->a, m->targets[k].ns)
						     : NET_NONE;
		struct analyse_trip plain, fast;

		analyse_matrix_walk(m, i, k, service, &plain);
		analyse_walk_trip(&follow, &p, to, &fast);
		n->walks++;
		n->differ += !same_trip(&plain, &fast);
		analyse_walk_trip(&brief, &p, to, &fast);
		n->differ += verdict_of(&plain) != verdict_of(&fast);
		n->cells += o->verdicts[s] != verdict_of(&plain);
		n->yes += plain.ok;
		n->no += !plain.ok;
	}
}

static struct count check(struct plan *p)
{
	auto_analyse struct analyse *a = net_analyse(p);
	struct analyse_matrix *m = analyse_matrix_new(a);
	struct walk_memory *memory = analyse_memory_new(a);
	struct count n = {0};

	for (size_t i = 0; i < m->n_sources; i++)
		for (size_t k = 0; k < m->n_targets; k++)
			check_cell(m, memory, i, k, &n);
	analyse_memory_free(memory);
	analyse_matrix_free(m);
	return n;
}

static void expect_same(const char *shape, uint64_t seed, struct plan *p)
{
	const struct count n = check(p);

	if (n.differ || n.cells || !n.walks)
		fail_msg("%s, seed %zu: of %zu walks %zu are others, and %zu cells", shape,
			 (size_t)seed, n.walks, n.differ, n.cells);
}

/* --- tests --- */

static const struct {
	const char *name;
	size_t n;
} shapes[] = {{"star", 10}, {"regions", 8}, {"chain", 24}};

static void whole_labs(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		auto_plan struct plan *p = generated(shapes[i].name, shapes[i].n);
		const struct count n = check(p);

		assert_int_equal(n.differ, 0);
		assert_int_equal(n.cells, 0);
		assert_true(n.yes > 0);
	}
}

/* A packet in a chain lives for 64 hops, and some are too far. */
static void a_long_chain(void **state)
{
	auto_plan struct plan *p = generated("chain", 76);
	const struct count n = check(p);

	assert_int_equal(n.differ, 0);
	assert_int_equal(n.cells, 0);
	assert_true(n.yes > 0 && n.no > 0);
}

static void broken_labs(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			auto_plan struct plan *p = generated(shapes[i].name, shapes[i].n);
			uint64_t random = seed;

			for (size_t k = 0; k < 4; k++)
				changes[random_below(&random, ARRAY_LEN(changes))](p, &random);
			expect_same(shapes[i].name, seed, p);
		}
}

/* One walk stands for all services only where no filter looks at them. */
static void ports_matter_where_a_filter_says_so(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;

	net_filter(p, "r2", "t", NET_FORWARD("oifname \"c\" tcp dport 80 drop"));
	a = net_analyse(p);
	assert_true(net_ping(a, "a", "10.0.2.1").there.by_service);
	assert_false(net_ping(a, "c", "10.0.1.1").there.by_service);
	assert_true(net_ping(a, "c", "10.0.1.1").back.by_service);
	assert_false(net_ping(a, "a", "10.0.1.2").there.by_service);
	assert_false(net_ping(a, "a", "10.0.1.2").back.by_service);
}

static void one_walk_stands_for_all_services(void **state)
{
	auto_plan struct plan *p = generated("chain", 24);
	auto_analyse struct analyse *a = net_analyse(p);
	struct analyse_matrix *m = analyse_matrix_new(a);
	size_t cells = 0;

	for (size_t i = 0; i < m->n_source_kinds * m->n_target_kinds; i++)
		cells += m->cells[i] != NULL;
	assert_int_equal(m->walks, cells);
	analyse_matrix_free(m);
}

static bool same_step(const struct walk_step *x, const struct walk_step *y)
{
	return x->here == y->here &&
	       (x->here || (x->found.route == y->found.route && x->found.rule == y->found.rule &&
			    x->taker.dev == y->taker.dev));
}

/* Rows are fewer than destinations: what was another's is not taken for its own. */
static void rows_are_taken_over(void **state)
{
	auto_plan struct plan *p = generated("regions", 12);
	auto_analyse struct analyse *a = net_analyse(p);
	struct walk_memory *m = analyse_memory_new(a);

	for (uint32_t i = 0; i < 3000; i++) {
		const uint32_t dst = net_ip("10.0.0.1") + i % 1000, dev = i % (uint32_t)a->n_devs;
		const struct net_flow f = {.dst = dst, .iif = dev, .oif = NET_NONE};
		const struct walk_step step = analyse_step_look(a, &f);

		assert_true(same_step(analyse_memory_step(analyse_memory_row(m, dst), dev), &step));
	}
	analyse_memory_free(m);
}

static uint32_t device_of(const struct analyse *a, const char *ns, const char *dev)
{
	const uint32_t at = analyse_net_find_dev(a, analyse_net_find_ns(a, ns), dev);

	assert_int_not_equal(at, NET_NONE);
	return at;
}

static void what_is_lost_for_certain(void **state)
{
	auto_plan struct plan *p = net_two_routers();
	auto_analyse struct analyse *a = NULL;
	struct walk_memory *m;
	struct walk_row *row;
	uint32_t in;

	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.3.0/24", "far",
			"10.9.0.2"); /* in circles */
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.3.0/24", "far", "10.9.0.1");
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.4.0/24", "far", "10.9.0.2");
	a = net_analyse(p);
	m = analyse_memory_new(a);
	in = device_of(a, "r1", "a");
	row = analyse_memory_row(m, net_ip("10.0.2.1")); /* r1, r2, c: three namespaces */
	assert_false(analyse_memory_is_lost(row, in, 2));
	assert_false(analyse_memory_is_lost(row, in, ANALYSE_HOPS_MAX - 2));
	assert_true(analyse_memory_is_lost(row, in, ANALYSE_HOPS_MAX - 1));
	assert_false(analyse_memory_is_lost(row, device_of(a, "r2", "far"), 3));
	assert_true(analyse_memory_is_lost(analyse_memory_row(m, net_ip("10.0.3.1")), in, 2));
	assert_true(analyse_memory_is_lost(analyse_memory_row(m, net_ip("10.0.4.1")), in, 2));
	assert_true(analyse_memory_is_lost(analyse_memory_row(m, net_ip("10.0.5.1")), in, 2));
	/* a host is no router, whatever comes by */
	assert_true(analyse_memory_is_lost(analyse_memory_row(m, net_ip("10.0.5.1")),
					   device_of(a, "c", "eth0"), 2));
	analyse_memory_free(m);
}

static void filter_not_understood(struct plan *p)
{
	net_filter(p, "r2", "t", NET_FORWARD("meta mark 7 drop"));
}

static void rule_asks_for_source(struct plan *p)
{
	net_rule(p, "r2", 100, 2000)->from = net_prefix("10.0.1.1/32");
}

static void equally_good_hops(struct plan *p)
{
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.4.0/24", "c", "10.0.2.1");
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.4.0/24", "c", "10.0.2.2");
}

static void device_is_not_as_planned(struct plan *p)
{
	p->links[p->n_links - 1].b.fault = "mtu 1400"; /* r2's end */
}

/* Where something else decides, too, nothing is certain. */
static void what_is_not_certain(void **state)
{
	static void (*const makes_it_open[])(struct plan *
					     p) = {filter_not_understood, rule_asks_for_source,
						   equally_good_hops, device_is_not_as_planned};

	for (size_t i = 0; i < ARRAY_LEN(makes_it_open); i++) {
		auto_plan struct plan *p = net_two_routers();
		auto_analyse struct analyse *a = NULL;
		struct walk_memory *m;

		(void)net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.4.0/24", "far", "10.9.0.2");
		makes_it_open[i](p);
		a = net_analyse(p);
		m = analyse_memory_new(a);
		if (analyse_memory_is_lost(analyse_memory_row(m, net_ip("10.0.4.1")),
					   device_of(a, "r1", "a"), 2))
			fail_msg("row %zu", i);
		analyse_memory_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_labs),
		cmocka_unit_test(a_long_chain),
		cmocka_unit_test(broken_labs),
		cmocka_unit_test(ports_matter_where_a_filter_says_so),
		cmocka_unit_test(one_walk_stands_for_all_services),
		cmocka_unit_test(rows_are_taken_over),
		cmocka_unit_test(what_is_lost_for_certain),
		cmocka_unit_test(what_is_not_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
