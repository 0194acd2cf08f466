// SPDX-License-Identifier: GPL-2.0-only
/* Names of processes, ports of services, and authorizations that a step deleted. */
#include "unit/validate/rows.h"

/* --- names of processes --- */

/* A gateway of that name, beside a service, a function, a DNS server and two ends of a circuit. */
static void fill_gateway(struct lab_builder *b, const char *name)
{
	struct data_center *dc;
	struct function *f;
	struct ecs *ecs;

	lab_add_basics(b);
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	(void)lab_add_vbr(b, "vbr-1", "pc-1", 10, "10.9.0.1", "10.9.0.2");
	dc = lab_add_data_center(b, "idc-1");
	(void)lab_add_circuit(b, dc, "c", "pc-1", 10, "10.9.0.2", "10.9.0.1");
	(void)lab_add_lan(b, dc, "lan", "10.10.1.0/24");
	lab_add_host(b, dc, "host-1", "lan", NULL)->dns.at = lab_at(b);
	(void)lab_add_host(b, dc, "host-2", "lan", NULL); /* no DNS server */
	f = arena_push(b->lab->arena, b->lab->functions, b->lab->n_functions);
	f->id = lab_named(b, "hello");
	f->region = lab_ref(b, "cn-hangzhou");
	f->code = lab_text(b, "hello");
	ecs = lab_add_ecs(b, "ecs-1", "vsw-1", "sg-1", NULL);
	(void)lab_add_service(b, ecs, "web", 80);
	(void)lab_add_gateway(b, name, "cn-hangzhou");
}

static void a_gateway_called_as_a_process(void **state)
{
	static const struct row rows[] = {
		{"apigw-1", NULL},
		{"function-hello", "name-worker"},
		{"function-hell", NULL},
		{"service-ecs-1-web", "name-worker"},
		{"service-ecs-1", NULL},
		{"dns-host-1", "name-worker"},
		{"dns-host-2", NULL},
		{"bird-vbr-1", "name-worker"},
		{"bird-idc-1", "name-worker"},
		{"routing", "name-reserved"},
		{"dns", "name-reserved"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_gateway);
}

struct service_of {
	const char *node, *service;
};

static void add_ecs_with(struct lab_builder *b, struct service_of s)
{
	struct ecs *ecs = lab_add_ecs(b, s.node, "vsw-1", "sg-1", NULL);

	(void)lab_add_service(b, ecs, s.service, 80);
}

/* The hyphen between node and service may be anybody's, in long names, too. */
static void services_whose_names_run_together(void **state)
{
	static const struct {
		struct service_of a, b;
		size_t n;
	} rows[] = {
		{{"web", "one"}, {"web-one", "one"}, 0},
		{{"web", "one-two"}, {"web-one", "two"}, 1},
		{{"a-name-of-some-length", "one-two"}, {"a-name-of-some-length-one", "two"}, 1},
		{{"a-name-of-some-length", "one"}, {"a-name-of-some-length-too", "one"}, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		lab_add_basics(&b);
		add_ecs_with(&b, rows[i].a);
		add_ecs_with(&b, rows[i].b);
		validate_lab(b.lab, b.diags);
		lab_expect(&b, "name-worker", rows[i].n);
	}
}

/* What is called as the shortened name of a process meets it: the later one in the file is wrong. */
static void a_gateway_called_as_a_shortened_name(void **state)
{
	auto_lab_builder struct lab_builder b;
	const char *name;

	lab_builder_init(&b);
	lab_add_basics(&b);
	add_ecs_with(&b, (struct service_of){"a-name-of-some-length", "and-more"});
	name = lab_service_worker(b.lab, "a-name-of-some-length", "and-more");
	assert_int_equal(strlen(name), 31);
	assert_int_equal(strncmp(name, "service-a-name-of-some-", 23), 0);
	(void)lab_add_gateway(&b, name, "cn-hangzhou");
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "name-worker", 1);
	assert_int_equal(diag_get(b.diags, 0).at.line, b.lab->api_gateways[0].id.at.line);
}

/* --- ports of services --- */

static void ports_of_a_host(void **state)
{
	static const struct {
		uint64_t port;
		enum service_protocol protocol;
		bool dns;
		const char *id;
	} rows[] = {
		{80, SERVICE_TCP, false, "service-port"}, /* that of "web" */
		{80, SERVICE_UDP, false, NULL},
		{81, SERVICE_TCP, false, NULL},
		{0, SERVICE_TCP, false, NULL}, /* a command listens where it likes */
		{53, SERVICE_TCP, false, NULL},
		{53, SERVICE_TCP, true, "service-port"},
		{53, SERVICE_UDP, true, "service-port"},
		{54, SERVICE_UDP, true, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;
		struct data_center *dc;
		struct service *s;
		struct host *h;

		lab_builder_init(&b);
		dc = lab_add_data_center(&b, "idc-1");
		(void)lab_add_lan(&b, dc, "lan", "10.10.1.0/24");
		h = lab_add_host(&b, dc, "host-1", "lan", NULL);
		if (rows[i].dns)
			h->dns.at = lab_at(&b);
		(void)lab_add_service(&b, h, "web", 80);
		s = lab_add_service(&b, h, "other", rows[i].port);
		s->protocol = rows[i].protocol;
		*arena_push(b.lab->arena, s->command, s->n_command) = lab_text(&b, "run");
		validate_lab(b.lab, b.diags);
		lab_expect(&b, "service-port", rows[i].id ? 1 : 0);
	}
}

/* --- deleted authorizations --- */

static struct api *add_api(struct lab_builder *b, const char *name, const char *access)
{
	struct api *api = lab_add_api(b, name, "group-1", arena_printf(b->lab->arena, "/%s", name));

	api->backend = (struct api_backend){
		.kind = BACKEND_HTTP_VPC, .vpc_access = lab_ref(b, access), .timeout.v = 1000000};
	return api;
}

/* Each API that uses it gets a warning; its VPC, of which nothing is left, is not looked for. */
static void an_authorization_that_was_deleted(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_gateway(&b, "apigw-1", "cn-hangzhou");
	(void)lab_add_group(&b, "group-1", "apigw-1");
	(void)lab_add_vpc_access(&b, "there", "vpc-1", "10.77.0.1");
	lab_add_vpc_access(&b, "gone", "no-vpc", "no-instance")->deleted = true;
	lab_add_vpc_access(&b, "unused", "no-vpc", "no-instance")->deleted = true;
	(void)add_api(&b, "one", "gone");
	(void)add_api(&b, "two", "there");
	(void)add_api(&b, "three", "gone");
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "access-deleted", 2);
	assert_int_equal(diag_errors(b.diags), 0);
	assert_int_equal(diag_get(b.diags, 0).at.line, b.lab->apis[0].backend.vpc_access.at.line);
	assert_int_equal(diag_get(b.diags, 1).at.line, b.lab->apis[2].backend.vpc_access.at.line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_called_as_a_process),
		cmocka_unit_test(services_whose_names_run_together),
		cmocka_unit_test(a_gateway_called_as_a_shortened_name),
		cmocka_unit_test(ports_of_a_host),
		cmocka_unit_test(an_authorization_that_was_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
