// SPDX-License-Identifier: GPL-2.0-only
/* Which routes should exist: supplies, gates, and the choice among candidates, as tables. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "routing/decide.h"

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, &p), IP_OK);
	return p;
}

/* --- supplies --- */

/* "10.0.0.0/8:0 10.1.0.0/16:33" */
static size_t parse_offered(const char *text, struct routing_offered *items)
{
	char word[64];
	size_t n = 0;
	int used;

	while (sscanf(text, " %60[^:]:%u%n", word, &items[n].cost, &used) == 2) {
		items[n++].prefix = prefix(word);
		text += used;
	}
	return n;
}

static void a_source_offers_its_own_and_what_it_learned(void **state)
{
	static const struct {
		const char *own, *learned;
		size_t limit;
		bool alive;
		const char *expect;
	} rows[] = {
		{"10.1.0.0/16:0", "", 9, true, "10.1.0.0/16:0"},
		{"10.1.0.0/16:0", "", 9, false, ""},
		{"", "10.1.0.0/16:33 10.2.0.0/16:34", 9, true, "10.1.0.0/16:33 10.2.0.0/16:34"},
		{"", "10.1.0.0/16:33 10.2.0.0/16:34", 9, false, ""},
		/* the first ones in the order of prefixes; its own do not count */
		{"10.9.0.0/16:0", "10.1.0.0/16:33 10.1.0.0/24:34 10.2.0.0/16:35", 2, true,
		 "10.1.0.0/16:33 10.1.0.0/24:34 10.9.0.0/16:0"},
		/* both at once: at no cost */
		{"10.1.0.0/16:0", "10.1.0.0/16:33", 9, true, "10.1.0.0/16:0"},
		{"10.2.0.0/16:0 10.2.0.0/16:0", "10.1.0.0/16:33", 9, true,
		 "10.1.0.0/16:33 10.2.0.0/16:0"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct routing_offered own[8], learned[8], expect[8];
		struct ip_prefix prefixes[8];
		struct routing_source s = {.prefixes = prefixes, .learn.limit = rows[i].limit};
		struct routing_supply supply = {0}, wanted = {.items = expect};
		size_t n = parse_offered(rows[i].learned, learned);

		s.n_prefixes = parse_offered(rows[i].own, own);
		for (size_t k = 0; k < s.n_prefixes; k++)
			prefixes[k] = own[k].prefix;
		wanted.n = parse_offered(rows[i].expect, expect);
		routing_supply_fill(&supply, &s, rows[i].alive, learned, n);
		if (!routing_supply_same(&supply, &wanted))
			fail_msg("row %zu", i);
		routing_supply_done(&supply);
	}
}

static void the_same_supply_is_the_same(void **state)
{
	struct routing_offered a[] = {{prefix("10.0.0.0/8"), 1}}, b[] = {{prefix("10.0.0.0/8"), 2}};
	struct routing_supply x = {a, 1}, y = {b, 1}, none = {0};

	assert_true(routing_supply_same(&x, &x));
	assert_true(routing_supply_same(&none, &none));
	assert_false(routing_supply_same(&x, &y));
	assert_false(routing_supply_same(&x, &none));
}

/* --- gates --- */

#define CLAUSE(list, value, ...)                                                          \
	(struct routing_clause)                                                           \
	{                                                                                 \
		.prefixes = (list), .n_prefixes = ARRAY_LEN(list), .preference = (value), \
		__VA_ARGS__                                                               \
	}
#define ALL(value, ...)                                         \
	(struct routing_clause)                                 \
	{                                                       \
		.all = true, .preference = (value), __VA_ARGS__ \
	}
#define DENIED UINT32_MAX

static void the_first_clause_that_matches_decides(void **state)
{
	struct ip_prefix ten[] = {prefix("10.0.0.0/8")},
			 some[] = {prefix("10.1.0.0/16"), prefix("10.2.0.0/16"),
				   prefix("10.3.0.0/16")};
	struct ip_prefix any[] = {prefix("0.0.0.0/0")};
	struct routing_clause deny_exact[] = {CLAUSE(some, -1, .deny = true)};
	struct routing_clause deny_inside[] = {CLAUSE(ten, -1, .deny = true, .include = true)};
	struct routing_clause deny_any[] = {CLAUSE(any, -1, .deny = true, .include = true)};
	struct routing_clause deny_rest[] = {CLAUSE(some, -1), ALL(-1, .deny = true)};
	struct routing_clause prefer[] = {CLAUSE(some, 10), ALL(90)};
	struct routing_clause nothing[] = {{.preference = -1, .deny = true}};
	struct routing_clause later[] = {CLAUSE(ten, 5, .include = true)};
	const struct {
		struct routing_gate gates[2];
		size_t n;
		const char *prefix;
		unsigned int expect;
	} rows[] = {
		{{{0}}, 0, "10.1.0.0/16", 50},
		{{{0}}, 1, "10.1.0.0/16", 50}, /* an empty gate */
		{{{deny_exact, 1}}, 1, "10.1.0.0/16", DENIED},
		{{{deny_exact, 1}}, 1, "10.3.0.0/16", DENIED},
		{{{deny_exact, 1}}, 1, "10.3.0.0/17", 50},
		{{{deny_exact, 1}}, 1, "10.0.0.0/8", 50},
		{{{deny_inside, 1}}, 1, "10.0.0.0/8", DENIED},
		{{{deny_inside, 1}}, 1, "10.255.255.255/32", DENIED},
		{{{deny_inside, 1}}, 1, "0.0.0.0/0", 50},
		{{{deny_inside, 1}}, 1, "11.0.0.0/8", 50},
		{{{deny_any, 1}}, 1, "192.168.0.0/16", DENIED},
		{{{deny_rest, 2}}, 1, "10.2.0.0/16", 50},
		{{{deny_rest, 2}}, 1, "10.4.0.0/16", DENIED},
		{{{prefer, 2}}, 1, "10.2.0.0/16", 10},
		{{{prefer, 2}}, 1, "10.4.0.0/16", 90},
		{{{nothing, 1}}, 1, "10.4.0.0/16", 50}, /* a list of no prefixes matches none */
		/* a later gate may override, and may deny */
		{{{prefer, 2}, {later, 1}}, 2, "10.2.0.0/16", 5},
		{{{prefer, 2}, {later, 1}}, 2, "11.0.0.0/8", 90},
		{{{prefer, 2}, {deny_inside, 1}}, 2, "10.2.0.0/16", DENIED},
		{{{deny_inside, 1}, {prefer, 2}}, 2, "10.2.0.0/16", DENIED},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct routing_gate gates[2] = {rows[i].gates[0], rows[i].gates[1]};
		struct routing_offer o = {.gates = gates, .n_gates = rows[i].n};
		unsigned int got;

		if (!routing_permits(&o, prefix(rows[i].prefix), &got))
			got = DENIED;
		if (got != rows[i].expect)
			fail_msg("row %zu: %u", i, got);
	}
}

/* --- choices --- */

static bool everybody_tells(const void *ctx, const struct routing_offer *o, struct ip_prefix p)
{
	return true;
}

static struct routing_clause prefer_10[] = {{.all = true, .preference = 10}};
static struct routing_gate gate_10 = {prefer_10, 1};

/* The choices as "10.0.0.0/8 0,1; 10.1.0.0/16 2": prefixes, and by which offers. */
static char *choices_text(const struct routing_site *site, const struct routing_supply *supplies)
{
	struct routing_choices choices = {0};
	struct strbuf b = {0};
	char buf[IP_PREFIX_STRLEN];

	routing_decide(&choices, site, supplies, everybody_tells, NULL);
	for (size_t i = 0; i < choices.n; i++) {
		strbuf_printf(&b, "%s%s", i ? "; " : "",
			      ip_prefix_format(choices.items[i].prefix, buf));
		for (size_t k = 0; k < choices.items[i].n; k++)
			strbuf_printf(&b, "%c%u", k ? ',' : ' ', choices.items[i].offers[k]);
	}
	routing_choices_done(&choices);
	return strbuf_take(&b);
}

static void the_best_candidate_is_chosen(void **state)
{
	/* an offer: of source s, with rank r, and preference 10 where it is preferred */
	static const struct {
		const char *supplies[3];
		struct {
			size_t source;
			unsigned int rank;
			bool preferred;
		} offers[4];
		size_t n;
		bool ecmp;
		const char *expect;
	} rows[] = {
		{{""}, {{0}}, 1, false, ""},
		{{"10.0.0.0/8:0"}, {{0}}, 0, false, ""},
		{{"10.0.0.0/8:0 10.1.0.0/16:0"}, {{0}}, 1, false, "10.0.0.0/8 0; 10.1.0.0/16 0"},
		/* by rank, whatever their order; the other one alone where the first has not it */
		{{"10.0.0.0/8:0", "10.0.0.0/8:0 10.1.0.0/16:0"},
		 {{0, 1, false}, {1, 0, false}},
		 2,
		 false,
		 "10.0.0.0/8 1; 10.1.0.0/16 1"},
		{{"", "10.0.0.0/8:0"}, {{0, 0, false}, {1, 9, false}}, 2, false, "10.0.0.0/8 1"},
		/* preference before rank, rank before cost */
		{{"10.0.0.0/8:0", "10.0.0.0/8:0"},
		 {{0, 0, false}, {1, 9, true}},
		 2,
		 false,
		 "10.0.0.0/8 1"},
		{{"10.0.0.0/8:40", "10.0.0.0/8:33"},
		 {{0, 0, false}, {1, 1, false}},
		 2,
		 false,
		 "10.0.0.0/8 0"},
		{{"10.0.0.0/8:40", "10.0.0.0/8:33"},
		 {{0}, {1, 0, false}},
		 2,
		 false,
		 "10.0.0.0/8 1"},
		/* of equals the first one, or all */
		{{"10.0.0.0/8:33", "10.0.0.0/8:33"},
		 {{0}, {1, 0, false}},
		 2,
		 false,
		 "10.0.0.0/8 0"},
		{{"10.0.0.0/8:33", "10.0.0.0/8:33"},
		 {{0}, {1, 0, false}},
		 2,
		 true,
		 "10.0.0.0/8 0,1"},
		{{"10.0.0.0/8:33", "10.0.0.0/8:33", "10.0.0.0/8:34"},
		 {{2, 0, false}, {1, 0, false}, {0}},
		 3,
		 true,
		 "10.0.0.0/8 1,2"},
		{{"10.0.0.0/8:33", "10.0.0.0/8:33"}, {{0}, {1, 1, false}}, 2, true, "10.0.0.0/8 0"},
		{{"10.0.0.0/8:33 10.1.0.0/16:33", "10.1.0.0/16:33"},
		 {{0}, {1, 0, false}},
		 2,
		 true,
		 "10.0.0.0/8 0; 10.1.0.0/16 0,1"},
		/* one source by two devices */
		{{"10.0.0.0/8:0"}, {{0}, {0}}, 2, true, "10.0.0.0/8 0,1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct routing_offered items[3][8];
		struct routing_supply supplies[3];
		struct routing_offer offers[4] = {0};
		struct routing_site site = {
			.offers = offers, .n_offers = rows[i].n, .ecmp = rows[i].ecmp};
		auto_free char *got = NULL;

		for (size_t k = 0; k < 3; k++) {
			const char *text = rows[i].supplies[k] ? rows[i].supplies[k] : "";

			supplies[k] = (struct routing_supply){items[k],
							      parse_offered(text, items[k])};
		}
		for (size_t k = 0; k < rows[i].n; k++) {
			offers[k].source = rows[i].offers[k].source;
			offers[k].rank = rows[i].offers[k].rank;
			offers[k].gates = &gate_10;
			offers[k].n_gates = rows[i].offers[k].preferred;
		}
		got = choices_text(&site, supplies);
		if (strcmp(got, rows[i].expect) != 0)
			fail_msg("row %zu: %s", i, got);
	}
}

static void a_multipath_route_has_a_bounded_width(void **state)
{
	struct routing_offered item[] = {{prefix("10.0.0.0/8"), 0}};
	struct routing_supply supply = {item, 1};
	struct routing_offer offers[ROUTING_HOPS_MAX + 5] = {0};
	struct routing_site site = {.offers = offers, .n_offers = ARRAY_LEN(offers), .ecmp = true};
	struct routing_choices choices = {0};

	routing_decide(&choices, &site, &supply, everybody_tells, NULL);
	assert_int_equal(choices.n, 1);
	assert_int_equal(choices.items[0].n, ROUTING_HOPS_MAX);
	assert_int_equal(choices.items[0].offers[ROUTING_HOPS_MAX - 1], ROUTING_HOPS_MAX - 1);
	routing_choices_done(&choices);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_offers_its_own_and_what_it_learned),
		cmocka_unit_test(the_same_supply_is_the_same),
		cmocka_unit_test(the_first_clause_that_matches_decides),
		cmocka_unit_test(the_best_candidate_is_chosen),
		cmocka_unit_test(a_multipath_route_has_a_bounded_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
