// SPDX-License-Identifier: GPL-2.0-only
/* Sites that tell each other of routes: each tells only what it uses itself. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "routing/config.h"
#include "routing/namespace.h"
#include "routing/wants.h"

#define SOCKETS "\"state\":\"m\",\"sockets\":[{\"name\":\"m\"},{\"name\":\"a\"},{\"name\":\"b\"}],"
#define TABLES  "\"tables\":[{\"ns\":\"a\",\"socket\":\"a\"},{\"ns\":\"b\",\"socket\":\"b\"}],"
#define SOURCES                                                                            \
	"\"monitors\":[],\"sources\":[{\"name\":\"in-a\",\"prefixes\":[\"10.1.0.0/16\"]}," \
	"{\"name\":\"in-b\",\"prefixes\":[\"10.1.0.0/16\"]}],"

/* A router with its own way and, told by the other router, one by "peer". */
#define SITE(ns, other, gates)                                                            \
	"{\"ns\":\"" ns "\",\"table\":254,\"protocol\":204,\"offers\":["                  \
	"{\"source\":\"in-" ns "\",\"dev\":\"vbr\",\"via\":\"100.64.0.1\"},"              \
	"{\"source\":\"in-" other "\",\"dev\":\"peer\",\"via\":\"100.64.0.9\",\"rank\":1" \
	",\"told_by\":{\"ns\":\"" other "\",\"table\":254}" gates "}]}"
#define PREFERRED ",\"gates\":[[{\"preference\":10}]]"

struct lab {
	struct arena *arena;
	struct routing_config *config;
	struct routing_namespace ns[2];
	struct routing_wants *wants;
};

static void open_lab(struct lab *l, const char *sites)
{
	const struct routing_link devices[] = {{.name = "vbr", .index = 2, .up = true},
					       {.name = "peer", .index = 3, .up = true}};
	struct lab_error *err = NULL;
	const char *text;

	l->arena = arena_new(0);
	text = arena_printf(l->arena, "{" SOCKETS TABLES SOURCES "\"sites\":[%s]}", sites);
	l->config = routing_config_read(l->arena, text, strlen(text), &err);
	if (!l->config)
		fail_msg("%s", lab_error_message(err));
	for (size_t i = 0; i < 2; i++)
		routing_namespace_init(&l->ns[i], i ? "b" : "a", -1);
	l->wants = routing_wants_new(l->arena, l->config, l->ns, NULL);
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < ARRAY_LEN(devices); k++)
			routing_fib_link(l->ns[i].fib, &devices[k]);
	assert_true(routing_wants_renew(l->wants));
}

static void close_lab(struct lab *l)
{
	routing_wants_done(l->wants);
	for (size_t i = 0; i < 2; i++)
		routing_namespace_done(&l->ns[i]);
	arena_free(l->arena);
}

/* The device of the one route that a router wants: 2 its own, 3 the peer; 0: none. */
static int device(struct lab *l, size_t router)
{
	size_t n;
	auto_free struct routing_order *orders = routing_fib_orders(l->ns[router].fib, 1000, &n);

	assert_true(n <= 1);
	return n ? (int)orders[0].hops[0].index : 0;
}

static void each_uses_its_own_way_where_nobody_prefers(void **state)
{
	struct lab l;

	open_lab(&l, SITE("a", "b", "") "," SITE("b", "a", ""));
	assert_int_equal(device(&l, 0), 2);
	assert_int_equal(device(&l, 1), 2);
	close_lab(&l);
}

static void one_prefers_the_others_way(void **state)
{
	struct lab l;

	open_lab(&l, SITE("a", "b", PREFERRED) "," SITE("b", "a", ""));
	assert_int_equal(device(&l, 0), 3);
	assert_int_equal(device(&l, 1), 2);
	close_lab(&l);
}

/* Packets would go to and fro between them. */
static void never_do_both_use_each_others_way(void **state)
{
	struct lab l;

	open_lab(&l, SITE("a", "b", PREFERRED) "," SITE("b", "a", PREFERRED));
	assert_int_equal(device(&l, 0) + device(&l, 1), 2 + 3);
	close_lab(&l);
}

#define FIRST                                                                            \
	"{\"ns\":\"a\",\"table\":254,\"protocol\":204,\"offers\":[{\"source\":\"in-b\"," \
	"\"dev\":\"peer\",\"via\":\"100.64.0.9\",\"rank\":1,\"told_by\":{\"ns\":\"b\","  \
	"\"table\":254}}]},"

/* Who has no way of his own is told, also by one who was decided behind him. */
static void who_stands_first_hears_of_it_too(void **state)
{
	struct lab l;

	open_lab(&l, FIRST SITE("b", "a", ""));
	assert_int_equal(device(&l, 0), 3);
	assert_int_equal(device(&l, 1), 2);
	close_lab(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_uses_its_own_way_where_nobody_prefers),
		cmocka_unit_test(one_prefers_the_others_way),
		cmocka_unit_test(never_do_both_use_each_others_way),
		cmocka_unit_test(who_stands_first_hears_of_it_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
