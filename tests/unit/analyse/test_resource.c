// SPDX-License-Identifier: GPL-2.0-only
/* Steps under the resources that they come from, and their names. */
#include "analyse/resource.h"
#include "network.h"

static void test_names(void **state)
{
	static const struct {
		const char *resource, *name;
	} rows[] = {
		{"vpcs.vpc-1", "VPC vpc-1"},
		{"vpcs.vpc-1.vswitches.vsw-1a", "vSwitch vsw-1a of VPC vpc-1"},
		{"vpcs.vpc-1.route_tables.e1", "route entry e1 of VPC vpc-1"},
		{"cen.cen-1.attachments.attach-vpc-3", "attachment attach-vpc-3 of CEN cen-1"},
		{"data_centers.idc-1.hosts.idc-dns", "host idc-dns of data centre idc-1"},
		{"nodes.ecs-3.services.stock", "service stock of ecs-3"},
		{"api_gateways.apigw-1", "API gateway apigw-1"},
		{"internet", "the Internet"},
		{"internet.web-client", "Internet host web-client"},
		{"lab.scenario1", "lab scenario1"},
		{"something.new", "something.new"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_strbuf struct strbuf b = {0};

		analyse_resource_name(rows[i].resource, &b);
		assert_string_equal(strbuf_str(&b), rows[i].name);
	}
}

static void add_route(struct plan *p, const char *dst, const char *resource, const char *at)
{
	net_route(p, "r1", PLAN_TABLE_MAIN, dst, NULL, NULL)->origin =
		(struct plan_origin){resource, at};
}

static void test_groups(void **state)
{
	auto_plan struct plan *is = net_two_routers(), *shall = net_two_routers();
	struct plan_diff *diff;
	struct analyse_resources *r;

	add_route(is, "192.168.1.0/24", "cen.c.attachments.old", "lab.yaml:30");
	add_route(shall, "192.168.2.0/24", "cen.c.attachments.new", "lab.yaml:31");
	add_route(shall, "192.168.4.0/24", "vpcs.v", "lab.yaml:1"); /* there with other objects */
	add_route(shall, "192.168.3.0/24", "cen.c.attachments.new", "lab.yaml:31");
	plan_sort(is);
	plan_sort(shall);
	diff = plan_diff(is, shall);
	r = analyse_resources_of(diff, is, shall);
	assert_int_equal(r->n, 3);
	assert_string_equal(r->items[0].resource, "vpcs.v");
	assert_int_equal(r->items[0].op, PLAN_CHANGE);
	assert_string_equal(r->items[1].resource, "cen.c.attachments.old");
	assert_int_equal(r->items[1].op, PLAN_REMOVE);
	assert_string_equal(r->items[2].resource, "cen.c.attachments.new");
	assert_int_equal(r->items[2].op, PLAN_ADD);
	assert_int_equal(r->items[2].n, 2);
	assert_int_equal(r->count[PLAN_ADD], 1);
	analyse_resources_free(r);
	plan_diff_free(diff);
}

/* Lines that were put in before it move what is in the lab file, and change nothing of what it is. */
/* A CEN without attachments has no objects, and is there. */
static void test_an_empty_cen(void **state)
{
	auto_plan struct plan *empty = net_two_routers(), *full = net_two_routers();
	static const struct {
		const char *summary;
		enum plan_op forth, back;
	} rows[] = {
		{"{\"cen\": [{\"name\": \"c\"}]}", PLAN_CHANGE, PLAN_CHANGE},
		{"{\"cen\": [{\"name\": \"cc\"}]}", PLAN_ADD, PLAN_REMOVE},
		{"{\"cen\": []}", PLAN_ADD, PLAN_REMOVE},
		{NULL, PLAN_ADD, PLAN_REMOVE},
	};

	add_route(full, "192.168.1.0/24", "cen.c", "lab.yaml:30");
	plan_sort(empty);
	plan_sort(full);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_diff *forth = plan_diff(empty, full), *back = plan_diff(full, empty);
		struct analyse_resources *r;

		empty->summary = rows[i].summary;
		r = analyse_resources_of(forth, empty, full);
		assert_int_equal(r->n, 1);
		assert_int_equal(r->items[0].op, rows[i].forth);
		analyse_resources_free(r);
		r = analyse_resources_of(back, full, empty);
		assert_int_equal(r->n, 1);
		assert_int_equal(r->items[0].op, rows[i].back);
		analyse_resources_free(r);
		plan_diff_free(forth);
		plan_diff_free(back);
	}
}

static void test_lines_that_moved(void **state)
{
	auto_plan struct plan *is = net_two_routers(), *shall = net_two_routers();
	struct plan_diff *diff;
	struct analyse_resources *r;

	add_route(is, "192.168.1.0/24", "cen.c.attachments.one", "lab.yaml:30");
	add_route(is, "192.168.2.0/24", "cen.c.attachments.two", "lab.yaml:31");
	add_route(shall, "192.168.3.0/24", "cen.c.attachments.one", "lab.yaml:40");
	add_route(shall, "192.168.2.0/24", "cen.c.attachments.two", "lab.yaml:41");
	add_route(shall, "192.168.4.0/24", "cen.c.attachments.two", "lab.yaml:41");
	plan_sort(is);
	plan_sort(shall);
	diff = plan_diff(is, shall);
	r = analyse_resources_of(diff, is, shall);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->count[PLAN_CHANGE], 2);
	assert_string_equal(r->items[0].resource, "cen.c.attachments.one");
	assert_string_equal(r->items[0].at, "lab.yaml:40");
	assert_int_equal(r->items[0].n, 2); /* the old route, and the new one */
	assert_string_equal(r->items[1].resource, "cen.c.attachments.two");
	assert_int_equal(r->items[1].n, 1);
	analyse_resources_free(r);
	plan_diff_free(diff);
}

/* A whole namespace goes, and with it what other resources had in it. */
static void test_swept(void **state)
{
	auto_plan struct plan *is = net_two_routers(), *shall = net_two_routers();
	struct plan_diff *diff;
	struct analyse_resources *r;

	net_ns(is, "r3", "vpc", true);
	is->namespaces[is->n_namespaces - 1].origin.resource = "vpcs.other";
	net_route(is, "r3", PLAN_TABLE_MAIN, "192.168.1.0/24", NULL, NULL)->origin.resource =
		"cen.c.attachments.old";
	plan_sort(is);
	plan_sort(shall);
	diff = plan_diff(is, shall);
	assert_int_equal(diff->n, 1);
	r = analyse_resources_of(diff, is, shall);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->count[PLAN_REMOVE], 2);
	assert_string_equal(r->items[0].resource, "cen.c.attachments.old");
	assert_int_equal(r->items[0].n, 0);
	analyse_resources_free(r);
	plan_diff_free(diff);
}

/* What somebody put into the running lab is of no resource, and goes. */
static void test_extra(void **state)
{
	auto_plan struct plan *is = net_two_routers(), *shall = net_two_routers();
	struct plan_diff *diff;
	struct analyse_resources *r;
	auto_free char *text = NULL;

	is->extra = plan_new("test");
	*plan_add_route(is->extra) = (struct plan_route){.ns = "r1",
							 .table = PLAN_TABLE_MAIN,
							 .type = PLAN_BLACKHOLE,
							 .dst = {0x0a000000, 8}};
	*plan_add_filter(is->extra) = (struct plan_filter){.ns = "r1", .table = "inet other"};
	add_route(is, "192.168.1.0/24", "vpcs.w", "lab.yaml:30");
	plan_sort(is);
	plan_sort(shall);
	diff = plan_diff(is, shall);
	r = analyse_resources_of(diff, is, shall);
	assert_int_equal(r->n, 2);
	assert_string_equal(r->items[0].resource, "extra");
	assert_string_equal(r->items[0].at, "");
	assert_string_equal(r->items[0].name, "what is of no plan");
	assert_int_equal(r->items[0].op, PLAN_REMOVE);
	assert_int_equal(r->items[0].n, 2);
	assert_string_equal(r->items[1].resource, "vpcs.w");
	assert_int_equal(r->count[PLAN_REMOVE], 2);
	text = analyse_write(shall, true, r, &(struct analyse_changes){0});
	assert_non_null(strstr(text, "\"at\": \"\""));
	assert_non_null(strstr(text, "- filter r1 inet other"));
	analyse_resources_free(r);
	plan_diff_free(diff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),        cmocka_unit_test(test_groups),
		cmocka_unit_test(test_an_empty_cen), cmocka_unit_test(test_lines_that_moved),
		cmocka_unit_test(test_swept),        cmocka_unit_test(test_extra),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
