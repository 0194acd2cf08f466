// SPDX-License-Identifier: GPL-2.0-only
/* An explanation against what was seen: every place where a packet can get lost, one after the other. */
#include "explain/observe.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/compiled.h"

#define MAX 256

static struct plan *plan;
static struct analyse *analysis;
static struct explain_sighting seen[MAX];
static size_t n_seen;

static struct explanation *explained(const char *to)
{
	const struct explain_request r = {.from = "ecs-3", .to = to, .names_too = true};
	auto_error struct lab_error *err = NULL;
	struct explanation *e = explain_new(analysis, &r, &err);

	if (!e)
		fail_msg("%s", lab_error_message(err));
	n_seen = 0;
	return e;
}

static void add(const char *ns, const char *dev, uint32_t from, uint32_t to, size_t limit)
{
	if (dev && n_seen < limit)
		seen[n_seen++] = (struct explain_sighting){ns, dev, from, to};
}

/* One packet there and its answer, as far as `limit` interfaces in all. */
static void pass(const struct explain_leg *leg, size_t limit)
{
	for (size_t i = 0; i < leg->n_there; i++) {
		add(leg->there[i].ns, leg->there[i].in, leg->src, leg->dst, limit);
		if (leg->arrives || i + 1 < leg->n_there)
			add(leg->there[i].ns, leg->there[i].out, leg->src, leg->dst, limit);
	}
	for (size_t i = 0; i < leg->n_back; i++) {
		add(leg->back[i].ns, leg->back[i].in, leg->dst, leg->src, limit);
		add(leg->back[i].ns, leg->back[i].out, leg->dst, leg->src, limit);
	}
}

static struct explain_verdict judged(struct explanation *e, struct explain_observed o)
{
	o.complete = true;
	explain_see(e, seen, n_seen);
	return explain_compare(e, &o);
}

static void test_all_seen(void **state)
{
	auto_explanation struct explanation *e = explained("172.16.1.10");
	struct explain_verdict v;

	pass(&e->legs[0], MAX);
	v = judged(e, (struct explain_observed){.answered = true});
	assert_true(v.known && v.agrees);
	assert_null(v.hop);
	assert_int_equal(e->legs[0].there[1].seen_in, 1);
	assert_int_equal(e->legs[0].there[1].seen_out, 1);
}

/* ecs-3 vpc-3 cen-1.cn-beijing cen-1.cn-hangzhou vpc-1 apigw-1, and back: 20 interfaces. */
static void test_lost_everywhere(void **state)
{
	static const struct {
		size_t limit;
		const char *ns, *how;
	} rows[] = {
		{0, "ecs-3", "it does not leave ecs-3 by eth0"},
		{1, "vpc-3", "it leaves ecs-3 by eth0, and does not come to vpc-3"},
		{2, "vpc-3", "it comes to vpc-3 by ecs-3, and does not leave by cen-1"},
		{8, "vpc-1", "it comes to vpc-1 by cen-1, and does not leave by apigw-1"},
		{10, "apigw-1", "it arrives at apigw-1, and no answer leaves by vpc"},
		{12, "vpc-1", "it comes to vpc-1 by apigw-1, and does not leave by cen-1"},
		{20, "ecs-3", "it comes to ecs-3, and goes no further"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_explanation struct explanation *e = explained("172.16.1.10");
		struct explain_verdict v;

		pass(&e->legs[0], rows[i].limit);
		v = judged(e, (struct explain_observed){.answered = false});
		assert_false(v.agrees);
		assert_non_null(v.hop);
		assert_string_equal(v.hop->ns, rows[i].ns);
		assert_string_equal(v.how, rows[i].how);
	}
}

static void test_stopped_as_predicted(void **state)
{
	auto_explanation struct explanation *e = explained("172.16.99.1");
	struct explain_verdict v;

	pass(&e->legs[0], MAX);
	assert_int_equal(n_seen, 2);
	v = judged(e, (struct explain_observed){.answered = false});
	assert_true(v.agrees);
}

static void test_not_stopped(void **state)
{
	auto_explanation struct explanation *e = explained("172.16.99.1");
	struct explain_verdict v;

	pass(&e->legs[0], MAX);
	v = judged(e, (struct explain_observed){.answered = true});
	assert_false(v.agrees);
	assert_string_equal(v.hop->ns, "vpc-3");
	assert_string_equal(v.how, "it was to stop at vpc-3, and does not");
}

/* The answer comes by a way that was not predicted. */
static void test_other_way(void **state)
{
	auto_explanation struct explanation *e = explained("172.16.1.10");
	struct explain_verdict v;

	pass(&e->legs[0], 4);
	v = judged(e, (struct explain_observed){.answered = true});
	assert_false(v.agrees);
	assert_string_equal(v.hop->ns, "cen-1.cn-beijing");
}

static void test_gateway(void **state)
{
	static const char url[] = "http://172.16.1.10/nothing";
	auto_explanation struct explanation *e = explained(url), *lost = explained(url);
	struct explain_observed o = {.answered = true, .status = e->status, .code = e->code};

	assert_int_not_equal(e->status, 0);
	pass(&e->legs[0], MAX);
	assert_true(judged(e, o).agrees);
	o.code = "X";
	assert_false(explain_compare(e, &o).agrees);
	o.status = 200;
	o.code = NULL;
	assert_false(explain_compare(e, &o).agrees);
	n_seen = 0;
	pass(&lost->legs[0], MAX);
	o = (struct explain_observed){.answered = false};
	assert_string_equal(judged(lost, o).hop->ns, "ecs-3");
}

/* What was lost of a capture is no evidence. */
static void test_incomplete(void **state)
{
	auto_explanation struct explanation *e = explained("172.16.1.10");
	const struct explain_observed o = {.answered = true, .complete = false};

	explain_see(e, seen, 0);
	assert_true(explain_compare(e, &o).agrees);
}

static void test_filter(void **state)
{
	auto_explanation struct explanation *e = explained("172.16.1.10:80");
	auto_strbuf struct strbuf b = {0};

	explain_filter(e, &b);
	assert_string_equal(strbuf_str(&b),
			    "(tcp and host 192.168.1.10 and host 172.16.1.10 and port 80)");
}

static int set_up(void **state)
{
	plan = compiled_file("labs/scenario1/lab.yaml", NULL);
	analysis = analyse_new(plan);
	return 0;
}

static int tear_down(void **state)
{
	analyse_free(analysis);
	plan_free(plan);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_seen),
		cmocka_unit_test(test_lost_everywhere),
		cmocka_unit_test(test_stopped_as_predicted),
		cmocka_unit_test(test_not_stopped),
		cmocka_unit_test(test_other_way),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
