// SPDX-License-Identifier: GPL-2.0-only
#include "lib/lab_builder.h"
#include "validate/validate.h"

static void names_become_pointers(void **state)
{
	auto_lab_builder struct lab_builder b;
	const struct vswitch *vsw;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_ecs(&b, "ecs-1", "vsw-1", "sg-1", NULL);
	lab_add_check(&b, CHECK_PING, "ecs-1", "10.0.1.1");
	lab_add_check(&b, CHECK_ROUTE, "vpc-1", "10.0.1.0/24");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	vsw = b.lab->ecs[0].vswitch.to;
	assert_ptr_equal(vsw, &b.lab->vpcs[0].vswitches[0]);
	assert_ptr_equal(vsw->vpc, &b.lab->vpcs[0]);
	assert_ptr_equal(vsw->vpc->region.to, &b.lab->regions[0]);
	assert_ptr_equal(b.lab->ecs[0].security_groups[0].to, &b.lab->security_groups[0]);
	assert_ptr_equal(b.lab->checks[0].from.to, &b.lab->ecs[0]);
	assert_ptr_equal(b.lab->checks[1].from.to, &b.lab->vpcs[0]);
}

static void a_wrong_name_is_reported_where_it_stands(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct diag_view d;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_ecs(&b, "ecs-1", "vsw-2", "sg-1", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "unknown-reference", 1);
	d = diag_get(b.diags, 0);
	assert_int_equal(d.at.line, b.lab->ecs[0].vswitch.at.line);
	assert_string_equal(d.message, "unknown vSwitch 'vsw-2'");
	assert_int_equal(d.n_notes, 1);
	assert_string_equal(d.notes[0].message, "did you mean 'vsw-1'?");
	assert_int_equal(d.notes[0].at.line, b.lab->vpcs[0].vswitches[0].id.at.line);
	assert_null(b.lab->ecs[0].vswitch.to);
}

static void a_step_may_come_too_early(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct diag_view d;

	lab_builder_init(&b);
	lab_add_basics(&b);
	b.lab->step = "first";
	(void)lab_add_group(&b, "group-1", "apigw-1");
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "unknown-reference", 1);
	d = diag_get(b.diags, 0);
	assert_int_equal(d.n_notes, 2);
	assert_string_equal(d.notes[0].message,
			    "there is none yet: declare it under `api_gateways`");
	assert_string_equal(d.notes[1].message,
			    "the lab stops after step 'first': a later step may create it");
}

static void the_system_table_needs_no_declaration(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct vswitch *vsw;

	lab_builder_init(&b);
	lab_add_basics(&b);
	vsw = &b.lab->vpcs[0].vswitches[0];
	vsw->route_table = lab_ref(&b, "system");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_null(vsw->route_table.to);
}

static void add_step(struct lab_builder *b, const char *id, const char *from)
{
	struct step *s = arena_push(b->lab->arena, b->lab->steps, b->lab->n_steps);
	struct check *c = arena_push(b->lab->arena, s->checks, s->n_checks);

	s->id = lab_named(b, id);
	c->kind = CHECK_PING;
	c->from = lab_ref(b, from);
	c->target = lab_text(b, "${ecs.gone.private_ip}");
}

/* Which checks are looked at, by the step at which the lab stops. */
static void only_checks_that_hold_now_are_reported(void **state)
{
	static const struct {
		const char *stop;
		size_t errors; /* two in each wrong check: reference and variable */
	} rows[] = {{"first", 2}, {"second", 2}, {NULL, 4}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		lab_add_basics(&b);
		add_step(&b, "first", "gone");
		add_step(&b, "second", "gone");
		add_step(&b, "last", "gone");
		lab_add_check(&b, CHECK_PING, "gone", "${ecs.gone.private_ip}");
		b.lab->step = rows[i].stop;
		validate_lab(b.lab, b.diags);
		assert_int_equal(diag_errors(b.diags), rows[i].errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_pointers),
		cmocka_unit_test(a_wrong_name_is_reported_where_it_stands),
		cmocka_unit_test(a_step_may_come_too_early),
		cmocka_unit_test(the_system_table_needs_no_declaration),
		cmocka_unit_test(only_checks_that_hold_now_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
