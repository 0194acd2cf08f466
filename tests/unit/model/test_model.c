// SPDX-License-Identifier: GPL-2.0-only
#include "model/model.h"

#include "base/cleanup.h"
#include "lib/test.h"

static void domains_are_stable_and_differ(void **state)
{
	auto_lab struct lab *lab = lab_new();
	struct api_gateway gw = {.id.name = "apigw-1", .region.name = "cn-hangzhou"};
	struct api_group a = {.id.name = "group-1", .instance = {.name = "apigw-1", .to = &gw}};
	struct api_group b = a;

	lab->id.name = "lab";
	b.id.name = "group-2";
	assert_string_not_equal(lab_vpc_domain(lab, &a), lab_vpc_domain(lab, &b));
	assert_string_equal(lab_vpc_domain(lab, &a), lab_vpc_domain(lab, &a));
	assert_int_equal(strlen(lab_vpc_domain(lab, &a)),
			 32 + strlen("-cn-hangzhou-vpc.alicloudapi.com"));
	a.sub_domain_id.s = "0123456789abcdef0123456789abcdef";
	assert_string_equal(lab_public_domain(lab, &a),
			    "0123456789abcdef0123456789abcdef-cn-hangzhou.alicloudapi.com");
}

static void pairs_are_found_in_either_order(void **state)
{
	auto_lab struct lab *lab = lab_new();
	struct region r[3] = {{.id.name = "a"}, {.id.name = "b"}, {.id.name = "c"}};
	struct ref ends[2] = {{.to = &r[0]}, {.to = &r[1]}};
	struct region_pair pair = {.regions = ends, .n_regions = 2};

	lab->region_pairs = &pair;
	lab->n_region_pairs = 1;
	assert_ptr_equal(lab_find_region_pair(lab, &r[0], &r[1]), &pair);
	assert_ptr_equal(lab_find_region_pair(lab, &r[1], &r[0]), &pair);
	assert_null(lab_find_region_pair(lab, &r[0], &r[2]));
}

/* Kind by kind; a data centre without hosts is no end. */
static void nodes_come_one_after_another(void **state)
{
	static const char *const names[] = {"ecs", "h-1",  "h-2",  "h-3",
					    "web", "dc-1", "dc-2", "dc-3"};
	auto_lab struct lab *lab = lab_new();
	struct ecs ecs = {.id.name = "ecs"};
	struct host h[] = {{.id.name = "h-1"}, {.id.name = "h-2"}, {.id.name = "h-3"}};
	struct data_center dcs[] = {{.id.name = "dc-1", .hosts = h, .n_hosts = 2},
				    {.id.name = "dc-2"},
				    {.id.name = "dc-3", .hosts = &h[2], .n_hosts = 1}};
	struct internet_host web = {.id.name = "web"};
	struct lab_node_cursor at = {0};
	struct lab_node node;

	assert_false(lab_next_node(lab, &at, &node));
	at = (struct lab_node_cursor){0};
	lab->ecs = &ecs;
	lab->n_ecs = 1;
	lab->data_centers = dcs;
	lab->n_data_centers = 3;
	lab->internet.hosts = &web;
	lab->internet.n_hosts = 1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(lab_next_node(lab, &at, &node));
		assert_string_equal(node.id->name, names[i]);
	}
	assert_false(lab_next_node(lab, &at, &node));
}

/* Commands, and only those, name the lab as it runs. */
static void another_name_is_in_commands_too(void **state)
{
	static const struct {
		const char *was, *is;
	} rows[] = {
		{"`sudo labctl shell demo ecs-1`, then dig",
		 "`sudo labctl shell demo-2 ecs-1`, then dig"},
		{"`labctl demo demo`", "`labctl demo demo-2`"}, /* a verb */
		{"`labctl test --json demo`", "`labctl test --json demo-2`"},
		{"`labctl graph demo --step demo`", "`labctl graph demo-2 --step demo`"},
		{"`labctl exec demo demo -- ls`", "`labctl exec demo-2 demo -- ls`"},
		{"labctl down demo; labctl up demo.", "labctl down demo-2; labctl up demo-2."},
		{"`ip -n demo.vpc-3 route`", "`ip -n demo-2.vpc-3 route`"},
		{"`ip netns exec demo.vpc-3 ip a`", "`ip netns exec demo-2.vpc-3 ip a`"},
		{"`ls /run/netns/demo.ecs-1`", "`ls /run/netns/demo-2.ecs-1`"},
		{"labctl logs demo-1 demo", "labctl logs demo-1 demo-2"},
		{"`curl http://demo.example.com`: demo", "`curl http://demo.example.com`: demo"},
		{"`labctl up demo/lab.yaml`", "`labctl up demo/lab.yaml`"},
		{"`labctl up demo.yaml`", "`labctl up demo.yaml`"},
		{"`labctl up demo --copies 3`", "`labctl up demo --copies 3`"},
		{"`labctl-gateway demo`", "`labctl-gateway demo`"},
		{"labctl\ndemo labctl", "labctl\ndemo labctl"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab struct lab *lab = lab_new();
		struct text tries = {.s = rows[i].was}, answer = {.s = rows[i].was};
		struct exercise e = {.hints = &answer, .n_hints = 1};
		struct step s = {.tries = &tries, .n_tries = 1, .exercises = &e, .n_exercises = 1};

		e.answer.s = rows[i].was;
		lab->id.name = "demo";
		lab->steps = &s;
		lab->n_steps = 1;
		lab_rename(lab, "demo");
		assert_string_equal(tries.s, rows[i].was);
		lab_rename(lab, "demo-2");
		assert_string_equal(lab->id.name, "demo-2");
		assert_string_equal(tries.s, rows[i].is);
		assert_string_equal(answer.s, rows[i].is);
		assert_string_equal(e.answer.s, rows[i].is);
		assert_null(s.text.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_are_stable_and_differ),
		cmocka_unit_test(pairs_are_found_in_either_order),
		cmocka_unit_test(nodes_come_one_after_another),
		cmocka_unit_test(another_name_is_in_commands_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
