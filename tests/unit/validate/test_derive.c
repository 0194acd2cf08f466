// SPDX-License-Identifier: GPL-2.0-only
#include "lib/lab_builder.h"
#include "validate/validate.h"

static void assert_ip(const struct address *a, const char *want)
{
	char buf[IP_STRLEN];

	assert_true(a->set);
	assert_string_equal(ip_format(a->ip, buf), want);
}

static void instances_get_the_lowest_free_address(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_ecs(&b, "ecs-1", "vsw-1", "sg-1", NULL);
	(void)lab_add_ecs(&b, "ecs-2", "vsw-1", "sg-1", "10.0.1.2"); /* written, though later */
	(void)lab_add_ecs(&b, "ecs-3", "vsw-1", "sg-1", NULL);
	lab_bind(&b, lab_add_gateway(&b, "apigw-1", "cn-hangzhou"), "vpc-1");
	lab_bind(&b, lab_add_gateway(&b, "apigw-2", "cn-hangzhou"), "vpc-1");
	b.lab->api_gateways[1].bind.ip = lab_address(&b, "10.0.1.1");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ip(&b.lab->ecs[0].private_ip, "10.0.1.3");
	assert_ip(&b.lab->ecs[1].private_ip, "10.0.1.2");
	assert_ip(&b.lab->ecs[2].private_ip, "10.0.1.4");
	assert_ip(&b.lab->api_gateways[0].bind.ip, "10.0.1.5");
	assert_ip(&b.lab->api_gateways[1].bind.ip, "10.0.1.1");
	assert_int_equal(b.lab->ecs[0].private_ip.at.line, 0);
}

static void a_binding_takes_the_first_vswitch(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_vswitch(&b, &b.lab->vpcs[0], "vsw-2", "10.0.2.0/24");
	lab_bind(&b, lab_add_gateway(&b, "apigw-1", "cn-hangzhou"), "vpc-1");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ptr_equal(b.lab->api_gateways[0].bind.vswitch.to, &b.lab->vpcs[0].vswitches[0]);
}

/* A /29 has four: the first and the last three of eight are reserved. */
static void a_vswitch_is_full(void **state)
{
	static const char *const names[] = {"ecs-1", "ecs-2", "ecs-3", "ecs-4", "ecs-5"};
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_vswitch(&b, &b.lab->vpcs[0], "small", "10.0.2.0/29");
	for (size_t i = 0; i < 4; i++)
		(void)lab_add_ecs(&b, names[i], "small", "sg-1", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ip(&b.lab->ecs[3].private_ip, "10.0.2.4");
	(void)lab_add_ecs(&b, names[4], "small", "sg-1", NULL);
	for (size_t i = 0; i < 4; i++)
		b.lab->ecs[i].private_ip.set = false;
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "vswitch-full", 1);
	assert_int_equal(diag_get(b.diags, 0).at.line, b.lab->ecs[4].id.at.line);
	assert_false(b.lab->ecs[4].private_ip.set);
}

static void egress_ranges_follow_each_other(void **state)
{
	static const char *const want[] = {"100.104.254.0/26", "100.104.254.64/26",
					   "100.104.254.128/26"};
	auto_lab_builder struct lab_builder b;
	char buf[IP_PREFIX_STRLEN];

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_gateway(&b, "apigw-1", "cn-hangzhou");
	(void)lab_add_gateway(&b, "apigw-2", "cn-hangzhou");
	(void)lab_add_gateway(&b, "apigw-3", "cn-hangzhou");
	b.lab->api_gateways[1].egress = lab_cidr(&b, want[1]);
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(ip_prefix_format(b.lab->api_gateways[i].egress.p, buf),
				    want[i]);
}

/* A range that leaves nothing must end the search, whatever its size. */
static void egress_ranges_run_out(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_gateway(&b, "apigw-1", "cn-hangzhou");
	(void)lab_add_gateway(&b, "apigw-2", "cn-hangzhou");
	b.lab->api_gateways[0].egress = lab_cidr(&b, "0.0.0.0/0");
	validate_lab(b.lab, b.diags);
	assert_int_equal(lab_count(&b, "egress-exhausted"), 1);
	assert_int_equal(lab_count(&b, "egress-range"), 1);
}

static void checks_get_ids_and_titles_of_their_own(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_ecs(&b, "ecs-1", "vsw-1", "sg-1", NULL);
	for (int i = 0; i < 3; i++)
		lab_add_check(&b, CHECK_PING, "ecs-1", "10.0.1.1");
	b.lab->checks[2].id = lab_text(&b, "ping-2");
	b.lab->checks[2].title = lab_text(&b, "mine");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_string_equal(b.lab->checks[0].id.s, "ping-1");
	assert_string_equal(b.lab->checks[1].id.s, "ping-3");
	assert_string_equal(b.lab->checks[2].id.s, "ping-2");
	assert_string_equal(b.lab->checks[0].title.s, "ecs-1 pings 10.0.1.1");
	assert_string_equal(b.lab->checks[1].title.s, "ecs-1 pings 10.0.1.1 (ping-3)");
	assert_string_equal(b.lab->checks[2].title.s, "mine");
}

static void the_default_jitter_fits_a_short_trip(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct region_pair *p;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_region(&b, "cn-beijing");
	p = arena_push(b.lab->arena, b.lab->region_pairs, b.lab->n_region_pairs);
	p->id = lab_named(&b, "near");
	*arena_push(b.lab->arena, p->regions, p->n_regions) = lab_ref(&b, "cn-hangzhou");
	*arena_push(b.lab->arena, p->regions, p->n_regions) = lab_ref(&b, "cn-beijing");
	p->rtt = lab_number(&b, 200);
	p->jitter.v = 500;
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_int_equal(p->jitter.v, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_get_the_lowest_free_address),
		cmocka_unit_test(a_binding_takes_the_first_vswitch),
		cmocka_unit_test(a_vswitch_is_full),
		cmocka_unit_test(egress_ranges_follow_each_other),
		cmocka_unit_test(egress_ranges_run_out),
		cmocka_unit_test(checks_get_ids_and_titles_of_their_own),
		cmocka_unit_test(the_default_jitter_fits_a_short_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
