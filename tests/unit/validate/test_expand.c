// SPDX-License-Identifier: GPL-2.0-only
#include "lib/lab_builder.h"
#include "validate/validate.h"

#define ID     "0123456789abcdef0123456789abcdef"
#define DOMAIN ID "-cn-hangzhou-vpc.alicloudapi.com"

static void fill(struct lab_builder *b)
{
	lab_builder_init(b);
	lab_add_basics(b);
	(void)lab_add_ecs(b, "ecs-1", "vsw-1", "sg-1", "10.0.1.9");
	lab_bind(b, lab_add_gateway(b, "apigw-1", "cn-hangzhou"), "vpc-1");
	(void)lab_add_gateway(b, "apigw-2", "cn-hangzhou");
	lab_add_group(b, "group-1", "apigw-1")->sub_domain_id = lab_text(b, ID);
}

static void variables_become_values(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"${ecs.ecs-1.private_ip}", "10.0.1.9"},
		{"${api_gateways.apigw-1.vip}", "10.0.1.1"},
		{"${api_groups.group-1.vpc_domain}", DOMAIN},
		{"${api_groups.group-1.public_domain}", ID "-cn-hangzhou.alicloudapi.com"},
		{"a.${api_groups.group-1.vpc_domain}.b", "a." DOMAIN ".b"},
		{"x-${ecs.ecs-1.private_ip}-${ecs.ecs-1.private_ip}", "x-10.0.1.9-10.0.1.9"},
		{"plain.example", "plain.example"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_lab_builder struct lab_builder b;

		fill(&b);
		lab_add_check(&b, CHECK_DNS, "ecs-1", rows[i].text);
		validate_lab(b.lab, b.diags);
		lab_expect_clean(&b);
		assert_string_equal(b.lab->checks[0].target.s, rows[i].want);
	}
}

static void any_text_can_be_expanded(void **state)
{
	auto_lab_builder struct lab_builder b;
	const char *why = NULL;

	fill(&b);
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_string_equal(
		validate_expand(b.lab, "http://${api_groups.group-1.vpc_domain}/a", &why),
		"http://" DOMAIN "/a");
	assert_string_equal(validate_expand(b.lab, "a/b", &why), "a/b");
	assert_null(validate_expand(b.lab, "${nothing}", &why));
	assert_non_null(strstr(
		why,
		"unknown variable '${nothing}'; a variable is one of ${api_groups.NAME.vpc_domain}, "));
	assert_null(validate_expand(b.lab, "http://${api_groups.group1.vpc_domain}/", &why));
	assert_string_equal(why, "unknown variable '${api_groups.group1.vpc_domain}'; did you mean "
				 "'${api_groups.group-1.vpc_domain}'?");
	assert_null(validate_expand(b.lab, "${ecs.ecs-1.private_ip", &why));
	assert_string_equal(why, "variable '${ecs.ecs-1.private_ip' has no closing brace");
	assert_null(validate_expand(b.lab, "${api_gateways.apigw-2.vip}", &why));
	assert_non_null(strstr(why, "not bound to a VPC"));
}

static void every_text_of_a_check_is_expanded(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct check *c;

	fill(&b);
	c = lab_add_check(&b, CHECK_HTTP, "ecs-1", "GET http://${ecs.ecs-1.private_ip}/");
	*arena_push(b.lab->arena, c->headers,
		    c->n_headers) = lab_text(&b, "Host: ${ecs.ecs-1.private_ip}");
	c->expect.body = lab_text(&b, "from ${ecs.ecs-1.private_ip}");
	c->expect.header = lab_text(&b, "Location: ${ecs.ecs-1.private_ip}");
	c = lab_add_check(&b, CHECK_DNS, "ecs-1", "ecs-1");
	c->expect.answer = lab_text(&b, "${ecs.ecs-1.private_ip}");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	c = &b.lab->checks[0];
	assert_string_equal(c->target.s, "GET http://10.0.1.9/");
	assert_string_equal(c->headers[0].s, "Host: 10.0.1.9");
	assert_string_equal(c->expect.body.s, "from 10.0.1.9");
	assert_string_equal(c->expect.header.s, "Location: 10.0.1.9");
	assert_string_equal(b.lab->checks[1].expect.answer.s, "10.0.1.9");
}

static void a_wrong_variable_is_said_and_left(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"${ecs.ecs-9.private_ip}", "unknown variable '${ecs.ecs-9.private_ip}'"},
		{"${ecs.ecs-1.public_ip}", "unknown variable '${ecs.ecs-1.public_ip}'"},
		{"${ecs.ecs-1}", "unknown variable '${ecs.ecs-1}'"},
		{"${}", "unknown variable '${}'"},
		{"${ecs.ecs-1.private_ip",
		 "variable '${ecs.ecs-1.private_ip' has no closing brace"},
		{"${ecs.ecs-1.private_ip ${ecs.ecs-1.private_ip}",
		 "variable '${ecs.ecs-1.private_ip' has no closing brace"},
		{"${api_gateways.apigw-2.vip}",
		 "variable '${api_gateways.apigw-2.vip}' has no value"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_lab_builder struct lab_builder b;

		fill(&b);
		lab_add_check(&b, CHECK_DNS, "ecs-1", rows[i].text);
		validate_lab(b.lab, b.diags);
		lab_expect(&b, "unknown-variable", 1);
		assert_string_equal(diag_get(b.diags, 0).message, rows[i].message);
		assert_string_equal(b.lab->checks[0].target.s, rows[i].text);
	}
}

static struct step *add_step(struct lab_builder *b, const char *id, const char *text)
{
	struct step *s = arena_push(b->lab->arena, b->lab->steps, b->lab->n_steps);

	s->id.name = id;
	s->text = lab_text(b, text);
	*arena_push(b->lab->arena, s->tries, s->n_tries) = lab_text(b, text);
	*arena_push(b->lab->arena, s->hints, s->n_hints) = lab_text(b, text);
	return s;
}

/* A shell has variables, too, and a later step may have what there is not yet. */
static void texts_for_students_are_expanded(void **state)
{
	static const char text[] = "`echo ${HOME} ${x` ${ecs.ecs-1.private_ip}",
			  own[] = "${ecs.ecs-1.private_ip}, ${HOME}",
			  later[] = "${ecs.later.private_ip}";
	auto_lab_builder struct lab_builder b;
	struct exercise *e;
	struct step *s;

	fill(&b);
	s = add_step(&b, "one", own);
	e = arena_push(b.lab->arena, s->exercises, s->n_exercises);
	e->id.name = "what-if";
	e->refused = lab_text(&b, "cen-cidr-identical");
	e->text = lab_text(&b, own);
	e->answer = lab_text(&b, later);
	*arena_push(b.lab->arena, e->hints, e->n_hints) = lab_text(&b, own);
	(void)add_step(&b, "two", later);
	(void)add_step(&b, "three", text);
	b.lab->step = "one";
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	s = b.lab->steps;
	assert_string_equal(s[0].text.s, "10.0.1.9, ${HOME}");
	assert_string_equal(s[0].tries[0].s, "10.0.1.9, ${HOME}");
	assert_string_equal(s[0].hints[0].s, "10.0.1.9, ${HOME}");
	assert_string_equal(s[0].exercises[0].text.s, "10.0.1.9, ${HOME}");
	assert_string_equal(s[0].exercises[0].hints[0].s, "10.0.1.9, ${HOME}");
	assert_string_equal(s[0].exercises[0].answer.s, later);
	assert_string_equal(s[1].text.s, later);
	assert_string_equal(s[2].text.s, "`echo ${HOME} ${x` 10.0.1.9");
}

static void a_wrong_variable_in_the_text_of_the_present_step_is_said(void **state)
{
	static const struct {
		const char *text;
		size_t errors;
	} rows[] = {
		{"${ecs.ecs-9.private_ip}", 3}, /* in text, try and hints */
		{"${api_gateways.apigw-2.vip}", 3},
		{"${ecsy.ecs-9.private_ip} ${PATH}", 0},
		{"${ecs.ecs-1.private_ip", 3},
		{"`${ecs.ecs-1.private_ip` and ${ecs.ecs-1.private_ip}", 3},
		{"${PATH ${", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_lab_builder struct lab_builder b;

		fill(&b);
		(void)add_step(&b, "first", rows[i].text);
		(void)add_step(&b, "last", rows[i].text);
		validate_lab(b.lab, b.diags);
		lab_expect(&b, "unknown-variable", rows[i].errors);
		assert_string_equal(b.lab->steps[1].text.s, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_become_values),
		cmocka_unit_test(any_text_can_be_expanded),
		cmocka_unit_test(every_text_of_a_check_is_expanded),
		cmocka_unit_test(a_wrong_variable_is_said_and_left),
		cmocka_unit_test(texts_for_students_are_expanded),
		cmocka_unit_test(a_wrong_variable_in_the_text_of_the_present_step_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
