// SPDX-License-Identifier: GPL-2.0-only
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "unit/plan/sample.h"

static char *rewrite(const char *text)
{
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *p = plan_read(text, strlen(text), &err);

	if (!p)
		fail_msg("%s", lab_error_message(err));
	return plan_write(p);
}

static void test_document_round_trip(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_free char *first = plan_write(p);
	auto_free char *second = rewrite(first);

	assert_string_equal(first, second);
	assert_non_null(strstr(first, "\"dst\": \"10.0.0.0/8\""));
	assert_non_null(strstr(first, "\"config\": {\"a\": [1, 2], \"b\": \"x\"}"));
}

static void test_round_trip_keeps_every_field(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_free char *text = plan_write(p);
	auto_plan struct plan *q = plan_read(text, strlen(text), NULL);

	assert_non_null(q);
	assert_string_equal(q->title, "Sample");
	assert_string_equal(q->step, "attach");
	assert_string_equal(q->summary, "{\"x\":1}");
	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++) {
		assert_true(plan_count(p, kind) > 0);
		assert_int_equal(plan_count(p, kind), plan_count(q, kind));
		for (size_t i = 0; i < plan_count(p, kind); i++)
			assert_true(
				plan_same(kind, plan_object(p, kind, i), plan_object(q, kind, i)));
	}
	assert_string_equal(plan_find_namespace(q, "b")->role, "ecs");
	assert_string_equal(q->links[0].origin.at, "lab.yaml:3");
}

static void test_find(void **state)
{
	auto_plan struct plan *p = sample_plan();

	assert_ptr_equal(plan_find_namespace(p, "a"), &p->namespaces[0]);
	assert_null(plan_find_namespace(p, "aa"));
	assert_string_equal(plan_find_worker(p, "w")->program, "labctl-dns");
	assert_string_equal(plan_find_node(p, "b")->hostname, "host-b");
	assert_null(plan_find_node(p, "a"));
}

static void test_same_ignores_what_the_kernel_does_not_see(void **state)
{
	struct plan_namespace a = {{"x", "y"}, "n", "ecs", false, NULL};
	struct plan_namespace b = {{"z", "w"}, "n", "vpc", false, NULL};

	assert_true(plan_same(PLAN_NAMESPACE, &a, &b));
	b.router = true;
	assert_false(plan_same(PLAN_NAMESPACE, &a, &b));
}

static void spoil_twice(struct plan *p)
{
	*plan_add_rule(p) = p->rules[0];
}

static void spoil_namespace(struct plan *p)
{
	p->addresses[0].ns = "nowhere";
}

static void spoil_device(struct plan *p)
{
	p->routes[0].dev = "eth9";
}

static void spoil_name(struct plan *p)
{
	p->links[0].a.dev = "a-name-of-16-chr";
}

static void spoil_origin(struct plan *p)
{
	p->shapers[0].origin.at = NULL;
}

static void spoil_order(struct plan *p)
{
	p->namespaces[0].name = "zzz";
}

static void spoil_host_bits(struct plan *p)
{
	p->routes[0].dst.addr |= 1;
}

static void spoil_next_hop(struct plan *p)
{
	p->routes[0].dev = NULL;
}

static void spoil_socket(struct plan *p)
{
	((struct plan_socket *)(uintptr_t)p->workers[0].sockets)->ns = "nowhere";
}

static void spoil_iif(struct plan *p)
{
	p->rules[0].iif = "gone";
}

static void spoil_port(struct plan *p)
{
	((struct plan_socket *)(uintptr_t)p->workers[0].sockets)->port = 0;
}

static void spoil_memory(struct plan *p)
{
	((struct plan_socket *)(uintptr_t)p->workers[0].sockets)[4].port = 1;
}

static void spoil_master(struct plan *p)
{
	p->links[0].a.master = "gone";
}

static void spoil_oif(struct plan *p)
{
	p->rules[0].oif = "gone";
}

static void spoil_bridge(struct plan *p)
{
	p->bridges[0].dev = "b"; /* the link's */
}

static void spoil_two_links(struct plan *p)
{
	struct plan_link *l = plan_add_link(p);

	*l = p->links[0];
	l->a.dev = "other";
	plan_sort(p);
}

/* Names that differ late, early, or only in their length; in an order in which all change places. */
static void test_sort(void **state)
{
	static const char *const names[] = {"data-centre-2", "b", "data-centre-10",
					    "data-cent",     "",  "data-centre-1",
					    "data-cen"};
	static const char *const sorted[] = {"",
					     "b",
					     "data-cen",
					     "data-cent",
					     "data-centre-1",
					     "data-centre-10",
					     "data-centre-2"};
	auto_plan struct plan *p = plan_new("t");

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (uint32_t priority = 3; priority > 0; priority--)
			*plan_add_rule(p) = (struct plan_rule){.ns = names[i],
							       .priority = priority};
	plan_sort(p);
	for (size_t i = 0; i < p->n_rules; i++) {
		assert_string_equal(p->rules[i].ns, sorted[i / 3]);
		assert_int_equal(p->rules[i].priority, i % 3 + 1);
	}
}

/* Of names that come again among others, in two kinds; so many of one that they are not few; one has no name. */
static void test_sort_many(void **state)
{
	static const char *const names[] = {"b", "a", NULL};
	auto_plan struct plan *p = plan_new("t");

	(void)state;
	for (uint32_t i = 0; i < 60; i++) {
		*plan_add_rule(p) = (struct plan_rule){.ns = names[i % 3], .priority = i * 7 % 60};
		*plan_add_filter(p) = (struct plan_filter){
			.ns = i % 2 ? "a" : "c", .table = (const char *[]){"z", "y", "x"}[i % 3]};
	}
	plan_sort(p);
	for (size_t i = 1; i < 60; i++) {
		assert_true(plan_key_cmp(PLAN_RULE, &p->rules[i - 1], &p->rules[i]) < 0);
		assert_true(plan_key_cmp(PLAN_FILTER, &p->filters[i - 1], &p->filters[i]) <= 0);
	}
	assert_null(p->rules[0].ns);
	assert_string_equal(p->filters[59].ns, "c");
}

static void test_verify(void **state)
{
	static const struct {
		void (*spoil)(struct plan *p);
		const char *says;
	} cases[] = {
		{spoil_twice, "rule a 100: is there twice"},
		{spoil_namespace, "no namespace nowhere"},
		{spoil_device, "no device eth9"},
		{spoil_name, "bad device name"},
		{spoil_origin, "shaper 0: no at"},
		{spoil_order, "out of order"},
		{spoil_host_bits, "host bits"},
		{spoil_next_hop, "leads nowhere"},
		{spoil_socket, "bad socket dns-udp"},
		{spoil_port, "bad socket dns-udp"},
		{spoil_memory, "bad socket state"},
		{spoil_master, "no bridge gone"},
		{spoil_oif, "no device gone"},
		{spoil_bridge, "device a/b is there twice"},
		{spoil_iif, "no device gone"},
		{spoil_two_links, "is there twice"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_plan struct plan *p = sample_plan();
		auto_error struct lab_error *err = NULL;

		assert_int_equal(plan_verify(p, &err), 0);
		cases[i].spoil(p);
		assert_int_equal(plan_verify(p, &err), -1);
		if (!strstr(lab_error_message(err), cases[i].says))
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, lab_error_message(err),
				 cases[i].says);
	}
}

/* `text` with the first `from` replaced by `to`, to be freed. */
static char *edit(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	if (!at)
		fail_msg("the sample document has no %s", from);
	if (asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		abort();
	return out;
}

static void test_reader_refuses(void **state)
{
	static const struct {
		const char *from, *to;
		enum lab_status status;
		const char *says;
	} cases[] = {
		{"{\n", "", LAB_FAILED, "plan document: line"},
		{"\"labctl\": 2", "\"labctl\": 1", LAB_STATE, "version 1"},
		{"\"labctl\": 2", "\"labctl\": \"2\"", LAB_FAILED, "no labctl version"},
		{"\"lab\": \"sample\"", "\"lab\": 1", LAB_FAILED, "no lab"},
		{"\"title\": \"Sample\"", "\"title\": []", LAB_FAILED, "title: not a text"},
		{"\"links\": [", "\"links\": 1, \"x\": [", LAB_FAILED, "links: not a list"},
		{"\"rules\"", "\"rulez\"", LAB_FAILED, "rules: not a list"},
		{"\"table\": 1000", "\"table\": -1", LAB_FAILED, "routes[0]: table: out of range"},
		{"\"table\": 1000", "\"table\": 4294967296", LAB_FAILED, "out of range"},
		{"\"table\": 1000", "\"table\": \"1000\"", LAB_FAILED, "not a number"},
		{"\"10.0.0.0/8\"", "\"10.0.0.1/8\"", LAB_FAILED, "dst: malformed"},
		{"\"10.0.0.0/8\"", "\"10.0.0.0\"", LAB_FAILED, "dst: malformed"},
		{"\"dst\": \"10.0.0.0/8\",", "", LAB_FAILED, "dst: missing"},
		{"\"type\": \"unicast\"", "\"type\": \"x\"", LAB_FAILED, "type: malformed"},
		{"\"mac\": \"02:", "\"mac\": \"0g:", LAB_FAILED, "mac: malformed"},
		{"\"router\": true", "\"router\": 1", LAB_FAILED, "not true or false"},
		{"\"name\": \"a\"", "\"name\": \"a\\u0000b\"", LAB_FAILED, "line"},
		{"\"config\": {", "\"config\": 5, \"y\": {", LAB_FAILED, "config: not an object"},
		{"\"sockets\": [", "\"sockets\": 5, \"y\": [", LAB_FAILED, "sockets: not a list"},
		{"\"port\": 53", "\"port\": 65536", LAB_FAILED, "port: out of range"},
		{"\"origin\": {\"resource\"", "\"origin\": {\"r\"", LAB_FAILED, "missing"},
		{"\"via\": \"10.9.0.2\"", "\"via\": \"10.9.2\"", LAB_FAILED, "via: malformed"},
		{"\"name\": \"a\"", "\"name\": \"q\"", LAB_FAILED, "plan of sample"},
		{"\"rules\"", "\"rules\": [], \"rules\"", LAB_FAILED, "duplicate"},
		{"\"title\"", "\"title\": \"x\", \"title\"", LAB_FAILED, "duplicate"},
		{"\"labctl\": 2", "\"rules\": [], \"labctl\": 2", LAB_FAILED, "before its objects"},
		{"\n}\n", "\n}\n}", LAB_FAILED, "end of file expected"},
		{"\n}\n", "\n", LAB_FAILED, "'}' expected"},
		{"\n}\n", ",\n}\n", LAB_FAILED, "a key expected"},
		{"\"lab\": \"sample\"", "\"lab\" \"sample\"", LAB_FAILED, "line 3: ':'"},
		{"\"links\": [", "\"links\": [[]], \"x\": [", LAB_FAILED, "not an object"},
		{"\"links\": [", "\"links\": [,", LAB_FAILED, "line"},
	};
	auto_plan struct plan *p = sample_plan();
	auto_free char *good = plan_write(p);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_free char *bad = edit(good, cases[i].from, cases[i].to);
		auto_error struct lab_error *err = NULL;

		assert_null(plan_read(bad, strlen(bad), &err));
		assert_int_equal(lab_error_status(err), cases[i].status);
		if (!strstr(lab_error_message(err), cases[i].says))
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, lab_error_message(err),
				 cases[i].says);
	}
}

static void test_reader_survives_truncation(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_free char *good = plan_write(p);

	for (size_t len = 0; len + 2 < strlen(good); len++) {
		auto_error struct lab_error *err = NULL;

		assert_null(plan_read(good, len, &err));
		assert_non_null(err);
	}
}

static void test_reader_ignores_added_fields(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_free char *good = plan_write(p);
	auto_free char *more = edit(good, "\"router\": true", "\"router\": true, \"new\": [1]");
	auto_free char *again = rewrite(more);

	assert_string_equal(good, again);
}

/* What labctl does not write itself is read as well. */
static void test_reader_takes_other_spellings(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"\"name\": \"a\"", "\"name\"\t:\r\n \"a\""},
		{"\"name\": \"a\"", "\"name\": \"\\u0061\""},
		{"\"name\": \"a\"", "\"n\\u0061me\": \"a\""},
		{"\"router\": true", "\"x\": {\"y\": [1.5, null, \"\\u00e9\"]}, \"router\": true"},
		{"{\"a\": [1, 2], \"b\": \"x\"}", "{\"b\": \"\\u0078\", \"a\": [1,2] }"},
		{"\"summary\": {\"x\": 1}", "\"summary\": {\"\\u0078\": 1}"},
		{"\"port\": 53", "\"x\": 1, \"port\": 53"},
	};
	auto_plan struct plan *p = sample_plan();
	auto_free char *good = plan_write(p);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_free char *other = edit(good, cases[i].from, cases[i].to);
		auto_free char *again = rewrite(other);

		assert_string_equal(again, good);
	}
}

/* JSON of others comes out compact and sorted, as it stands in every plan; or not at all. */
static void test_reader_makes_json_canonical(void **state)
{
	static const struct {
		const char *written, *read; /* NULL: refused */
	} cases[] = {
		{"{}", "{}"},
		{"{\"a\": [], \"b\": {}, \"c\": [{}, [\"\"]]}",
		 "{\"a\":[],\"b\":{},\"c\":[{},[\"\"]]}"},
		{"{\"a\": true, \"b\": false, \"c\": null, \"d\": 0}",
		 "{\"a\":true,\"b\":false,\"c\":null,\"d\":0}"},
		{"{\"a\": \"x\\n\\t\\\\\\\"{}, :\"}", "{\"a\":\"x\\n\\t\\\\\\\"{}, :\"}"},
		{"{\"a\": -5, \"b\": 1.5}", "{\"a\":-5,\"b\":1.5}"},
		{"{\"b\": 1, \"a\": 2}", "{\"a\":2,\"b\":1}"},
		{"{\"a b\": 1, \"a\": 2}", "{\"a\":2,\"a b\":1}"},
		{"{\"a\": 1, \"ab\": 2, \"b\": {\"a\": 1}}", "{\"a\":1,\"ab\":2,\"b\":{\"a\":1}}"},
		{"{\"a\": 9223372036854775807}", "{\"a\":9223372036854775807}"},
		{"{\"a\": 1, \"a\": 2}", NULL},
		{"{\"b\": {\"a\": 1, \"a\": 1}}", NULL},
		{"{\"a\": 01}", NULL},
		{"{\"a\": 1x}", NULL},
		{"{\"a\": nul}", NULL},
		{"{\"a\": trueness}", NULL},
		{"{\"a\": \"\x01\"}", NULL},
		{"{\"a\": \"\xff\"}", NULL},
		{"{\"a\": [1,]}", NULL},
		{"{\"a\": [1}", NULL},
		{"{\"a\": 1,}", NULL},
		{"{\"a\"}", NULL},
	};
	auto_plan struct plan *p = sample_plan();
	auto_free char *good = plan_write(p);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_free char *text = edit(good, "{\"a\": [1, 2], \"b\": \"x\"}",
					    cases[i].written);
		auto_plan struct plan *q = plan_read(text, strlen(text), NULL);

		if (!q != !cases[i].read)
			fail_msg("%s: %s", cases[i].written, q ? "is read" : "is refused");
		if (q)
			assert_string_equal(q->workers[0].config, cases[i].read);
	}
}

static void test_describe(void **state)
{
	auto_plan struct plan *p = sample_plan();
	static const char *const texts[PLAN_N_KINDS] = {
		[PLAN_NAMESPACE] = "namespace a",
		[PLAN_BRIDGE] = "bridge a/lan",
		[PLAN_LINK] = "link a/b <-> b/eth0",
		[PLAN_ADDRESS] = "address a/b 10.9.0.1/30",
		[PLAN_NEIGHBOUR] = "neighbour a/b 10.9.0.2",
		[PLAN_ROUTE] = "route a 1000 10.0.0.0/8",
		[PLAN_RULE] = "rule a 100",
		[PLAN_SHAPER] = "shaper a/b",
		[PLAN_FILTER] = "filter a t",
		[PLAN_WORKER] = "worker w",
		[PLAN_NODE] = "node b",
	};

	for (enum plan_kind kind = 0; kind < PLAN_N_KINDS; kind++)
		assert_string_equal(plan_describe(p->arena, kind, plan_object(p, kind, 0)),
				    texts[kind]);
}

static void test_where_lo_is_up(void **state)
{
	const struct plan_namespace vpc = {.role = "vpc"}, transit = {.role = "transit-router"},
				    unknown = {0};

	assert_true(plan_needs_lo(&vpc) && plan_needs_lo(&unknown) && !plan_needs_lo(&transit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document_round_trip),
		cmocka_unit_test(test_round_trip_keeps_every_field),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_same_ignores_what_the_kernel_does_not_see),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_sort_many),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_reader_refuses),
		cmocka_unit_test(test_reader_survives_truncation),
		cmocka_unit_test(test_reader_ignores_added_fields),
		cmocka_unit_test(test_reader_takes_other_spellings),
		cmocka_unit_test(test_reader_makes_json_canonical),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_where_lo_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
