// SPDX-License-Identifier: GPL-2.0-only
/* From sightings to journeys, and what is drawn of them. */
#include "base/cleanup.h"
#include "lib/test.h"
#include "trace/trace.h"

/* a - r - b, and c, which has nothing to do with them */
static struct plan *network(void)
{
	static const char *const names[] = {"a", "b", "c", "r"};
	static const uint32_t ips[] = {1, 2, 3, 4};
	struct plan *p = plan_new("lab");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		plan_add_namespace(p)->name = names[i];
		*plan_add_address(p) = (struct plan_address){
			.ns = names[i], .dev = "eth0", .prefix = {.addr = ips[i], .len = 32}};
	}
	return p;
}

static const struct trace_sighting sightings[] = {
	{"a", 1000, 1, 7, 2, false, "query DNS x", 1, 64},
	{"r", 2000, 1, 7, 2, false, "query DNS x", 4, 64},
	{"r", 2500, 1, 7, 2, false, "query DNS x", 5, 63}, /* in, then out: one hop */
	{"c", 2600, 9, 8, 4, false, "foreign", 3, 64},
	{"r", 2700, 9, 8, 4, false, "foreign", 4, 64},
	{"b", 3000, 1, 7, 2, false, "query DNS x", 2, 64},
	{"b", 4000, 2, 7, 1, false, "GET / HTTP/1.1", 2, 64},
	{"r", 5000, 2, 7, 1, false, "GET / HTTP/1.1", 4, 64},
	{"a", 6000, 2, 7, 1, false, "GET / HTTP/1.1", 1, 64},
	{"a", 7000, 3, 7, 2, true, "<ack> & \"more\"", 1, 64},
	{"r", 8000, 3, 7, 2, true, "<ack> & \"more\"", 4, 64},
	{"a", 9000, 1, 7, 2, false, "query DNS x", 1, 64}, /* sent again */
	{"r", 9500, 1, 7, 2, false, "query DNS x", 4, 64},
};

static struct trace *traced(const char *from)
{
	auto_plan struct plan *p = network();

	return trace_new(p, from, sightings, ARRAY_LEN(sightings));
}

static void becomes_journeys(void **state)
{
	auto_trace struct trace *t = traced("a");

	assert_int_equal(t->n_columns, 3);
	assert_string_equal(t->columns[0], "a");
	assert_string_equal(t->columns[1], "r");
	assert_string_equal(t->columns[2], "b");
	assert_int_equal(t->n_journeys, 4);
	assert_int_equal(t->start, 1000);
	assert_int_equal(t->journeys[0].n, 3);
	assert_int_equal(t->journeys[0].hops[1].at, 2000);
	assert_false(t->journeys[0].lost);
	assert_false(t->journeys[1].lost);
	assert_true(t->journeys[2].lost);
	assert_true(t->journeys[3].lost);
	assert_int_equal(t->journeys[3].hops[0].at, 9000);
}

/* b asks c because a asked b; r asks c for reasons of its own, and c's answer to it is none of a's. */
static void what_it_leads_to(void **state)
{
	static const struct trace_sighting more[] = {
		{"r", 1, 4, 6, 3, false, "before", 4, 64},
		{"c", 2, 4, 6, 3, false, "before", 3, 64},
		{"a", 3, 1, 7, 2, false, "ask b", 1, 64},
		{"r", 4, 1, 7, 2, false, "ask b", 4, 64},
		{"b", 5, 1, 7, 2, false, "ask b", 2, 64},
		{"b", 6, 2, 9, 3, false, "ask c", 2, 64},
		{"c", 7, 2, 9, 3, false, "ask c", 3, 64},
		{"c", 8, 5, 6, 4, false, "to r", 3, 64},
		{"r", 9, 5, 6, 4, false, "to r", 4, 64},
		{"c", 10, 3, 9, 2, false, "to b", 3, 64},
		{"b", 11, 3, 9, 2, false, "to b", 2, 64},
	};
	auto_plan struct plan *p = network();
	auto_trace struct trace *t = trace_new(p, "a", more, ARRAY_LEN(more));

	assert_int_equal(t->n_journeys, 3);
	assert_string_equal(t->journeys[0].says, "ask b");
	assert_string_equal(t->journeys[1].says, "ask c");
	assert_string_equal(t->journeys[2].says, "to b");
	assert_int_equal(t->n_columns, 4);
	assert_int_equal(t->start, 3);
}

/* Two resets without data have the same identification; the second leaves before the first arrives. */
static void two_alike_are_under_way(void **state)
{
	static const struct trace_sighting more[] = {
		{"a", 1, 1, 7, 2, false, "RST", 1, 64}, {"a", 2, 1, 7, 2, false, "RST", 1, 64},
		{"r", 3, 1, 7, 2, false, "RST", 4, 64}, {"r", 4, 1, 7, 2, false, "RST", 4, 64},
		{"r", 5, 1, 7, 2, false, "RST", 5, 63}, {"r", 6, 1, 7, 2, false, "RST", 5, 63},
		{"b", 7, 1, 7, 2, false, "RST", 2, 63}, {"b", 8, 1, 7, 2, false, "RST", 2, 63},
	};
	auto_plan struct plan *p = network();
	auto_trace struct trace *t = trace_new(p, "a", more, ARRAY_LEN(more));

	assert_int_equal(t->n_journeys, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(t->journeys[i].n, 3);
		assert_false(t->journeys[i].lost);
	}
	assert_int_equal(t->journeys[0].hops[0].at, 1);
	assert_int_equal(t->journeys[1].hops[0].at, 2);
}

/* Back on the line on which it came: the same interface, but a router was between. */
static void back_on_one_line(void **state)
{
	static const struct trace_sighting more[] = {
		{"a", 1, 1, 7, 2, false, "query", 1, 64},
		{"r", 2, 1, 7, 2, false, "query", 4, 64},
		{"r", 3, 1, 7, 2, false, "query", 4, 63},
		{"b", 4, 1, 7, 2, false, "query", 2, 63},
	};
	auto_plan struct plan *p = network();
	auto_trace struct trace *t = trace_new(p, "a", more, ARRAY_LEN(more));

	assert_int_equal(t->n_journeys, 1);
	assert_int_equal(t->journeys[0].n, 3);
}

static void drawn(void **state)
{
	static const char text[] = "        ms  a  r  b\n"
				   "     0.000  o--+-->  query DNS x\n"
				   "     0.003  <--+--o  GET / HTTP/1.1\n"
				   "     0.008  o--x  |  query DNS x (lost in r)\n";
	static const char all[] = "     0.006  o--x  |  <ack> & \"more\" (lost in r)\n";
	struct trace_style style = {0};
	auto_strbuf struct strbuf out = {0}, more = {0};
	auto_trace struct trace *t = traced("a");

	trace_text(t, &style, &out);
	assert_string_equal(strbuf_str(&out), text);
	style.all = true;
	trace_text(t, &style, &more);
	assert_non_null(strstr(strbuf_str(&more), all));
}

static void names_become_numbers(void **state)
{
	static const char text[] =
		"   1  a\n   2  r\n   3  b\n        ms  1    2    3\n"
		"     0.000  \033[36m●────┼────▶    query DNS x\033[0m\n"
		"     0.003  \033[1m◀────┼────●    GET / HTTP/1.1\033[0m\n"
		"     0.008  \033[31m●────✗    │    query DNS x (lost in r)\033[0m\n";
	struct trace_style style = {.width = 60, .utf8 = true, .colour = true};
	auto_strbuf struct strbuf out = {0};
	auto_trace struct trace *t = traced("a");

	trace_text(t, &style, &out);
	assert_string_equal(strbuf_str(&out), text);
}

static void as_a_picture(void **state)
{
	auto_strbuf struct strbuf out = {0};
	auto_trace struct trace *t = traced("a");

	trace_svg(t, "a < b", true, &out);
	assert_non_null(strstr(out.s, "<title>a &lt; b</title>"));
	assert_non_null(strstr(out.s, "&lt;ack&gt; &amp; &quot;more&quot; (lost in r)"));
	assert_null(strstr(out.s, "<ack>"));
	assert_non_null(strstr(out.s, "<g class=\"dns\">"));
	assert_non_null(strstr(out.s, "<g class=\"http\">"));
	assert_non_null(strstr(out.s, "<g class=\"lost\">"));
}

static void nothing_was_seen(void **state)
{
	auto_plan struct plan *p = network();
	auto_trace struct trace *t = trace_new(p, "b", NULL, 0);
	struct trace_style style = {.width = 80};
	auto_strbuf struct strbuf out = {0};

	trace_text(t, &style, &out);
	assert_string_equal(strbuf_str(&out), "        ms  b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_journeys),
		cmocka_unit_test(what_it_leads_to),
		cmocka_unit_test(two_alike_are_under_way),
		cmocka_unit_test(back_on_one_line),
		cmocka_unit_test(drawn),
		cmocka_unit_test(names_become_numbers),
		cmocka_unit_test(as_a_picture),
		cmocka_unit_test(nothing_was_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
